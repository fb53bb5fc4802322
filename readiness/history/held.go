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

// This file folds what holds are made of. What holds is computed from it, in
// package readiness.

// keptLifts is how many lifts the state remembers; a hold whose lift is
// forgotten holds again.
const keptLifts = 200

// Place is a version on an environment.
type Place struct{ Environment, Version string }

// Withdrawal is a rollback that took a version back.
type Withdrawal struct {
	Run        string // empty: somebody rolled it back outside gonogo
	Deployment string // of a rollback outside gonogo: the platform's own ID
	By         string
	Reason     string
	Incident   string // what it answered; empty: a person's wish
	At         time.Time
}

// Claim tells the hold of a rollback from that of another.
func (w Withdrawal) Claim() string { return "back/" + cmp.Or(w.Run, "outside/"+w.Deployment) }

// LastWithdrawn is the version that was rolled back on an environment last, of
// those that are not live; empty: none was.
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

// Statement is what a person said, with the reason.
type Statement struct {
	By, Reason string
	At         time.Time
}

// applyHold folds what people say of holds.
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

// withdraw notes that a rollback takes a version back: from its first word to
// the platform on, whatever comes of it. A rehearsal takes nothing back.
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

// leave notes that a rollback has left a version, which is not known good any
// longer. A rehearsal says nothing against it.
func (s *State) leave(at time.Time, e event.VersionWentLive) {
	run := s.Runs[e.Run]
	if e.Instead == "" || run != nil && run.Change != nil && run.Change.Rehearsal {
		return
	}
	if run == nil { // forgotten, or of another ledger
		run = &work.Run{ID: e.Run, What: work.Rollback, By: e.By, Change: &work.Change{Environment: e.Environment, From: build.Build{Version: e.Instead}, To: e.Build}}
	}
	s.withdraw(at, run)
	s.dropGood(e.Environment, e.Instead)
	if run.Change != nil && run.Change.Meant.Version != "" {
		s.dropGood(e.Environment, run.Change.Meant.Version)
	}
}

// dropGood says that a version is not known to be good any longer.
func (s *State) dropGood(environment, version string) {
	ownMap(&s.Good, &s.own.good)
	s.Good[environment] = slices.DeleteFunc(slices.Clone(s.Good[environment]), func(g Live) bool { return g.Version == version })
}

// liveAgain ends the hold on a version that went live again after its rollback:
// since a hold stops that, somebody has said why, or the ledger is older than
// holds. What a run brought that began before the rollback does not count.
func (s *State) liveAgain(environment, version, run string) {
	place := Place{environment, version}
	w, back := s.RolledBack[place]
	if by := s.Runs[run]; !back || run != "" && run != w.Run && (by == nil || by.Started.Before(w.At)) {
		return
	}
	ownMap(&s.RolledBack, &s.own.rolledBack)
	delete(s.RolledBack, place)
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

// endLifts takes alerts that do not fire any longer out of the lifts of their
// incidents: if one fires again, it holds again. One delivery may end alerts of
// several incidents.
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

// dismiss marks an incident as a false alarm: neither its alerts nor what was
// rolled back because of it hold any longer.
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
}
