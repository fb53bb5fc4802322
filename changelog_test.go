package gonogo_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// groups are the headings below a version in CHANGELOG.md. Source:
// https://keepachangelog.com/en/1.1.0/
var groups = []string{"### Added", "### Changed", "### Deprecated", "### Removed", "### Fixed", "### Security"}

// version is the heading of one, or of what is not released yet.
var version = regexp.MustCompile(`^## (Unreleased|[0-9]+\.[0-9]+\.[0-9]+ - [0-9]{4}-[0-9]{2}-[0-9]{2})$`)

// prefixed is a line that says its group itself, as a merge may leave it.
var prefixed = regexp.MustCompile(`^- (Added|Changed|Deprecated|Removed|Fixed|Security):`)

// misplaced lists the lines of a changelog that are not where readers look for
// them, and the headings that a version has twice.
func misplaced(changelog string) (wrong []string) {
	group, seen := "", map[string]bool{}
	for line := range strings.Lines(changelog) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "## "):
			if group, seen = "", map[string]bool{}; !version.MatchString(line) {
				wrong = append(wrong, line)
			}
		case strings.HasPrefix(line, "### "):
			if group = line; !slices.Contains(groups, line) || seen[line] {
				wrong = append(wrong, line)
			}
			seen[line] = true
		case strings.HasPrefix(line, "- ") && (group == "" || prefixed.MatchString(line)):
			wrong = append(wrong, line)
		}
	}
	return wrong
}

// TestChangelogIsInOrder keeps the changelog in the form that it promises, also
// where lines come in by a merge.
func TestChangelogIsInOrder(t *testing.T) {
	text, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "\n## Unreleased\n") {
		t.Error("CHANGELOG.md has no heading Unreleased")
	}
	for _, line := range misplaced(string(text)) {
		t.Errorf("CHANGELOG.md: put this line below %s of its version, without a prefix, and each heading there once: %s", strings.Join(groups, ", "), line)
	}
}

func TestMisplaced(t *testing.T) {
	for line, want := range map[string]int{
		"## Unreleased\n\n### Fixed\n\n- a crash":                            0,
		"## Unreleased\n\n- a crash":                                         1,
		"## Unreleased\n\n### Fixed\n\n- Fixed: a crash":                     1,
		"## Unreleased\n\n### Fixed\n\n- a\n\n### Fixed\n\n- b":              1,
		"## Unreleased\n\n### Fixed\n\n## 1.0.0 - 2026-12-01\n\n### Fixed\n": 0,
		"## Unreleased\n\n### Mended\n\n- a crash":                           1,
		"## Unreleased\n\n### Fixed\n\n## 1.0.0 - 2026-12-01\n- this":        1,
		"## v1.0\n": 1,
	} {
		if wrong := misplaced(line); len(wrong) != want {
			t.Errorf("%q: %q are misplaced, want %d", line, wrong, want)
		}
	}
}
