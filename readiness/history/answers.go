package history

import (
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/event"
)

// applyAnswer folds the events about answers to items.
func (s *State) applyAnswer(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.EvidenceRecorded:
		key := answer.Key{Item: e.Item, Environment: e.Environment}
		if e.Scheduled {
			s.rememberVerdict(e.Release, key)
			s.countStreak(e.Release, key, e.Evidence.Verdict)
		}
		s.record(at, e.Release, key, e.Evidence)
	case event.ItemUnchecked:
		s.uncheck(at, e)
	case event.ItemFlipped:
		s.flip(at, e)
	case event.WaiverGiven:
		s.waive(at, e)
	case event.WaiverRevoked:
		if r := s.changeRelease(e.Release); r != nil {
			delete(r.Waivers, answer.Key{Item: e.Item, Environment: e.Environment})
		}
	case event.Nudged:
		s.nudge(at, e)
	}
}

// applySignOff folds the events about sign-offs.
func (s *State) applySignOff(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.SignOffAsked:
		if r := s.changeRelease(e.Release); r != nil {
			r.Asked[e.Environment] = Asked{e.By, at}
		}
	case event.SignOffGiven:
		s.signOff(at, e)
	case event.SignOffRevoked:
		if r := s.changeRelease(e.Release); r != nil {
			delete(r.SignOffs[e.Environment], e.Role)
		}
	}
}

func (s *State) record(at time.Time, release string, key answer.Key, ev answer.Evidence) {
	if r := s.changeRelease(release); r != nil {
		ev.At = ev.Since(at)
		r.noteChange(at, key, ev.Verdict)
		r.Evidence[key] = ev
		s.noteFixTime(at, r, key, ev.Verdict)
		if ev.Scope.CarriesOver() {
			ownMap(&s.Carried, &s.own.carried)
			s.Carried[key] = ev
		}
	}
}

// uncheck takes an answer back. One that was given for this release alone leaves the
// one that carries over from an earlier release.
func (s *State) uncheck(at time.Time, e event.ItemUnchecked) {
	r, key := s.changeRelease(e.Release), answer.Key{Item: e.Item, Environment: e.Environment}
	if r == nil {
		return
	}
	r.noteChange(at, key, "")
	if ev, answered := r.Evidence[key]; !answered || ev.Scope.CarriesOver() {
		ownMap(&s.Carried, &s.own.carried)
		delete(s.Carried, key)
	}
	delete(r.Evidence, key)
}

// wentLive notes that a version is live on an environment.
func (s *State) wentLive(at time.Time, version, environment string) {
	if r := s.changeRelease(version); r != nil {
		if _, before := r.WentLive[environment]; !before {
			r.WentLive[environment] = at
		}
	}
}

func (s *State) signOff(at time.Time, e event.SignOffGiven) {
	r := s.changeRelease(e.Release)
	if r == nil {
		return
	}
	if r.SignOffs[e.Environment] == nil {
		r.SignOffs[e.Environment] = map[string]SignOff{}
	}
	e.Basis.Kind = r.Kind // events of earlier versions lack it
	r.SignOffs[e.Environment][e.Role] = SignOff{Role: e.Role, By: e.By, Approved: e.Approved, Comment: e.Comment, Basis: e.Basis, At: at, Deputy: e.Deputy}
}

// Waiver makes one item that is not met count as met for one environment, until a time,
// with a reason. It belongs to one release.
type Waiver struct {
	Item        string
	Environment string
	By, Reason  string
	At, Until   time.Time
	Shown       *answer.Shown // what was waived; nil: not recorded

	Suspended string // why it doesn't count now, besides having ended; empty: it does
}

// Counts reports whether the waiver counts at a time.
func (w Waiver) Counts(now time.Time) bool { return w.Suspended == "" && now.Before(w.Until) }

// Over reports whether the waiver has ended for good.
func (w Waiver) Over(now time.Time) bool { return !now.Before(w.Until) }

func (s *State) waive(at time.Time, e event.WaiverGiven) {
	if r := s.changeRelease(e.Release); r != nil {
		r.Waivers[answer.Key{Item: e.Item, Environment: e.Environment}] = Waiver{Item: e.Item, Environment: e.Environment, By: e.By, Reason: e.Reason, At: at, Until: e.Until, Shown: e.Shown}
	}
}
