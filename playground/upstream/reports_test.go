package upstream

import (
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tally is what a reader of the reports counts, case by case.
type tally struct {
	Files, Torn, Tests, Failed, Skipped int
}

// counted is a reader's own count: it looks at the elements and trusts no
// attribute but the class name.
func counted(t *testing.T, dir string) (tally, map[string]int, time.Duration) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	sum, modules, took := tally{Files: len(files)}, map[string]int{}, time.Duration(0)
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := countFile(f, &sum, modules, &took); err != nil {
			sum.Torn++
		}
		f.Close()
	}
	return sum, modules, took
}

func countFile(r io.Reader, sum *tally, modules map[string]int, took *time.Duration) error {
	decoder := xml.NewDecoder(r)
	for {
		token, err := decoder.Token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "testcase":
			sum.Tests++
			modules[strings.Split(attribute(start, "classname"), ".")[2]]++
			d, err := time.ParseDuration(attribute(start, "time") + "s")
			if err != nil {
				return err
			}
			*took += d
		case "failure", "error":
			sum.Failed++
		case "skipped":
			sum.Skipped++
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func TestReports(t *testing.T) {
	p := newPlace(t)
	u := practiceIn(t, p, testReports)
	dir := u.Variables[0].Value
	theirs := filepath.Join(dir, "coverage.txt")
	if err := os.WriteFile(theirs, []byte("somebody else's"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, _, _ := counted(t, dir); got != (tally{}) {
		t.Errorf("in a new world: got %+v, want no reports", got)
	}
	for _, c := range []struct {
		state string
		want  tally
	}{
		{"all-pass", tally{Files: 10, Tests: 134}},
		{"three-fail", tally{Files: 10, Tests: 134, Failed: 3}},
		{"some-skipped", tally{Files: 10, Tests: 134, Skipped: 5}},
		{"cut-short", tally{Files: 5, Tests: 73}},
		{"torn", tally{Files: 10, Torn: 1, Tests: 124}},
		{"not-run", tally{}},
	} {
		turn(t, u, "test-run", c.state)
		got, _, _ := counted(t, dir)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.state, diff)
		}
	}
	if _, err := os.Stat(theirs); err != nil {
		t.Errorf("the runner took away a file that is not its own: %v", err)
	}
}

// TestReportsAsPromised holds the whole run against the figures of the
// release's checklist.
func TestReportsAsPromised(t *testing.T) {
	u := practice(t, testReports)
	turn(t, u, "test-run", "all-pass")
	_, modules, took := counted(t, u.Variables[0].Value)
	want := map[string]int{
		"ipai_core": 32, "ipai_approvals": 16, "ipai_ppm_costsheet": 11, "ipai_expense": 9, "ipai_procure": 11,
		"ipai_subscriptions": 12, "ipai_knowledge_ai": 11, "superset_connector": 9, "ipai_studio": 12, "ipai_rate_policy": 11,
	}
	if diff := cmp.Diff(want, modules); diff != "" {
		t.Errorf("tests per module (-want +got):\n%s", diff)
	}
	if took <= 0 || took >= 2*time.Minute {
		t.Errorf("the suite took %v, want less than two minutes", took)
	}
	seen := map[string]bool{}
	for _, s := range wholeRun() {
		for _, c := range s.cases {
			if seen[c.class+c.name] {
				t.Errorf("%s.%s is there twice", c.class, c.name)
			}
			seen[c.class+c.name] = true
		}
	}
}

// TestReportsAfterRestart wants the files of the run left as they are when the
// world starts again, and written again where the last stop tore the set.
func TestReportsAfterRestart(t *testing.T) {
	p := newPlace(t)
	u := practiceIn(t, p, testReports)
	turn(t, u, "test-run", "all-pass")
	file := filepath.Join(u.Variables[0].Value, "TEST-ipai_core.xml")
	old := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := os.Chtimes(file, old, old); err != nil {
		t.Fatal(err)
	}
	p.Position = func(string) string { return "all-pass" }
	practiceIn(t, p, testReports)
	if info, err := os.Stat(file); err != nil || !info.ModTime().Equal(old) {
		t.Errorf("the restart touched the report of an earlier run (%v, %v)", info, err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	practiceIn(t, p, testReports)
	if got, _, _ := counted(t, u.Variables[0].Value); got.Tests != 134 {
		t.Errorf("after a torn set: got %d tests, want 134", got.Tests)
	}
}

// TestSwitchStaysWhereTheEffectFails takes the folder away, so that the run
// cannot be written.
func TestSwitchStaysWhereTheEffectFails(t *testing.T) {
	u := practice(t, testReports)
	if err := os.RemoveAll(u.Variables[0].Value); err != nil {
		t.Fatal(err)
	}
	s := u.Switches[0]
	if err := s.Turn("all-pass"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that the folder is missing", err)
	}
	if got := s.Position(); got != "not-run" {
		t.Errorf("the switch stands at %q, want not-run", got)
	}
	want := `the switch test-run has no state "some"; it has not-run, all-pass, three-fail, some-skipped, cut-short, torn`
	if err := s.Turn("some"); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
