package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// FuzzReadSARIF reads whatever comes. A second reading must say the same, and where a
// plain reading of the whole text finds results that nothing explains away, the report
// must never be without a finding or a failure.
func FuzzReadSARIF(f *testing.F) {
	names, err := filepath.Glob("testdata/sarif/*.sarif")
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
		var one, again Findings
		err := one.Read("x", bytes.NewReader(text))
		if errAgain := again.Read("x", bytes.NewReader(text)); (err == nil) != (errAgain == nil) || !reflect.DeepEqual(one.Groups(High), again.Groups(High)) {
			t.Fatal("read twice, it says different things")
		}
		var before Findings
		if errBefore := before.ReadBefore("x", bytes.NewReader(text)); (err == nil) != (errBefore == nil) {
			t.Fatalf("as the last release's it reads %v, as this one's %v", errBefore, err)
		}
		if err != nil {
			return
		}
		found := 0
		for _, g := range one.Groups(High) {
			if g.Count < 1 || g.Severity == Unrated || len(g.Places) == 0 || len(g.Places) > g.Count {
				t.Errorf("got %+v", g)
			}
			found += g.Count
		}
		if least := plainly(text); len(one.Broken) == 0 && found < least {
			t.Errorf("it has %d findings, and %d were read", least, found)
		}
		if err := before.Read("x", bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		for _, g := range before.Groups(High) {
			if g.New > 0 {
				t.Errorf("of the same report %d are new: %+v", g.New, g)
			}
		}
	})
}

// plainly counts the results of a whole report that have the level error, and neither
// suppressions nor a state.
func plainly(text []byte) (n int) {
	var whole map[string]any
	if json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &whole) != nil {
		return 0
	}
	runs, _ := whole["runs"].([]any)
	for _, run := range runs {
		of, _ := run.(map[string]any)
		results, _ := of["results"].([]any)
		for _, result := range results {
			r, _ := result.(map[string]any)
			if r["level"] == "error" && r["suppressions"] == nil && r["baselineState"] == nil {
				n++
			}
		}
	}
	return n
}

// TestRecordedSARIF reads what tools were seen to write.
func TestRecordedSARIF(t *testing.T) {
	for name, want := range map[string]string{
		"staticcheck-clean": "", "staticcheck-compile": "broken", "gosec-medium": "medium G401 main.go:10", "gosec-tracked": "", "gosec-clean": "",
		"gitleaks-leak": "critical github-pat creds.ini:3", "gitleaks-clean": "", "eslint-broken": "broken", "eslint-found": "high no-debugger /src/shop.js:1",
		"tflint-found": "medium terraform_required_version main.tf:2", "tflint-broken": "broken", "conftest-clean": "",
		"conftest-found": "high main/deny bad.yaml, medium main/warn bad.yaml", "golangci-typecheck": "broken",
	} {
		f := readSARIF(t, opened(t, "testdata/sarif/"+name+".sarif"), nil)
		var got []string
		for _, g := range f.Groups(Critical) {
			got = append(got, strings.Join(append([]string{g.Severity.String(), g.Rule}, g.Places...), " "))
		}
		if len(f.Broken) > 0 {
			got = append(got, "broken")
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
