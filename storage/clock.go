package storage

import (
	"context"
	"fmt"
	"time"

	"gonogo/readiness/event"
)

// The measures of a clock that is behind the last record.
const (
	clockSlack    = time.Minute      // by which it may be, without anything being wrong
	clockLook     = 30 * time.Second // between looks at it, besides those of each decision
	believedAfter = 2 * time.Minute  // of being behind, by its own count; a clock that was wrong at the start is corrected before
)

// advance moves a batch's time to that of the clock. Where the clock is behind the
// last record, time stands still, since it never goes backwards in between. Where
// the clock stays behind, it is believed, as it was ahead before: that is recorded,
// and the time is the clock's again.
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

// checkClock looks at the clock where nobody decides anything: what waits for a
// time that is wrong would wait for it else.
func (l *Ledger) checkClock(ctx context.Context) {
	b := l.newBatch()
	if l.advance(b); len(b.records) > 0 {
		l.settle(ctx, b)
	}
}

// setBack records that the clock was ahead, in the batch in which that is noticed.
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

// later keeps time from going backwards when the machine's clock does.
func later(a, b time.Time) time.Time {
	if b.Before(a) {
		return a
	}
	return b
}
