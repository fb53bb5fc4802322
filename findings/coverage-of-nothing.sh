#!/usr/bin/env bash
# nyc, c8, jest and vitest pass a threshold of 90 % line coverage when not one line was
# counted.
#
# A folder is renamed, the setting that says which files count still has its old name,
# and no file matches any more. One would expect that nothing is below 90 %, or at least
# that the check fails. The percentage of 0 lines is the word "Unknown", which is not
# below any number:
#
#                  before the move    after it
#   nyc 17.1.0     75 %, exit 1       Unknown, exit 0
#   c8 10.1.3      66.66 %, exit 1    Unknown, exit 0
#   jest 30.2.0    75 %, exit 1       Unknown, exit 0
#   vitest 3.2.4   66.66 %, exit 1    Unknown, exit 0
#
# So the move turns a red build green. The Cobertura reports then say line-rate="NaN".
#
# A release bot that trusts the exit code, or compares NaN with a limit by "below means
# failed", passes code of which nothing was measured. It must ask for a number of lines
# above 0.
#
# Needs Node and npm. Takes two minutes. Fails when a version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund nyc@17.1.0 c8@10.1.3 jest@30.2.0 vitest@3.2.4 @vitest/coverage-v8@3.2.4

# The tested function has a line that no test reaches.
mkdir src
cat >src/price.js <<'JS'
exports.price = n => {
  if (n > 10) {
    return n * 9
  }
  return n * 10
}
JS
cat >price.test.js <<'JS'
const { existsSync } = require('fs')
const { price } = require(existsSync('src') ? './src/price' : './lib/price')
const tried = () => { if (price(1) !== 10) throw new Error('wrong price') }
typeof test === 'function' ? test('price', tried) : tried()
JS
cat >vitest.config.mjs <<'JS'
const coverage = { provider: 'v8', include: ['src/**'], thresholds: { lines: 90 }, reporter: ['json-summary', 'cobertura'] }
export default { test: { globals: true, coverage } }
JS

summary=(--reporter=json-summary --reporter=cobertura)
run_nyc() { npx nyc --include 'src/**' --check-coverage --lines 90 "${summary[@]}" node price.test.js; }
run_c8() { npx c8 --include 'src/**' --check-coverage --lines 90 "${summary[@]}" node price.test.js; }
run_jest() {
	npx jest --coverage --collectCoverageFrom='src/**' --coverageThreshold='{"global": {"lines": 90}}' \
		--coverageReporters=json-summary --coverageReporters=cobertura
}
run_vitest() { npx vitest run --coverage; }

failed=0
# expect TOOL WANT runs a tool and compares its percentage and exit code.
expect() {
	local code=0 got
	rm -rf coverage
	"run_$1" >log 2>&1 || code=$?
	got="$(node -p 'require("./coverage/coverage-summary.json").total.lines.pct'), exit $code, $(grep -o 'line-rate="[^"]*"' coverage/cobertura-coverage.xml | head -1)"
	printf '%-8s %s\n' "$1" "$got"
	if [ "$2" != "$got" ]; then
		echo "CHANGED: want $2" >&2
		failed=1
	fi
}
expect nyc '75, exit 1, line-rate="0.75"'
expect c8 '66.66, exit 1, line-rate="0.6666"'
expect jest '75, exit 1, line-rate="0.75"'
expect vitest '66.66, exit 1, line-rate="0.6666"'
mv src lib
for tool in nyc c8 jest vitest; do expect "$tool" 'Unknown, exit 0, line-rate="NaN"'; done
exit "$failed"
