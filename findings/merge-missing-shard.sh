#!/usr/bin/env bash
# Playwright and vitest: merging the reports of shards passes without the shard that
# failed, and Playwright's merge passes even with it.
#
# Each of two shards writes a blob, and one command merges them into a JUnit report. A
# test of one shard fails:
#
#                                         both shards   only the other one
#   playwright merge-reports 1.65.1       exit 0        exit 0, failures="0"
#   vitest --merge-reports 5.1.2          exit 1        exit 0, failures="0"
#
# One would expect both to agree about the exit code, since each run of the shard exits
# with 1, and Playwright to notice the missing shard: its blob says "shard": {"current":
# 2, "total": 2}. Neither prints anything, and the JUnit report doesn't name shards.
#
# A release bot can't use the exit code of the merge. A shard whose machine was lost, or
# whose blob wasn't uploaded because its job failed, leaves a green report. Require the
# number of tests, or every shard's own result.
#
# Needs Node and npm. Takes about a minute. Fails when a version behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts @playwright/test@1.65.1 vitest@5.1.2
mkdir playwright vitest
for runner in playwright vitest; do
	package=$runner
	[ "$runner" = vitest ] || package=@playwright/test
	echo "import { test, expect } from '$package'; test('sells', () => { expect(1).toBe(2) })" >"$runner/sells.test.mjs"
	echo "import { test } from '$package'; test('opens', () => {})" >"$runner/opens.test.mjs"
done
echo "module.exports = { testDir: 'playwright' }" >playwright.config.js

failed=0
# expect WHAT WANT GOT compares, and remembers a difference.
expect() {
	printf '%-28s %s\n' "$1" "$3"
	if [ "$2" != "$3" ]; then
		echo "CHANGED: want $2" >&2
		failed=1
	fi
}

# shard RUNNER NUMBER runs one of two shards, keeps its blob in a folder that tells whether
# the shard passed, and prints its exit code.
shard() {
	local code=0
	if [ "$1" = vitest ]; then
		npx vitest run --dir vitest --shard="$2/2" --reporter=blob --outputFile="blob/$2.json" >log 2>&1 || code=$?
	else
		npx playwright test --shard="$2/2" --reporter=blob >log 2>&1 || code=$?
		mv blob-report blob
	fi
	mkdir -p "$1-all"
	cp blob/* "$1-all"
	[ "$code" != 0 ] || cp -r blob "$1-green"
	rm -rf blob
	echo "$code"
}

# merge RUNNER FOLDER merges blobs, and prints the exit code, what was printed and the counts.
merge() {
	local code=0
	if [ "$1" = vitest ]; then
		npx vitest run --dir vitest --merge-reports="$2" --reporter=junit --outputFile=junit.xml >log 2>&1 || code=$?
	else
		PLAYWRIGHT_JUNIT_OUTPUT_FILE=junit.xml npx playwright merge-reports --reporter=junit "$2" >log 2>&1 || code=$?
	fi
	echo "exit $code, $(grep -ci 'shard' log || true) lines about shards," \
		"$(grep -m1 '<testsuites' junit.xml | grep -o ' tests="[0-9]*"\| failures="[0-9]*"' | tr -d ' ' | paste -sd ' ')"
}

for runner in playwright vitest; do
	codes="$(shard "$runner" 1) $(shard "$runner" 2)"
	expect "$runner, shards" '0 1' "$(tr ' ' '\n' <<<"$codes" | sort | paste -sd ' ')"
done
expect 'playwright, both' 'exit 0, 0 lines about shards, tests="2" failures="1"' "$(merge playwright playwright-all)"
expect 'playwright, without one' 'exit 0, 0 lines about shards, tests="1" failures="0"' "$(merge playwright playwright-green)"
expect 'vitest, both' 'exit 1, 0 lines about shards, tests="2" failures="1"' "$(merge vitest vitest-all)"
expect 'vitest, without one' 'exit 0, 0 lines about shards, tests="1" failures="0"' "$(merge vitest vitest-green)"
exit "$failed"
