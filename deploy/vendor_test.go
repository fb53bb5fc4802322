package deploy

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// The steps that strategies share know no vendor: only the files of a strategy
// import its client, and the list of strategies names it.
func TestSharedStepsKnowNoVendor(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	const client = `"gonogo/clients/digitalocean"`
	imported := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			if spec.Path.Value != client || strings.HasSuffix(name, "_test.go") {
				continue
			}
			imported++
			if !strings.HasPrefix(name, "rolling") && name != "kinds.go" {
				t.Errorf("%s imports %s", name, client)
			}
		}
	}
	if imported == 0 {
		t.Errorf("no file imports %s: the test looks for the wrong name", client)
	}
}
