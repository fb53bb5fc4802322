#!/usr/bin/env bash
# Deno: if the hook before all tests fails, the JUnit report says that they were skipped,
# and a file that throws while it is loaded isn't in the report at all, nor is it in Bun's.
#
# Each of these makes the run exit with 1, beside a file with one test that passes. One would
# expect a failure or an error in the report for each of them:
#
#                             deno 2.9.6 --junit-path        bun 1.4.5 --reporter=junit
#   beforeAll throws          2 tests, 1 skipped             2 tests, 1 failed
#   afterAll throws           2 tests, 2 passed              3 tests, 1 failed
#   the file throws           1 test, 1 passed               1 test, 1 passed
#   the file imports a file   no report, also not of the     1 test, 1 passed
#     that isn't there        good file
#
# deno's testsuite says disabled="1" for tests that nobody disabled. In all reports that lack
# the failure, failures="0" and errors="0" are in every element that has them.
#
# A release bot that accepts skipped tests, as most do, passes a run in which the database
# wasn't there, so that no test of the file ran. Use the exit code too (delete the report
# unless it is 0), or limit how many tests are skipped and require how many there are.
#
# Needs npm, on Linux for x64. Takes half a minute. Fails when a version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts bun@1.4.5 deno@2.9.6
unset CI GITHUB_ACTIONS
export NO_COLOR=1 DENO_DIR=$dir/.deno DENO_NO_UPDATE_CHECK=1

failed=0
# expect WHAT DENO BUN FILE writes a second test file for both and compares the exit code and
# the report: tests, failures and errors of the root, and the elements that stand in it.
expect() {
	local what=$1 tool want code got
	for tool in deno bun; do
		want=$2
		[ $tool = deno ] || want=$3
		rm -rf work
		mkdir work
		cd work
		code=0
		if [ $tool = deno ]; then
			echo 'Deno.test("good", () => {});' >good.test.ts
			echo "const { beforeAll, afterAll } = Deno.test; const test = Deno.test; $4" >shop.test.ts
			"$dir/node_modules/@deno/linux-x64-glibc/deno" test --no-check --junit-path=r.xml >log 2>&1 || code=$?
		else
			echo 'import { test } from "bun:test"; test("good", () => {});' >good.test.ts
			echo "import { test, beforeAll, afterAll } from 'bun:test'; $4" >shop.test.ts
			"$dir/node_modules/@oven/bun-linux-x64/bin/bun" test --reporter=junit --reporter-outfile=r.xml >log 2>&1 || code=$?
		fi
		got="exit $code, no report"
		if [ -s r.xml ]; then
			got="exit $code, $(sed -nE 's/.*<testsuites .* tests="([0-9]+)".*failures="([0-9]+)".*/\1 tests, \2 failures/p' r.xml)"
			got+=", elements: $(grep -c '<failure\|<error' r.xml || true) failed, $(grep -c '<skipped' r.xml || true) skipped"
		fi
		cd ..
		printf '%-18s %-5s %s\n' "$what" $tool "$got"
		if [ "$got" != "$want" ]; then
			echo "CHANGED: want $want" >&2
			cat work/log >&2
			failed=1
		fi
	done
}

good='exit 1, 1 tests, 0 failures, elements: 0 failed, 0 skipped'
expect 'beforeAll throws' 'exit 1, 2 tests, 0 failures, elements: 0 failed, 1 skipped' 'exit 1, 2 tests, 1 failures, elements: 1 failed, 0 skipped' \
	'beforeAll(() => { throw new Error("no database") }); test("totals", () => {});'
expect 'afterAll throws' 'exit 1, 2 tests, 0 failures, elements: 0 failed, 0 skipped' 'exit 1, 3 tests, 1 failures, elements: 1 failed, 0 skipped' \
	'afterAll(() => { throw new Error("rows are left") }); test("totals", () => {});'
expect 'the file throws' "$good" "$good" 'test("totals", () => {}); throw new Error("no settings");'
expect 'a file is missing' 'exit 1, no report' "$good" 'import "./missing.ts"; test("totals", () => {});'
expect 'nothing fails' 'exit 0, 2 tests, 0 failures, elements: 0 failed, 0 skipped' 'exit 0, 2 tests, 0 failures, elements: 0 failed, 0 skipped' \
	'test("totals", () => {});'
exit "$failed"
