package deploy

import (
	"testing"

	"gonogo/readiness/history"
)

// Nothing measures what a person declared, so a rollback doesn't wait for its end.
func TestQuietAfterAPersonsWord(t *testing.T) {
	for by, want := range map[string]string{"": "", "U0TL": "a person declared it, and closes it once it is over"} {
		state := &history.State{Incidents: map[string]*history.Incident{"i": {ID: "i", Trigger: "corruption", DeclaredBy: by}}}
		if got := quietStep(Order{Incident: "i"}).Unless(Work{State: func() *history.State { return state }}); got != want {
			t.Errorf("declared by %q: left out since %q, want %q", by, got, want)
		}
	}
}
