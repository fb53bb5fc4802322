package gates

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPatterns looks for files in a tree with links, hidden files, a folder that is
// called like a report and a link that leads nowhere.
func TestPatterns(t *testing.T) {
	dir := tree(t, map[string]string{
		"a.xml": "", "b.txt": "", ".hidden.xml": "", ".cache/c.xml": "", "unit/d.xml": "", "unit/deep/e.xml": "", "folder.xml/f.txt": "", "{g}.xml": "",
	})
	for link, target := range map[string]string{"linked": "unit", "unit/cycle": "..", "file.xml": "a.xml", "broken.xml": "nowhere"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, want := range map[string][]string{
		"*.xml":             {".hidden.xml", "a.xml", "file.xml", "{g}.xml"},
		"[ab].xml":          {"a.xml"},
		"[^a].xml":          nil,
		"{g}.xml":           {"{g}.xml"},
		"{a,b}.xml":         nil,
		"broken.xml":        nil,
		"folder.xml":        nil,
		"a.xml/b.xml":       nil,
		"nowhere/*.xml":     nil,
		"linked/*.xml":      {"linked/d.xml"},
		"l*/*.xml":          {"linked/d.xml"}, // a link that a pattern names is followed
		"linked/**/*.xml":   {"linked/d.xml", "linked/deep/e.xml"},
		"unit/**":           {"unit/d.xml", "unit/deep/e.xml"}, // a cycle is not
		"**/[de].xml":       {"unit/d.xml", "unit/deep/e.xml"},
		"**/c.xml":          {".cache/c.xml"},
		"**/deep/**/*.xml":  {"unit/deep/e.xml"},
		"./unit/../*.txt":   {"b.txt"},
		dir + "/unit/*.xml": {"unit/d.xml"},
	} {
		found, err := patterns{pattern}.find(dir)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
		var got []string
		for _, file := range found {
			got = append(got, shown(dir, file))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", pattern, diff)
		}
	}
	if found, err := (patterns{"*.txt", "b.*"}).find(dir); err != nil || len(found) != 1 {
		t.Errorf("two patterns that match one file give %q and %v", found, err)
	}
}

// What cannot be looked through is no folder without reports.
func TestPatternsFail(t *testing.T) {
	files := map[string]string{}
	for n := range maxMatches + 1 {
		files[fmt.Sprintf("many/%d.xml", n)] = ""
	}
	dir := tree(t, files)
	if _, err := (patterns{"**/*.xml"}).find(dir); !errors.Is(err, errTooMany) {
		t.Errorf("%d matches give %v", len(files), err)
	}
	if _, err := (patterns{"many/" + strings.Repeat("x", 300) + "/*.xml"}).find(dir); err == nil {
		t.Error("a name that the disk refuses counts as absent")
	}
}
