package commands_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryVerbIsListed finds the functions that make a verb, and holds the list to
// them: a verb that nobody listed could not be said.
func TestEveryVerbIsListed(t *testing.T) {
	list, err := os.ReadFile("commands.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range []string{"preparing", "deploying", "looking"} {
		made := verbsOf(t, room)
		if len(made) == 0 {
			t.Errorf("no verb of %s was found", room)
		}
		for _, name := range made {
			if !strings.Contains(string(list), "\t\t"+room+"."+name+"(),\n") {
				t.Errorf("verbs in commands.go lacks %s.%s()", room, name)
			}
		}
	}
}

// verbsOf names the functions of a room that make a verb.
func verbsOf(t *testing.T, room string) (names []string) {
	files, err := filepath.Glob(filepath.Join(room, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && makesVerb(f) {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}

// makesVerb reports whether a function takes nothing and returns a verb.Verb.
func makesVerb(f *ast.FuncDecl) bool {
	if f.Recv != nil || len(f.Type.Params.List) > 0 || f.Type.Results == nil || len(f.Type.Results.List) != 1 {
		return false
	}
	result, ok := f.Type.Results.List[0].Type.(*ast.SelectorExpr)
	return ok && result.Sel.Name == "Verb"
}
