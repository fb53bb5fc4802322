#!/usr/bin/env bash
# rrule-go: on the nights when clocks change, an hourly rule returns one moment twice
# or omits an hour, and All and After disagree about the number of moments.
#
# rrule-go 1.8.2, Europe/Berlin, FREQ=HOURLY from 00:30. One would expect it to count
# real hours, or to omit hours that don't exist, as RFC 5545 (section 3.3.10) says.
# In UTC:
#
#   29 March 2026     23:30 00:30 01:30 01:30 02:30    02:30 local doesn't exist;
#                                                      it is moved to 03:30, which
#                                                      is already there
#   25 October 2026   22:30 23:30 01:30 02:30 03:30    00:30 is omitted
#
# So COUNT=5 yields four different moments in March. After(01:30, not inclusive)
# returns 02:30, so iterating with After takes four steps where All has five.
#
# A release bot that opens windows or repeats checks by such a rule does one of them
# twice, or waits two hours. Use an idempotency key per moment, and keep hourly rules
# in UTC.
#
# Needs Go and its module proxy. Takes about 10 seconds. Fails when a version behaves
# differently.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init hours 2>/dev/null
go get github.com/teambition/rrule-go@v1.8.2 2>/dev/null
cat >main.go <<'GO'
package main

import (
	"fmt"
	"time"

	"github.com/teambition/rrule-go"
)

func main() {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	for _, start := range []time.Time{time.Date(2026, 3, 29, 0, 30, 0, 0, zone), time.Date(2026, 10, 25, 0, 30, 0, 0, zone)} {
		rule, err := rrule.NewRRule(rrule.ROption{Freq: rrule.HOURLY, Count: 5, Dtstart: start})
		if err != nil {
			panic(err)
		}
		fmt.Print("All:  ")
		for _, at := range rule.All() {
			fmt.Print(" ", at.UTC().Format("15:04"))
		}
		fmt.Print("\nAfter:")
		for at := rule.After(start, true); !at.IsZero(); at = rule.After(at, false) {
			fmt.Print(" ", at.UTC().Format("15:04"))
		}
		fmt.Println()
	}
}
GO
cat >want <<'END'
All:   23:30 00:30 01:30 01:30 02:30
After: 23:30 00:30 01:30 02:30
All:   22:30 23:30 01:30 02:30 03:30
After: 22:30 23:30 01:30 02:30 03:30
END
go run . >got
cat got
if ! diff want got >&2; then
	echo "CHANGED: < was, > is" >&2
	exit 1
fi
