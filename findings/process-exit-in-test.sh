#!/usr/bin/env bash
# Bun, jest and mocha: a run in which a test has failed exits with 0, if a later test's
# code calls process.exit(0).
#
# One test fails. In the file after it, a test calls the program's own shutdown, which ends
# with process.exit(0), as that of a command or a server does. One would expect a runner to
# keep the exit code for itself, at least once it has printed a failure:
#
#   exit code of the run
#   0    bun 1.4.5, mocha 11.7.4, jest 30.5.2 in its own process, as it runs a few short files
#   1    deno 2.9.6, vitest 3.2.4, node --test, jest 30.5.2 with two workers
#   4    jasmine 5.12.0
#
# The three have printed the failed test by then, and end in the middle: a JUnit report of
# the previous run remains as it was. mocha with mocha-junit-reporter prints nothing at all.
# Which of the two jest does depends on the number of files and cores, and on how long the
# tests took the last time.
#
# A release bot that trusts the exit code passes the run, and one that reads the report
# reads yesterday's. It must ask for a number of tests in a report that this run wrote, so
# delete the old one first.
#
# Needs Node and npm, on Linux for x64. Takes one to four minutes. Fails when a version
# behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts bun@1.4.5 deno@2.9.6 mocha@11.7.4 mocha-junit-reporter@2.2.1 \
	jest@30.5.2 jest-junit@17.0.0 jasmine@5.12.0 vitest@3.2.4
bin=$dir/node_modules/.bin
unset CI GITHUB_ACTIONS

failed=0
# expect RUNNER REPORT EXIT EXTENSION HEADER COMMAND… runs the command in a folder with the two files.
expect() {
	local runner=$1 want="exit $3, $2" ext=$4 header=$5 code=0 got
	shift 5
	rm -rf work
	mkdir work
	cd work
	echo '{}' >package.json
	printf '%s\ntest("totals", () => { throw new Error("the total is wrong") });\n' "$header" >"a.test.$ext"
	printf '%s\ntest("stops", () => { process.exit(0) });\n' "$header" >"b.test.$ext"
	"$@" >log 2>&1 || code=$?
	got="exit $code, $([ -s r.xml ] && echo a || echo no) report"
	grep -q 'the total is wrong\|1) totals\|^F$' log || got+=', failure not printed'
	cd ..
	printf '%-16s %s\n' "$runner" "$got"
	if [ "$got" != "$want" ]; then
		echo "CHANGED: want $want" >&2
		failed=1
	fi
}

export JEST_JUNIT_OUTPUT_FILE=r.xml MOCHA_FILE=r.xml NO_COLOR=1
expect bun 'no report' 0 js 'import { test } from "bun:test";' "$dir/node_modules/@oven/bun-linux-x64/bin/bun" test --reporter=junit --reporter-outfile=r.xml
expect mocha 'no report' 0 js 'const test = it;' "$bin/mocha" a.test.js b.test.js
expect 'mocha, JUnit' 'no report, failure not printed' 0 js 'const test = it;' "$bin/mocha" --reporter mocha-junit-reporter a.test.js b.test.js
expect 'jest, in band' 'no report' 0 js '' "$bin/jest" -i --reporters=default --reporters=jest-junit
expect 'jest, 2 workers' 'a report' 1 js '' "$bin/jest" --maxWorkers=2 --reporters=default --reporters=jest-junit
expect jasmine 'no report' 4 js 'const test = it;' "$bin/jasmine" --random=false a.test.js b.test.js
expect deno 'a report' 1 ts 'import process from "node:process"; const test = Deno.test;' \
	"$dir/node_modules/@deno/linux-x64-glibc/deno" test --no-check --junit-path=r.xml
expect vitest 'a report' 1 mjs 'import { test } from "vitest";' "$bin/vitest" run --reporter=default --reporter=junit --outputFile.junit=r.xml
expect 'node --test' 'a report' 1 js 'const test = require("node:test");' node --test --test-reporter=spec --test-reporter-destination=stdout \
	--test-reporter=junit --test-reporter-destination=r.xml
exit "$failed"
