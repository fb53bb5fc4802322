package glob

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree makes a folder with files.
func tree(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

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
		found, err := Patterns{pattern}.Find(dir)
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
		var got []string
		for _, file := range found {
			name, err := filepath.Rel(dir, file)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", pattern, diff)
		}
	}
	if found, err := (Patterns{"*.txt", "b.*"}).Find(dir); err != nil || len(found) != 1 {
		t.Errorf("two patterns that match one file give %q and %v", found, err)
	}
}

// What cannot be looked through is no folder without reports.
func TestPatternsFail(t *testing.T) {
	files := map[string]string{}
	for n := range MostFiles + 1 {
		files[fmt.Sprintf("many/%d.xml", n)] = ""
	}
	dir := tree(t, files)
	if _, err := (Patterns{"**/*.xml"}).Find(dir); !errors.Is(err, ErrTooMany) {
		t.Errorf("%d matches give %v", len(files), err)
	}
	if _, err := (Patterns{"many/" + strings.Repeat("x", 300) + "/*.xml"}).Find(dir); err == nil {
		t.Error("a name that the disk refuses counts as absent")
	}
}

// A pattern and a name are compared folder by folder, without looking at the disk.
func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{"src/*.go", "src/a.go", true},
		{"src/*.go", "src/deep/a.go", false},
		{"src/**", "src/deep/a.go", true},
		{"src/**", "src", false},
		{"**/a.go", "a.go", true},
		{"**/deep/**/a.go", "src/deep/a.go", true},
		{"/src/a.go", "/src/a.go", true},
		{"src/a.go", "/src/a.go", true},
		{"src", "src/a.go", false},
	} {
		if got := Match(tt.pattern, tt.name); got != tt.want {
			t.Errorf("%s and %s: got %v, want %v", tt.pattern, tt.name, got, tt.want)
		}
	}
}

func TestValid(t *testing.T) {
	for pattern, want := range map[string]bool{"a/**/*.xml": true, "[ab].xml": true, "": false, "[a": false} {
		if got := Valid(pattern); got != want {
			t.Errorf("%q: got %v, want %v", pattern, got, want)
		}
	}
}
