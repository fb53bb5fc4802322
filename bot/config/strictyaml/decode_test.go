package strictyaml

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// file is a format of these tests.
type file struct {
	Name    Value[string]   `yaml:"name" require:"what it is called"`
	Title   string          `yaml:"title"`
	URL     string          `yaml:"url"`
	Port    Value[int]      `yaml:"port"`
	On      bool            `yaml:"on"`
	Share   float64         `yaml:"share"`
	Words   []string        `yaml:"words"`
	People  Ordered[person] `yaml:"people"`
	Size    size            `yaml:"size"`
	Shapes  oneOrMany       `yaml:"shapes"`
	Later   *later          `yaml:"later"`
	Rest    *Node           `yaml:"rest"`
	Nothing *struct {
		X int `yaml:"x"`
	} `yaml:"nothing"`
}

type person struct {
	Pos
	Age   int    `yaml:"age" require:"how old"`
	Note  string `yaml:"note"`
	Token string `yaml:"token"`
}

// size reads one value.
type size int

func (s *size) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(strings.TrimSuffix(string(text), " m"))
	if err != nil {
		return fmt.Errorf("%q is no size; write one such as 3 m", text)
	}
	*s = size(n)
	return nil
}

// oneOrMany is a word or a list of words.
type oneOrMany []string

func (o *oneOrMany) Decode(decode func(any) error) error {
	var one string
	if decode(&one) == nil {
		*o = oneOrMany{one}
		return nil
	}
	var many []string
	err := decode(&many)
	*o = many
	return err
}

// later decodes its settings when it is asked to.
type later struct{ decode func(any) error }

func (l *later) Keep(decode func(any) error) { l.decode = decode }

var format = Format{
	Sent: []string{"rest"}, Shown: []string{"title"}, Addresses: []string{"{here}"},
	Advice: Advice{Empty: "begin with name:", TooLarge: "leave things out", TooManyLines: "leave lines out", Unset: "set it"},
}

const sample = `name: first
title: "The ${WORD} and $${NOT} and $5"
port: ${PORT}
on: true
share: 0.5
words: [one, two]
people:
  ann: &ann { age: 30, note: first }
  bob: { <<: *ann, note: second }
size: 3 m
shapes: one
later: { age: 9 }
rest: { any: [thing] }
`

// variables is the environment of these tests.
func variables(name string) (string, bool) {
	value, ok := map[string]string{"WORD": "x, on: true }", "PORT": "8080", "EMPTY": "", "MY_TOKEN": "t0ken-value", "PLACE": "http://site.example"}[name]
	return value, ok
}

// faults decodes text as a file and lists what is wrong as line:column: sentence.
func faults(t *testing.T, text string, environ func(string) (string, bool)) []string {
	t.Helper()
	d := NewDecoder("x.yml", format, environ)
	if root, ok := d.Read([]byte(text)); ok {
		d.Decode(root, &file{}, "the file")
	}
	var all Faults
	if err := d.Err(); err != nil && !errors.As(err, &all) {
		t.Fatalf("the error is no Faults: %v", err)
	}
	var list []string
	for _, f := range all {
		list = append(list, strings.TrimPrefix(f.String(), "x.yml:"))
	}
	return list
}

func decodeSample(t *testing.T) *file {
	t.Helper()
	d, f := NewDecoder("x.yml", format, variables), &file{}
	root, ok := d.Read([]byte(sample))
	if ok {
		d.Decode(root, f, "the file")
	}
	if err := d.Err(); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestDecode fills every sort of field.
func TestDecode(t *testing.T) {
	f := decodeSample(t)
	var kept person
	if err := f.Later.decode(&kept); err != nil {
		t.Fatal(err)
	}
	bob, _ := f.People.Get("bob")
	for name, pair := range map[string]struct{ want, got any }{
		"a value":               {Value[string]{"first", Pos{1, 7}, true}, f.Name},
		"variables and escapes": {"The x, on: true } and ${NOT} and $5", f.Title},
		"a number":              {Value[int]{8080, Pos{3, 7}, true}, f.Port},
		"true":                  {true, f.On},
		"a fraction":            {0.5, f.Share},
		"a list":                {[]string{"one", "two"}, f.Words},
		"names in order":        {[]string{"ann", "bob"}, f.People.Names()},
		"a merge":               {person{Pos{9, 8}, 30, "second", ""}, *bob},
		"a text of its own":     {size(3), f.Size},
		"a union":               {oneOrMany{"one"}, f.Shapes},
		"decoded later":         {9, kept.Age},
		"a node":                {Pos{13, 15}, f.Rest.At("any.[0]")},
	} {
		if diff := cmp.Diff(pair.want, pair.got); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", name, diff)
		}
	}
}

