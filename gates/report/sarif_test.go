package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/suite"
)

// runOf is a report with one run of a tool.
func runOf(driver, rest string) string {
	return `{"version": "2.1.0", "runs": [{"tool": {"driver": {` + driver + `}}` + rest + `}]}`
}

// at is where a result is.
func at(file string, line int) string {
	return fmt.Sprintf(`"locations": [{"physicalLocation": {"artifactLocation": {"uri": %q}, "region": {"startLine": %d, "snippet": {"text": "s3cr3t"}}}}]`, file, line)
}

const driver = `"name": "scan", "rules": [
	{"id": "plain"}, {"id": "noted", "defaultConfiguration": {"level": "note"}}, {"id": "off", "defaultConfiguration": {"level": "none"}},
	{"id": "scored", "defaultConfiguration": {"level": "note"}, "properties": {"security-severity": "9.1", "tags": ["LOW"]}},
	{"id": "number", "properties": {"security-severity": 4}}, {"id": "zero", "properties": {"security-severity": "0.0"}}, {"id": "odd", "properties": {"security-severity": "very"}, "defaultConfiguration": {"level": "note"}},
	{"id": "tagged", "properties": {"tags": ["security", 7, "LOW", "MEDIUM"]}}]`

// TestSeverity reads one result at a time.
func TestSeverity(t *testing.T) {
	for _, tt := range []struct{ result, want string }{
		{`"ruleId": "plain"`, "unrated plain"},
		{`"ruleId": "unknown"`, "unrated unknown"},
		{``, "unrated "},
		{`"ruleId": "plain", "level": "error"`, "high plain"},
		{`"ruleId": "plain", "level": "warning"`, "medium plain"},
		{`"ruleId": "plain", "level": "note"`, "low plain"},
		{`"ruleId": "plain", "level": "blocker"`, "unrated plain"},
		{`"ruleId": "plain", "level": null`, "unrated plain"},
		{`"ruleId": "plain", "level": "none"`, ""},
		{`"ruleId": "plain", "level": "none", "kind": "review"`, "unrated plain"},
		{`"ruleId": "plain", "kind": "open"`, "unrated plain"},
		{`"ruleId": "plain", "kind": "pass"`, ""},
		{`"ruleId": "plain", "kind": "fail"`, "unrated plain"},
		{`"ruleId": "plain", "kind": "pass", "level": "error"`, "high plain"},
		{`"ruleId": "noted"`, "low noted"},
		{`"ruleId": "noted/part"`, "low noted/part"},
		{`"ruleId": "notedly"`, "unrated notedly"},
		{`"ruleId": "noted", "level": "error"`, "high noted"},
		{`"ruleIndex": 1`, "low noted"},
		{`"rule": {"index": 1}`, "low noted"},
		{`"rule": {"id": "noted"}`, "low noted"},
		{`"ruleId": "plain", "ruleIndex": 1`, "unrated plain"},
		{`"ruleId": "plain", "ruleIndex": 99`, "unrated plain"},
		{`"ruleIndex": -1`, "unrated "},
		{`"ruleId": "off"`, ""},
		{`"ruleId": "off", "level": "note"`, "low off"},
		{`"ruleId": "scored"`, "critical scored"},
		{`"ruleId": "scored", "level": "none"`, ""},
		{`"ruleId": "scored", "properties": {"security-severity": "7.0"}`, "high scored"},
		{`"ruleId": "number"`, "medium number"},
		{`"ruleId": "zero"`, "low zero"},
		{`"ruleId": "odd"`, "unrated odd"},
		{`"ruleId": "tagged", "level": "error"`, "medium tagged"},
		{`"ruleId": "plain", "suppressions": []`, "unrated plain"},
		{`"ruleId": "plain", "suppressions": null`, "unrated plain"},
		{`"ruleId": "plain", "suppressions": [{"kind": "inSource"}]`, ""},
		{`"ruleId": "plain", "suppressions": [{"kind": "external", "status": "accepted"}]`, ""},
		{`"ruleId": "plain", "suppressions": [{"kind": "external", "status": "underReview"}]`, "unrated plain"},
		{`"ruleId": "plain", "suppressions": [{"kind": "inSource"}, {"kind": "external", "status": "rejected"}]`, "unrated plain"},
		{`"ruleId": "plain", "baselineState": "absent"`, ""},
		{`"ruleId": "plain", "baselineState": "unchanged"`, "unrated plain"},
		{`"rule\u0049d": "pl\u0061in"`, "unrated plain"},
	} {
		for _, text := range []string{
			runOf(driver, `, "results": [{`+tt.result+`}]`),
			`{"runs": [{"results": [{` + tt.result + `}], "tool": {"driver": {` + driver + `}}}]}`, // as gosec orders them
		} {
			got := ""
			for _, g := range readSARIF(t, strings.NewReader(text), nil).Groups(Unrated) {
				got += fmt.Sprintf("%s %s", g.Severity, g.Rule)
			}
			if got != tt.want {
				t.Errorf("%s: got %q, want %q", tt.result, got, tt.want)
			}
		}
	}
}

