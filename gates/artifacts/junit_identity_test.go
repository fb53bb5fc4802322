package artifacts

import (
	"testing"
	"time"

	"gonogo/gates"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

// TestJUnitIdentity has tests that share their name and are not the same, and
// cases that are parts of one test.
func TestJUnitIdentity(t *testing.T) {
	const pass, fail = `<testcase name="works" classname="test"/>`, `<testcase name="works" classname="test"><failure message="no"/></testcase>`
	checkJUnitRows(t, []junitRow{
		{"browsers, of Playwright", "duration: < 6m", "playwright.xml", answer.Failed, "failed is 1, limit 0", []string{"cart › pays (webkit): Error: the total is 0"}},
		{"browsers take their time", "failed: 1\nduration: < 2m", "playwright.xml", answer.Failed, "duration is 5m, limit < 2m", nil},
		{"browsers are counted", "failed: 1\ntests: 6", "playwright.xml", answer.Passed, "5 of 6 tests passed", nil},
		{"manifests of two environments, of kubeconform", "", "kubeconform.xml", answer.Failed, "failed is 1", []string{"Deployment@apps/v1 shop (production/shop.yaml): spec.replicas"}},
		{"both environments count", "failed: 1\ntests: 2", "kubeconform.xml", answer.Passed, "1 of 2", nil},
		{"two suites, one name of a test", "tests: 2\nfailed: 1", `<testsuites><testsuite name="staging"><testcase name="shop"/></testsuite><testsuite name="production"><testcase name="shop"><failure message="x"/></testcase></testsuite></testsuites>`,
			answer.Passed, "1 of 2", []string{"production shop: x"}},
		{"suites deps suites", "tests: 2\nfailed: 1", `<testsuites><testsuite name="chrome"><testsuite name="login">` + pass + `</testsuite></testsuite><testsuite name="firefox"><testsuite name="login">` + fail + `</testsuite></testsuite></testsuites>`,
			answer.Passed, "1 of 2", []string{"test works (firefox › login): no"}},
		{"groups of one name, of promtool", "tests: 2", "promtool.xml", answer.Passed, "2 of 2", nil},
		{"equal tests of two charts, of helm-unittest", "tests: 2\nfailed: 1", "helm-unittest.xml", answer.Passed, "1 of 2", nil},
		{"a case for each rule, of conftest", "tests: 4\nfailed: 1", "conftest.xml", answer.Passed, "3 of 4", nil},
		{"two describes, of node --test", "tests: 3", `<testsuites><testsuite name="one">` + pass + `</testsuite><testsuite name="two">` + pass + `</testsuite><testsuite name="three">` + pass + `</testsuite></testsuites>`, answer.Passed, "3 of 3", nil},
		{"another line", "tests: 2", `<testsuite><testcase name="a" line="3"/><testcase name="a" line="9"/></testsuite>`, answer.Passed, "2 of 2", nil},
		{"another class without classname", "tests: 2", `<testsuite><testcase name="a" class="A"/><testcase name="a" class="B"/></testsuite>`, answer.Passed, "2 of 2", nil},
		{"another file", "tests: 2", `<testsuite><testcase name="a" file="a.py"/><testcase name="a" file="b.py"/></testsuite>`, answer.Passed, "2 of 2", nil},
		{"one name twice", "tests: 2\nfailed: 1", `<testsuite>` + fail + pass + `</testsuite>`, answer.Passed, "1 of 2", nil},
		{"body and teardown, of pytest", "", `<testsuite name="pytest" tests="1" failures="1" errors="1"><testcase classname="t" name="a" time="0.1"><failure message="total is wrong"/></testcase>` +
			`<testcase classname="t" name="a" time="0.1"><error message="failed on teardown with &quot;no database&quot;"/></testcase></testsuite>`,
			answer.Failed, "failed is 1, limit 0; errors is 1, limit 0", []string{`t a: total is wrong; failed on teardown with "no database"`}},
		{"and they are one test", "tests: 1\nfailed: 1\nerrors: 1", `<testsuite><testcase name="a"><failure/></testcase><testcase name="a"><error message="failed on teardown with"/></testcase></testsuite>`, answer.Passed, "0 of 1", nil},
	})
}

// TestJUnitReruns has tests that were run again. Where -count ran all tests
// several times, one that failed once has failed.
func TestJUnitReruns(t *testing.T) {
	const (
		mark = `<properties><property name="go.version" value="go1.26.8 linux/amd64"/></properties>`
		once = `<testcase classname="p" name="TestOnce"/>`
		pass = `<testcase classname="p" name="TestA"/>`
		fail = `<testcase classname="p" name="TestA"><failure message="no"/></testcase>`
	)
	suite := func(inside string) string { return `<testsuite name="p">` + inside + `</testsuite>` }
	checkJUnitRows(t, []junitRow{
		{"gotestsum --rerun-fails", "tests: 3", "gotestsum-rerun.xml", answer.Passed, "3 of 3 tests passed", []string{"Tests that passed only when they were run again: 1."}},
		{"all tries take time", "duration: < 400ms", "gotestsum-rerun.xml", answer.Failed, "duration is 400ms", nil},
		{"go test -count=2", "", "gotestsum-count.xml", answer.Failed, "failed is 1", nil},
		{"twice failed, then passed", "", suite(mark + fail + fail + once + pass), answer.Passed, "2 of 2", []string{"run again: 1."}},
		{"never passed", "", suite(mark + fail + fail + once), answer.Failed, "failed is", nil},
		{"nothing shows that it was a rerun", "", suite(mark + fail + pass), answer.Failed, "failed is 1", nil},
		{"only a subtest ran once", "", suite(mark + fail + `<testcase classname="p" name="TestB/x"/>` + pass), answer.Failed, "failed is 1", nil},
		{"skipped when it was run again", "", suite(mark + fail + once + `<testcase classname="p" name="TestA"><skipped/></testcase>`), answer.Failed, "failed is 1", nil},
		{"no tests of Go", "", suite(fail + once + pass), answer.Failed, "failed is 1", nil},
		{"conftest --junit-hide-message, which is no tool that reruns", "", "conftest-hidden.xml", answer.Failed, "failed is 1", []string{"containers must not run as root"}},
		{"another run of the package", "", `<testsuites>` + suite(mark+fail+once) + suite(mark+pass) + `</testsuites>`, answer.Failed, "failed is 1", nil},
	})
}

// TestJUnitShards has the same tests in several reports.
func TestJUnitShards(t *testing.T) {
	report := func(host, inside string) string {
		return `<testsuite name="pytest" hostname="` + host + `">` + inside + `</testsuite>`
	}
	project := func(host, inside string) string {
		return `<testsuites id="" name=""><testsuite name="a.spec.ts" hostname="` + host + `">` + inside + `</testsuite></testsuites>`
	}
	const a, b, broken = `<testcase classname="t" name="a" time="1"/>`, `<testcase classname="t" name="b" time="2"/>`, `<testcase classname="t" name="a" time="3"><failure/></testcase>`
	tests := []struct {
		name     string
		files    map[string]string
		settings string
		verdict  answer.Verdict
		summary  string
	}{
		{"one machine each, of pytest", map[string]string{"1.xml": report("vm1", a+b), "2.xml": report("vm2", b)}, `{files: "*.xml", tests: 2, duration: "<= 3s"}`, answer.Passed, "2 of 2 tests passed, 0 skipped"},
		{"the worse counts", map[string]string{"1.xml": report("vm1", a), "2.xml": report("vm2", broken)}, `{files: "*.xml"}`, answer.Failed, "failed is 1, limit 0"},
		{"one browser each, of Playwright", map[string]string{"1.xml": project("chromium", a+b), "2.xml": project("firefox", a+b)}, `{files: "*.xml", tests: 4, duration: "<= 6s"}`, answer.Passed, "4 of 4 tests passed, 0 skipped"},
		{"other suites", map[string]string{"1.xml": `<testsuite name="x">` + a + `</testsuite>`, "2.xml": `<testsuite name="y">` + a + `</testsuite>`}, `{files: "*.xml", tests: 2}`, answer.Passed, "2 of 2 tests passed, 0 skipped"},
		{"the name of the run", map[string]string{"1.xml": `<testsuites name="run 1">` + a + `</testsuites>`, "2.xml": `<testsuites name="run 2">` + a + `</testsuites>`}, `{files: "*.xml", tests: 1}`, answer.Passed, "1 of 1 test passed, 0 skipped"},
		{"two of one name in each", map[string]string{"1.xml": report("vm", a+a), "2.xml": report("vm", a+a)}, `{files: "*.xml", tests: 2}`, answer.Passed, "2 of 2 tests passed, 0 skipped"},
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
