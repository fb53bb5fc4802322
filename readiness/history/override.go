package history

import (
	"cmp"
	"slices"
	"time"

	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// How long an override can wait, for the second person and then for its deployment.
const (
	OverrideWaits  = 15 * time.Minute
	OverrideCounts = time.Hour
)

// Override has a version go out to an environment although some items don't pass:
//
//	asked ── another person confirms ──▶ confirmed ── the next deployment ──▶ used
//	  │                                      │
//	  └── time is up, declined, replaced ────┘
//
// Its time is judged when the deployment starts: one that runs for longer keeps it. Where a
// pipeline deploys, gonogo's approval of its workflow run is what uses it.
type Override struct {
	ID          string
	Environment string
	Version     string
	Commit      string
	Items       []event.Overridden
	Reason      string
	By, Channel string
	At          time.Time
	Until       time.Time // when it ends: unconfirmed or, once it is confirmed, unused

	Confirmed   time.Time // zero: not
	ConfirmedBy string
	Run         string    // the deployment that used it; empty: none
	Review      string    // the workflow run at GitHub that used it; empty: none
	Used        time.Time // zero: not
	Declined    time.Time // zero: not
	DeclinedBy  string
	Replaced    string // the ID of a later one for the environment; empty: none
	ReplacedAt  time.Time
	Issue       OverrideIssue
	Misdated    bool // it was asked for or confirmed while the clock was ahead
}

// OverrideIssue is the GitHub issue of an override.
type OverrideIssue struct {
	Number int // 0: there is none yet
	URL    string
	Asked  time.Time // when it was intended; zero: not, or it is written
}

// Subject is the subject of its message.
func (o Override) Subject() string { return "override/" + o.ID }

// settled reports whether nothing but time can change it any more.
func (o Override) settled() bool {
	return !o.Used.IsZero() || !o.Declined.IsZero() || o.Replaced != ""
}

// Over reports whether it can't count for a deployment that has not started.
func (o Override) Over(now time.Time) bool { return o.settled() || o.Misdated || !now.Before(o.Until) }

// Waits reports whether it waits for the second person.
func (o Override) Waits(now time.Time) bool { return o.Confirmed.IsZero() && !o.Over(now) }

// Ended is when it stopped to count for a deployment that has not started; ok is false if
// it hasn't.
func (o Override) Ended(now time.Time) (at time.Time, ok bool) {
	switch {
	case !o.Used.IsZero():
		return o.Used, true
	case !o.Declined.IsZero():
		return o.Declined, true
	case o.Replaced != "":
		return o.ReplacedAt, true
	}
	return o.Until, o.Over(now)
}

// NewestOverride is the override that was asked for last on an environment.
func (s *State) NewestOverride(environment string) (newest Override, ok bool) {
	for _, o := range s.Overrides {
		if o.Environment == environment && (!ok || o.At.After(newest.At)) {
			newest, ok = o, true
		}
	}
	return newest, ok
}

// countsFor reports whether it counts for what is under way: a deployment, or a workflow
// run that waits for gonogo's approval.
func (o Override) countsFor(run *work.Run, review Review) bool {
	switch {
	case o.Used.IsZero() || o.Misdated:
		return false
	case o.Review != "":
		return review.Review == o.Review && review.Waits()
	}
	return run != nil && run.ID == o.Run
}

// OverrideOn is the confirmed override that counts for a version's next deployment to an
// environment, or for the one that is under way there.
func (s *State) OverrideOn(environment, version string, now time.Time) (Override, bool) {
	run := s.Changing(environment)
	for _, o := range s.Overrides {
		if o.Environment != environment || o.Version != version {
			continue
		}
		if !o.Confirmed.IsZero() && !o.Over(now) || o.countsFor(run, s.Reviews[o.Review]) {
			return o, true
		}
	}
	return Override{}, false
}

// applyOverride folds the events of overrides, before their deployment.
func (s *State) applyOverride(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.OverrideAsked:
		s.replaceOverrides(at, e.Environment, e.ID)
		s.setOverride(Override{ID: e.ID, Environment: e.Environment, Version: e.Release, Commit: e.Commit, Items: e.Items, Reason: e.Reason,
			By: e.By, Channel: e.Channel, At: at, Until: e.Until})
		s.forgetOverrides(e.ID)
	case event.OverrideConfirmed:
		if o, ok := s.Overrides[e.ID]; ok && o.Waits(at) && e.By != o.By {
			o.Confirmed, o.ConfirmedBy, o.Until = at, e.By, e.Until
			s.setOverride(o)
		}
	case event.OverrideDeclined:
		if o, ok := s.Overrides[e.ID]; ok && !o.Over(at) {
			o.Declined, o.DeclinedBy = at, e.By
			s.setOverride(o)
		}
	case event.OverrideIssueIntended:
		if o, ok := s.Overrides[e.ID]; ok {
			o.Issue.Asked = at
			s.setOverride(o)
		}
	case event.OverrideIssueWritten:
		if o, ok := s.Overrides[e.ID]; ok {
			o.Issue = OverrideIssue{Number: e.Number, URL: e.URL}
			s.setOverride(o)
		}
	}
}

// replaceOverrides ends what was asked for on an environment before: one act covers all
// that it passes over.
func (s *State) replaceOverrides(at time.Time, environment, by string) {
	for _, o := range s.Overrides {
		if o.Environment == environment && !o.settled() {
			o.Replaced, o.ReplacedAt = by, at
			s.setOverride(o)
		}
	}
}

// useOverride notes that a deployment has begun which an override counts for. It counts
// for no other.
func (s *State) useOverride(at time.Time, run *work.Run) {
	if run.What == work.Deployment && run.Change != nil {
		s.useOverrideOf(at, run.Change.Environment, run.Change.To.Version, func(o *Override) { o.Run = run.ID })
	}
}

// approveByOverride notes that gonogo approves a workflow run which an override counts
// for. One that gonogo started has used its own already.
func (s *State) approveByOverride(at time.Time, r Review) {
	if r.Approving && r.Waits() && r.Deployment == "" {
		s.useOverrideOf(at, r.Environment, r.Release, func(o *Override) { o.Review = r.Review })
	}
}

func (s *State) useOverrideOf(at time.Time, environment, version string, by func(*Override)) {
	for _, o := range s.Overrides {
		if o.Environment == environment && o.Version == version && !o.Confirmed.IsZero() && !o.Over(at) {
			o.Used = at
			by(&o)
			s.setOverride(o)
		}
	}
}

func (s *State) setOverride(o Override) {
	ownMap(&s.Overrides, &s.own.overrides)
	s.Overrides[o.ID] = o
}

// keptOverrides is how many overrides the state remembers.
const keptOverrides = 20

// forgetOverrides drops the oldest, with its message, but never the newest one.
func (s *State) forgetOverrides(newest string) {
	if len(s.Overrides) <= keptOverrides {
		return
	}
	var others []Override
	for id, o := range s.Overrides {
		if id != newest {
			others = append(others, o)
		}
	}
	oldest := slices.MinFunc(others, func(a, b Override) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	delete(s.Overrides, oldest.ID)
	s.forgetAnchors(oldest.Subject())
}