// Of a long path the end is kept.
func TestSARIFLongPath(t *testing.T) {
	text := runOf(driver, `, "results": [{"ruleId": "plain", `+at("/"+strings.Repeat("builds/", 20)+"shop.go", 7)+`}]`)
	got := readSARIF(t, strings.NewReader(text), nil).Groups(High)[0].Places[0]
	if want := "…" + strings.Repeat("builds/", 10) + "shop.go:7"; !strings.HasSuffix(got, want[len("…"):]) || len([]rune(got)) != longestFile+2 {
		t.Errorf("got %s", got)
	}
}

// Rules may be of an extension.
func TestSARIFExtension(t *testing.T) {
	text := `{"runs": [{"tool": {"driver": {"name": "CodeQL", "rules": [{"id": "own"}]}, "extensions": [{"name": "queries", "rules": [{"id": "x"}, {"id": "sql", "properties": {"security-severity": "8.8"}}]}]},
		"results": [{"ruleId": "sql", "rule": {"id": "sql", "index": 1, "toolComponent": {"index": 0}}}, {"rule": {"index": 1, "toolComponent": {"index": 0}}}, {"ruleId": "sql", "ruleIndex": 0}]}]}`
	groups := readSARIF(t, strings.NewReader(text), nil).Groups(Unrated)
	if len(groups) != 1 || groups[0].Severity != High || groups[0].Count != 3 || groups[0].Tool != "CodeQL" {
		t.Errorf("got %+v", groups)
	}
}

