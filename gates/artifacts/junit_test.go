package artifacts

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/gates"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

// reports writes files below a folder of their own.
func reports(t *testing.T, files map[string]string) gates.Deps {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return gates.Deps{Dir: dir}
}

// suiteOf is a report of tests that pass.
func suiteOf(class string, n int) string {
	var b strings.Builder
	b.WriteString("<testsuite name='s' tests='999'>")
	for i := range n {
		fmt.Fprintf(&b, "<testcase classname='%s' name='test_%d' time='0.5'/>", class, i)
	}
	return b.String() + "</testsuite>"
}

// mixed has one test of each outcome, suites within suites, and what runners
// write beside tests.
func mixed(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../report/testdata/junit/mixed.xml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestJUnit(t *testing.T) {
	tests := []struct {
		name, settings string
		files          map[string]string
		verdict        answer.Verdict
		summary        string
	}{
		{"all pass", `{files: "*.xml", tests: "3"}`, map[string]string{"a.xml": suiteOf("m", 3)}, answer.Passed, "3 of 3 tests passed, 0 skipped"},
		{"too few", `{files: "*.xml", tests: ">= 134"}`, map[string]string{"a.xml": suiteOf("m", 3)}, answer.Failed, "tests is 3, limit >= 134"},
		{"one of each", `{files: "*.xml"}`, map[string]string{"a.xml": mixed(t)}, answer.Failed, "failed is 2, limit 0; errors is 1, limit 0"},
		{"one of each, allowed", `{files: "*.xml", passed: 2, failed: 2, errors: 1, skipped: 1}`, map[string]string{"a.xml": mixed(t)}, answer.Passed, "2 of 6 tests passed, 1 skipped"},
		{"skipped", `{files: "*.xml", failed: 2, errors: 1, skipped: 0}`, map[string]string{"a.xml": mixed(t)}, answer.Failed, "skipped is 1, limit 0"},
		{"too few that pass", `{files: "*.xml", passed: ">= 3", failed: 2, errors: 1}`, map[string]string{"a.xml": mixed(t)}, answer.Failed, "passed is 2, limit >= 3"},
		{"too long", `{files: "*.xml", failed: 2, errors: 1, duration: "< 2m"}`, map[string]string{"a.xml": mixed(t)}, answer.Failed, "duration is 16m41s, limit < 2m"},
		{"short enough", `{files: "*.xml", duration: "<= 1500ms"}`, map[string]string{"a.xml": suiteOf("m", 3)}, answer.Passed, "3 of 3 tests passed, 0 skipped"},
		{"no times", `{files: "*.xml", duration: "< 2m"}`, map[string]string{"a.xml": "<testsuite><testcase name='t'/></testsuite>"}, answer.Errored, "the reports do not say how long any test took, so duration cannot be compared"},
		{"modules", `{files: "*.xml", failed: 2, errors: 1, modules: {sale: 4, stock: 1, stock_account: 1, tests: ">= 0"}}`, map[string]string{"a.xml": mixed(t)}, answer.Passed, "2 of 6 tests passed, 1 skipped"},
		{"too few of a module", `{files: "*.xml", modules: {ipai_core: ">= 32"}}`, map[string]string{"a.xml": suiteOf("odoo.addons.ipai_core_extra.tests", 40)}, answer.Failed, "tests of ipai_core is 0, limit >= 32"},
		{"counts that do not add up", `{files: "*.xml", tests: ">= 134", modules: {a: ">= 100", b: "11"}}`, map[string]string{"a.xml": suiteOf("a", 120), "b.xml": suiteOf("b", 11), "c.xml": suiteOf("c", 3)}, answer.Passed,
			"134 of 134 tests passed, 0 skipped; the module counts asked for add up to 111, the total asked for is 134"},
		{"counts that add up", `{files: "*.xml", tests: "14", modules: {a: "3", b: "11"}}`, map[string]string{"a.xml": suiteOf("a", 3), "b.xml": suiteOf("b", 11)}, answer.Passed, "14 of 14 tests passed, 0 skipped"},
		{"shards that overlap", `{files: "*.xml", tests: "3"}`, map[string]string{"a.xml": suiteOf("m", 3), "b.xml": suiteOf("m", 2)}, answer.Passed, "3 of 3 tests passed, 0 skipped"},
		{"a failure in one of two shards", `{files: "*.xml"}`, map[string]string{"a.xml": "<testsuite><testcase name='t'><failure/></testcase></testsuite>", "b.xml": "<testsuite><testcase name='t'/></testsuite>"}, answer.Failed, "failed is 1, limit 0"},
		{"nothing ran", `{files: "*.xml", tests: ">= 0"}`, map[string]string{"a.xml": "<testsuites/>"}, answer.Passed, "the reports contain no tests, which tests: >= 0 allows"},
		{"nothing ran, and nobody allows that", `{files: "*.xml"}`, map[string]string{"a.xml": "<testsuites/>"}, answer.Failed, "the reports contain no tests; check why none ran"},
		{"all skipped", `{files: "*.xml"}`, map[string]string{"a.xml": "<testsuite><testcase name='t'><skipped/></testcase></testsuite>"}, answer.Failed, "the only test was skipped; check why"},
		{"no report", `{files: ["*.xml", "more/*.xml"]}`, nil, answer.NotConfigured, "no report matches *.xml, more/*.xml; run the tests, and write the reports there"},
		{"below folders", `{files: "reports/**/*.xml", tests: "6"}`, map[string]string{"reports/a.xml": suiteOf("a", 1), "reports/x/b.xml": suiteOf("b", 2), "reports/x/y/z/c.xml": suiteOf("c", 3), "d.xml": "no", "reports/x/e.txt": "no"}, answer.Passed, "6 of 6 tests passed, 0 skipped"},
		{"torn", `{files: "*.xml"}`, map[string]string{"a.xml": suiteOf("m", 3), "b.xml": "<testsuite>\n<testcase name='t'>\n"}, answer.Errored, "b.xml cannot be counted: its XML is truncated or invalid at line 3; run the tool that wrote it again"},
		{"torn after a test", `{files: "*.xml"}`, map[string]string{"a.xml": "<testsuite><testcase name='t'/>"}, answer.Errored, "a.xml cannot be counted: its XML is truncated or invalid at line 1; run the tool that wrote it again"},
		{"empty", `{files: "*.xml"}`, map[string]string{"a.xml": ""}, answer.Errored, "a.xml cannot be counted: it is empty; check what writes it"},
		{"two in one", `{files: "*.xml"}`, map[string]string{"a.xml": suiteOf("a", 1) + suiteOf("b", 1)}, answer.Errored, "a.xml cannot be counted: it continues after its end, as two reports in one file do; write each to a file of its own"},
		{"something else", `{files: "*.xml"}`, map[string]string{"a.xml": "<html/>"}, answer.Errored, "a.xml cannot be counted: it is a web page; open it to see why that came instead"},
		{"entities", `{files: "*.xml"}`, map[string]string{"a.xml": `<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&x;"/></testsuite>`}, answer.Errored, "a.xml cannot be counted: it declares a document type or entities, which no report needs; have the tool write it without them"},
		{"another character set", `{files: "*.xml"}`, map[string]string{"a.xml": `<?xml version="1.0" encoding="latin1"?><testsuite/>`}, answer.Errored, "a.xml cannot be counted: it is written in the character set latin1; only UTF-8 is read; have the tool write that"},
		{"too deep", `{files: "*.xml"}`, map[string]string{"a.xml": strings.Repeat("<testsuite>", 100)}, answer.Errored, "a.xml cannot be counted: its suites are nested more than 64 deep"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ev := kindtest.Measured(t, kindtest.Built(t, JUnit, test.settings, reports(t, test.files)), gates.Scope{Opened: time.Now().Add(-time.Hour)})
			if ev.Verdict != test.verdict || ev.Summary != test.summary {
				t.Errorf("got  %s: %s\nwant %s: %s", ev.Verdict, ev.Summary, test.verdict, test.summary)
			}
		})
	}
}

