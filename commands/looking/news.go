package looking

import (
	"context"
	"time"

	"gonogo/commands/verb"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

const (
	lookPause  = 10 * time.Minute       // between two looks of a person that are remembered
	lookWithin = 250 * time.Millisecond // a look does not wait longer to be remembered
)

// looked remembers that a person looked. It is no loss when it cannot.
func looked(ctx context.Context, c verb.Call) {
	if last := c.View.State.StatusSeen[c.User]; c.User == "" || c.View.Now.Sub(last) < lookPause {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	if _, err := c.Ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{event.StatusSeen{By: c.User}}, nil
	}); err != nil {
		c.Log.Info("a look at the status is not remembered", "error", err)
	}
}
