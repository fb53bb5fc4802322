package delivery

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

var now = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

func daysAgo(days int) time.Time { return now.AddDate(0, 0, -days) }

// past is a state with runs that its tests add.
type past struct{ *history.State }

func newPast() past {
	return past{&history.State{Runs: map[string]*work.Run{}, Incidents: map[string]*history.Incident{}, Releases: map[string]*history.Release{}}}
}

func (p past) deploy(id, version string, began time.Time, outcome work.Outcome) *work.Run {
	p.Runs[id] = &work.Run{ID: id, What: work.Deployment, Started: began, Outcome: outcome, Change: &work.Change{Environment: "production", To: build.Build{Version: version}}}
	return p.Runs[id]
}

// rollBack leaves a version. It takes an hour until a person is asked to decide.
func (p past) rollBack(id, version string, began time.Time) *work.Run {
	p.Runs[id] = &work.Run{ID: id, What: work.Rollback, Started: began, Outcome: work.Completed, Change: &work.Change{Environment: "production", From: build.Build{Version: version}},
		Steps: []work.Step{{Role: work.RoleRollback, Started: began}, {Role: work.RoleDecide, Started: began.Add(time.Hour)}}}
	return p.Runs[id]
}

func TestFigures(t *testing.T) {
	hour := time.Hour
	for _, tt := range []struct {
		name   string
		happen func(p past)
		want   Figures
	}{
		{"nothing", func(past) {}, Figures{}},
		{"two deployments, and others that don't count", func(p past) {
			p.deploy("1", "1", daysAgo(91), work.Completed)
			p.deploy("2", "2", daysAgo(20), work.Completed)
			p.deploy("3", "3", daysAgo(10), work.Completed)
			p.deploy("4", "4", daysAgo(9), work.Unsuccessful)
			p.deploy("5", "4", daysAgo(8), work.Cancelled)
			p.deploy("6", "4", daysAgo(7), work.Completed).Change.Rehearsal = true
			p.deploy("7", "4", daysAgo(6), work.Completed).Change.Environment = "staging"
		}, Figures{Deployments: 2}},
		{"a rollback that a person asked for", func(p past) {
			p.deploy("1", "1", daysAgo(20), work.Completed)
			p.deploy("2", "2", daysAgo(10), work.Completed)
			p.rollBack("3", "2", daysAgo(9))
		}, Figures{Deployments: 2, Failed: 1, Restore: Median{hour, 1}}},
		{"a rollback that an alert asked for", func(p past) {
			p.deploy("1", "1", daysAgo(20), work.Completed)
			p.rollBack("2", "1", daysAgo(10)).Change.Incident = "I"
			p.Incidents["I"] = &history.Incident{Began: daysAgo(10).Add(-hour)}
		}, Figures{Deployments: 1, Failed: 1, Restore: Median{2 * hour, 1}}},
		{"a false alarm", func(p past) {
			p.deploy("1", "1", daysAgo(20), work.Completed)
			p.rollBack("2", "1", daysAgo(10)).Change.Incident = "I"
			p.Incidents["I"] = &history.Incident{Began: daysAgo(10), FalseAlarm: &history.Statement{By: "U0ONCALL"}}
		}, Figures{Deployments: 1}},
		{"a deployment that was stopped by a rollback", func(p past) {
			p.deploy("1", "1", daysAgo(20), work.Cancelled)
			p.rollBack("2", "", daysAgo(20).Add(hour)).Change.Stops = "1"
		}, Figures{Deployments: 1, Failed: 1, Restore: Median{hour, 1}}},
		{"a rollback that has restored nothing yet", func(p past) {
			p.deploy("1", "1", daysAgo(20), work.Completed)
			p.rollBack("2", "1", daysAgo(10)).Steps[1].Started = time.Time{}
		}, Figures{Deployments: 1, Failed: 1}},
		{"a rollback that was never sent", func(p past) {
			p.deploy("1", "1", daysAgo(20), work.Completed)
			p.rollBack("2", "1", daysAgo(10)).Steps[0].Started = time.Time{}
		}, Figures{Deployments: 1}},
		{"a rollback of the deployment after it", func(p past) {
			p.deploy("1", "1", daysAgo(20), work.Completed)
			p.deploy("2", "1", daysAgo(19), work.Completed)
			p.rollBack("3", "1", daysAgo(18))
		}, Figures{Deployments: 2, Failed: 1, Restore: Median{hour, 1}}},
		{"lead times", func(p past) {
			for version, took := range map[string]time.Duration{"1": hour, "2": 4 * hour, "3": 2 * hour, "4": 9 * hour} {
				p.Releases[version] = &history.Release{Opened: daysAgo(10), WentLive: map[string]time.Time{"production": daysAgo(10).Add(took), "staging": daysAgo(10)}}
			}
			p.Releases["0"] = &history.Release{Opened: daysAgo(99), WentLive: map[string]time.Time{"production": daysAgo(95)}}
			p.Releases["5"] = &history.Release{Opened: daysAgo(5)}
		}, Figures{Lead: Median{3 * hour, 4}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPast()
			tt.happen(p)
			tt.want.Since = now.Add(-Period)
			if diff := cmp.Diff(tt.want, Of(p.State, "production", now)); diff != "" {
				t.Errorf("the figures differ (-want +got):\n%s", diff)
			}
		})
	}
}

// piped has a pipeline deploy a build, as the ledger tells it.
func piped(s *history.State, version string, began time.Time) {
	s.Apply(began.Add(time.Minute), event.PlatformObserved{Environment: "production", Build: build.Build{Version: version, Deployment: began.Format(time.RFC3339)}, Began: began})
}

