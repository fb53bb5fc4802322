package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var vendor = regexp.MustCompile(`(?i)digitalocean|doctl|app platform|\bapp's spec\b|/v2/apps|version_as`)

// What a platform is like stands in the files of its strategy, which are named after
// that, and in its client.
// The steps that strategies share, the runs, the commands and their cards name no
// vendor; nor does what reads the configuration.
func TestOnlyStrategiesNameAVendor(t *testing.T) {
	named := 0
	for _, pattern := range []string{"*.go", "../runs/*.go", "../runs/*/*.go", "../commands/*.go", "../commands/*/*.go", "../bot/config/*.go", "../bot/doctor/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found := vendor.Find(source)
			switch own := slices.ContainsFunc(kinds, func(k Kind) bool { return strings.HasPrefix(name, k.Name) }); {
			case found != nil && own:
				named++
			case found != nil:
				t.Errorf("%s names a vendor: %q", name, found)
			}
		}
	}
	if named == 0 {
		t.Error("no strategy names its vendor: the test looks for the wrong words")
	}
}
