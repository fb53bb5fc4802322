#!/usr/bin/env bash
# Runs the tests on a machine that is busy: eight loops that compute and nothing
# else run beside them, as often in a row as said (three times by default). A test
# that goes red here, and not alone, waits for time to pass instead of waiting for
# the thing itself.
#
#   scripts/test-busy.sh [TIMES]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

loops=()
end_loops() { kill "${loops[@]}" 2>/dev/null || true; }
trap end_loops EXIT
for _ in 1 2 3 4 5 6 7 8; do
	(while :; do :; done) &
	loops+=($!)
done

for ((n = 1; n <= ${1:-3}; n++)); do
	began=$SECONDS
	CI=true CGO_ENABLED=1 go test -count=1 -race -tags full -timeout 60m ./...
	echo "time $n on a busy machine: $((SECONDS - began)) s"
done
