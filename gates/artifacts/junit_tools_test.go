package artifacts

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonogo/gates"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

// junitTool is a tool that is run on files of its own, and what the gate has to
// answer to the report that it leaves.
type junitTool struct {
	name, needs, debian string // programs and files, and the packages of Debian that have them; the latter not for a tool of npm
	command             string // for a shell; it leaves r.xml, or reports in reports/
	exit                int
	files               map[string]string
	settings            string // more of the gate's, if any
	verdict             answer.Verdict
	summary             string   // a part of it; all of it where a limit is not kept, so that no other one is
	details             []string // parts of lines
}

var junitTools = []junitTool{
	{
		name: "pytest", needs: "/usr/bin/pytest-3", debian: "python3-pytest", command: "/usr/bin/pytest-3 -q -p no:cacheprovider --junitxml=r.xml", exit: 1,
		files: map[string]string{"test_shop.py": `
import pytest

@pytest.fixture
def db():
    yield
    raise RuntimeError("could not drop the database")

def test_totals(db):
    assert 1 == 2, "the total is wrong"

def test_refund():
    pass

@pytest.mark.xfail
def test_invoice():
    assert False
`},
		verdict: answer.Failed, summary: "failed is 1, limit 0; errors is 1, limit 0",
		details: []string{`test_totals: AssertionError: the total is wrong assert 1 == 2; failed on teardown with "RuntimeError: could not drop the database"`},
	},
	{
		name: "pytest, nothing failed", needs: "/usr/bin/pytest-3", debian: "python3-pytest", command: "/usr/bin/pytest-3 -q -p no:cacheprovider --junitxml=r.xml",
		files: map[string]string{"test_shop.py": `
import pytest

@pytest.mark.parametrize("n", [1, 2])
def test_totals(n):
    pass

@pytest.mark.skip(reason="no printer")
def test_print():
    pass
`},
		verdict: answer.Passed, summary: "2 of 3 tests passed, 1 skipped",
	},
	{
		name: "node, a test that fails after its subtests", needs: "node", debian: "nodejs", command: "node --test --test-reporter=junit shop.test.js > r.xml", exit: 1,
		files: map[string]string{"shop.test.js": `
const test = require('node:test');
test('orders', async (t) => {
  await t.test('totals', () => {});
  throw new Error('the queue is not empty');
});
`},
		verdict: answer.Errored, summary: "r.xml: node --test counted 1 failed or cancelled test, but the report shows 0",
	},
	{
		name: "node, a hook that throws", needs: "node", debian: "nodejs", command: "node --test --test-reporter=junit shop.test.js > r.xml", exit: 1,
		files: map[string]string{"shop.test.js": `
const test = require('node:test');
test('totals', () => {});
test.after(() => { throw new Error('could not clean up'); });
`},
		verdict: answer.Failed, summary: "failed is 1, limit 0", details: []string{"could not clean up"},
	},
	{
		name: "node, nothing failed", needs: "node", debian: "nodejs", command: "node --test --test-reporter=junit shop.test.js > r.xml",
		files: map[string]string{"shop.test.js": `
const test = require('node:test');
test.describe('orders', () => { test.test('works', () => {}); });
test.describe('refunds', () => { test.test('works', () => {}); });
test('invoices', { todo: true }, () => { throw new Error('not yet'); });
`},
		verdict: answer.Passed, summary: "2 of 3 tests passed, 1 skipped",
	},
	{
		name: "prove", needs: "/usr/share/perl5/TAP/Formatter/JUnit.pm", debian: "libtap-formatter-junit-perl", command: "prove --formatter TAP::Formatter::JUnit t > r.xml", exit: 1,
		files:   map[string]string{"t/shop.t": `print "1..3\nok 1 - totals\nok 2 - refund\n";`},
		verdict: answer.Failed, summary: "errors is 1, limit 0", details: []string{"shop_t (the suite as a whole): Looks like you planned 3 tests but ran 2."},
	},
	{
		name: "behave", needs: "/usr/bin/behave", debian: "python3-behave", command: "/usr/bin/python3 /usr/bin/behave --junit --no-summary", exit: 1,
		files: map[string]string{
			"features/environment.py": "def before_feature(context, feature):\n    raise RuntimeError('no database')\n",
			"features/steps/shop.py":  "from behave import given\n\n@given('an order')\ndef order(context):\n    pass\n",
			"features/shop.feature":   "Feature: Shop\n  Scenario: Totals\n    Given an order\n",
		},
		verdict: answer.Failed, summary: "errors is 1, limit 0", details: []string{"shop.Shop Totals: status is untested"},
	},
	{
		name: "bats", needs: "/usr/bin/bats", debian: "bats", command: "bats --formatter junit shop.bats > r.xml", exit: 1,
		files:   map[string]string{"shop.bats": "@test \"totals\" { true; }\n@test \"print\" { skip \"no printer\"; }\n@test \"refund\" { false; }\n"},
		verdict: answer.Failed, summary: "failed is 1, limit 0", details: []string{"shop.bats refund: (in test file shop.bats, line 3)"},
	},
	{
		name: "PHPUnit, a risky test", needs: "/usr/bin/phpunit", debian: "phpunit", command: "phpunit --log-junit r.xml ShopTest.php", exit: 0,
		files: map[string]string{"ShopTest.php": `<?php
final class ShopTest extends PHPUnit\Framework\TestCase {
	public function testTotals(): void { $this->assertSame(1, 1); }
	public function testRefund(): void {}
	public function testPrint(): void { $this->markTestSkipped('no printer'); }
}
`},
		settings: "tests: 3\nskipped: 1",
		verdict:  answer.Failed, summary: "errors is 1, limit 0", details: []string{"ShopTest testRefund: ShopTest::testRefund This test did not perform any assertions"},
	},
	{
		name: "PHPUnit, a failure", needs: "/usr/bin/phpunit", debian: "phpunit", command: "phpunit --log-junit r.xml ShopTest.php", exit: 1,
		files:   map[string]string{"ShopTest.php": "<?php\nfinal class ShopTest extends PHPUnit\\Framework\\TestCase {\n\tpublic function testTotals(): void { $this->assertSame(1, 2); }\n}\n"},
		verdict: answer.Failed, summary: "failed is 1, limit 0", details: []string{"Failed asserting that 2 is identical to 1."},
	},
	{
		name: "GoogleTest, a clean-up that fails, which is in no report", needs: "/usr/include/gtest/gtest.h g++", debian: "libgtest-dev g++",
		command: "g++ shop.cc -lgtest -lgtest_main -o shop && ./shop --gtest_output=xml:r.xml", exit: 1,
		files: map[string]string{"shop.cc": `#include <gtest/gtest.h>
struct Shop : testing::Test { static void TearDownTestSuite() { FAIL() << "could not clean up"; } };
TEST_F(Shop, totals) {}
TEST_F(Shop, print) { GTEST_SKIP() << "no printer"; }
TEST_F(Shop, DISABLED_mail) {}
`},
		settings: "tests: 3\nskipped: 2",
		verdict:  answer.Passed, summary: "1 of 3 tests passed, 2 skipped",
	},
	{
		name: "GoogleTest, a failure", needs: "/usr/include/gtest/gtest.h g++", debian: "libgtest-dev g++",
		command: "g++ shop.cc -lgtest -lgtest_main -o shop && ./shop --gtest_output=xml:r.xml", exit: 1,
		files:   map[string]string{"shop.cc": "#include <gtest/gtest.h>\nTEST(Shop, totals) { EXPECT_EQ(1, 2); }\nTEST(Shop, refund) {}\n"},
		verdict: answer.Failed, summary: "failed is 1, limit 0", details: []string{"Shop totals: shop.cc:2 Expected equality of these values"},
	},
	{
		name: "gotestsum, a package that does not compile", needs: "gotestsum", debian: "gotestsum", command: "gotestsum --junitfile r.xml ./...", exit: 1,
		files: map[string]string{
			"go.mod":            "module shop\n\ngo 1.21\n",
			"shop_test.go":      "package shop\n\nimport \"testing\"\n\nfunc TestTotals(t *testing.T) {}\nfunc TestRefund(t *testing.T) { t.Error(\"the sum is wrong\") }\nfunc TestPrint(t *testing.T) { t.Skip(\"no printer\") }\n",
			"mail/mail_test.go": "package mail\n\nimport \"testing\"\n\nfunc TestMail(t *testing.T) { missing() }\n",
		},
		settings: "tests: 4\npassed: 1\nskipped: 1", // of what did not compile there is one test, TestMain
		verdict:  answer.Failed, summary: "failed is 2, limit 0", details: []string{"the sum is wrong", "[build failed]"},
	},
	{
		name: "ctest, a program that is missing", needs: "/usr/bin/ctest", debian: "cmake", command: "ctest --output-junit r.xml", exit: 8,
		files:   map[string]string{"CTestTestfile.cmake": "add_test(totals /bin/true)\nadd_test(refund /nowhere/refund)\n"},
		verdict: answer.Failed, summary: "errors is 1, limit 0", details: []string{"refund refund: status is notrun: Unable to find executable"},
	},
	{
		name: "ctest, skipped and disabled", needs: "/usr/bin/ctest", debian: "cmake", command: "ctest --output-junit r.xml",
		files: map[string]string{"CTestTestfile.cmake": `add_test(totals /bin/true)
add_test(code /bin/sh -c "exit 77")
set_tests_properties(code PROPERTIES SKIP_RETURN_CODE 77)
add_test(text /bin/echo "no printer")
set_tests_properties(text PROPERTIES SKIP_REGULAR_EXPRESSION "no printer")
add_test(off /bin/true)
set_tests_properties(off PROPERTIES DISABLED TRUE)
`},
		verdict: answer.Passed, summary: "1 of 4 tests passed, 3 skipped",
	},
}

