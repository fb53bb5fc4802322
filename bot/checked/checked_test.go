package checked_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/checked"
	"gonogo/commands"
	"gonogo/gates/report"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// found has a result of each kind, with what could break out of a form.
func found() *checked.Report {
	return &checked.Report{Project: "Shop", Release: "19.0.2", Environment: "production", Configuration: "deploy/gonogo.yml", Items: []checked.Item{
		{Item: "suite", Title: "The tests pass", Section: "Tests", Verdict: answer.Passed, Summary: "134 tests, none failed", Seconds: 0.25},
		{Item: "coverage", Title: "The tests cover the code", Section: "Tests", Verdict: answer.Warned, Summary: "82 %, the limit is 80 %", Seconds: 1.5},
		{Item: "login", Title: "The login page loads", Section: "Site", Environment: "staging", Verdict: answer.Failed, Summary: "status 503 | not <200>", Details: []string{"::error::forged", "</failure> & more", "\x1b[31mred"}, Seconds: 3},
		{Item: "query", Title: "Queries: fast, always", Section: "Site", Verdict: answer.Errored, Summary: "the database does not respond\n::set-output name=decision::GO", Seconds: 10},
		{Item: "scanner", Title: "No secret was committed", Section: "Security", Verdict: answer.NotConfigured, Summary: "the scanner is off"},
		{Item: "browser", Title: "It works in old browsers", Section: "Site", Verdict: answer.NotApplicable, Summary: "nobody uses them"},
		{Item: "smoke", Title: "It answers", Section: "Site", Environment: "production", Verdict: checked.Waiting, Summary: "19.0.2 isn't live there"},
	}, Blockers: []commands.Blocked{{Kind: readiness.BlockedByItem, Name: "login@staging", Title: "The login page loads", Reason: "failed", Next: "/ready run login"}},
		Overridden: []commands.Overridden{{Name: "query", Title: "Queries: fast, always", Reason: "the database does not respond", By: "U0TL", ConfirmedBy: "U0SEC", Because: "the shop is down\n::error::forged"}}}
}

// token is what lets GitHub Actions obey commands again. It can't be guessed.
var token = regexp.MustCompile(`[A-Z2-7]{26}`)

