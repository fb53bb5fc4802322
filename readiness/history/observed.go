package history

import (
	"cmp"
	"slices"
	"time"

	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// Observation is what the platform of an environment said last. Where the last
// question had no answer, Problem says why, and the rest is the answer before.
//
// What is live is asked and not remembered: gonogo asks each platform every
// minute and before each plan and start. An answer is on the ledger only where
// it differs from the one before it, so a status is computed from memory alone,
// and a quiet platform adds nothing to the ledger.
//
//	platform answers ──▶ PlatformObserved ──▶ differs from Live ──▶ new arrival, unverified
//	                                    └───▶ the same         ──▶ the arrival goes on
//	no answer        ──▶ PlatformObserved with Problem         ──▶ NO-GO until it answers
type Observation struct {
	App         string // what was asked
	build.Build        // what is live; without a deployment: nothing is
	Digest      string // of the image that is live, or the commit that it was built from; empty: the platform does not tell
	Spec        string // digest of the configuration that it runs with; empty: the platform does not tell
	Tagged      bool   // it names its version
	Pinned      bool   // the platform takes no deployment until a rollback is kept or returned from
	Mark        string // run that made what is live; empty: none that is known
	Back        bool   // a rollback on the platform made what is live
	Left        string // version that this rollback left; empty: the platform does not tell
	At          time.Time
	Problem     string // why the platform does not say what is live now; empty: it does
	Refused     bool   // the problem is that the platform rejects gonogo's credentials
	Since       time.Time
}

// observation is what an answered question says.
func observation(e event.PlatformObserved, at time.Time) Observation {
	return Observation{App: e.App, Build: e.Build, Digest: e.Digest, Spec: e.Spec, Tagged: e.Tagged, Pinned: e.Pinned, Mark: e.Mark, Back: e.Back, Left: e.Left, At: at}
}

// Learns reports whether an observation says something that the state does not
// know yet: another answer than the last, or one that differs from what is
// recorded as live.
func (s *State) Learns(e event.PlatformObserved) bool {
	last, asked := s.Observed[e.Environment]
	if e.Problem != "" {
		return !asked || last.App != e.App || last.Problem != e.Problem || last.Refused != e.Refused
	}
	now := observation(e, last.At)
	return !asked || last != now || s.arrives(e.Environment, now)
}

func (s *State) observe(at time.Time, e event.PlatformObserved) {
	ownMap(&s.Observed, &s.own.observed)
	if e.Problem != "" {
		last := s.Observed[e.Environment]
		if last.App != e.App {
			last = Observation{App: e.App}
		}
		last.Problem, last.Refused, last.Since = e.Problem, e.Refused, at
		s.Observed[e.Environment] = last
		return
	}
	o := observation(e, at)
	s.Observed[e.Environment] = o
	if was := s.Live[e.Environment]; e.App == "" && was.App == "" && was.Known() {
		s.pipelined(e.Environment, Pipelined{Build: e.Build, Began: e.Began, At: at})
	}
	live, known := s.Live[e.Environment]
	switch {
	case s.arrives(e.Environment, o):
		s.arrive(e.Environment, s.observedLive(at, e.Environment, o))
		s.wentLive(at, o.Version, e.Environment)
	case known && live.runs(o):
		s.confirm(e.Environment, o)
	}
	s.withdrawOutside(at, e.Environment, o, live)
}

// arrives reports whether what is observed went live since the last record. What
// a deployment or rollback under way brings is recorded by that run.
func (s *State) arrives(environment string, o Observation) bool {
	live := s.Live[environment]
	return !live.runs(o) && (live.Known() || o.Deployment != "") && !s.expected(environment, o)
}

// expected reports whether a run under way explains what is observed.
func (s *State) expected(environment string, o Observation) bool {
	run := s.Changing(environment)
	if run == nil {
		return false
	}
	return o.Version == run.Change.To.Version || run.What == work.Rollback && o.Version == run.Change.From.Version
}

// runs reports whether an observation shows what is recorded: the same
// deployment, or one that the platform made of the same version, commit, image
// and configuration, as it does for maintenance.
func (l Live) runs(o Observation) bool {
	switch {
	case !l.Known():
		return o.Deployment == "" && l.App == o.App
	case l.Deployment != "" && l.Deployment == o.Deployment:
		return l.App == "" || l.App == o.App
	case l.App != o.App, l.Version != o.Version, l.Spec != o.Spec, o.Deployment == "":
		return false
	}
	return build.MayBeSameCommit(l.Commit, o.Commit) && (o.Digest == "" || l.Digest == o.Digest)
}

// confirm notes what an observation adds to the record of what is live.
func (s *State) confirm(environment string, o Observation) {
	live := s.Live[environment]
	was := live
	live.App, live.Spec, live.Deployment = o.App, o.Spec, o.Deployment
	live.Digest = cmp.Or(o.Digest, live.Digest)
	if was.Outside() { // found by an older gonogo, which knew no marks
		live = s.attributed(live, s.causedBy(environment, o))
	}
	if live == was {
		return
	}
	if was.App == "" {
		s.recordApp(environment, o.App)
	}
	s.setLive(environment, live)
}

// recordApp says of the known good versions of an older ledger, which names no
// app, that they belong to the app on which one of their deployments is live.
func (s *State) recordApp(environment, app string) {
	good := slices.Clone(s.Good[environment])
	for i := range good {
		good[i].App = cmp.Or(good[i].App, app)
	}
	ownMap(&s.Good, &s.own.good)
	s.Good[environment] = good
}