// TestJUnitOfRealTools runs the tools that Debian has.
func TestJUnitOfRealTools(t *testing.T) { runJUnitTools(t, junitTools) }

func runJUnitTools(t *testing.T, tools []junitTool) {
	for _, tool := range tools {
		t.Run(tool.name, func(t *testing.T) {
			t.Parallel()
			deps := reports(t, tool.files)
			tool.run(t, deps.Dir)
			tool.check(t, deps, `["*.xml", "reports/*.xml"]`)
		})
	}
}

// check compares the gate's answer to reports with the one that is wanted.
func (tool junitTool) check(t *testing.T, deps gates.Deps, files string) {
	t.Helper()
	ev := kindtest.Measured(t, kindtest.Built(t, JUnit, "files: "+files+"\n"+tool.settings, deps), gates.Scope{})
	told := ev.Summary == tool.summary || ev.Verdict != answer.Failed && strings.Contains(ev.Summary, tool.summary)
	if ev.Verdict != tool.verdict || !told {
		t.Errorf("got  %s: %s\nwant %s: %s", ev.Verdict, ev.Summary, tool.verdict, tool.summary)
	}
	for _, want := range tool.details {
		if !slices.ContainsFunc(ev.Details, func(line string) bool { return strings.Contains(line, want) }) {
			t.Errorf("got  %q\nwant a line with %q", ev.Details, want)
		}
	}
}

