package looking

import (
	"context"
	"time"

	"gonogo/commands/verb"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

const (
	lookPause  = 10 * time.Minute       // between two recorded looks of one person
	lookWithin = 250 * time.Millisecond // how long a look waits to be recorded
)

// looked records that a person looked. Nothing is lost if that fails, and nobody waits for
// a disk that hangs: a status comes from memory.
func looked(ctx context.Context, c verb.Call) {
	if last := c.View.State.StatusSeen[c.User]; c.User == "" || c.View.Now.Sub(last) < lookPause {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	go func() {
		defer cancel()
		if _, err := c.Ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) {
			return []event.Event{event.StatusSeen{By: c.User}}, nil
		}); err != nil {
			c.Log.Info("a look at the status is not remembered", "error", err)
		}
	}()
	<-ctx.Done()
}
