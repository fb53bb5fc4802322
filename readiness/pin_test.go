package readiness_test

import (
	"testing"
	"time"

	"gonogo/readiness"
)

// A pin that somebody made at the platform can be kept and returned from, too,
// and to return says why.
func TestPinOn(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	state := func(change func(*readiness.State)) *readiness.State {
		s := readiness.NewState()
		s.Live["production"] = readiness.Live{Build: readiness.Build{Version: "1.0"}}
		change(s)
		return s
	}
	outside := func(s *readiness.State) {
		s.Observed["production"] = readiness.Observation{Pinned: true}
		s.RolledBack = map[readiness.Place]readiness.Withdrawal{
			{Environment: "production", Version: "1.5"}: {Deployment: "d-1", At: noon},
			{Environment: "production", Version: "2.0"}: {Deployment: "d-2", At: noon.Add(time.Hour)},
			{Environment: "staging", Version: "3.0"}:    {Deployment: "d-3", At: noon.Add(2 * time.Hour)},
			{Environment: "production", Version: "2.5"}: {Run: "r1", At: noon.Add(3 * time.Hour)},
		}
	}
	ours := func(s *readiness.State) {
		outside(s)
		s.Apply(noon, readiness.RunStarted{Run: "r2", What: readiness.RunRollback, Change: &readiness.Change{Environment: "production",
			From: readiness.Build{Version: "2.5"}, To: readiness.Build{Version: "1.0"}, Rehearsal: true}})
	}
	for _, tt := range []struct {
		name   string
		change func(*readiness.State)
		want   readiness.Pin
	}{
		{"no pin", func(*readiness.State) {}, readiness.Pin{}},
		{"of others", outside, readiness.Pin{Keeps: "1.0", Left: "2.0"}},
		{"of others, nobody knows from what", func(s *readiness.State) { s.Observed["production"] = readiness.Observation{Pinned: true} }, readiness.Pin{Keeps: "1.0"}},
		{"a rehearsal that asks", ours, readiness.Pin{Keeps: "1.0", Left: "2.5", Rehearsal: true}},
		{"of others, after a rehearsal", func(s *readiness.State) {
			ours(s)
			s.Apply(noon, readiness.RunEnded{Run: "r2", Outcome: readiness.Completed})
			outside(s)
		}, readiness.Pin{Keeps: "1.0", Left: "2.0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := state(tt.change).PinOn("production"); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}
