package artifacts

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gonogo/gates"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

// junitRow is a report and what the gate has to answer to it. details are
// parts of its lines.
type junitRow struct {
	name, settings, report string
	verdict                answer.Verdict
	summary                string // a part of it
	details                []string
}

func checkJUnitRows(t *testing.T, rows []junitRow) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			report := row.report
			if strings.HasSuffix(report, ".xml") {
				text, err := os.ReadFile(filepath.Join("..", "report", "testdata", "junit", report))
				if err != nil {
					t.Fatal(err)
				}
				report = string(text)
			}
			settings := `files: "*.xml"`
			if row.settings != "" {
				settings += "\n" + row.settings
			}
			ev := kindtest.Measured(t, kindtest.Built(t, JUnit, settings, reports(t, map[string]string{"a.xml": report})), gates.Scope{Opened: time.Now().Add(-time.Hour)})
			if ev.Verdict != row.verdict || !strings.Contains(ev.Summary, row.summary) {
				t.Errorf("got  %s: %s\nwant %s: … %s …", ev.Verdict, ev.Summary, row.verdict, row.summary)
			}
			for _, want := range row.details {
				if !slices.ContainsFunc(ev.Details, func(line string) bool { return strings.Contains(line, want) }) {
					t.Errorf("got  %q\nwant a line with %q", ev.Details, want)
				}
			}
		})
	}
}

