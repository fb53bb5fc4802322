package report

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePath(t *testing.T) {
	for text, want := range map[string]string{
		"p95":                                 "p95",
		"costsheet.p95_ms":                    "costsheet p95_ms",
		"$.costsheet.p95_ms":                  "costsheet p95_ms",
		"$":                                   "",
		"$foo":                                "$foo",
		"runs[0].p95-ms":                      "runs [0] p95-ms",
		"[2][0]":                              "[2] [0]",
		`metrics["a.b{x:\"y\"}"].avg`:         `metrics a.b{x:"y"} avg`,
		`["p(95)"]`:                           "p(95)",
		"":                                    "-",
		".":                                   "-",
		"a.":                                  "-",
		".a":                                  "-",
		"a..b":                                "-",
		"a b":                                 "-",
		"a[":                                  "-",
		"a[x]":                                "-",
		"a[-1]":                               "-",
		"a[0]b":                               "-",
		`a["b]`:                               "-",
		"a[99999999]":                         "-",
		strings.Repeat("a.", mostSteps) + "a": "-",
	} {
		p, err := ParsePath(text)
		var steps []string
		for _, s := range p.steps {
			if s.index >= 0 {
				s.key = fmt.Sprintf("[%d]", s.index)
			}
			steps = append(steps, s.key)
		}
		got := strings.Join(steps, " ")
		if err != nil {
			got = "-"
		}
		if got != want {
			t.Errorf("%q: got %q %v, want %q", text, got, err, want)
		}
	}
}

// numbersIn are the numbers of every document, or what is wrong with it.
func numbersIn(text string, paths ...string) (all []string, err error) {
	var parsed []Path
	for _, text := range paths {
		p, err := ParsePath(text)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, p)
	}
	err = ReadNumbers(strings.NewReader(text), parsed, func(n int, numbers []Number, err error) error {
		if err != nil {
			all = append(all, fmt.Sprintf("%d: %v", n, err))
			return nil
		}
		line := fmt.Sprint(n, ":")
		for _, one := range numbers {
			line += " " + one.Text
		}
		all = append(all, line)
		return nil
	})
	return all, err
}

