package history

import (
	"cmp"
	"slices"
	"time"

	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// Scheduled is a deployment that starts at a time:
//
//	scheduled ── Due ──▶ Run
//	    └── ended by a person, or by gonogo since it is not GO then, or was missed
type Scheduled struct {
	ID          string
	Environment string
	Version     string
	Commit      string
	Due         time.Time
	NoWayBack   bool
	By, Channel string
	At          time.Time // when it was scheduled

	Reminded time.Time // when whoever scheduled it was told what is going to block it; zero: not
	Foreseen []string  // what that was

	Run      string    // that it has become, or that brought the version there before; empty: none
	Ended    time.Time // when it became a run, or ended without one; zero: it waits
	EndedBy  string    // empty: gonogo itself
	Why      string    // why gonogo ended it
	Blockers []string  // why it was NO-GO
	Missed   bool
}

// Waits reports whether it may still start.
func (s Scheduled) Waits() bool { return !s.Due.IsZero() && s.Ended.IsZero() }

// Subject is the subject of its message.
func (s Scheduled) Subject() string { return "scheduled/" + s.ID }

// ScheduledOn is the deployment that waits for its time on an environment, if one does.
func (s *State) ScheduledOn(environment string) (Scheduled, bool) {
	for _, d := range s.Scheduled {
		if d.Environment == environment && d.Waits() {
			return d, true
		}
	}
	return Scheduled{}, false
}

// AllScheduled are the deployments that wait for their time, the next one first.
func (s *State) AllScheduled() []Scheduled {
	var all []Scheduled
	for _, d := range s.Scheduled {
		if d.Waits() {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b Scheduled) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// applyScheduled folds the events of scheduled deployments, before their run.
func (s *State) applyScheduled(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.DeploymentScheduled:
		s.setScheduled(Scheduled{ID: e.ID, Environment: e.Environment, Version: e.Release, Commit: e.Commit, Due: e.Due, NoWayBack: e.NoWayBack,
			By: e.By, Channel: e.Channel, At: at})
	case event.DeploymentReminded:
		if d, ok := s.Scheduled[e.ID]; ok && d.Reminded.IsZero() {
			d.Reminded, d.Foreseen = at, e.Blockers
			s.setScheduled(d)
		}
	case event.DeploymentUnscheduled:
		if d, ok := s.Scheduled[e.ID]; ok && d.Waits() {
			d.Ended, d.EndedBy, d.Why, d.Blockers, d.Missed = at, e.By, e.Why, e.Blockers, e.Missed
			s.setScheduled(d)
			s.forgetScheduled()
		}
	}
}

// beginScheduled notes that a deployment has begun that was scheduled, or that brings the
// scheduled version there before its time.
func (s *State) beginScheduled(at time.Time, run *work.Run) {
	if run.What != work.Deployment || run.Change == nil {
		return
	}
	d, ok := s.Scheduled[run.Change.Scheduled]
	if !ok {
		d, ok = s.ScheduledOn(run.Change.Environment)
		ok = ok && d.Version == run.Change.To.Version
	}
	if ok && d.Waits() {
		d.Run, d.Ended = run.ID, at
		s.setScheduled(d)
		s.forgetScheduled()
	}
}

func (s *State) setScheduled(d Scheduled) {
	ownMap(&s.Scheduled, &s.own.scheduled)
	s.Scheduled[d.ID] = d
}

// keptScheduled is how many scheduled deployments that are over the state remembers.
const keptScheduled = 20

// forgetScheduled drops the oldest of those that are over, with their messages.
func (s *State) forgetScheduled() {
	var over []Scheduled
	for _, d := range s.Scheduled {
		if !d.Waits() {
			over = append(over, d)
		}
	}
	if len(over) <= keptScheduled {
		return
	}
	oldest := slices.MinFunc(over, func(a, b Scheduled) int { return cmp.Or(a.Ended.Compare(b.Ended), cmp.Compare(a.ID, b.ID)) })
	ownMap(&s.Scheduled, &s.own.scheduled)
	delete(s.Scheduled, oldest.ID)
	s.forgetAnchors(oldest.Subject())
}
