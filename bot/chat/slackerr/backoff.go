package slackerr

import (
	"cmp"
	"context"
	"math/rand/v2"
	"time"
)

// Pauses between attempts.
const (
	FirstPause = 100 * time.Millisecond
	MaxPause   = 30 * time.Second
	DownPause  = 4 * time.Second // the longest while Slack doesn't respond and on-call waits for that
	LongPause  = time.Minute     // after a lasting error
)

// Backoff computes growing pauses between attempts. Its zero value begins with the
// shortest. It is for one goroutine.
type Backoff struct {
	Most time.Duration // the longest pause; 0: MaxPause

	last time.Duration
}

// Next is the pause before the next attempt: twice the last one, from FirstPause
// up to the longest, of which half is random so that attempts spread out. It is never
// shorter than what Slack asked for.
func (b *Backoff) Next(asked time.Duration) time.Duration {
	b.last = min(max(2*b.last, FirstPause), cmp.Or(b.Most, MaxPause))
	return max(b.last/2+rand.N(b.last/2+1), asked)
}

// Reset makes the next pause the shortest again.
func (b *Backoff) Reset() { b.last = 0 }

// Sleep waits and reports whether ctx is still alive.
func Sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
