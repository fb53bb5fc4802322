package storage

import (
	"context"
	"fmt"
	"time"

	"gonogo/readiness/event"
)

// Limits for a clock that is behind the last record.
const (
	clockSlack    = time.Minute      // how far it may be behind without anything being wrong
	clockLook     = 30 * time.Second // between checks, in addition to the one at each decision
	believedAfter = 2 * time.Minute  // how long it must stay behind, by its own count; a clock that was wrong at boot is usually corrected sooner
)

// advance sets a batch's time from the clock. If the clock is behind the last record,
// time stands still, since it must not go backwards. If the clock stays behind, it was
// ahead before: that is recorded, and times follow the clock again.
func (l *Ledger) advance(b *batch) {
	now := l.now().UTC().Truncate(time.Microsecond)
	switch {
	case b.at.Sub(now) <= clockSlack:
		l.behind = time.Time{}
		b.at = later(b.at, now)
	case l.behind.IsZero() || now.Before(l.behind):
		l.behind = now
		l.logger.Error("the clock is behind the last record; check it", "clock", now, "record", b.at)
	case now.Sub(l.behind) >= believedAfter:
		l.setBack(b, now)
	}
}

// checkClock checks the clock even if no decisions come. Otherwise, what waits for a
// time would wait for the wrong one.
func (l *Ledger) checkClock(ctx context.Context) {
	b := l.newBatch()
	if l.advance(b); len(b.records) > 0 {
		l.settle(ctx, b)
	}
}

// setBack records in the batch that the clock was ahead.
func (l *Ledger) setBack(b *batch, now time.Time) {
	records, events, err := l.encode("", now, []event.Event{event.ClockSetBack{Ahead: b.at.Sub(now)}})
	if err != nil {
		l.logger.Error("the clock's being set back could not be encoded", "error", fmt.Errorf("encode: %w", err))
		return
	}
	l.logger.Warn("the clock was ahead; what was recorded then no longer counts where it counts for a limited time", "clock", now, "record", b.at)
	b.at = now
	b.apply(records, events)
}

// later keeps time from going backwards if the machine's clock does.
func later(a, b time.Time) time.Time {
	if b.Before(a) {
		return a
	}
	return b
}