// installed reports whether all files and programs that the tool needs are there.
func (tool junitTool) installed() bool {
	for _, need := range strings.Fields(tool.needs) {
		_, err := exec.LookPath(need)
		if filepath.IsAbs(need) {
			_, err = os.Stat(need)
		}
		if err != nil {
			return false
		}
	}
	return true
}

// run runs the tool, which must end as it does for people, in a folder.
func (tool junitTool) run(t *testing.T, dir string) {
	t.Helper()
	path := os.Getenv("PATH")
	switch {
	case !tool.installed():
		missing(t, "apt-get install "+cmp.Or(tool.debian, tool.needs))
	case tool.debian == "":
		path = npmTools(t, dir) + path
	}
	runTool(t, dir, path, tool.command, tool.exit)
}

// missing skips a test of a tool that is not installed; in CI it fails.
func missing(t *testing.T, install string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("install it: %s", install)
	}
	t.Skipf("install it to run this test: %s", install)
}

// runTool runs a command, which must end with the exit code that people see, in
// a folder and with little else in its environment.
func runTool(t *testing.T, dir, path, line string, exit int) {
	t.Helper()
	if testing.Short() {
		t.Skip("other people's tools take their time")
	}
	command := exec.CommandContext(t.Context(), "/bin/sh", "-c", line)
	command.Dir = dir
	command.Env = []string{"PATH=" + path, "HOME=" + dir, "PYTHONDONTWRITEBYTECODE=1", "LC_ALL=C.UTF-8", "GOTOOLCHAIN=local", "GOCACHE=" + goCache(t)}
	output, _ := command.CombinedOutput()
	if got := command.ProcessState.ExitCode(); got != exit {
		t.Fatalf("it ended with %d, want %d:\n%s", got, exit, output)
	}
}

// goCache is where Go keeps what it has compiled, so that a tool that runs it need
// not compile the standard library anew.
func goCache(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("GOCACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "go-build")
}
