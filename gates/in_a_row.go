package gates

import (
	"context"
	"fmt"
	"time"

	"gonogo/readiness"
	"gonogo/readiness/answer"
)

const (
	MaxInARow  = 1000            // how many times in a row a gate may be asked to let through, at most
	UsualPause = 5 * time.Second // between two of them

	longestRow = 24 * time.Hour // for the pauses alone
)

// RowProblem is what is wrong with asking for so many times in a row with such a pause; "" if
// nothing is.
func RowProblem(times int, every time.Duration) string {
	switch {
	case times < 1 || times > MaxInARow:
		return fmt.Sprintf("consecutive must be from 1 to %d", MaxInARow)
	case times > 1 && every > longestRow/time.Duration(times-1): // a product might overflow
		return fmt.Sprintf("%d times with pauses of %s take longer than %s; lower consecutive or every", times, readiness.Span(every), readiness.Span(longestRow))
	}
	return ""
}

// InARow makes a gate measure several times, with a pause between two: it lets through
// when it did each time. The first measurement that doesn't is its evidence.
func (b Built) InARow(times int, every time.Duration) Built {
	b.Gate = inARow{b.Gate, times, every}
	b.Settings = SettingsHash("in a row", b.Settings, times, every)
	return b
}

// inARow is a gate that measures several times.
type inARow struct {
	Gate
	times int
	every time.Duration
}

// Check implements [Gate]. A warning counts before what passed without one.
func (r inARow) Check(ctx context.Context, s Scope) answer.Evidence {
	var last, warning answer.Evidence
	for round := range r.times {
		if round > 0 && !Pause(ctx, r.every) {
			return Errored("cut off after it had held %d of %d times in a row", round, r.times)
		}
		if last = (Job{Gate: r.Gate, Scope: s}).measure(ctx); !last.Verdict.LetsThrough() {
			if round > 0 {
				last.Summary += fmt.Sprintf("; it had held %d of %d times in a row", round, r.times)
			}
			return last
		}
		if last.Verdict == answer.Warned {
			warning = last
		}
	}
	if warning.Verdict == answer.Warned {
		last = warning
	}
	last.Summary += fmt.Sprintf("; held %d times in a row", r.times)
	return last
}

// Deadline implements [WithDeadline]: each measurement may take its whole time.
func (r inARow) Deadline() time.Duration {
	one := Job{Gate: r.Gate}
	return time.Duration(r.times)*(one.Timeout()+one.Grace()) + time.Duration(r.times-1)*r.every
}

// GracePeriod implements [WithGracePeriod] for those gates that do.
func (r inARow) GracePeriod() time.Duration {
	if own, ok := r.Gate.(WithGracePeriod); ok {
		return own.GracePeriod()
	}
	return 0
}

// LeastTime implements [WithLeastTime]: a pass needs every measurement and every pause.
func (r inARow) LeastTime() time.Duration {
	return time.Duration(r.times)*LeastTime(r.Gate) + time.Duration(r.times-1)*r.every
}