// TestSARIFBroken reads reports of tools that can't have looked everywhere.
func TestSARIFBroken(t *testing.T) {
	for _, tt := range []struct{ name, driver, rest, want string }{
		{"no success", `"name": "scan"`, `, "invocations": [{"executionSuccessful": true}, {"executionSuccessful": false}], "results": []`, "now: scan did not finish its work (executionSuccessful is false)"},
		{"success in words", `"name": "scan"`, `, "invocations": [{"executionSuccessful": "false"}], "results": []`, "now: scan does not say whether it finished its work (executionSuccessful is neither true nor false)"},
		{"an error of its own", `"name": "scan"`, `, "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": [{"level": "error", "message": {"text": "no memory\n> 1 | password = 'x'"}}]}], "results": []`, "now: scan reports an error of its own: no memory"},
		{"an error without words", `"name": "scan"`, `, "invocations": [{"toolConfigurationNotifications": [{"level": "error"}]}]`, "now: scan reports an error of its own"},
		{"a warning of its own", `"name": "scan"`, `, "invocations": [{"toolConfigurationNotifications": [{"level": "warning", "message": {"text": "old"}}, {"message": {"text": "x"}}]}]`, ""},
		{"ended by a signal", `"name": "scan"`, `, "invocations": [{"exitSignalName": "SIGKILL"}]`, "now: scan did not start or was ended (exitSignalName is set)"},
		{"staticcheck", `"name": "Staticcheck"`, `, "results": [{"ruleId": "compile", "message": {"text": "expected ;"}}]`, "now: Staticcheck could not read some of the code (rule compile); see its own output"},
		{"golangci-lint", `"name": "golangci-lint"`, `, "results": [{"ruleId": "typecheck", "level": "error"}]`, "now: golangci-lint could not read some of the code (rule typecheck); see its own output"},
		{"tflint", `"name": "tflint-errors"`, `, "results": [{"ruleId": "Unclosed block", "level": "error"}]`, "now: tflint-errors could not read some of the code (rule Unclosed block); see its own output"},
		{"another tool's compile", `"name": "scan"`, `, "results": [{"ruleId": "compile", "level": "error"}]`, ""},
		{"no results at all", `"name": "Staticcheck"`, ``, ""},
	} {
		f := readSARIF(t, strings.NewReader(runOf(tt.driver, tt.rest)), nil)
		if got := strings.Join(f.Broken, "; "); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestSARIFRefused reads what isn't a whole report.
func TestSARIFRefused(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "it is empty; check what writes it"},
		{" \n", "it is empty; check what writes it"},
		{"\xff\xfe{\x00", "it is written in the character set UTF-16; only UTF-8 is read; have the tool write that"},
		{"main.c:1: warning\n{}", "its JSON is truncated or invalid at byte 0; run the tool that wrote it again"},
		{"[]", "it isn't a SARIF report, which begins with {; run the tool that wrote it again"},
		{"{}", "its JSON has no runs, as a SARIF report has; have the tool write SARIF 2.1.0"},
		{`{"runs": []}`, "it contains no run of a tool; check the tool that wrote it"},
		{`{"runs": null}`, "it contains no run of a tool; check the tool that wrote it"},
		{`{"version": "1.0.0", "runs": [{}]}`, "it is SARIF of version 1.0.0, and only 2.1.0 is read; have the tool write that"},
		{`{"runs": [{"results": []}]}`, "a run in it doesn't name its tool"},
		{runOf(`"name": "x"`, ``) + runOf(`"name": "x"`, ``), "it continues after its end, as two reports in one file do; write each to a file of its own"},
		{runOf(`"name": "x"`, `, "results": null`), "its results are null, so what the tool found isn't known; check the tool's own output"},
		{runOf(`"name": "x"`, `, "results": {}`), "it isn't a SARIF report: /runs/0/results has the wrong type; run the tool that wrote it again"},
		{runOf(`"name": "x"`, `, "results": [7]`), "it isn't a SARIF report: /runs/0/results/0 has the wrong type; run the tool that wrote it again"},
		{runOf(`"name": "x"`, `, "results": [{"level": 7}]`), "it isn't a SARIF report: /runs/0/results/0/level has the wrong type; run the tool that wrote it again"},
		{runOf(`"name": "x"`, `, "results": [{"level": "error", "level": "none"}]`), "its JSON has the name /runs/0/results/0/level twice; run the tool that wrote it again"},
		{runOf(`"name": "x"`, `, "results": [{"level": "error"`)[:90], "its JSON is truncated or invalid at byte 86; run the tool that wrote it again"},
		{runOf(`"name": "x"`, `, "externalPropertyFileReferences": {"results": [{"location": {"uri": "r.sarif"}}]}`), string(errElsewhere)},
		{`{"runs": [{"tool": {"driver": {"name": "x"}}}], "inlineExternalProperties": [{"results": []}]}`, string(errElsewhere)},
	} {
		var f Findings
		if err := f.Read("x", strings.NewReader(tt.text)); err == nil || err.Error() != tt.want {
			t.Errorf("%q: got %v, want %s", tt.text, err, tt.want)
		}
	}
	var f Findings
	huge := io.MultiReader(strings.NewReader(`{"x": "`), io.LimitReader(endless('a'), 20<<20), strings.NewReader(`"}`))
	if err := f.Read("x", huge); err == nil || err.Error() != "a single value in it is larger than 8 MiB" {
		t.Errorf("got %v", err)
	}
}

// endless gives the same byte for as long as it is read.
type endless byte

func (e endless) Read(into []byte) (int, error) {
	for i := range into {
		into[i] = byte(e)
	}
	return len(into), nil
}

// TestSARIFNew compares results with those of the last release's report.
func TestSARIFNew(t *testing.T) {
	const one = `"ruleId": "G1", "message": {"text": "m"}, `
	prints := func(of string) string { return `"ruleId": "G1", "partialFingerprints": {"p": "` + of + `"}, ` }
	for _, tt := range []struct {
		name        string
		before, now []string
		want        int
	}{
		{"the same", []string{one + at("a", 1)}, []string{one + at("a", 1)}, 0},
		{"on another line", []string{one + at("a", 1)}, []string{one + at("a", 9)}, 0},
		{"another file", []string{one + at("a", 1)}, []string{one + at("b", 1)}, 1},
		{"another rule", []string{one + at("a", 1)}, []string{strings.Replace(one, "G1", "G2", 1) + at("a", 1)}, 1},
		{"another message", []string{one + at("a", 1)}, []string{strings.Replace(one, `"m"`, `"n"`, 1) + at("a", 1)}, 1},
		{"one more of the same", []string{one + at("a", 1)}, []string{one + at("a", 1), one + at("a", 2)}, 1},
		{"one less", []string{one + at("a", 1), one + at("a", 2)}, []string{one + at("a", 2)}, 0},
		{"the same fingerprint, another message", []string{prints("f") + `"message": {"text": "m"}, ` + at("a", 1)}, []string{prints("f") + `"message": {"text": "n"}, ` + at("a", 4)}, 0},
		{"another fingerprint", []string{prints("f") + at("a", 1)}, []string{prints("g") + at("a", 1)}, 1},
		{"empty fingerprints", []string{one + `"fingerprints": {}, ` + at("a", 1)}, []string{one + at("a", 1)}, 0},
		{"it was suppressed", []string{one + `"suppressions": [{}], ` + at("a", 1)}, []string{one + at("a", 1)}, 1},
		{"nothing before", nil, []string{one + at("a", 1)}, 1},
	} {
		text := func(results []string) io.Reader {
			return strings.NewReader(runOf(driver, `, "results": [{`+strings.Join(results, "}, {")+`}]`))
		}
		before := text(tt.before)
		if tt.before == nil {
			before = strings.NewReader(runOf(driver, ""))
		}
		added := 0
		for _, g := range readSARIF(t, text(tt.now), before).Groups(Unrated) {
			added += g.New
			if len(g.NewPlaces) != g.New {
				t.Errorf("%s: %d new at %q", tt.name, g.New, g.NewPlaces)
			}
		}
		if added != tt.want {
			t.Errorf("%s: %d are new, want %d", tt.name, added, tt.want)
		}
	}
}

