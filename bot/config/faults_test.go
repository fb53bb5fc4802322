package config

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/commands"
)

var update = flag.Bool("update", false, "write the faults in testdata anew")

// frame is a sound configuration around one section's items, which begin on
// line 17.
const frame = `project: P
slack: { releases: C0RELEASES }
roles:
  lead: { users: [U0TL] }
  dev: { users: [U0DEV] }
environments:
  staging: { url: "http://staging.example" }
  production: { after: [staging] }
sign_offs:
  production: { roles: [lead] }
connections:
  db: { postgres: { url: "${DB}" } }
  repo: { github: { repository: a/b } }
checklist:
  - section: first
    items:
`

// variables is the environment of these tests.
func variables(name string) (string, bool) {
	value, ok := map[string]string{
		"DB": "postgres://reader:s3cret-pw@db.example/odoo", "EMPTY": "", "TWO": "2", "ON": "yes",
		"YAML": "x, manual: { by: [dev] }", "MY_TOKEN": "t0ken-value", "BROKEN_URL": "postgres//u:s3cret-pw@",
	}[name]
	return value, ok
}

// problems parses text and lists its faults as line:column: sentence.
func problems(t *testing.T, text string) []string {
	t.Helper()
	_, err := Parse("gonogo.yml", []byte(text), variables)
	if err == nil {
		return nil
	}
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("the error is no Faults: %v", err)
	}
	var list []string
	for _, f := range faults {
		list = append(list, strings.TrimPrefix(f.String(), "gonogo.yml:"))
	}
	return list
}

// TestItemFaults puts the items of testdata/items.txt into the frame.
func TestItemFaults(t *testing.T) {
	judge(t, "testdata/items.txt", func(items string) string {
		var text strings.Builder
		text.WriteString(frame)
		indent := "      "
		for line := range strings.Lines(items) {
			if strings.HasPrefix(line, "- section") {
				indent = "  "
			}
			text.WriteString(indent + line)
		}
		return text.String()
	})
}

// TestFileFaults puts the lines of testdata/files.txt into a sound file in
// place of its own of the same names.
func TestFileFaults(t *testing.T) { judge(t, "testdata/files.txt", replace) }

// judge compares the faults of every case in a file of cases. A case is its
// name after ===, its text, and its faults after !. -update writes them anew.
func judge(t *testing.T, path string, whole func(string) string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var written strings.Builder
	for _, c := range strings.Split("\n"+string(data), "\n=== ")[1:] {
		name, rest, _ := strings.Cut(c, "\n")
		text, want, _ := strings.Cut(strings.TrimRight(rest, "\n"), "\n! ")
		t.Run(name, func(t *testing.T) {
			got := strings.Join(problems(t, whole(text)), "\n! ")
			if diff := cmp.Diff(want, got); diff != "" && !*update {
				t.Errorf("want -, got +:\n%s", diff)
			}
			if want == "" && !*update {
				t.Error("the case names no fault")
			}
			fmt.Fprintf(&written, "=== %s\n%s\n! %s\n\n", name, text, got)
		})
	}
	if *update {
		if err := os.WriteFile(path, []byte(written.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// replace puts lines at the head of a sound file, in place of its own lines of
// the same names.
func replace(lines string) string {
	sound := map[string]string{
		"project": "project: P", "slack": "slack: { releases: C0RELEASES }",
		"roles":        "roles: { lead: { users: [U0TL] }, dev: { users: [U0DEV] } }",
		"environments": "environments: { staging: {}, production: { after: [staging] } }",
		"connections":  `connections: { db: { postgres: { url: "${DB}" } } }`,
		"checklist":    "checklist: [{ section: first, items: [{ item: a, manual: { by: [dev] } }] }]",
	}
	for line := range strings.Lines(lines) {
		name, _, _ := strings.Cut(line, ":")
		delete(sound, name)
	}
	text := lines + "\n"
	for _, name := range []string{"project", "slack", "roles", "environments", "connections", "checklist"} {
		if line, ok := sound[name]; ok {
			text += line + "\n"
		}
	}
	return text
}

// TestUnreadable is files that are not read as far as their meaning; package
// strictyaml tests the others.
func TestUnreadable(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"empty":          {"", `1:1: the file is empty; begin with project: and checklist:`},
		"too large":      {"# " + strings.Repeat("x", 1<<20), `1:1: the file is larger than 1 MiB; remove what isn't part of the configuration`},
		"too many lines": {strings.Repeat("#\n", 20_001), `20001:1: the file has more than 20,000 lines; remove what no gate or person checks`},
		"a list":         {"- project: P\n", `1:1: the configuration must be a mapping, not a list`},
		"a word":         {"project\n", `1:1: the configuration must be a mapping, not a single value`},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(problems(t, test.text), "\n")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// TestReservedNames refuses each word of the commands as a name that can be typed.
func TestReservedNames(t *testing.T) {
	reserved := commands.Reserved()
	for _, word := range []string{"close", "share", "nudge", "same", "until", "all", "sections"} {
		if !slices.Contains(reserved, word) {
			t.Errorf("%s is not reserved", word)
		}
	}
	keywords := commands.Keywords()
	for _, word := range reserved {
		for what, text := range map[string]string{
			"an environment": "environments: { " + word + ": {} }",
			"an item":        "checklist: [{ section: first, items: [{ item: " + word + ", manual: { by: [dev] } }] }]",
			"a section":      "checklist: [{ section: " + word + ", items: [{ item: a, manual: { by: [dev] } }] }]",
			"a runbook":      "runbooks: { " + word + ": { steps: [{ run: [\"true\"] }] } }",
		} {
			got := strings.Join(problems(t, replace(text)), "\n")
			want := what != "a section" || slices.Contains(keywords, word)
			if refused := strings.Contains(got, fmt.Sprintf("%s can't be named %q", what, word)); refused != want {
				t.Errorf("%s\n%s\nrefused: %t, want %t", text, got, refused, want)
			}
		}
	}
	after := "after_deployment: [{ title: All, environment: production, within: 24h, items: [{ item: b, manual: { by: [dev] } }] }]"
	if got := strings.Join(problems(t, replace(after)), "\n"); !strings.Contains(got, `a section can't be named "all"`) {
		t.Errorf("%s\n%s", after, got)
	}
}