// TestFaults breaks the sample file, a line at a time.
func TestFaults(t *testing.T) {
	for _, tt := range []struct{ was, is, want string }{
		{"name: first\n", "", "1:1: the file needs the field name: what it is called"},
		{"name: first", "name: first\nnane: second", `2:1: the file has no field "nane"; did you mean "name"?`},
		{"name: first", "name: first\nname: second", `2:1: "name" appears twice, first on line 1; keep one`},
		{"name: first", "name:", "1:6: name has no value; give it one or remove the line"},
		{"name: first", "name: [first]", "1:7: name must be a string, not a list"},
		{"name: first", "name: !text first", "1:7: YAML tags aren't allowed; remove it, since every field has a fixed type"},
		{"name: first", "name: *first", "1:7: *first isn't defined yet; define &first before its first use, and not inside itself"},
		{"${WORD}", "${WORDS}", "2:8: the variable WORDS is not set; set it"},
		{"${WORD}", "${MY-WORD}", "2:8: \"${MY-WORD}\" isn't a variable; write ${NAME}, or $${ for a literal ${"},
		{"${WORD}", "${MY_TOKEN}", "2:8: this is shown to everybody, but MY_TOKEN is named like a secret; write the text itself"},
		{"port: ${PORT}", "port: many", "3:7: port must be a whole number"},
		{"port: ${PORT}", `port: "80"`, "3:7: port must be a whole number, without quotes"},
		{"port: ${PORT}", "port: 99999999999999999999", "3:7: port is too large"},
		{"on: true", "on: yes", "4:5: on must be true or false, without quotes"},
		{"[one, two]", "one", "6:8: words must be a list, not a single value; write [ … ] or one - per line"},
		{"age: 30, ", "", "8:13: people.ann needs the field age: how old\n9:8: people.bob needs the field age: how old"},
		{"age: 30", `"${PORT}": 30`, "8:13: people.ann needs the field age: how old\n8:15: keys can't contain variables; use variables only in values\n9:8: people.bob needs the field age: how old"},
		{"note: second", "token: secret", "9:27: token is in plain text; put it into an environment variable and write ${NAME}"},
		{"<<: *ann", "<<: ann", "9:8: people.bob needs the field age: how old\n9:10: << merges a mapping, not a single value; write <<: *NAME"},
		{"size: 3 m", "size: ${PLACE}", `10:7: size: "${PLACE}" is no size; write one such as 3 m`},
		{"shapes: one", "shapes: [[one]]", "11:10: an entry of shapes must be a string, not a list"},
		{"shapes: one", "shapes: {}", "11:9: shapes must be a string, not a mapping"},
	} {
		if !strings.Contains(sample, tt.was) {
			t.Errorf("%q is not in the sample", tt.was)
		}
		got := faults(t, strings.Replace(sample, tt.was, tt.is, 1), variables)
		if diff := cmp.Diff(strings.Split(tt.want, "\n"), got); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", tt.is, diff)
		}
	}
}

// TestSettings decodes later, and says only that there were faults.
func TestSettings(t *testing.T) {
	d := NewDecoder("x.yml", format, variables)
	root, ok := d.Read([]byte("age: old\n"))
	if !ok {
		t.Fatal(d.Err())
	}
	decode := d.Settings(root, "the person")
	if err := decode(person{}); err == nil || err.Error() != "decode settings of the person: want a pointer, got strictyaml.person" {
		t.Errorf("into no pointer: %v", err)
	}
	if err := decode(&person{}); err == nil || d.FaultCount() != 1 {
		t.Errorf("got %v and %d faults, want an error and 1", err, d.FaultCount())
	}
	if got := d.Err().Error(); got != "x.yml:1:6: age must be a whole number" {
		t.Errorf("got %s", got)
	}
}

// TestNodeOf decodes settings that do not come from a file.
func TestNodeOf(t *testing.T) {
	d, got := NewDecoder("x.yml", format, variables), person{}
	d.Decode(NodeOf(map[string]any{"age": "7", "note": "${PLACE}"}), &got, "the person")
	if want := (person{Note: "${PLACE}"}); got != want || d.Err() != nil || d.FaultCount() != 0 {
		t.Errorf("got %+v, %v", got, d.Err())
	}
}

// TestSuggest offers what is near, or all there is.
func TestSuggest(t *testing.T) {
	known := []string{"staging", "production", "dev"}
	for word, want := range map[string]string{
		"stagin": `did you mean "staging"?`, "prodcution": `did you mean "production"?`, "DEV": `did you mean "dev"?`,
		"elsewhere": "use one of staging, production and dev",
	} {
		if got := Suggest(word, known); got != want {
			t.Errorf("%s: got %s, want %s", word, got, want)
		}
	}
	if got := Suggest("x", nil); got != "none is defined" {
		t.Errorf("without any: %s", got)
	}
	if got := Enumerate(strings.Fields(strings.Repeat("a ", 18))); got != strings.Repeat("a, ", 15)+"a and 2 more" {
		t.Errorf("of many: %s", got)
	}
}