// TestFormats prints each form. The files are what people and programs see.
func TestFormats(t *testing.T) {
	for _, form := range checked.Formats {
		t.Run(form.Name, func(t *testing.T) {
			var out bytes.Buffer
			if err := form.Print(found(), &out); err != nil {
				t.Fatal(err)
			}
			golden(t, form.Name+".txt", token.ReplaceAllString(out.String(), "TOKEN"))
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), go test -update rewrites it:\n%s", file, diff)
	}
}

// What is printed as JUnit and SARIF is read as the gates read what tools print.
func TestFormsAreRead(t *testing.T) {
	var junit, sarif bytes.Buffer
	for name, out := range map[string]*bytes.Buffer{"junit": &junit, "sarif": &sarif} {
		form, err := checked.FormatNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := form.Print(found(), out); err != nil {
			t.Fatal(err)
		}
	}
	var read report.Tests
	if err := read.Read("gonogo.xml", &junit); err != nil {
		t.Fatal(err)
	}
	if got := read.Tally(); got.Total != 8 || got.Failed != 2 || got.Errors != 2 || got.Skipped != 2 || len(read.Doubts) > 0 {
		t.Errorf("JUnit has %+v, doubted for %q; want 8 tests, 2 failed, 2 errors and 2 skipped", got, read.Doubts)
	}
	var log struct {
		Runs []struct {
			Results     []struct{ RuleID, Level string }
			Invocations []struct{ ExecutionSuccessful bool }
		}
	}
	if err := json.Unmarshal(sarif.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range log.Runs[0].Results {
		got = append(got, r.RuleID+" "+r.Level)
	}
	if want := "coverage warning, login error, query error, scanner error"; strings.Join(got, ", ") != want || log.Runs[0].Invocations[0].ExecutionSuccessful {
		t.Errorf("SARIF has %q, and succeeded %t, want %q and false", got, log.Runs[0].Invocations[0].ExecutionSuccessful, want)
	}
}

// GitHub shows ten annotations of a level, and drops the others without a word.
func TestManyAnnotations(t *testing.T) {
	r := &checked.Report{Project: "Shop", Release: "1"}
	for range 12 {
		r.Items = append(r.Items, checked.Item{Item: "a", Title: "A", Verdict: answer.Failed, Summary: "no"})
	}
	var out bytes.Buffer
	form, _ := checked.FormatNamed("github")
	if err := form.Print(r, &out); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "::error title=A::"); n != 9 || !strings.Contains(out.String(), "::error title=and 3 more::the job summary") {
		t.Errorf("%d annotations, want 9 and one that names the other 3:\n%s", n, out.String())
	}
}

// The job summary and the outputs are added to what other steps wrote.
func TestStep(t *testing.T) {
	step := checked.Step{Summary: filepath.Join(t.TempDir(), "summary"), Outputs: filepath.Join(t.TempDir(), "outputs")}
	for _, file := range []string{step.Summary, step.Outputs} {
		if err := os.WriteFile(file, []byte("before=1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := step.Tell(found()); err != nil {
		t.Fatal(err)
	}
	outputs, _ := os.ReadFile(step.Outputs)
	summary, _ := os.ReadFile(step.Summary)
	if want := "before=1\ndecision=NO-GO\npassed=3\nfailed=1\nerrored=2\n"; string(outputs) != want {
		t.Errorf("outputs %q, want %q", outputs, want)
	}
	if !strings.HasPrefix(string(summary), "before=1\n# NO-GO: Shop 19.0.2 for production\n") {
		t.Errorf("summary %q", summary)
	}
	if err := (checked.Step{Summary: t.TempDir()}).Tell(found()); err == nil || !strings.HasPrefix(err.Error(), "the job summary could not be written: ") {
		t.Errorf("with a folder as the job summary: %v", err)
	}
}

// screen is a terminal.
type screen struct {
	bytes.Buffer
	width int
}

func (s *screen) Columns() int { return s.width }

// On a terminal one line is rewritten, and removed in the end; in a pipe each gate that is
// done has a line.
func TestProgress(t *testing.T) {
	for name, c := range map[string]struct {
		width int
		want  string
	}{
		"terminal": {60, "\r\x1b[K0 of 2 gates · A (0s)\r\x1b[K0 of 2 gates · A (0s), B (0s)\r\x1b[K1 of 2 gates, 1 not passed · A (3s)\r\x1b[K1 of 2 gates, 1 not passed · A (4s)\r\x1b[K2 of 2 gates, 1 not passed\r\x1b[K"},
		"narrow":   {20, "\r\x1b[K0 of 2 gates · A (…\r\x1b[K0 of 2 gates · A (…\r\x1b[K1 of 2 gates, 1 no…\r\x1b[K1 of 2 gates, 1 no…\r\x1b[K2 of 2 gates, 1 no…\r\x1b[K"},
		"pipe":     {0, "1 of 2: not configured: B (3s)\n2 of 2: passed: A (4s)\n"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := &screen{width: c.width}
				p := checked.NewProgress(out, 2, time.Now)
				p.Begin("a", "A")
				p.Begin("b", "B")
				time.Sleep(3 * time.Second)
				p.End("b", answer.NotConfigured)
				time.Sleep(time.Second)
				p.Tick()
				p.End("a", answer.Passed)
				p.Clear()
				if diff := cmp.Diff(c.want, out.String()); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Only the verdict has a colour in a line, whatever the other columns say.
func TestColourOfTheVerdict(t *testing.T) {
	var out bytes.Buffer
	form, _ := checked.FormatNamed("table")
	r := &checked.Report{Project: "Shop", Release: "1", Items: []checked.Item{{Item: "a", Title: "failed logins", Verdict: answer.Passed, Summary: "warned twice"}}}
	if err := form.Print(r, &checked.Coloured{To: &out}); err != nil {
		t.Fatal(err)
	}
	if want := "\x1b[32mpassed\x1b[0m  failed logins  warned twice  0s    a\n"; !strings.Contains(out.String(), want) {
		t.Errorf("%q is missing in %q", want, out.String())
	}
}

// Colours are added to words that are there without them.
func TestColours(t *testing.T) {
	var without, with bytes.Buffer
	form, _ := checked.FormatNamed("table")
	for _, out := range []interface {
		Write(p []byte) (int, error)
	}{&without, &checked.Coloured{To: &with}} {
		if err := form.Print(found(), out); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"\x1b[32mpassed\x1b[0m ", "\x1b[31mfailed\x1b[0m ", "\x1b[31mnot configured\x1b[0m ", " · \x1b[31mNO-GO:\x1b[0m Shop 19.0.2 for production\n"} {
		if !strings.Contains(with.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, with.String())
		}
	}
	for _, code := range []string{"\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[2m", "\x1b[0m"} {
		with = *bytes.NewBufferString(strings.ReplaceAll(with.String(), code, ""))
	}
	if diff := cmp.Diff(without.String(), with.String()); diff != "" {
		t.Errorf("without the colours it differs (-want +got):\n%s", diff)
	}
}