func TestJUnitDetails(t *testing.T) {
	deps := reports(t, map[string]string{"a.xml": mixed(t), "b.xml": mixed(t)})
	ev := kindtest.Measured(t, kindtest.Built(t, JUnit, `{files: "*.xml", tests: 6, modules: {sale: 3}}`, deps), gates.Scope{})
	want := []string{
		"odoo.addons.sale test_broken: ImportError: no module",
		"odoo.addons.sale.tests.test_order test_bad: 1 is not 2",
		"odoo.addons.sale.tests.test_order test_rerun",
		"Tests that passed only when they were run again: 1.",
		"Tests that appear in the reports more than once, each counted once: 6.",
		"Note: the module counts asked for add up to 3, the total asked for is 6.",
	}
	if diff := cmp.Diff(want, ev.Details); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
}

func TestJUnitNamesFew(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "<testcase name='t%d'><failure/></testcase>", i)
	}
	ev := kindtest.Measured(t, kindtest.Built(t, JUnit, `files: a.xml`, reports(t, map[string]string{"a.xml": "<testsuite>" + b.String() + "</testsuite>"})), gates.Scope{})
	if n := len(ev.Details); n != maxNamed+1 || ev.Details[maxNamed] != "… and 60 more tests that did not pass" {
		t.Errorf("got %d lines: %q", n, ev.Details)
	}
}

func TestJUnitOlderThanTheRelease(t *testing.T) {
	deps := reports(t, map[string]string{"a.xml": suiteOf("m", 3)})
	ev := kindtest.Measured(t, kindtest.Built(t, JUnit, `files: a.xml`, deps), gates.Scope{Opened: time.Now().Add(time.Minute)})
	if said := kindtest.Odd(ev, answer.Errored, "a.xml", "it is older than the release's opening"); said != "" {
		t.Error(said)
	}
}

// TestJUnitPlainFiles has a pipe among the reports, which nobody writes to.
func TestJUnitPlainFiles(t *testing.T) {
	deps := reports(t, map[string]string{"a.xml": suiteOf("m", 3), "folder.xml/b.txt": ""})
	if err := syscall.Mkfifo(filepath.Join(deps.Dir, "pipe.xml"), 0o600); err != nil {
		t.Fatal(err)
	}
	ev := kindtest.Measured(t, kindtest.Built(t, JUnit, `files: "*.xml"`, deps), gates.Scope{})
	if said := kindtest.Odd(ev, answer.Passed, "3 of 3"); said != "" {
		t.Error(said)
	}
}

func TestJUnitFaults(t *testing.T) {
	for settings, want := range map[string]string{
		`{}`:                                  "files is missing; it names the reports, as in reports/*.xml",
		`files: "[a.xml"`:                     `"[a.xml" isn't a file name pattern; write it like reports/*.xml or reports/**/*.xml`,
		`{files: a.xml, duration: P95 < 2m}`:  "duration is one time, of all tests together; write it as in < 2m",
		`{files: a.xml, modules: {a: "<2m"}}`: "isn't a limit of a count",
		`{files: a.xml, tests: "80%"}`:        "isn't a limit of a count",
	} {
		if got := kindtest.Faulty(t, JUnit, settings, gates.Deps{}); !strings.Contains(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
