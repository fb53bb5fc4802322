package readiness_test

import (
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"testing"
	"time"
)

// A pin that somebody made at the platform can be kept and returned from, too,
// and to return says why.
func TestPinOn(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	state := func(change func(*history.State)) *history.State {
		s := history.NewState()
		s.Live["production"] = history.Live{Build: build.Build{Version: "1.0"}}
		change(s)
		return s
	}
	outside := func(s *history.State) {
		s.Observed["production"] = history.Observation{Pinned: true}
		s.RolledBack = map[history.Place]history.Withdrawal{
			{Environment: "production", Version: "1.5"}: {Deployment: "d-1", At: noon},
			{Environment: "production", Version: "2.0"}: {Deployment: "d-2", At: noon.Add(time.Hour)},
			{Environment: "staging", Version: "3.0"}:    {Deployment: "d-3", At: noon.Add(2 * time.Hour)},
			{Environment: "production", Version: "2.5"}: {Run: "r1", At: noon.Add(3 * time.Hour)},
		}
	}
	ours := func(s *history.State) {
		outside(s)
		s.Apply(noon, event.RunStarted{Run: "r2", What: work.Rollback, Change: &work.Change{Environment: "production",
			From: build.Build{Version: "2.5"}, To: build.Build{Version: "1.0"}, Rehearsal: true}})
	}
	for _, tt := range []struct {
		name   string
		change func(*history.State)
		want   history.Pin
	}{
		{"no pin", func(*history.State) {}, history.Pin{}},
		{"of others", outside, history.Pin{Keeps: "1.0", Left: "2.0"}},
		{"of others, nobody knows from what", func(s *history.State) { s.Observed["production"] = history.Observation{Pinned: true} }, history.Pin{Keeps: "1.0"}},
		{"a rehearsal that asks", ours, history.Pin{Keeps: "1.0", Left: "2.5", Rehearsal: true}},
		{"of others, after a rehearsal", func(s *history.State) {
			ours(s)
			s.Apply(noon, event.RunEnded{Run: "r2", Outcome: work.Completed})
			outside(s)
		}, history.Pin{Keeps: "1.0", Left: "2.0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := state(tt.change).PinOn("production"); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}