// TestJUnitUnknownIsNotGood has what a reader that looks for <failure> and
// <error> in test cases alone takes for passed.
func TestJUnitUnknownIsNotGood(t *testing.T) {
	checkJUnitRows(t, []junitRow{
		{"a suite counts an error that no test shows", "", `<testsuite name="s" tests="1" errors="1"><testcase name="ok" classname="s"/></testsuite>`,
			answer.Errored, `a.xml: suite "s" counts 1 failure or error, but its tests show 0; check the tool's own output`, nil},
		{"newman, a server that refuses", "", "newman.xml", answer.Errored, `a.xml: suite "home page" counts 1 failure or error`, nil},
		{"tests of one name that Surefire takes for one flaky test", "", `<testsuite name="s" tests="4" failures="2"><testcase name="a" classname="s"><flakyFailure/><flakyFailure/></testcase></testsuite>`,
			answer.Errored, `a.xml: suite "s" counts 4 runs of tests, but its tests show 3; one that always fails may be taken for a flaky one`, nil},
		{"a flaky test in a suite that does not count its tests", "", `<testsuite name="s"><testcase name="a" classname="s"><flakyFailure/></testcase></testsuite>`,
			answer.Errored, `a.xml: suite "s" does not say how many runs of tests it counts; one that always fails may be taken for a flaky one`, nil},
		{"a flaky test in a suite whose count is none", "", `<testsuite name="s" tests="many"><testcase name="a" classname="s"><flakyFailure/></testcase></testsuite>`,
			answer.Errored, `a.xml: suite "s" does not say how many runs of tests it counts`, nil},
		{"the root counts more than its suites", "", `<testsuites failures="2"><testsuite failures="1"><testcase name="a"><failure/></testcase></testsuite></testsuites>`,
			answer.Failed, "failed is 1, limit 0", []string{`Unclear: a.xml: it counts 2 failures and errors, but its tests show 1`}},
		{"failures that are allowed, and more that are not shown", "failed: 1", `<testsuite failures="2"><testcase name="a"><failure/></testcase><testcase name="b"/></testsuite>`,
			answer.Errored, "counts 2 failures and errors, but its tests show 1", nil},
		{"a count that is none", "", `<testsuite failures="many"><testcase name="a"/></testsuite>`, answer.Errored, `the number of failures of a suite is "many", which is not a number`, nil},
		{"a count below nothing", "", `<testsuite errors="-1"><testcase name="a"/></testsuite>`, answer.Errored, `the number of errors of a suite is "-1"`, nil},
		{"an error of a suite", "", `<testsuite name="s" errors="1"><testcase name="a"/><error message="the plan was not kept"/></testsuite>`,
			answer.Failed, "errors is 1, limit 0", []string{"s (the suite as a whole): the plan was not kept"}},
		{"a hook that threw, of Intern", "tests: 3", "intern.xml", answer.Failed, "errors is 1, limit 0", []string{"mail (the suite as a whole): could not clean up"}},
		{"a status of Intern that says failed", "", `<testsuite><testcase name="a" status="0"/><testcase name="b" status="1"/></testsuite>`, answer.Failed, "failed is 1, limit 0", []string{"b: status is 1"}},
		{"a number that no tool is known to write", "", `<testsuite><testcase name="a" status="2"/></testsuite>`, answer.Errored, "1 test with an unknown outcome: a", nil},
		{"skipped tests that aren't listed, of mocha", "skipped: 0", `<testsuites tests="6" skipped="5"><testsuite name="s" tests="6"><testcase name="a"/></testsuite></testsuites>`,
			answer.Errored, "a.xml: it counts 5 skipped tests, but lists 0; check the tool's own output", nil},
		{"skipped tests that aren't listed, without a limit on them", "", `<testsuites tests="6" skipped="5"><testsuite name="s" tests="6"><testcase name="a"/></testsuite></testsuites>`, answer.Passed, "1 of 1 test passed", nil},
		{"skipped tests that several suites count", "skipped: 1", `<testsuites skipped="1"><testsuite name="s" skipped="1"><testcase name="a"/><testcase name="b"><skipped/></testcase></testsuite></testsuites>`, answer.Passed, "1 of 2 tests passed, 1 skipped", nil},
		{"a failure of a suite", "", `<testsuite name="s"><testcase name="a"/><failure>teardown</failure></testsuite>`, answer.Failed, "failed is 1", nil},
		{"an element of a test that is not known", "", `<testsuite failures="1"><testcase name="a"><failed message="x"/></testcase></testsuite>`,
			answer.Errored, "1 test with an unknown outcome: a", []string{"a: unknown element <failed>"}},
		{"one that is not known beside a failure", "", `<testsuite><testcase name="a"><failed/></testcase><testcase name="b"><failure/></testcase></testsuite>`,
			answer.Failed, "failed is 1, limit 0", []string{"Unclear: 1 test with an unknown outcome: a"}},
		{"one that is not known where failures are allowed", "failed: '>= 0'\nerrors: '>= 0'", `<testsuite><testcase name="a"><warning/></testcase></testsuite>`,
			answer.Errored, "1 test with an unknown outcome", nil},
		{"tests in an element that is not known", "", `<testsuites><testcase name="ok" classname="test"/><undefined name="root"><testcase name="x" classname="test"><failure/></testcase></undefined></testsuites>`,
			answer.Failed, "failed is 1, limit 0", nil},
		{"an element of a suite that is not known", "", `<testsuite><testcase name="ok"/><crashed/></testsuite>`, answer.Errored, "unknown element <crashed>", nil},
		{"a comment of node --test", "", `<testsuites><testsuite name="parent"><testcase name="ok" classname="test"/></testsuite><!-- tests 2 --><!-- fail 1 --><!-- cancelled 0 --></testsuites>`,
			answer.Errored, "node --test counted 1 failed or cancelled test, but the report shows 0", nil},
		{"two reports of node --test, merged by junit-report-merger", "", `<testsuites tests="1" failures="0"><testsuite name="orders" tests="1" failures="0"><testcase name="totals" classname="test"/></testsuite><!-- fail 1 --><!-- cancelled 0 -->` +
			`<testcase name="print" classname="test"/><!-- fail 0 --><!-- cancelled 0 --></testsuites>`, answer.Errored, "node --test counted 1 failed or cancelled test, but the report shows 0", nil},
		{"a hidden failure of node --test beside one of another tool, merged", "failed: 1", `<testsuites><testsuite name="parent"><testcase name="ok" classname="test"/></testsuite><!-- fail 1 --><!-- cancelled 0 -->` +
			`<testsuite name="pytest" failures="1"><testcase name="sum" classname="test"><failure message="1 is not 2"/></testcase></testsuite></testsuites>`, answer.Errored, "node --test counted 1 failed or cancelled test, but the report shows 0", nil},
		{"failures of node --test and of another tool, merged", "failed: 2", `<testsuites><testsuite name="pytest" failures="1"><testcase name="sum" classname="test"><failure message="1 is not 2"/></testcase></testsuite>` +
			`<testcase name="b" classname="test" failure=""><failure type="testCodeFailure"/></testcase><!-- fail 1 --><!-- cancelled 0 --></testsuites>`, answer.Passed, "0 of 2", nil},
		{"a plan of TAP that was not met, of tap-junit", "", `<testsuites tests="2" name="Tap-Junit" failures="1"><testsuite name="Tap-Junit-Suite" tests="2" skipped="0" failures="1"><testcase name="opens" id="1"/><testcase name="sells" id="2"/></testsuite></testsuites>`,
			answer.Errored, `suite "Tap-Junit-Suite" counts 1 failure or error, but its tests show 0`, nil},
		{"a suite that failed as a whole, of Ginkgo", "", ginkgo("pending", "false", "false", "Detected pending specs and --fail-on-pending is set"),
			answer.Errored, `suite "pending" failed as a whole: Detected pending specs and --fail-on-pending is set`, nil},
		{"a suite that failed as a whole where failures are allowed, of Ginkgo", "failed: '>= 0'", `<testsuites>` + ginkgo("slow", "false", "false", "Suite did not run because the timeout elapsed") +
			`<testsuite name="good"><testcase name="[It] refunds"><failure/></testcase></testsuite></testsuites>`, answer.Errored, `suite "slow" failed as a whole: Suite did not run because the timeout elapsed`, nil},
		{"a suite that did not succeed, of Ginkgo", "", ginkgo("shop", "false", "false", ""), answer.Errored, `suite "shop" did not succeed, but its tests show no failure`, nil},
		{"a suite that did not succeed since a test failed, of Ginkgo", "failed: 1", strings.Replace(ginkgo("shop", "false", "false", ""), "<testcase", `<testcase name="[It] refunds"><failure/></testcase><testcase`, 1),
			answer.Passed, "1 of 2 tests passed", nil},
		{"a focus that was left in the code, of Ginkgo", "", ginkgo("shop", "true", "true", ""), answer.Errored,
			`suite "shop" ran only the specs that have a focus in the code, such as FIt; remove the focus, for which ginkgo exits with 197`, nil},
		{"a good suite of Ginkgo", "", ginkgo("shop", "true", "false", ""), answer.Passed, "1 of 1", nil},
		{"a cancelled test in a comment", "", `<testsuites><testcase name="ok"/><!-- fail 0 --><!-- cancelled 2 --></testsuites>`, answer.Errored, "node --test counted 2 failed or cancelled tests", nil},
		{"comments that agree", "", `<testsuites><testcase name="ok"/><!-- fail 0 --><!-- cancelled 0 --></testsuites>`, answer.Passed, "1 of 1", nil},
		{"a program that is missing, of ctest", "", `<testsuite><testcase name="ok" status="run"/><testcase name="m" classname="m" status="notrun"><skipped message="Unable to find executable"/></testcase></testsuite>`,
			answer.Failed, "errors is 1, limit 0", []string{"m m: status is notrun: Unable to find executable"}},
		{"skips that somebody wanted, of ctest", "skipped: 2", `<testsuite><testcase name="ok" status="run"/><testcase name="a" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>` +
			`<testcase name="b" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/></testcase></testsuite>`, answer.Passed, "1 of 3 tests passed, 2 skipped", nil},
		{"a hook that threw, of behave", "", `<testsuite><testcase name="a" status="untested"><skipped/></testcase><testcase name="b" status="passed"/></testsuite>`,
			answer.Failed, "errors is 1, limit 0", []string{"status is untested"}},
		{"tests that are disabled", "skipped: 3", `<testsuite><testcase name="a" status="disabled"/><testcase name="b"><disabled/></testcase><testcase name="d"><ignored/></testcase><testcase name="c"/></testsuite>`,
			answer.Passed, "1 of 4 tests passed, 3 skipped", nil},
		{"disabled and skipped, of GoogleTest", "skipped: 2", "googletest.xml", answer.Passed, "1 of 3 tests passed, 2 skipped", nil},
		{"nothing but disabled tests", "", `<testsuite><testcase name="DISABLED_x" status="notrun" result="suppressed"/><testcase name="b"><disabled/></testcase></testsuite>`,
			answer.Failed, "both tests were skipped", nil},
		{"a status that says failed", "", `<testsuite><testcase name="a" status="failed"/></testsuite>`, answer.Failed, "failed is 1", nil},
		{"a status that is not known", "", `<testsuite><testcase name="a" status="quarantined"/></testsuite>`, answer.Errored, "1 test with an unknown outcome: a", []string{"a: status is quarantined"}},
		{"a skip under a status that is not known", "", `<testsuite><testcase name="ok"/><testcase name="a" status="blocked"><skipped/></testcase></testsuite>`, answer.Errored, "1 test with an unknown outcome", nil},
		{"words for good ends", "", `<testsuite><testcase name="a" status="PASSED"/><testcase name="b" result="completed"/><testcase name="c" status="Success"/></testsuite>`, answer.Passed, "3 of 3", nil},
	})
}

