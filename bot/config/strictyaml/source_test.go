package strictyaml

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUnreadable is files of which no node is made.
func TestUnreadable(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for _, pair := range []string{"ba", "cb", "dc", "ed", "fe", "gf"} {
		bomb += pair[:1] + ": &" + pair[:1] + " [" + strings.TrimSuffix(strings.Repeat("*"+pair[1:]+", ", 10), ", ") + "]\n"
	}
	for name, test := range map[string]struct{ text, want string }{
		"empty":              {"", `1:1: the file is empty; begin with name:`},
		"only a comment":     {"# soon\n", `1:1: the file is empty; begin with name:`},
		"byte order mark":    {"\xef\xbb\xbfproject: P\n", `1:1: the file begins with a byte order mark; save it as UTF-8 without one`},
		"UTF-16":             {"\xff\xfep\x00", `1:1: the file begins with a byte order mark; save it as UTF-8 without one`},
		"not UTF-8":          {"project: P\ntitle: caf\xe9\n", `2:11: this isn't UTF-8; save the file as UTF-8`},
		"tabs":               {"project: P\nslack:\n\treleases: C0RELEASES\n \ton_call: C0\n", "3:1: there is a tab in the indentation; indent with spaces\n4:2: there is a tab in the indentation; indent with spaces"},
		"control characters": {"project: \x1b[31mP\n", `1:10: there is a control character here; remove it`},
		"too large":          {"# " + strings.Repeat("x", 1<<20), `1:1: the file is larger than 1 MiB; leave things out`},
		"too many lines":     {strings.Repeat("#\n", 20_001), `20001:1: the file has more than 20,000 lines; leave lines out`},
		"too deep":           {"a: " + strings.Repeat("[", 101), `1:1: this is nested more than 100 levels deep; remove levels`},
		"too deep in a line": {strings.Repeat("- ", 101) + "x", `1:1: this is nested more than 100 levels deep; remove levels`},
		"two documents":      {"project: P\n---\nproject: Q\n", `3:1: a second YAML document begins here; keep everything in one document, without --- lines`},
		"directive":          {"%YAML 1.2\n---\nproject: P\n", `1:1: YAML directives aren't allowed; remove the line`},
		"quote not closed":   {"project: 'P\n", "1:10: the quoted text that begins here isn't closed on this line; close the quote, and double a ' within single quotes"},
		"quote closed later": {"project: \"P\nslack: { releases: \"C0\" }\nlisten: \"x\"\n", "1:10: the quoted text that begins here isn't closed on this line; close the quote, and double a ' within single quotes"},
		"apostrophe":         {"title: 'it's here'\n", "1:12: this isn't valid YAML: value is not allowed in this context. map key-value is pre-defined; the value has already ended; put all of it in one pair of quotes"},
		"indented further":   {"project: P\n slack: {}\n", "2:2: this line is indented further than the one before, which already has a value; align it with the lines that it belongs to"},
		"text over lines":    {"project: \"P\n  and more\"\nslack:\n    releases: C0RELEASES\n  on_call: C0ONCALL\n", "5:3: this isn't valid YAML: value is not allowed in this context; align the line with the lines that it belongs to"},
		"bracket too many":   {"slack: ]\n", "1:8: this isn't valid YAML: could not find '[' character corresponding to ']'; remove this unmatched bracket, or quote the text"},
		"no colon":           {"project P\nlisten: x\n", "1:1: this isn't valid YAML: unexpected key name; write the line as \"key: value\", with a colon and a space"},
		"bracket not closed": {"slack: { releases: C0RELEASES\n", `1:8: this isn't valid YAML: could not find flow mapping end token '}'; close the bracket or brace that is open here`},
		"limit not quoted":   {"value: >= 80%\n", "1:8: quote it, because > at the beginning of a value has a meaning of its own in YAML"},
		"colon in a title":   {"title: Staging: ready\n", "1:8: this isn't valid YAML: mapping value is not allowed in this context; quote a text that begins with one of > | & * ! % @ ` { [ # or contains \": \""},
		"indentation":        {"slack:\n    releases: C0RELEASES\n  on_call: C0ONCALL\n", "3:3: this isn't valid YAML: value is not allowed in this context; align the line with the lines that it belongs to"},
		"two brackets":       {"roles:\n  lead: { users: [U0TL }\n", "2:24: this isn't valid YAML: ',' or ']' must be specified; close the bracket or brace that is open here, or put a comma between two values"},
		"aliases in aliases": {bomb, `1:1: the file has more than 200,000 values, including those repeated by aliases; shorten it, or use fewer aliases`},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(faults(t, test.text, variables), "\n")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// FuzzRead checks that nothing that is fed to Read makes it panic, and that
// whatever it refuses has a position.
func FuzzRead(f *testing.F) {
	for _, text := range []string{sample, "a: &a [*a]\n", "<<: [x]\n", "a: !x y\n", "? [a]\n: b\n", "a: \"b\n", "a: {b: [c\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := NewDecoder("x.yml", format, variables)
		if root, ok := d.Read(data); ok {
			d.Decode(root, &file{}, "the file")
		} else if d.FaultCount() == 0 {
			t.Fatal("neither a node nor a fault")
		}
		if d.Err() == nil {
			return
		}
		for _, fault := range d.Err().(Faults) {
			if fault.Line < 1 || fault.Column < 1 || fault.Problem == "" {
				t.Fatalf("a fault without a position: %+v", fault)
			}
		}
	})
}
