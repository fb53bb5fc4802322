// Package retry paces what is repeated: how long to wait after a failure, and how to
// spread out what is done at regular intervals. It sends nothing itself and doesn't
// know what is retried; whoever knows the service decides whether a retry helps.
//
// Runs, issues and incidents use it. It stores nothing: after a restart, waiting
// starts over.
package retry

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff is when to try again what has failed. The zero value waits for
// nothing. It belongs to one goroutine.
type Backoff struct {
	Until time.Time // when to try again; zero: now
	pause time.Duration
}

// Grow waits twice as long as the last time, but at least first and at most last.
func (b *Backoff) Grow(now time.Time, first, last time.Duration) {
	b.pause = min(max(2*b.pause, first), last)
	b.Until = now.Add(b.pause)
}

// Sleep waits for d. It returns ctx's error when ctx ends first.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Jitter spreads a pace over a tenth of it, half to each side, so that what has
// the same pace does not all happen at once.
func Jitter(pace time.Duration) time.Duration {
	return pace - pace/20 + rand.N(pace/10+1)
}