// TestJUnitGuards has reports that look odd and are read right.
func TestJUnitGuards(t *testing.T) {
	checkJUnitRows(t, []junitRow{
		{"tests that have no case, and none is flaky", "", `<testsuite name="s" tests="4"><testcase name="a" classname="s"/></testsuite>`, answer.Passed, "1 of 1", nil},
		{"Surefire counts flakes as failures", "", "surefire.xml", answer.Passed, "2 of 2 tests passed", []string{"Tests that passed only when they were run again: 1."}},
		{"Intern says how each test ended in numbers", "tests: 3\nskipped: 1", `<testsuites><testsuite name="node" failures="0" skipped="1" tests="3"><testsuite name="shop" failures="0" skipped="1" tests="3">` +
			`<testcase name="totals" time="0" status="0"/><testcase name="refund" time="0.001" status="0"/><testcase name="print" time="0" status="0"><skipped>no printer</skipped></testcase></testsuite></testsuite></testsuites>`,
			answer.Passed, "2 of 3 tests passed, 1 skipped", nil},
		{"Python's subtests are counted and have no case", "", `<testsuite tests="5" failures="0"><testcase name="a"/></testsuite>`, answer.Passed, "1 of 1", nil},
		{"suites repeat the counts of those below them", "failed: 1", `<testsuites failures="1"><testsuite failures="1"><testsuite failures="1"><testcase name="a"><failure/></testcase><testcase name="b"/></testsuite></testsuite></testsuites>`,
			answer.Passed, "1 of 2 tests passed", nil},
		{"disabled and failed", "", `<testsuite><testcase name="a" status="disabled"><failure/></testcase></testsuite>`, answer.Failed, "failed is 1", nil},
		{"skipped and failed", "", `<testsuite><testcase name="a"><skipped/><failure/></testcase></testsuite>`, answer.Failed, "failed is 1", nil},
		{"a file that did not load", "", `<testsuite tests="0"><testcase name="a.py"><error message="SyntaxError"/></testcase></testsuite>`, answer.Failed, "errors is 1", nil},
		{"two failures in one test", "failed: 1", `<testsuite tests="1" failures="2"><testcase name="a"><failure message="one"/><failure message="two"/></testcase></testsuite>`, answer.Passed, "0 of 1", []string{"a: one; two"}},
		{"many failures in one test", "", `<testsuite><testcase name="a"><failure>1</failure><failure>2</failure><failure>3</failure><failure>4</failure></testcase></testsuite>`, answer.Failed, "failed is 1", []string{"a: 1; 2; and 2 more"}},
		{"warnings alone, of stylelint", "", "stylelint.xml", answer.Passed, "1 of 1", nil},
		{"an error beside a clean file, of stylelint", "", `<testsuites><testsuite name="a.css" failures="1" errors="1"><testcase name="stylelint.passed"/></testsuite>` +
			`<testsuite name="b.css" failures="1"><testcase name="block-no-empty"><failure/></testcase></testsuite></testsuites>`, answer.Failed, "failed is 1", nil},
		{"a package that does not compile", "", "gotestsum-build.xml", answer.Failed, "failed is 1, limit 0", []string{"TestMain: FAIL shop/broken [build failed]"}},
		{"a rerun that never passed", "", `<testsuite failures="2"><testcase name="a"><failure/><rerunFailure/></testcase><testcase name="b"><error/><rerunError/></testcase></testsuite>`, answer.Failed, "failed is 1, limit 0; errors is 1", nil},
		{"a todo of node --test that fails", "skipped: 1", `<testsuites><testcase name="a"/><testcase name="b" failure="later"><skipped type="todo" message="true"/><failure message="later"/></testcase><!-- fail 0 --><!-- todo 1 --></testsuites>`,
			answer.Passed, "1 of 2 tests passed, 1 skipped", nil},
	})
}

