#!/usr/bin/env bash
# tap-junit, tap-xunit: a test program that stops early leaves a green JUnit report.
#
# TAP can report this in two ways: "Bail out!", and a plan ("1..5") that isn't met.
# One would expect converters to JUnit to report both as an error of the suite. Here
# Perl's own Test::More writes both, and prove, the reference implementation, fails
# both:
#
#                       the plan is not met            Bail out!
#   tap-junit 5.0.4     failures="1", no test with it  failures="0"
#   tap-xunit 2.4.1     failures="0"                   failures="0"
#
# All four exit with 0, and no report says that five tests were planned. Without a
# plan before it, "Bail out!" makes tap-xunit exit with 1 and write nothing.
#
# A release bot that reads the report passes a suite that stopped at its second test.
# Use the program's own exit code (set -o pipefail) or a limit on the number of
# tests. Failures that a report counts but none of its tests shows are real: tap-junit
# has no other sign.
#
# Needs Node, npm and Perl. Takes about 20 seconds. Fails when a version behaves
# differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts tap-junit@5.0.4 tap-xunit@2.4.1
cat >plan.t <<'PERL'
use Test::More tests => 5;
pass('opens');
pass('sells');
exit 0;
PERL
cat >bail.t <<'PERL'
use Test::More tests => 5;
pass('opens');
BAIL_OUT('no database');
PERL

failed=0
# expect WHAT WANT GOT compares, and remembers a difference.
expect() {
	printf '%-28s %s\n' "$1" "$3"
	if [ "$2" != "$3" ]; then
		echo "CHANGED: want $2" >&2
		failed=1
	fi
}

# convert TOOL PROGRAM prints the exit code and what the report says.
convert() {
	local code=0
	{ perl "$2" 2>/dev/null || true; } >tap
	npx "$1" <tap >r.xml 2>/dev/null || code=$?
	echo "exit $code, $(wc -c <r.xml | sed 's/^0$/empty/; s/^[0-9].*/a report/'), counts $(grep -o -m1 ' failures="[0-9]*"' r.xml | head -1 | tr -dc '0-9')," \
		"tests $(grep -o '<testcase' r.xml | wc -l), shows $(grep -o '<failure\|<error' r.xml | wc -l)"
}

echo "Node $(node --version), $(perl -MTest::More -e 'print "Test::More $Test::More::VERSION"')"
for program in plan bail; do
	code=0
	prove "$program.t" >log 2>&1 || code=$?
	expect "prove, $program" "fails" "$([ "$code" = 0 ] && echo passes || echo fails)"
done
expect "tap-junit, plan not met" 'exit 0, a report, counts 1, tests 2, shows 0' "$(convert tap-junit plan.t)"
expect "tap-junit, Bail out!" 'exit 0, a report, counts 0, tests 1, shows 0' "$(convert tap-junit bail.t)"
expect "tap-xunit, plan not met" 'exit 0, a report, counts 0, tests 2, shows 0' "$(convert tap-xunit plan.t)"
expect "tap-xunit, Bail out!" 'exit 0, a report, counts 0, tests 1, shows 0' "$(convert tap-xunit bail.t)"
sed -i 's/ tests => 5//' bail.t
expect "tap-xunit, and no plan" 'exit 1, empty, counts , tests 0, shows 0' "$(convert tap-xunit bail.t)"
exit "$failed"
