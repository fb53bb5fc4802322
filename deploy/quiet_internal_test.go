package deploy

import (
	"testing"

	"gonogo/readiness"
)

// An alert that nobody knows of is not said to be quiet: nothing was looked at.
func TestQuietOfAnUnknownAlert(t *testing.T) {
	s := readiness.NewState()
	s.Incidents["known"] = &readiness.Incident{ID: "known"}
	w := Work{State: func() *readiness.State { return s }}
	for incident, want := range map[string]string{"": "a person asked for it, and no alert", "known": "", "unknown": "no alert of that name is on record"} {
		if why := quietStep(Order{Incident: incident}).Unless(w); why != want {
			t.Errorf("%q is left out because %q, want %q", incident, why, want)
		}
	}
}
