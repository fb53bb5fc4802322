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

// TestUnreadable is files that are not read as far as their meaning.
func TestUnreadable(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for _, pair := range []string{"ba", "cb", "dc", "ed", "fe", "gf"} {
		bomb += pair[:1] + ": &" + pair[:1] + " [" + strings.TrimSuffix(strings.Repeat("*"+pair[1:]+", ", 10), ", ") + "]\n"
	}
	for name, test := range map[string]struct{ text, want string }{
		"empty":              {"", `1:1: the file is empty; begin with project: and checklist:`},
		"only a comment":     {"# soon\n", `1:1: the file is empty; begin with project: and checklist:`},
		"byte order mark":    {"\xef\xbb\xbfproject: P\n", `1:1: the file begins with a byte order mark; save it as UTF-8 without one`},
		"UTF-16":             {"\xff\xfep\x00", `1:1: the file begins with a byte order mark; save it as UTF-8 without one`},
		"not UTF-8":          {"project: P\ntitle: caf\xe9\n", `2:11: this is not UTF-8; save the file as UTF-8`},
		"tabs":               {"project: P\nslack:\n\treleases: C0RELEASES\n \ton_call: C0\n", "3:1: there is a tab in the indentation; indent with spaces\n4:2: there is a tab in the indentation; indent with spaces"},
		"control characters": {"project: \x1b[31mP\n", `1:10: there is a control character here; remove it`},
		"too large":          {"# " + strings.Repeat("x", 1<<20), `1:1: the file is larger than 1 MiB; a configuration is a checklist, not an archive`},
		"too many lines":     {strings.Repeat("#\n", 20_001), `20001:1: the file has more than 20,000 lines; leave out what no gate or person checks`},
		"too deep":           {"a: " + strings.Repeat("[", 101), `1:1: this is nested more than 100 deep; a configuration never is`},
		"too deep in a line": {strings.Repeat("- ", 101) + "x", `1:1: this is nested more than 100 deep; a configuration never is`},
		"two documents":      {"project: P\n---\nproject: Q\n", `3:1: a second document begins here; keep everything in one, without --- lines`},
		"directive":          {"%YAML 1.2\n---\nproject: P\n", `1:1: there is a YAML directive here; remove the line`},
		"a list":             {"- project: P\n", `1:1: the configuration must be a mapping of fields, and this is a list`},
		"a word":             {"project\n", `1:1: the configuration must be a mapping of fields, and this is a single value`},
		"quote not closed":   {"project: 'P\n", "1:10: the text in quotes that begins here does not end with its line; close the quote, and write a ' within single quotes twice"},
		"quote closed later": {"project: \"P\nslack: { releases: \"C0\" }\nlisten: \"x\"\n", "1:10: the text in quotes that begins here does not end with its line; close the quote, and write a ' within single quotes twice"},
		"apostrophe":         {"title: 'it's here'\n", "1:12: this is not YAML: value is not allowed in this context. map key-value is pre-defined; the value of this line has ended already; put all of it in one pair of quotes"},
		"indented further":   {"project: P\n slack: {}\n", "2:2: this line is indented further than the one before, which has a value already; indent it as far as the lines that it belongs with"},
		"text over lines":    {"project: \"P\n  and more\"\nslack:\n    releases: C0RELEASES\n  on_call: C0ONCALL\n", "5:3: this is not YAML: value is not allowed in this context; indent the line as far as the lines that it belongs with"},
		"bracket too many":   {"slack: ]\n", "1:8: this is not YAML: could not find '[' character corresponding to ']'; remove this bracket, which closes nothing, or put the text in quotes"},
		"no colon":           {"project P\nlisten: x\n", "1:1: this is not YAML: unexpected key name; write the line as \"key: value\", with a colon and a space"},
		"bracket not closed": {"slack: { releases: C0RELEASES\n", `1:8: this is not YAML: could not find flow mapping end token '}'; close what is open here`},
		"limit not quoted":   {"value: >= 80%\n", "1:8: this is not YAML: invalid header option: \"= 80%\"; texts that begin with one of > | & * ! % @ ` { [ # or hold \": \" need quotes"},
		"colon in a title":   {"title: Staging: ready\n", "1:8: this is not YAML: mapping value is not allowed in this context; texts that begin with one of > | & * ! % @ ` { [ # or hold \": \" need quotes"},
		"indentation":        {"slack:\n    releases: C0RELEASES\n  on_call: C0ONCALL\n", "3:3: this is not YAML: value is not allowed in this context; indent the line as far as the lines that it belongs with"},
		"two brackets":       {"roles:\n  lead: { users: [U0TL }\n", "2:24: this is not YAML: ',' or ']' must be specified; close what is open here, or put a comma between two values"},
		"aliases in aliases": {bomb, `1:1: the document holds more than 200,000 values, with what its aliases repeat; write less, or repeat less`},
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
			if refused := strings.Contains(got, fmt.Sprintf("%s cannot be named %q", what, word)); refused != want {
				t.Errorf("%s\n%s\nrefused: %t, want %t", text, got, refused, want)
			}
		}
	}
	after := "after_deployment: [{ title: All, environment: production, within: 24h, items: [{ item: b, manual: { by: [dev] } }] }]"
	if got := strings.Join(problems(t, replace(after)), "\n"); !strings.Contains(got, `a section cannot be named "all"`) {
		t.Errorf("%s\n%s", after, got)
	}
}
