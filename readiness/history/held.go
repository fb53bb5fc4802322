package history

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// This file folds the events that holds come from. Package readiness computes the
// holds.

// keptLifts is how many lifts the state remembers; a hold whose lift was dropped counts
// again.
const keptLifts = 200

// Place is a version on an environment.
type Place struct{ Environment, Version string }

// Withdrawal is a rollback of a version.
type Withdrawal struct {
	Run        string // empty: somebody rolled it back outside gonogo
	Deployment string // of a rollback outside gonogo: the platform's own ID
	By         string
	Reason     string
	Incident   string // the incident that it answered; empty: a person asked for it
	At         time.Time
}

// Claim identifies the hold of this rollback.
func (w Withdrawal) Claim() string { return "back/" + cmp.Or(w.Run, "outside/"+w.Deployment) }

// LastWithdrawn is the version that was rolled back last on an environment, among those
// that are not live; empty: none.
func (s *State) LastWithdrawn(environment string) (version string, was Withdrawal) {
	for place, w := range s.RolledBack {
		if place.Environment == environment && place.Version != s.Live[environment].Version && w.At.After(was.At) {
			version, was = place.Version, w
		}
	}
	return version, was
}

// Frozen is a freeze that a person made.
type Frozen struct {
	Claim, By, Reason string
	At, Until         time.Time
}

// Statement is what a person declared, with the reason.
type Statement struct {
	By, Reason string
	At         time.Time
}

// applyHold folds what people do about holds.
func (s *State) applyHold(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.EnvironmentFrozen:
		s.freeze(at, e)
	case event.EnvironmentThawed:
		s.thaw(e)
	case event.HoldLifted:
		s.lift(at, e)
	case event.FalseAlarmDeclared:
		s.dismiss(at, e)
	}
}

// withdraw notes that a rollback withdraws a version: from its first request to the
// platform on, whatever the outcome. A rehearsal withdraws nothing.
func (s *State) withdraw(at time.Time, run *work.Run) {
	if run == nil || run.What != work.Rollback || run.Change == nil {
		return
	}
	s.withdrawVersion(at, run, run.Change.From.Version)
	s.withdrawVersion(at, run, run.Change.Meant.Version)
}

func (s *State) withdrawVersion(at time.Time, run *work.Run, version string) {
	c := run.Change
	place := Place{c.Environment, version}
	known, before := s.RolledBack[place]
	switch {
	case c.Rehearsal, version == "", version == c.To.Version, c.Settles == work.ChooseReturn:
		return
	case before && (known.Run == run.ID || c.Settles != ""):
		return
	}
	ownMap(&s.RolledBack, &s.own.rolledBack)
	s.RolledBack[place] = Withdrawal{Run: run.ID, By: run.By, Reason: c.Reason, Incident: c.Incident, At: at}
}

// leave notes that a rollback has left a version, which is no longer known to be good.
// A rehearsal doesn't count against it.
func (s *State) leave(at time.Time, e event.VersionWentLive) {
	run := s.Runs[e.Run]
	if e.Instead == "" || run != nil && run.Change != nil && run.Change.Rehearsal {
		return
	}
	if run == nil { // dropped, or from another ledger
		run = &work.Run{ID: e.Run, What: work.Rollback, By: e.By, Change: &work.Change{Environment: e.Environment, From: build.Build{Version: e.Instead}, To: e.Build}}
	}
	s.withdraw(at, run)
	s.dropGood(e.Environment, e.Instead)
	if run.Change != nil && run.Change.Meant.Version != "" {
		s.dropGood(e.Environment, run.Change.Meant.Version)
	}
}

// dropGood notes that a version is no longer known to be good.
func (s *State) dropGood(environment, version string) {
	ownMap(&s.Good, &s.own.good)
	s.Good[environment] = slices.DeleteFunc(slices.Clone(s.Good[environment]), func(g Live) bool { return g.Version == version })
}

// liveAgain ends the hold on a version that went live again after its rollback: since a
// hold prevents that, somebody has lifted it, or the ledger is older than holds. A run
// that began before the rollback doesn't count.
func (s *State) liveAgain(environment, version, run string) {
	place := Place{environment, version}
	w, back := s.RolledBack[place]
	if by := s.Runs[run]; !back || run != "" && run != w.Run && (by == nil || by.Started.Before(w.At)) {
		return
	}
	ownMap(&s.RolledBack, &s.own.rolledBack)
	delete(s.RolledBack, place)
	ownMap(&s.Restored, &s.own.restored)
	s.Restored[place] = w
}

// LastRolledBack is the last rollback of a version on an environment, unless it answered
// a false alarm. The version may have gone live again since.
func (s *State) LastRolledBack(environment, version string) (Withdrawal, bool) {
	place := Place{environment, version}
	if w, held := s.RolledBack[place]; held {
		return w, true
	}
	w, restored := s.Restored[place]
	return w, restored
}

func (s *State) freeze(at time.Time, e event.EnvironmentFrozen) {
	ownMap(&s.Frozen, &s.own.frozen)
	s.Frozen[e.Environment] = Frozen{Claim: e.Claim, By: e.By, Reason: e.Reason, At: at, Until: e.Until}
}

func (s *State) thaw(e event.EnvironmentThawed) {
	if s.Frozen[e.Environment].Claim != e.Claim {
		return
	}
	ownMap(&s.Frozen, &s.own.frozen)
	delete(s.Frozen, e.Environment)
}

func (s *State) lift(at time.Time, e event.HoldLifted) {
	l := Lift{Environment: e.Environment, Claim: e.Claim, Version: e.Version, Alerts: e.Alerts, Until: e.Until, By: e.By, Reason: e.Reason, Deputy: e.Deputy, At: at}
	lifts := append(slices.Clip(s.Lifts), l)
	s.Lifts = lifts[max(0, len(lifts)-keptLifts):]
}

// endLifts removes alerts that no longer fire from the lifts of their incidents: if one
// fires again, its hold counts again. One delivery may end alerts of several incidents.
func (s *State) endLifts() {
	cloned := false
	for n, l := range s.Lifts {
		incident, ok := strings.CutPrefix(l.Claim, "alert/")
		i := s.Incidents[incident]
		over := func(print string) bool { return i == nil || !i.Fires(print) }
		if !ok || !slices.ContainsFunc(l.Alerts, over) {
			continue
		}
		if !cloned {
			s.Lifts, cloned = slices.Clone(s.Lifts), true
		}
		s.Lifts[n].Alerts = slices.DeleteFunc(slices.Clone(l.Alerts), over)
	}
}

// dismiss marks an incident as a false alarm: neither its alerts nor a rollback because
// of it hold a version any longer.
func (s *State) dismiss(at time.Time, e event.FalseAlarmDeclared) {
	i := s.changeIncident(e.Incident)
	if i == nil || i.Dismissed() {
		return
	}
	i.FalseAlarm = &Statement{By: e.By, Reason: e.Reason, At: at}
	for place, w := range s.RolledBack {
		if w.Incident == e.Incident {
			ownMap(&s.RolledBack, &s.own.rolledBack)
			delete(s.RolledBack, place)
		}
	}
	for place, w := range s.Restored {
		if w.Incident == e.Incident {
			ownMap(&s.Restored, &s.own.restored)
			delete(s.Restored, place)
		}
	}
}
