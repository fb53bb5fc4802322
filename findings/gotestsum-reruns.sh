#!/usr/bin/env bash
# gotestsum: a green run and a red run write the same JUnit report.
#
# A test that fails first and passes later appears twice in the report, once with
# a failure, after both of these:
#
#   gotestsum --rerun-fails    reruns failed tests; the run is green (exit 0)
#   gotestsum -- -count=2      runs every test twice; the run is red (exit 1)
#
# In a package with just that test, the two reports differ only in times. Even the
# counts are equal: both have tests="2" failures="1". Failed cases come first in
# both, so the order doesn't show which result was last.
#
# A release bot can't distinguish an accepted flaky test from a failed one, unless
# another test in the report ran exactly once, which -count=2 rules out. Without
# such a test, it must treat the report as failed.
#
# Needs Go and its module proxy. Fails when a version behaves differently.
set -euo pipefail
version=v1.13.0

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >go.mod <<'GO'
module shop

go 1.24
GO
cat >shop_test.go <<'GO'
package shop

import (
	"os"
	"testing"
)

// TestQueue fails the first time, and leaves a mark.
func TestQueue(t *testing.T) {
	if _, err := os.Stat(os.Getenv("MARK")); err == nil {
		return
	}
	if err := os.WriteFile(os.Getenv("MARK"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Fatal("the queue was busy")
}
GO

export GOFLAGS=-mod=mod GOBIN="$dir/bin" MARK="$dir/mark"
go install "gotest.tools/gotestsum@$version"

# run REPORT ARGUMENT... prints how gotestsum ends.
run() {
	local report=$1 code=0
	shift
	rm -f "$MARK"
	bin/gotestsum --junitfile "$report" "$@" >"$report.log" 2>&1 || code=$?
	echo "$code"
}

# shape REPORT prints the report without what differs from run to run.
shape() {
	sed -E 's/ time(stamp)?="[^"]*"//g; s/\([0-9.]+s\)//g' "$1"
}

go version
bin/gotestsum --version
rerun=$(run rerun.xml --rerun-fails --packages=./...)
count=$(run count.xml -- -count=2 ./...)
echo "--rerun-fails: exit $rerun; -count=2: exit $count"
shape rerun.xml

if [ "$rerun $count" != "0 1" ]; then
	echo "CHANGED: want exit 0 and 1" >&2
	cat rerun.xml.log count.xml.log >&2
	exit 1
fi
if ! diff <(shape rerun.xml) <(shape count.xml); then
	echo "CHANGED: the two reports differ in more than times" >&2
	exit 1
fi
echo "as expected: one report, two ends"