// TestJUnitNoTests has reports of linters that found nothing: they hold no
// test at all.
func TestJUnitNoTests(t *testing.T) {
	const clean = `<testsuites></testsuites>`
	checkJUnitRows(t, []junitRow{
		{"no limit", "", clean, answer.Failed, "the reports contain no tests", nil},
		{"other limits", "failed: 0", clean, answer.Failed, "the reports contain no tests", nil},
		{"any number", `tests: ">= 0"`, clean, answer.Passed, "the reports contain no tests, which tests: >= 0 allows", nil},
		{"none", "tests: 0\nfailed: 0", clean, answer.Passed, "the reports contain no tests, which tests: 0 allows", nil},
		{"any number, and a time", "tests: '>= 0'\nduration: < 2m", clean, answer.Passed, "the reports contain no tests", nil},
		{"any number, and an error of a suite", "tests: '>= 0'", `<testsuites errors="1"></testsuites>`, answer.Errored, "counts 1 failure or error", nil},
		{"any number, and nothing but skips", "tests: '>= 0'", `<testsuite><testcase name="a"><skipped/></testcase></testsuite>`, answer.Failed, "the only test was skipped", nil},
		{"a suite without a test", "", "promtool.xml", answer.Passed, "2 of 2", []string{"Reports and suites without tests: empty.yml."}},
	})
}

