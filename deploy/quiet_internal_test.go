package deploy

import (
	"gonogo/readiness/history"
	"testing"
)

// An alert that nobody knows of is not said to be quiet: nothing was looked at.
func TestQuietOfAnUnknownAlert(t *testing.T) {
	s := history.NewState()
	s.Incidents["known"] = &history.Incident{ID: "known"}
	w := Work{State: func() *history.State { return s }}
	for incident, want := range map[string]string{"": "a person asked for it, and no alert", "known": "", "unknown": "no alert of that name is on record"} {
		if why := quietStep(Order{Incident: incident}).Unless(w); why != want {
			t.Errorf("%q is left out because %q, want %q", incident, why, want)
		}
	}
}
