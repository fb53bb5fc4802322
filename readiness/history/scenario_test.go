package history

import (
	"time"

	"gonogo/readiness/event"
)

// monday is when every scenario in these tests begins.
var monday = time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)

// scenario is what happened, one minute after another.
type scenario struct {
	state *State
	now   time.Time
}

// began opens release 19.0.1.
func began() *scenario {
	h := &scenario{state: NewState(), now: monday}
	return h.add(event.ReleaseOpened{Version: "19.0.1", Commit: "c0ffee", By: "U0PM"})
}

func (h *scenario) add(events ...event.Event) *scenario {
	for _, e := range events {
		h.now = h.now.Add(time.Minute)
		h.state.Apply(h.now, e)
	}
	return h
}

// live says that release 19.0.1 is live on an environment.
func (h *scenario) live(environment string) *scenario {
	return h.add(event.EnvironmentAdopted{Environment: environment, Version: "19.0.1", Commit: "c0ffee", By: "U0DEV"})
}