// TestJUnitTelling has the line of a failure that says most.
func TestJUnitTelling(t *testing.T) {
	checkJUnitRows(t, []junitRow{
		{"a message that only says Failed", "", `<testsuite name="s"><testcase name="t"><failure message="Failed">a_test.go:12: b</failure></testcase></testsuite>`, answer.Failed, "", []string{"s t: a_test.go:12: b"}},
		{"the lines of go test", "", "gotestsum-count.xml", answer.Failed, "", []string{"TestInvoice: invoice_test.go:31: the queue was busy"}},
		{"goss, whose errors are failures", "tests: 3\nskipped: 1", "goss.xml", answer.Failed, "failed is 1, limit 0", []string{"goss Command shop-check exit-status: Command: shop-check: exit-status: Expected 127"}},
		{"golangci-lint, which gives no time", "duration: < 1s", "golangci-lint.xml", answer.Failed, "failed is 1, limit 0", []string{"shop.go:7:11 errcheck: shop.go:7:11: Error return value of `os.Remove` is not checked", "Unclear: the reports do not say how long any test took"}},
		{"tflint, whose warnings are failures", "", "tflint.xml", answer.Failed, "failed is 1, limit 0", []string{`main.tf terraform_unused_declarations main.tf:3,1-13: main.tf:3,1-13: variable "shop" is declared but not used`}},
		{"gosec, whose suites are rules", "", "gosec.xml", answer.Failed, "failed is 1, limit 0", []string{"Use of weak cryptographic primitive /src/shop/main.go: Found 1 vulnerability"}},
		{"conftest", "", "conftest.xml", answer.Failed, "failed is 1", []string{"containers must not run as root"}},
		{"helm-unittest", "", "helm-unittest.xml", answer.Failed, "failed is 1", []string{"has a name (number 2 of this name): - asserts[0] `equal` fail , Template:two/templates/cm.yaml"}},
		{"nothing more is said", "", `<testsuite name="s"><testcase name="t"><failure message="Failed"/></testcase></testsuite>`, answer.Failed, "", []string{"s t: Failed"}},
		{"a place alone, of Playwright", "", "playwright.xml", answer.Failed, "", []string{"cart › pays (webkit): Error: the total is 0"}},
		{"a place and what is wrong", "", `<testsuite><testcase name="a.ts"><failure message="a.ts:9:1 missing semicolon">text</failure></testcase></testsuite>`, answer.Failed, "", []string{"a.ts: a.ts:9:1 missing semicolon"}},
		{"a message of its own", "", `<testsuite name="s"><testcase name="t"><failure message="1 is not 2">Traceback</failure></testcase></testsuite>`, answer.Failed, "", []string{"s t: 1 is not 2"}},
	})
}

