#!/usr/bin/env bash
# vitest: if the variable CI is set, output to a pipe is coloured, and a pattern reads
# a colour code as a count.
#
# Without it, vitest writes "Tests  3 failed | 1 passed (4)" to a pipe. With CI in its
# environment, even if it is empty or "false", the same line is
#
#   ESC[2m Tests ESC[22m ESC[1mESC[31m3 failedESC[39m …
#
# so a pattern that was tried in a developer's pipe breaks in CI:
#
#   Tests +([0-9]+)        finds nothing
#   Tests[^0-9]*([0-9]+)   finds 22, the code that ends a colour, for 3 failures
#
# and it still finds 22 for 30 failures. A release bot that reads numbers from output
# must remove terminal escape sequences first.
#
# Needs Node and npm. Fails when a version behaves differently.
set -euo pipefail
version=2.1.9

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >shop.test.js <<'JS'
import { test, expect } from 'vitest'
test('opens', () => expect(1).toBe(1))
for (const n of [1, 2, 3]) test('sells ' + n, () => expect(n).toBe(0))
JS
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund "vitest@$version"
unset CI NO_COLOR FORCE_COLOR GITHUB_ACTIONS

# tests VARIABLE... prints the line of the counts, as it goes into a pipe.
tests() {
	{ env "$@" npx vitest run 2>&1 || true; } | grep -a 'Tests .*passed'
}

# first LINE prints the first number after the word.
first() {
	sed -nE 's/.*Tests[^0-9]*([0-9]+).*/\1/p' <<<"$1"
}

node --version
npx vitest --version
failed=0
# expect NUMBER VARIABLE... compares the first number after the word Tests.
expect() {
	local want=$1 line got
	shift
	line=$(tests "$@")
	got=$(first "$line")
	printf '%-12s reads %-3s from %s\n' "${*:-no variable}" "$got" "$(cat -v <<<"$line")"
	[ "$got" = "$want" ] || failed=1
}
expect 3
expect 22 CI=true
expect 22 CI=
expect 22 CI=false
expect 3 CI=true NO_COLOR=1

if [ "$failed" = 1 ]; then
	echo "CHANGED: want 3, 22, 22, 22 and 3" >&2
	exit 1
fi
echo "as expected: CI alone turns colours on, and a colour is read for a count"