func TestSARIFGroups(t *testing.T) {
	var f Findings
	for _, text := range []string{
		"\ufeff" + runOf(driver, `, "results": [{"ruleId": "plain", `+at("a.py", 3)+`}, {"ruleId": "noted", `+at("file:///src/b.py", 0)+`}]`),
		runOf(driver, `, "invocations": [{"endTimeUtc": "2026-11-28T10:00:00.5Z"}, {"endTimeUtc": "0001-01-01T00:00:00Z"}], "results": [{"ruleId": "plain"}, {"level": "error", "suppressions": [{}]}]`),
	} {
		if err := f.Read("x", strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	want := []Group{
		{Tool: "scan", Rule: "plain", Severity: High, Count: 2, Places: []string{"a.py:3", "no file named"}},
		{Tool: "scan", Rule: "noted", Severity: Low, Count: 1, Places: []string{"/src/b.py"}},
	}
	if diff := cmp.Diff(want, f.Groups(High)); diff != "" {
		t.Error(diff)
	}
	if got := f.Ended.String(); f.Suppressed != 1 || got != "2026-11-28 10:00:00.5 +0000 UTC" || cmp.Diff([]string{"scan"}, f.Tools()) != "" {
		t.Errorf("got %d, %s and %s", f.Suppressed, got, f.Tools())
	}
}

// A report of 50 MB is read in little memory, whatever fills it.
func TestSARIFMemory(t *testing.T) {
	suite.LeftToFull(t)
	for name, write := range map[string]func() []byte{
		"as scanners write": func() []byte { return largeSARIF(50 << 20) },
		"a rule a result": func() []byte {
			return filled(50<<20, `{"ruleId": "a-rule-with-a-name-%d", "message": {"text": "`+strings.Repeat("long ", 300)+`"}, `+at("a.go", 1)+`}`)
		},
		"a file's text in each": func() []byte {
			return filled(50<<20, `{"ruleId": "R%d", `+at("a.go", 1)+`, "properties": {"text": "`+strings.Repeat("x", 7<<20)+`"}}`)
		},
	} {
		file := stored(t, write())
		before := newGauge(opened(t, file))
		now := newGauge(opened(t, file))
		readSARIF(t, now, before)
		for what, g := range map[string]*gauge{"before": before, "compared": now} {
			if g.grown() > 64 {
				t.Errorf("%s, %s: %.0f MiB", name, what, g.grown())
			}
		}
	}
}

// stored writes a report to a file, so that it isn't in memory while it is read.
func stored(t testing.TB, text []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func opened(t testing.TB, file string) io.Reader {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// filled is a report with as many results as make so many bytes.
func filled(size int, result string) []byte {
	var b bytes.Buffer
	b.WriteString(`{"runs": [{"tool": {"driver": {"name": "scan"}}, "results": [`)
	for n := 0; b.Len() < size; n++ {
		fmt.Fprintf(&b, result+",", n)
	}
	b.Truncate(b.Len() - 1)
	b.WriteString(`]}]}`)
	return b.Bytes()
}

// Results of one rule that say the same in different ways are named in one order,
// however often they are read.
func TestSARIFOrder(t *testing.T) {
	text := runOf(driver, `, "results": [{"ruleId": "plain", `+at("a", 1)+`}, {"ruleId": "plain", "level": "error", `+at("b", 1)+`}, {"ruleId": "plain", "level": "blocker", `+at("c", 1)+`}]`)
	for range 50 {
		groups := readSARIF(t, strings.NewReader(text), nil).Groups(High)
		if len(groups) != 1 || strings.Join(groups[0].Places, " ") != "b:1 a:1 c:1" {
			t.Fatalf("got %+v", groups)
		}
	}
}
