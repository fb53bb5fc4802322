package gates

import (
	"bytes"
	"maps"
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
	f.Add([]byte(mixed))
	f.Fuzz(func(t *testing.T, text []byte) {
		report, err := readJUnit(bytes.NewReader(text))
		again, errAgain := readJUnit(bytes.NewReader(text))
		if (err == nil) != (errAgain == nil) || !reflect.DeepEqual(report, again) {
			t.Fatal("read twice, it says different things")
		}
		if err != nil {
			return
		}
		all := junitTests{tests: map[testID]junitTest{}}
		if err := all.add("a.xml", report); err != nil {
			return
		}
		checkTally(t, all)
		if shards := maps.Clone(all.tests); all.add("b.xml", report) == nil && len(all.tests) != len(shards) {
			t.Errorf("the same report twice has %d tests, want %d", len(all.tests), len(shards))
		}
	})
}

func checkTally(t *testing.T, all junitTests) {
	t.Helper()
	n := all.tally()
	if n.took < 0 {
		t.Errorf("took %s", n.took)
	}
	if n.passed+n.skipped+len(n.complaints) != n.total {
		t.Errorf("%d passed, %d skipped and %d bad of %d", n.passed, n.skipped, len(n.complaints), n.total)
	}
	if n.failed+n.errors+len(n.unknown) < len(n.complaints) {
		t.Errorf("%d bad tests, and %d failed, %d errors, %d unknown", len(n.complaints), n.failed, n.errors, len(n.unknown))
	}
}
