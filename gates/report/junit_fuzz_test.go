package report

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// FuzzReadJUnit reads whatever comes. The counts must add up, a second reading
// must say the same, and a report in which a test did not end well must never
// be without a bad test.
func FuzzReadJUnit(f *testing.F) {
	names, err := filepath.Glob("testdata/junit/*.xml")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		report, err := readJUnit(bytes.NewReader(text))
		again, errAgain := readJUnit(bytes.NewReader(text))
		if (err == nil) != (errAgain == nil) || !reflect.DeepEqual(report, again) {
			t.Fatal("read twice, it says different things")
		}
		if err != nil {
			return
		}
		var all Tests
		if err := all.add("a.xml", report); err != nil {
			return
		}
		checkTests(t, all.All())
		if shards := len(all.byID); all.add("b.xml", report) == nil && len(all.byID) != shards {
			t.Errorf("the same report twice has %d tests, want %d", len(all.byID), shards)
		}
	})
}

// checkTests holds that each test has passed, was skipped or is bad.
func checkTests(t *testing.T, all []Test) {
	t.Helper()
	for _, test := range all {
		if test.Took < 0 {
			t.Errorf("%s took %s", test.Label, test.Took)
		}
		if test.Outcome != Passed && test.Outcome != Skipped && !test.Outcome.Bad() {
			t.Errorf("%s has the outcome %b", test.Label, test.Outcome)
		}
		if !test.Outcome.Bad() && len(test.Messages) > 0 && test.Outcome != Skipped {
			t.Errorf("%s passed, with the messages %q", test.Label, test.Messages)
		}
	}
}
