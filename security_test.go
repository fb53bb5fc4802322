package gonogo_test

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// stride are the kinds of threats, in the order of docs/security.md.
var stride = []string{"Spoofing", "Tampering", "Repudiation", "Information disclosure", "Denial of service", "Elevation of privilege"}

// TestEveryThreatHasATest reads the tables of docs/security.md: each line names
// tests, which TestPagesNameFunctionsThatExist looks for.
func TestEveryThreatHasATest(t *testing.T) {
	text, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	lines, kind := map[string]int{}, ""
	for line := range strings.Lines(string(text)) {
		if heading, is := strings.CutPrefix(line, "#"); is {
			kind = strings.TrimSpace(strings.TrimLeft(heading, "#"))
		}
		if !slices.Contains(stride, kind) || !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| threat ") {
			continue
		}
		lines[kind]++
		names := pointer.FindAllStringSubmatch(line, -1)
		if len(names) == 0 {
			t.Errorf("%s has a line without a test: %s", kind, line)
		}
		for _, name := range names {
			if !strings.HasSuffix(name[1], "_test.go") || !strings.HasPrefix(name[2], "Test") && !strings.HasPrefix(name[2], "Fuzz") {
				t.Errorf("%s names %s, which is no test", kind, name[0])
			}
		}
	}
	for _, kind := range stride {
		if lines[kind] < 3 {
			t.Errorf("docs/security.md has %d lines under %s", lines[kind], kind)
		}
	}
}
