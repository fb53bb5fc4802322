package strictyaml

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOneSecretWithinAnother has faults quote values of which one begins with, or
// contains, another: the rest of the longer one would show most of it. The order of a
// map must not decide.
func TestOneSecretWithinAnother(t *testing.T) {
	environ := func(name string) (string, bool) {
		value, set := map[string]string{
			"SHORT_TOKEN": "onkel", "LONG_TOKEN": "onkel-und-tante", "LONGER_TOKEN": "bei-onkel-und-tante-vetter", "PLAIN": "onkel-und-tante-neffe",
			"ADDRESS": "http://base:nichte@enkel.example/muhme?key=ahne", "BRIEF": "muhm3",
		}[name]
		return value, set
	}
	text := `words: ["${SHORT_TOKEN}", "${LONG_TOKEN}", "${LONGER_TOKEN}", "${PLAIN}", "${ADDRESS}", "${BRIEF}"]`
	for range 20 {
		d, f := NewDecoder("x.yml", format, environ), &file{}
		root, _ := d.Read([]byte(text))
		d.Decode(root, f, "the file")
		for _, word := range f.Words {
			d.Fault(root.Pos, "there is no word %q", word)
		}
		err := d.Err()
		for _, word := range []string{"onkel", "tante", "vetter", "neffe", "base", "nichte", "enkel", "muhm", "ahne"} {
			if strings.Contains(err.Error(), word) {
				t.Fatalf("%s stands in: %v", word, err)
			}
		}
		if want := `there is no word "${PLAIN}"`; !strings.Contains(err.Error(), want) {
			t.Fatalf("%s is not said in: %v", want, err)
		}
	}
}

// TestPasswordsInPlainText checks passwords that are in the file and must not be in its
// faults.
func TestPasswordsInPlainText(t *testing.T) {
	for _, line := range []string{
		`size: "http://u:onkel-tante@h"`,
		`url: "https://u:onkel-tante@h/x"`,
		`people: { ann: { age: "http://u:onkel-tante@h" } }`,
		`words: ["http://u:onkel-tante@h"]`,
	} {
		got := strings.Join(faults(t, "name: n\n"+line, variables), "\n")
		if !strings.Contains(got, "this URL contains a password") {
			t.Errorf("%s: %v, want the fault that a password stands there", line, got)
		} else if strings.Contains(got, "onkel-tante") {
			t.Errorf("the password stands in: %v", got)
		}
	}
}

// TestSecrets checks which values of variables are redacted, and which are replaced by
// their variables' names.
func TestSecrets(t *testing.T) {
	environ := func(name string) (string, bool) {
		switch name {
		case "WORD":
			return "production", true
		case "PLACE":
			return "http://site.example", true
		case "REPORTS_DIR", "HOOK_PATH", "REPORTS":
			return "/srv/reports", true
		}
		return "value-of-" + strings.ToLower(name), true
	}
	for text, want := range map[string]struct {
		secrets []string
		named   map[string]string
	}{
		`url: "${PLACE}/page"`:                     {nil, map[string]string{"http://site.example": "PLACE"}},
		`url: "${PLACE}/${HOOK}"`:                  {[]string{"value-of-hook"}, map[string]string{"http://site.example": "PLACE"}},
		`url: "{here}/${HOOK}"`:                    {[]string{"value-of-hook"}, nil},
		`url: "https://${HOST}/page"`:              {nil, map[string]string{"value-of-host": "HOST"}},
		`url: "https://x.example/?key=${HOOK}"`:    {[]string{"value-of-hook"}, nil},
		`url: "https://u:${PLAIN}@x.example"`:      {[]string{"value-of-plain"}, nil},
		`words: ["${DB_PW}", "${SIGNING_KEY}"]`:    {[]string{"value-of-db_pw", "value-of-signing_key"}, nil},
		`words: ["${WORD}"]`:                       {nil, nil},
		`words: ["${REPORTS}/*.xml"]`:              {nil, map[string]string{"/srv/reports": "REPORTS"}},
		`words: ["${REPORTS_DIR}/*.xml"]`:          {nil, nil}, // people have to put something there
		`url: "https://x.example${HOOK_PATH}"`:     {nil, map[string]string{"/srv/reports": "HOOK_PATH"}},
		`rest: { any: "${ANY}", word: "${WORD}" }`: {[]string{"value-of-any"}, nil},
		`people: { ann: { token: "${ANY}" } }`:     {[]string{"value-of-any"}, nil},
	} {
		d, f := NewDecoder("x.yml", format, environ), &file{}
		root, ok := d.Read([]byte(text))
		if !ok {
			t.Fatal(d.Err())
		}
		d.Decode(root, f, "the file")
		if f.Rest != nil {
			d.ExpandAll(f.Rest)
		}
		if got := d.Secrets(); !slices.Equal(got, want.secrets) {
			t.Errorf("%s: secrets %q, want %q", text, got, want.secrets)
		}
		if want.named == nil {
			want.named = map[string]string{}
		}
		if diff := cmp.Diff(want.named, d.VariablesIn(root)); diff != "" {
			t.Errorf("%s: names (-want +got):\n%s", text, diff)
		}
	}
}
