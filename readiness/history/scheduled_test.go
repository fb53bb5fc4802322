package history

import (
	"fmt"
	"testing"
	"time"

	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

func scheduledFor(id string, due time.Time) event.Event {
	return event.DeploymentScheduled{ID: id, Environment: "production", Release: "2", Due: due, By: "U0DEV"}
}

func deploymentOf(run, version, scheduled string) event.Event {
	return event.RunStarted{Run: run, What: work.Deployment, Change: &work.Change{Environment: "production", To: build.Build{Version: version}, Scheduled: scheduled}}
}

// A scheduled deployment waits until it becomes a run, somebody ends it, or the same
// version is deployed there before. Whatever is said of it afterwards changes nothing.
func TestScheduled(t *testing.T) {
	due := monday.Add(time.Hour)
	for name, tt := range map[string]struct {
		then  []event.Event
		waits bool
		run   string
		by    string
	}{
		"waits":           {waits: true},
		"reminded":        {then: []event.Event{event.DeploymentReminded{ID: "a", Blockers: []string{"x"}}}, waits: true},
		"started":         {then: []event.Event{deploymentOf("r", "2", "a"), event.DeploymentUnscheduled{ID: "a", By: "U0TL"}}, run: "r"},
		"by hand":         {then: []event.Event{deploymentOf("r", "2", "")}, run: "r"},
		"another version": {then: []event.Event{deploymentOf("r", "3", "")}, waits: true},
		"cancelled":       {then: []event.Event{event.DeploymentUnscheduled{ID: "a", By: "U0TL"}, deploymentOf("r", "2", "a")}, by: "U0TL"},
		"unknown":         {then: []event.Event{event.DeploymentUnscheduled{ID: "b", By: "U0TL"}, event.DeploymentReminded{ID: "b"}}, waits: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := fold(NewState(), 0, append([]event.Event{scheduledFor("a", due)}, tt.then...))
			d := s.Scheduled["a"]
			if d.Waits() != tt.waits || d.Run != tt.run || d.EndedBy != tt.by || len(s.Scheduled) != 1 {
				t.Errorf("%+v, want waiting %t, run %q, ended by %q", d, tt.waits, tt.run, tt.by)
			}
			if on, ok := s.ScheduledOn("production"); ok != tt.waits || ok && !on.Due.Equal(due) {
				t.Errorf("%+v waits on production", on)
			}
		})
	}
}

// The oldest of those that are over are forgotten, with their messages.
func TestScheduledAreForgotten(t *testing.T) {
	s := NewState()
	for n := range keptScheduled + 5 {
		id := fmt.Sprint("s", n)
		s = fold(s, n*10, []event.Event{scheduledFor(id, monday.Add(time.Hour)), event.AnchorPosted{Subject: "scheduled/" + id, Channel: "C", TS: "1"}, event.DeploymentUnscheduled{ID: id, By: "U0DEV"}})
	}
	s = fold(s, 900, []event.Event{scheduledFor("waits", monday.Add(time.Hour))})
	if _, old := s.Scheduled["s4"]; old || len(s.Scheduled) != keptScheduled+1 || len(s.Anchors) != keptScheduled {
		t.Errorf("%d are remembered, with %d messages", len(s.Scheduled), len(s.Anchors))
	}
	if all := s.AllScheduled(); len(all) != 1 || all[0].ID != "waits" {
		t.Errorf("waiting are %+v", all)
	}
}