func TestReadNumbers(t *testing.T) {
	for _, tt := range []struct {
		text, paths string
		want        []string
		err         string
	}{
		{`{"a": {"b": 120.50}, "c": [1, {"d": -2e3}]}`, "a.b c[1].d c[0]", []string{"1: 120.50 -2e3 1"}, ""},
		{`{"b": {"a": 1}, "a": 2}`, "a", []string{"1: 2"}, ""},
		{"\ufeff{\"a\": 1}", "a", []string{"1: 1"}, ""},
		{`7`, "$", []string{"1: 7"}, ""},
		{"{\"a\": 1}\n{\"a\": 2}\r\n", "a", []string{"1: 1", "2: 2"}, ""},
		{`{"a": 1}`, "b", []string{"1: it has nothing at b; check the path"}, ""},
		{`{"a": 1}`, "a.b", []string{"1: it has nothing at a.b; check the path"}, ""},
		{`{"a": [1]}`, "a[1]", []string{"1: it has nothing at a[1]; check the path"}, ""},
		{`{"a": {"0": 1}}`, "a[0]", []string{"1: it has nothing at a[0]; check the path"}, ""},
		{`{"A": 1}`, "a", []string{"1: it has nothing at a; check the path"}, ""},
		{`{"a": "12"}`, "a", []string{"1: its a is a string and not a number; write it without quotes"}, ""},
		{`{"a": null}`, "a", []string{"1: its a is null, which measures nothing; check what writes it"}, ""},
		{`{"a": false}`, "a", []string{"1: its a is true or false and not a number; write a number there, or the path to one"}, ""},
		{`{"a": {"b": 1}}`, "a", []string{"1: its a is an object or an array and not a number; write the path to a number in it"}, ""},
		{`{"a": 1e999}`, "a", []string{"1: its a is too large for a number; check what writes it"}, ""},
		{`{"a": 1, "a": 2}`, "a", nil, "an object in it has the key a twice; which of them counts is not known"},
		{`{"a": {"b": 1}, "a": {}}`, "a.b", nil, "an object in it has the key a twice; which of them counts is not known"},
		{`{"x": 1, "x": 2, "a": 3}`, "a", []string{"1: 3"}, ""},
		{`[{"a": 1}, {"a": 2}]`, "[1].a", []string{"1: 2"}, ""},
		{`{"a": NaN}`, "a", nil, "it isn't JSON at byte 6, where it has NaN or Infinity, perhaps; write null, or no value"},
		{`{"a": 1, "b": Infinity}`, "a", nil, "it isn't JSON at byte 14, where it has NaN or Infinity, perhaps; write null, or no value"},
		{`{"a": 1`, "a", nil, "its JSON is truncated"},
		{`{"a": 1, "b": [1, 2`, "a", nil, "its JSON is truncated"},
		{`{"a": 1}}`, "a", []string{"1: 1"}, "it isn't JSON at byte 8"},
		{"{\"a\": 1}\n{\"a\": ", "a", []string{"1: 1"}, "its JSON is truncated"},
		{`{"a": 1,}`, "a", nil, "it isn't JSON"},
		{`{"a": 01}`, "a", nil, "it isn't JSON"},
		{"", "a", nil, "it is empty; check what writes it"},
		{" \n", "a", nil, "it is empty; check what writes it"},
		{"a,b\n1,2\n", "a", nil, "it isn't JSON"},
		{"\xff\xfe{\x00}\x00", "a", nil, "it is written in UTF-16; only UTF-8 is read; have the tool write that"},
		{strings.Repeat("[", 100_000), "a", nil, "its JSON is truncated"},
		{strings.Repeat(" ", MaxSize) + "1", "$", nil, "it is larger than 32 MiB; write it in several files"},
	} {
		got, err := numbersIn(tt.text, strings.Fields(tt.paths)...)
		said := ""
		if err != nil {
			said = err.Error()
		}
		name := tt.text[:min(len(tt.text), 60)]
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", name, tt.paths, diff)
		}
		if (said == "") != (tt.err == "") || !strings.HasPrefix(said, tt.err) {
			t.Errorf("%s %s: got %q, want %q", name, tt.paths, said, tt.err)
		}
	}
}

// A caller's error ends the reading, and comes back.
func TestReadNumbersEnds(t *testing.T) {
	over, asked := errors.New("over"), 0
	err := ReadNumbers(strings.NewReader("1 2 3"), []Path{{text: "$"}}, func(int, []Number, error) error { asked++; return over })
	if !errors.Is(err, over) || asked != 1 {
		t.Errorf("got %v after %d documents", err, asked)
	}
}

// FuzzReadNumbers reads whatever comes: what is read twice is the same, and what is
// called a number is a finite one.
func FuzzReadNumbers(f *testing.F) {
	names, err := filepath.Glob("testdata/numbers/*")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "costsheet.p95_ms")
		f.Add(string(text), "p95")
	}
	f.Add(`{"a": NaN}`, "a")
	f.Add(`{"a": 1, "a": null}`, "a")
	f.Fuzz(func(t *testing.T, text, path string) {
		p, err := ParsePath(path)
		if err != nil {
			return
		}
		err = ReadNumbers(strings.NewReader(text), []Path{p}, func(_ int, numbers []Number, err error) error {
			if err == nil && (numbers[0].Text == "" || math.IsNaN(numbers[0].Value) || math.IsInf(numbers[0].Value, 0)) {
				t.Errorf("%q is called a number", numbers[0].Text)
			}
			return nil
		})
		first, errFirst := numbersIn(text, path)
		second, errSecond := numbersIn(text, path)
		if !cmp.Equal(first, second) || fmt.Sprint(errFirst) != fmt.Sprint(errSecond) || fmt.Sprint(err) != fmt.Sprint(errFirst) {
			t.Error("read twice, it says different things")
		}
	})
}