// What a pipeline deploys counts as what gonogo deploys does. It goes back by deploying an
// earlier build again.
func TestFiguresOfPipelines(t *testing.T) {
	const hour, minute = time.Hour, time.Minute
	incident := func(s *history.State, began, ended time.Time) *history.Incident {
		i := &history.Incident{Environment: "production", Began: began, Ended: ended}
		s.Incidents[began.String()] = i
		return i
	}
	for _, tt := range []struct {
		name   string
		happen func(s *history.State)
		want   Figures
	}{
		{"what is found at first was deployed at an unknown time", func(*history.State) {}, Figures{}},
		{"three, one of them of a build that was live before", func(s *history.State) {
			piped(s, "2", daysAgo(10))
			piped(s, "3", daysAgo(9))
			piped(s, "3", daysAgo(8))
		}, Figures{Deployments: 3}},
		{"a failed one: the pipeline deploys the earlier build, and then the newer one again", func(s *history.State) {
			piped(s, "2", daysAgo(10))
			piped(s, "1", daysAgo(9))
			piped(s, "2", daysAgo(8))
		}, Figures{Deployments: 2, Failed: 1, Restore: Median{minute, 1}}},
		{"one that had an alert", func(s *history.State) {
			piped(s, "2", daysAgo(10))
			incident(s, daysAgo(11), daysAgo(10).Add(-hour))
			incident(s, daysAgo(10).Add(hour), daysAgo(10).Add(2*hour))
			incident(s, daysAgo(10).Add(2*hour), daysAgo(10).Add(4*hour))
			piped(s, "1", daysAgo(10).Add(3*hour))
		}, Figures{Deployments: 1, Failed: 1, Restore: Median{2*hour + minute, 1}}},
		{"an alert that ended later", func(s *history.State) {
			piped(s, "2", daysAgo(10))
			incident(s, daysAgo(10).Add(hour), daysAgo(10).Add(9*hour))
			piped(s, "1", daysAgo(10).Add(3*hour))
		}, Figures{Deployments: 1, Failed: 1, Restore: Median{8 * hour, 1}}},
		{"an alert that still fires", func(s *history.State) {
			piped(s, "2", daysAgo(10))
			incident(s, daysAgo(10).Add(hour), time.Time{})
			piped(s, "1", daysAgo(10).Add(3*hour))
		}, Figures{Deployments: 1, Failed: 1}},
		{"a false alarm", func(s *history.State) {
			piped(s, "2", daysAgo(10))
			incident(s, daysAgo(10).Add(hour), daysAgo(10).Add(2*hour)).FalseAlarm = &history.Statement{By: "U0ONCALL"}
			piped(s, "1", daysAgo(10).Add(3*hour))
		}, Figures{Deployments: 1}},
		{"a false alarm before a real one", func(s *history.State) {
			piped(s, "2", daysAgo(10))
			incident(s, daysAgo(10).Add(hour), daysAgo(10).Add(2*hour)).FalseAlarm = &history.Statement{By: "U0ONCALL"}
			incident(s, daysAgo(10).Add(2*hour), daysAgo(10).Add(3*hour))
			piped(s, "1", daysAgo(10).Add(4*hour))
		}, Figures{Deployments: 1, Failed: 1, Restore: Median{2*hour + minute, 1}}},
		{"two versions back", func(s *history.State) {
			piped(s, "2", daysAgo(10))
			piped(s, "3", daysAgo(9))
			piped(s, "1", daysAgo(8))
		}, Figures{Deployments: 2, Failed: 1, Restore: Median{minute, 1}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := history.NewState()
			piped(s, "1", daysAgo(30))
			tt.happen(s)
			tt.want.Since = now.Add(-Period)
			if diff := cmp.Diff(tt.want, Of(s, "production", now)); diff != "" {
				t.Errorf("the figures differ (-want +got):\n%s", diff)
			}
		})
	}
}

// The period begins where the state has forgotten what a pipeline deployed.
func TestFiguresOfForgottenPipelines(t *testing.T) {
	s := history.NewState()
	const all = 900
	for n := range all {
		s = s.Next()
		piped(s, fmt.Sprint(n), now.Add(time.Duration(n-all)*time.Hour))
	}
	f := Of(s, "production", now)
	if got := f.PerWeek(now); f.Deployments < 400 || f.Deployments >= all || got < 167 || got > 169 {
		t.Errorf("%d deployments since %s, %v a week, want one an hour", f.Deployments, f.Since, got)
	}
}

// TestFiguresOfForgottenRuns holds the period against what the state has forgotten: a
// share of deployments that are only partly known would be wrong.
func TestFiguresOfForgottenRuns(t *testing.T) {
	s := history.NewState()
	const runs = 300
	for n := range runs {
		at := now.Add(time.Duration(n-runs) * time.Hour)
		id := at.Format(time.RFC3339)
		s = s.Next()
		s.Apply(at, event.ReleaseOpened{Version: id})
		s.Apply(at, event.RunStarted{Run: id, What: work.Deployment, Release: id, Change: &work.Change{Environment: "production", To: build.Build{Version: id}}})
		s.Apply(at, event.RunEnded{Run: id, Outcome: work.Completed})
	}
	f := Of(s, "production", now)
	if f.Deployments == 0 || f.Deployments == runs || now.Sub(f.Since) != time.Duration(f.Deployments)*time.Hour {
		t.Errorf("%d deployments since %s", f.Deployments, f.Since)
	}
	if got := f.PerWeek(now); got < 167.9 || got > 168.1 {
		t.Errorf("%v a week, want one an hour", got)
	}
}
