#!/usr/bin/env bash
# Ginkgo: four kinds of red runs leave a JUnit report in which nothing failed, and in two of
# them it says that every suite succeeded.
#
# ginkgo 2.34.0 --keep-going --junit-report, each with specs that all pass:
#
#                                             exit   report: failures="0" errors="0", and
#   an ordinary test of the same package      1      SuiteSucceeded "true"
#     (t.Fatal) fails
#   a focus (FIt) was left in the code, so    197    SuiteSucceeded "true", and
#     that other specs are skipped                   SuiteHasProgrammaticFocus "true"
#   pending specs, with --fail-on-pending     1      SuiteSucceeded "false", and the cause in
#                                                    SpecialSuiteFailureReason
#   another suite doesn't compile             1      the same, in a suite without name and tests
#
# One would expect a failure or an error wherever the run fails. The report counts specs
# alone: what go test runs beside them, in the same program, isn't in it, and what concerns a
# suite as a whole is only in properties, which readers of JUnit reports rarely look at.
#
# A release bot must read those three properties, and use the exit code too (delete the
# report unless it is 0). Keep ordinary tests out of packages with a Ginkgo suite.
#
# Needs Go and its module proxy. Takes one to three minutes. Fails when a version behaves
# differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod NO_COLOR=1
unset CI GITHUB_ACTIONS
go mod init example.com/shop 2>/dev/null
go get github.com/onsi/ginkgo/v2@v2.34.0 github.com/onsi/ginkgo/v2/ginkgo@v2.34.0 2>/dev/null
# suite NAME TEXT writes a suite of the name with a spec that passes and the text.
suite() {
	mkdir "$1"
	cat >"$1/shop_test.go" <<GO
package shop

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
)

func TestSpecs(t *testing.T) { RunSpecs(t, "$1") }

var _ = It("totals", func() {})

$2
GO
}
suite good ''
suite plain 'func TestRefund(t *testing.T) { t.Fatal("the refund is wrong") }'
suite focus 'var _ = FIt("invoice", func() {})'
suite pending 'var _ = PIt("print", func() {})'
go mod tidy 2>/dev/null
GOBIN=$dir go install github.com/onsi/ginkgo/v2/ginkgo
./ginkgo build -r . >log 2>&1 || { cat log >&2; exit 1; }
suite broken 'var _ = missing'

failed=0
# expect WANT ARGUMENT… runs suites, and compares the exit code and the counts and properties
# of the report.
expect() {
	local want=$1 code=0 got
	shift
	rm -f r.xml
	./ginkgo --no-color --keep-going --junit-report=r.xml "$@" >log 2>&1 || code=$?
	got="exit $code: $(sed -nE 's/.*<testsuites tests="([0-9]+)".*failures="([0-9]+)".*/\1 tests, \2 failures/p; s/.*<testsuite name="([a-z]+)".*/, \1/p;
		s/.*name="SuiteSucceeded" value="([a-z]+)".*/ succeeded \1/p; s/.*name="SuiteHasProgrammaticFocus" value="true".*/ focus/p;
		s/.*name="SpecialSuiteFailureReason" value="([^":]+).*/ \1/p' r.xml | tr -d '\n')"
	got+="; elements: $(grep -c '<failure\|<error' r.xml || true) failed, $(grep -c '<skipped' r.xml || true) skipped"
	printf '%-38s %s\n' "$*" "$got"
	if [ "$got" != "$want" ]; then
		echo "CHANGED: want $want" >&2
		tail -20 log >&2
		failed=1
	fi
}

expect 'exit 0: 1 tests, 0 failures, good succeeded true; elements: 0 failed, 0 skipped' good/good.test
expect 'exit 1: 1 tests, 0 failures, plain succeeded true; elements: 0 failed, 0 skipped' plain/plain.test
expect 'exit 1: 1 tests, 0 failures succeeded false Failed to compile broken, good succeeded true; elements: 0 failed, 0 skipped' ./broken ./good
expect 'exit 197: 2 tests, 0 failures, focus succeeded true focus; elements: 0 failed, 1 skipped' focus/focus.test
expect 'exit 1: 2 tests, 0 failures, pending succeeded false Detected pending specs and --fail-on-pending is set; elements: 0 failed, 1 skipped' \
	--fail-on-pending pending/pending.test
exit "$failed"
