package wording

import (
	"fmt"
	"gonogo/readiness/history"
)

// RefusedSize is how large a delivery was, as far as its sender said.
func RefusedSize(r *history.RefusedAlerts) string {
	switch {
	case r.Bytes > r.Limit:
		return Mebibytes(r.Bytes)
	case LongAlert(r):
		return Mebibytes(r.Bytes) + " with an alert of more than 1 MiB"
	}
	return "more than " + Mebibytes(r.Limit)
}

// LongAlert reports whether a delivery was refused for the length of one alert, as far as
// its sender said how large it was.
func LongAlert(r *history.RefusedAlerts) bool { return r.Bytes > 0 && r.Bytes <= r.Limit }

// Mebibytes rounds up, so that what is over a limit looks so.
func Mebibytes(n int64) string { return fmt.Sprintf("%d MiB", (n+1<<20-1)>>20) }
