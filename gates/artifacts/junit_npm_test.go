package artifacts

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"gonogo/readiness/answer"
)

// npmTools puts the packages that scripts/npm-tools.sh has installed within
// reach of a folder, and returns what goes before PATH: their programs, and the
// Node that they run on.
func npmTools(t *testing.T, dir string) string {
	t.Helper()
	lock, err := os.ReadFile("testdata/npm/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	modules := filepath.Join(cache, "gonogo-test", fmt.Sprintf("npm-%.8x", sha256.Sum256(lock)), "node_modules")
	if _, err := os.Stat(modules); err != nil {
		missing(t, "make tools")
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	arch := map[string]string{"amd64": "x64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	return filepath.Join(modules, "node-linux-"+arch, "bin") + ":" + filepath.Join(modules, ".bin") + ":"
}

// mochaFile is tests for mocha and karma: one of each outcome.
const mochaFile = `
it('totals', () => {});
it('refund', () => { throw new Error('the sum is wrong'); });
it.skip('print', () => {});
`

// karmaFile configures karma for Debian's Chromium, whoever runs it, and with
// patience on a busy machine.
const karmaFile = `module.exports = (config) => config.set({
  frameworks: ['mocha'], files: ['*.test.js'], singleRun: true, reporters: ['junit'],
  captureTimeout: 600000, browserNoActivityTimeout: 600000, browserDisconnectTimeout: 600000,
  junitReporter: { outputDir: '.', outputFile: 'r.xml', useBrowserName: false },
  browsers: ['Quiet'], customLaunchers: { Quiet: { base: 'ChromeHeadless', flags: ['--no-sandbox'] } },
  plugins: ['karma-mocha', 'karma-junit-reporter', 'karma-chrome-launcher'],
});
`

const karma = "CHROME_BIN=$(command -v chromium) karma start karma.conf.js"

// Intern is given a file of suites.
const (
	internJSON   = `{"node": {"suites": "shop.js", "reporters": {"name": "junit", "options": {"filename": "r.xml"}}}}`
	internSuites = "const { registerSuite } = intern.getPlugin('interface.object');\n"
)

// npmJUnitTools are the tools of npm, each with what docs/compatibility.md says
// of its report. Where the file has no trace of a failure, the exit code differs
// from the verdict, and the page says what to do.
var npmJUnitTools = []junitTool{
	{
		name: "vitest, an exception that no test caught", command: "vitest run", exit: 1,
		files: map[string]string{
			"vitest.config.mjs": "export default { cacheDir: '.cache', test: { reporters: [['junit', { outputFile: 'r.xml' }]] } }",
			"shop.test.mjs": `import { test, expect } from 'vitest'
test('totals', () => {})
test('refund', () => expect(1).toBe(2))
test.skip('print', () => {})
test('mail', () => new Promise((sent) => setTimeout(() => { sent(); throw new Error('the mail server is gone') })))
`},
		settings: "tests: 5\nskipped: 1",
		verdict:  answer.Failed, summary: "failed is 1, limit 0; errors is 1, limit 0",
		details: []string{"shop.test.mjs refund: expected 1 to be 2", "vitest unhandled errors Uncaught Exception: the mail server is gone"},
	},
	{
		name: "jest-junit, each outcome", command: "JEST_JUNIT_OUTPUT_FILE=r.xml jest", exit: 1,
		files: map[string]string{
			"package.json": `{"jest": {"reporters": ["jest-junit"]}}`,
			"shop.test.js": "test('totals', () => {});\ntest('refund', () => { expect(1).toBe(2); });\ntest.skip('print', () => {});\ntest.todo('mail');\n",
		},
		settings: "tests: 4\npassed: 2\nskipped: 1", // the todo counts as passed
		verdict:  answer.Failed, summary: "failed is 1, limit 0",
	},
	{
		name: "jest-junit, a file that does not load, which is in no report", command: "JEST_JUNIT_OUTPUT_FILE=r.xml jest", exit: 1,
		files: map[string]string{
			"package.json":   `{"jest": {"reporters": ["jest-junit"]}}`,
			"shop.test.js":   "test('totals', () => {});\n",
			"broken.test.js": "throw new Error('no database');\n",
		},
		verdict: answer.Passed, summary: "1 of 1 test passed",
	},
	{
		name: "jest-junit that reports such a file", command: "JEST_JUNIT_OUTPUT_FILE=r.xml JEST_JUNIT_REPORT_TEST_SUITE_ERRORS=true jest", exit: 1,
		files: map[string]string{
			"package.json":   `{"jest": {"reporters": ["jest-junit"]}}`,
			"shop.test.js":   "test('totals', () => {});\n",
			"broken.test.js": "throw new Error('no database');\n",
		},
		verdict: answer.Failed, summary: "failed is 1, limit 0; errors is 1, limit 0", details: []string{"no database"},
	},
	{
		name: "mocha-junit-reporter, which leaves out what is pending", command: "mocha --reporter mocha-junit-reporter --reporter-options mochaFile=r.xml", exit: 1,
		files:    map[string]string{"test/shop.js": mochaFile},
		settings: "tests: 2\nskipped: 0",
		verdict:  answer.Failed, summary: "failed is 1, limit 0", details: []string{"refund refund: the sum is wrong"},
	},
	{
		name: "mocha's xunit", command: "node node_modules/mocha-12/bin/mocha.js --reporter xunit --reporter-options output=r.xml", exit: 1,
		files:    map[string]string{"test/shop.js": mochaFile},
		settings: "tests: 3\nskipped: 1",
		verdict:  answer.Failed, summary: "failed is 1, limit 0", details: []string{"Mocha Tests refund: the sum is wrong"},
	},
	{
		name: "Playwright, two projects and a retry", command: "playwright test", exit: 1,
		files: map[string]string{
			"playwright.config.js": "module.exports = { workers: 1, reporter: [['junit', { outputFile: 'r.xml' }]], projects: [{ name: 'shop', retries: 1 }, { name: 'admin' }] };",
			"shop.spec.js": `const { test, expect } = require('@playwright/test');
test('totals', () => {});
test.skip('print', () => {});
test('refund', ({}, info) => { expect(info.project.name === 'admin' || info.retry > 0).toBe(info.project.name === 'shop'); });
`},
		settings: "tests: 6\nskipped: 2\npassed: 3",
		verdict:  answer.Failed, summary: "failed is 1, limit 0", details: []string{"shop.spec.js refund (admin): expect(received).toBe(expected)"},
	},
	{
		name: "newman, a server that refuses", command: "newman run shop.json -r junit --reporter-junit-export r.xml", exit: 1,
		files: map[string]string{"shop.json": `{"info": {"name": "shop", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
"item": [{"name": "orders", "request": {"url": "http://127.0.0.1:1/orders"},
"event": [{"listen": "test", "script": {"exec": ["pm.test('totals', () => {});", "pm.test.skip('print', () => {});"]}}]}]}`},
		settings: "tests: 2\npassed: 2\nskipped: 0", // the skipped one counts as passed
		verdict:  answer.Errored, summary: `r.xml: suite "orders" counts 1 failure or error, but its tests show 0`,
	},
	{
		name: "newman, a test that fails", command: "newman run shop.json -r junit --reporter-junit-export r.xml", exit: 1,
		files: map[string]string{"shop.json": `{"info": {"name": "shop", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
"item": [{"name": "orders", "request": {"url": "http://127.0.0.1:1/orders"},
"event": [{"listen": "test", "script": {"exec": ["pm.test('refund', () => { throw new Error('the sum is wrong'); });"]}}]}]}`},
		verdict: answer.Failed, summary: "failed is 1, limit 0", details: []string{"Orders refund: the sum is wrong", `Unclear: r.xml: suite "orders" counts 2`},
	},
	{
		name: "cucumber-js, a pending step that is allowed", command: "cucumber-js --no-strict --import features/steps/shop.js --format junit:r.xml", exit: 0,
		files: map[string]string{
			"features/shop.feature": "Feature: Shop\n  Scenario: Totals\n    Given an order\n  Scenario: Print\n    Given a printer\n  Scenario: Mail\n    Given mail\n",
			"features/steps/shop.js": `const { Given } = require('@cucumber/cucumber');
Given('an order', () => {});
Given('a printer', () => 'skipped');
Given('mail', () => 'pending');
`},
		settings: "tests: 3\nskipped: 1",
		verdict:  answer.Failed, summary: "failed is 1, limit 0", details: []string{"Shop Mail"},
	},
	{
		name: "karma, each outcome", needs: "chromium", command: karma, exit: 1,
		files:    map[string]string{"karma.conf.js": karmaFile, "shop.test.js": mochaFile},
		settings: "tests: 3\nskipped: 1",
		verdict:  answer.Failed, summary: "failed is 1, limit 0", details: []string{"refund: Error: the sum is wrong"},
	},
	{
		name: "karma, a test that leaves the page", needs: "chromium", command: karma, exit: 1,
		files:    map[string]string{"karma.conf.js": karmaFile, "shop.test.js": "it('totals', () => {});\nit('leaves', () => { location.href = 'about:blank'; });\n"},
		settings: `tests: ">= 0"`,
		verdict:  answer.Errored, summary: "counts 1 failure or error, but its tests show 0",
	},
	{
		name: "karma, a file that does not load, which leaves no report", needs: "chromium", command: karma, exit: 1,
		files:   map[string]string{"karma.conf.js": karmaFile, "shop.test.js": mochaFile, "broken.test.js": "throw new Error('no database');\n"},
		verdict: answer.NotConfigured, summary: "no report matches",
	},
	{
		name: "Intern, each outcome", command: "intern", exit: 1,
		files: map[string]string{
			"intern.json": internJSON,
			"shop.js":     internSuites + "registerSuite('shop', { totals() {}, refund() { throw new Error('the sum is wrong'); }, print() { this.skip('no printer'); } });\n",
		},
		settings: "tests: 3\nskipped: 1",
		verdict:  answer.Failed, summary: "errors is 1, limit 0", details: []string{"shop refund: the sum is wrong"},
	},
	{
		name: "Intern, hooks that throw", command: "intern", exit: 1,
		files: map[string]string{
			"intern.json": internJSON,
			"shop.js": internSuites + `registerSuite('shop', { before() { throw new Error('no database'); }, tests: { totals() {} } });
registerSuite('mail', { tests: { sends() {} }, after() { throw new Error('could not clean up'); } });
`},
		settings: "tests: 3\npassed: 1", // each suite as a whole, and one test
		verdict:  answer.Failed, summary: "errors is 2, limit 0",
		details: []string{"shop (the suite as a whole): no database", "mail (the suite as a whole): could not clean up"},
	},
	{
		name: "oxlint, warnings alone", command: "oxlint -f junit shop.js > r.xml", exit: 0,
		files:   map[string]string{"shop.js": "debugger;\n"},
		verdict: answer.Failed, summary: "failed is 1, limit 0", details: []string{"shop.js eslint(no-debugger): `debugger` statement is not allowed"},
	},
	{
		name: "oxlint, nothing found", command: "oxlint -f junit shop.js > r.xml", exit: 0,
		files:    map[string]string{"shop.js": "export default 1;\n"},
		settings: `tests: ">= 0"`,
		verdict:  answer.Passed, summary: "the reports contain no tests",
	},
	{
		name: "Biome, warnings alone", command: "biome lint --reporter=junit shop.js > r.xml", exit: 0,
		files:   map[string]string{"shop.js": "const a = 1;\n"},
		verdict: answer.Failed, summary: "failed is 1, limit 0", details: []string{"shop.js org.biome.lint.correctness.noUnusedVariables: "},
	},
	{
		name: "Biome, an error, which it counts twice", command: "biome lint --reporter=junit shop.js > r.xml", exit: 1,
		files:    map[string]string{"shop.js": "debugger;\n"},
		settings: `failed: "<= 10"`,
		verdict:  answer.Errored, summary: "r.xml: it counts 2 failures and errors, but its tests show 1",
	},
	{
		name: "markdownlint-cli2", command: "markdownlint-cli2 shop.md", exit: 1,
		files:   map[string]string{".markdownlint-cli2.jsonc": `{"outputFormatters": [["markdownlint-cli2-formatter-junit", {"name": "r.xml"}]]}`, "shop.md": "# Shop\n\n# Other\n"},
		verdict: answer.Failed, summary: "failed is 1, limit 0", details: []string{"shop.md MD025/single-title/single-h1: Multiple top-level headings"},
	},
	{
		name: "markdownlint-cli2, a pattern that matches no file", command: "markdownlint-cli2 'docs/*.md'", exit: 0,
		files:   map[string]string{".markdownlint-cli2.jsonc": `{"outputFormatters": [["markdownlint-cli2-formatter-junit", {"name": "r.xml"}]]}`},
		verdict: answer.Passed, summary: "1 of 1 test passed",
	},
	{
		name: "stylelint, warnings alone", command: "stylelint --custom-formatter=stylelint-junit-formatter shop.css 2> r.xml", exit: 0,
		files:   map[string]string{".stylelintrc.json": `{"rules": {"block-no-empty": [true, {"severity": "warning"}]}}`, "shop.css": "b {}\n"},
		verdict: answer.Passed, summary: "1 of 1 test passed",
	},
	{
		name: "stylelint, a warning and an error", command: "stylelint --custom-formatter=stylelint-junit-formatter shop.css 2> r.xml", exit: 2,
		files:   map[string]string{".stylelintrc.json": `{"rules": {"block-no-empty": [true, {"severity": "warning"}], "color-named": "never"}}`, "shop.css": "a { color: red; }\nb {}\n"},
		verdict: answer.Failed, summary: "failed is 2, limit 0", details: []string{`Disallowed named color "red"`},
	},
}

// TestJUnitOfNPM runs the tools that npm has.
func TestJUnitOfNPM(t *testing.T) { runJUnitTools(t, npmJUnitTools) }
