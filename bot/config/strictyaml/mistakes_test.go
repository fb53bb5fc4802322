package strictyaml

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCommonMistakes is YAML as newcomers write it. Each fault names the cause, at its
// own position.
func TestCommonMistakes(t *testing.T) {
	const (
		comment = "; quote the value"
		braces  = "quote values that contain {, }, [ or ]"
		list    = "this line is aligned with the entries of a list; begin it with -, or indent it further if it belongs to the entry above"
	)
	for name, test := range map[string]struct{ text, want string }{
		"comment":               {"name: #first\n", "1:7: name has no value, because # after a space begins a comment; quote the value"},
		"comment in a mapping":  {"people: { ann: #first }\nname: x\n", "1:16: # after a space begins a comment, which hides the rest of this line" + comment},
		"comment over lines":    {"name: { # a comment\n", "1:7: this isn't valid YAML: could not find flow mapping end token '}'; close the bracket or brace that is open here"},
		"a real comment":        {"name: # soon\n", "1:7: name has no value; give it one or remove the line"},
		"placeholder":           {"name: {here.url}/\n", "1:7: " + braces},
		"placeholder alone":     {"name: {here.url}\n", "1:7: " + braces},
		"placeholder in braces": {"later: { age: {here.url}/web, x: y }\n", "1:15: " + braces},
		"variable in braces":    {"later: { name: ${URL} }\n", "1:16: " + braces},
		"quoted braces":         {"later: { name: \"x: {here.url}\" ]\n", "1:32: this isn't valid YAML: ',' or '}' must be specified; close the bracket or brace that is open here, or put a comma between two values"},
		"dash":                  {"words:\n  -name: x\n    items:\n      - a\n", "2:3: put a space after -"},
		"dash alone":            {"name: x\n-title: x\n", "2:1: put a space after -"},
		"second dash":           {"- name: x\n-name: y\n", "2:1: put a space after -"},
		"colon":                 {"name: x\ntitle:Tests\nport: 80\n", "2:1: put a space after the colon, as in title: Tests"},
		"first colon":           {"title:Tests\nname: x\n", "1:1: put a space after the colon, as in title: Tests"},
		"no dash":               {"words:\n  - item: a\n    x: y\n  item: b\n", "4:3: " + list},
		"pattern":               {"name: *.xml\n", "1:7: quote it, because * begins an alias in YAML"},
		"pattern of folders":    {"name: **/x.xml\n", "1:7: quote it, because * begins an alias in YAML"},
		"limit":                 {"port: >= 3\n", "1:7: quote it, because > at the beginning of a value has a meaning of its own in YAML"},
		"limit in braces":       {"later: { age: >= 3 }\n", "1:15: quote it, because > at the beginning of a value has a meaning of its own in YAML"},
		"no settings":           {"name: x\npeople: { ann: }\n", "2:15: people.ann has no value; write ann: { age: … }"},
		"no settings needed":    {"name: x\nnothing:\n", "2:10: nothing has no value; write nothing: {} or remove the line"},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(faults(t, test.text, variables), "\n")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}