// TestJUnitBeside has reports that hold no test beside one that does.
func TestJUnitBeside(t *testing.T) {
	deps := reports(t, map[string]string{"a.xml": suiteOf("m", 3), "b.xml": `<testsuites/>`, "c.xml": `<testsuites><testsuite name="rules.yml" tests="0"/></testsuites>`})
	ev := kindtest.Measured(t, kindtest.Built(t, JUnit, `files: "*.xml"`, deps), gates.Scope{})
	if said := kindtest.Odd(ev, answer.Passed, "3 of 3"); said != "" {
		t.Error(said)
	}
	if want := []string{"Reports and suites without tests: b.xml, rules.yml."}; !slices.Equal(ev.Details, want) {
		t.Errorf("got %q, want %q", ev.Details, want)
	}
}

func TestJUnitUTF16(t *testing.T) {
	for name, text := range map[string]string{
		"as PowerShell writes": "\xff\xfe<\x00t\x00e\x00s\x00t\x00s\x00u\x00i\x00t\x00e\x00/\x00>\x00",
		"the other way round":  "\xfe\xff\x00<\x00t\x00/\x00>",
		"without a mark":       "<\x00t\x00e\x00s\x00t\x00",
		"its declaration":      `<?xml version="1.0" encoding="UTF-16"?><testsuite/>`,
	} {
		ev := kindtest.Measured(t, kindtest.Built(t, JUnit, `files: "*.xml"`, reports(t, map[string]string{"a.xml": text})), gates.Scope{})
		if said := kindtest.Odd(ev, answer.Errored, "a.xml cannot be counted: it is written in the character set UTF-16; only UTF-8 is read"); said != "" {
			t.Errorf("%s: %s", name, said)
		}
	}
	ev := kindtest.Measured(t, kindtest.Built(t, JUnit, `files: "*.xml"`, reports(t, map[string]string{"a.xml": "\xef\xbb\xbf" + suiteOf("m", 2)})), gates.Scope{})
	if said := kindtest.Odd(ev, answer.Passed, "2 of 2"); said != "" {
		t.Error("UTF-8 with a mark:", said)
	}
}

// ginkgo is a suite with one test, as Ginkgo 2.34.0 reports it: whether it succeeded, whether
// its code has a focus, and why it failed, if not by a test.
func ginkgo(name, succeeded, focus, reason string) string {
	return fmt.Sprintf(`<testsuite name=%q tests="1" disabled="0" skipped="0" errors="0" failures="0"><properties><property name="SuiteSucceeded" value=%q></property>`+
		`<property name="SuiteHasProgrammaticFocus" value=%q></property><property name="SpecialSuiteFailureReason" value=%q></property></properties>`+
		`<testcase name="[It] totals" status="passed" time="0.1"></testcase></testsuite>`, name, succeeded, focus, reason)
}
