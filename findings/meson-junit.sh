#!/usr/bin/env bash
# Meson: a test that timed out is a passed test in the JUnit report that meson test writes.
#
# Seven tests, of which meson test 1.0.1 calls one OK and fails six, with exit code 6:
#
#                                                   meson test        testlog.junit.xml
#   it times out                                    TIMEOUT           passed
#   it passes, though it is marked should_fail      UNEXPECTEDPASS    passed
#   TAP: two of the three planned tests are there   ERROR             2 of 2 passed
#   TAP: "Bail out!" after the first of three       ERROR             1 of 1 passed
#   TAP: all passed, but the program exits with 3   ERROR             1 of 1 passed
#   TAP: all passed, then it times out              TIMEOUT           1 of 1 passed
#
# One would expect the report to have an error for what the same command prints as one.
# It says failures="0" errors="0" and 8 tests; only the exit status 3 is named, in a
# <system-err>. A failed assertion, a crash and a skip are reported as they should be.
#
# A release bot that reads the report passes a build in which most tests hang. Use the exit
# code too (delete the report unless it is 0), or the results in testlog.json, one line for
# each test; but that file also has the whole environment, secrets included.
#
# Debian 12, Meson 1.0.1. Needs apt-get, dpkg and Python 3. Takes half a
# minute. Fails when Meson behaves differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 "$dir"
apt-get download -qq meson ninja-build 2>/dev/null
for deb in *.deb; do dpkg -x "$deb" .; done
export PATH=$dir/usr/bin:$PATH PYTHONPATH=$dir/usr/lib/python3/dist-packages SECRET=hunter2
meson() { /usr/bin/python3 "$dir/usr/bin/meson" "$@"; }

mkdir shop
cat >shop/meson.build <<'BUILD'
project('shop')
sh = find_program('sh')
test('good', sh, args: ['-c', 'exit 0'])
test('slow', sh, args: ['-c', 'sleep 60'], timeout: 5)
test('mended', sh, args: ['-c', 'exit 0'], should_fail: true)
test('plan', sh, args: ['-c', 'echo 1..3; echo ok 1 - a; echo ok 2 - b'], protocol: 'tap')
test('bail', sh, args: ['-c', 'echo 1..3; echo ok 1 - a; echo Bail out! no database'], protocol: 'tap')
test('status', sh, args: ['-c', 'echo 1..1; echo ok 1 - a; exit 3'], protocol: 'tap')
test('tapslow', sh, args: ['-c', 'echo 1..1; echo ok 1 - a; sleep 60'], protocol: 'tap', timeout: 5)
BUILD
cat >shop/control.txt <<'BUILD'
test('failed', sh, args: ['-c', 'exit 1'])
test('crashed', sh, args: ['-c', 'kill -SEGV $$'])
test('skipped', sh, args: ['-c', 'exit 77'])
BUILD

failed=0
expect() {
	printf '%-34s %s\n' "$1" "$3"
	if [ "$2" != "$3" ]; then
		echo "CHANGED: want $2" >&2
		failed=1
	fi
}
run() {
	local code=0
	meson setup build shop >/dev/null
	meson test -C build >log 2>&1 || code=$?
	echo "$code"
}
report() {
	python3 - "$1" <<'PY'
import sys, xml.etree.ElementTree as ET
root = ET.parse("build/meson-logs/testlog.junit.xml").getroot()
if sys.argv[1] == "root":
    print(root.get("tests"), root.get("failures"), root.get("errors"))
elif sys.argv[1] == "elements":
    print(*(len(root.findall(".//" + e)) for e in ("testcase", "failure", "error", "skipped")))
else:
    print(" ".join(e.text.strip() for e in root.findall(".//system-err")))
PY
}
results() {
	python3 -c 'import json; print(*sorted(t["name"] + "=" + t["result"] for t in map(json.loads, open("build/meson-logs/testlog.json"))))'
}

expect 'version' 1.0.1 "$(meson --version)"
expect 'exit code' 6 "$(run)"
expect 'results' 'bail=ERROR good=OK mended=UNEXPECTEDPASS plan=ERROR slow=TIMEOUT status=ERROR tapslow=TIMEOUT' "$(results)"
expect 'tests, failures, errors' '8 0 0' "$(report root)"
expect 'cases, failed, errors, skipped' '8 0 0 0' "$(report elements)"
expect 'standard error' '(test program exited with status code 3)' "$(report stderr)"
expect 'secrets in testlog.json' 7 "$(grep -c hunter2 build/meson-logs/testlog.json)"

rm -r build
cat shop/control.txt >>shop/meson.build
expect 'exit code, with three more' 8 "$(run)"
expect 'tests, failures, errors' '11 2 0' "$(report root)"
expect 'cases, failed, errors, skipped' '11 2 0 1' "$(report elements)"
exit "$failed"
