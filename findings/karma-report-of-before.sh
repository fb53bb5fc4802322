#!/usr/bin/env bash
# karma: if a test file fails to load, no JUnit report is written, so the report of
# the previous run remains, and is green.
#
# karma-junit-reporter has an attribute for this: errors="1", for a browser that
# ended with an error. But an exception outside of a test (a module that throws
# while loading, a syntax error, a timer that throws before the tests begin) ends
# the run before the reporter learns that the browser is done, and it writes no
# file. karma exits with 1. Another error, a test that navigates away from its page,
# is reported: errors="1" and the number of tests, but no test.
#
# A release bot that reads the folder of reports finds the previous one, which says
# that all tests passed. Delete reports before a run, or compare their time with the
# commit's.
#
# Needs Node, npm and Chromium. Fails when a version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts karma@6.4.4 karma-junit-reporter@2.0.1 \
	karma-chrome-launcher@3.2.0 karma-mocha@2.0.1 mocha@11.7.4
cat >karma.conf.js <<'JS'
module.exports = (config) => config.set({
  frameworks: ['mocha'], files: ['*.test.js'], singleRun: true, reporters: ['dots', 'junit'],
  junitReporter: { outputDir: '.', outputFile: 'r.xml', useBrowserName: false },
  browsers: ['Quiet'], customLaunchers: { Quiet: { base: 'ChromeHeadless', flags: ['--no-sandbox'] } },
});
JS
CHROME_BIN=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
export CHROME_BIN

failed=0
# expect WHAT WANT GOT compares, and remembers a difference.
expect() {
	printf '%-44s %s\n' "$1" "$3"
	if [ "$2" != "$3" ]; then
		echo "CHANGED: want $2" >&2
		failed=1
	fi
}

# run runs karma and prints its exit code, and what the report says of itself.
run() {
	local code=0
	npx karma start karma.conf.js --no-colors >log 2>&1 || code=$?
	if [ -e r.xml ]; then
		echo "exit $code, $(grep -o -E '(tests|errors|failures)="[0-9]+"' r.xml | paste -sd ' '), $(grep -c '<testcase' r.xml || true) in the file"
	else
		echo "exit $code, no report"
	fi
}

echo "Node $(node --version), karma $(npx karma --version | grep -o '[0-9.]*'), $("$CHROME_BIN" --version 2>/dev/null)"
echo "it('totals', () => {});" >shop.test.js
expect "a test that passes" 'exit 0, tests="1" errors="0" failures="0", 1 in the file' "$(run)"
echo "throw new Error('no database');" >broken.test.js
expect "beside it a file that throws as it loads" 'exit 1, tests="1" errors="0" failures="0", 1 in the file' "$(run)"
rm r.xml
expect "the same, with the old report deleted" 'exit 1, no report' "$(run)"
echo "it('refund', () => {" >broken.test.js
expect "a file with a syntax error" 'exit 1, no report' "$(run)"
echo "it('leaves', () => { location.href = 'about:blank'; });" >broken.test.js
expect "a test that leaves its page" 'exit 1, tests="2" errors="1" failures="0", 0 in the file' "$(run)"

if [ "$failed" = 1 ]; then
	exit 1
fi
echo "as expected: where a file does not load, the report is that of the run before"
