package history

import (
	"cmp"
	"slices"
	"time"

	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// keptGood is how many versions of an environment that are known to be good the state
// remembers.
const keptGood = 20

// Live is what runs on an environment, or used to.
type Live struct {
	build.Build
	App      string // the platform's app, as in [checklist.Environment].App; empty: not known, or there is none
	Digest   string // of its image; empty: not known
	Spec     string // digest of the configuration that it runs with; empty: not known
	Arrival  int    // which arrival on this environment it is, from 1
	By       string // who deployed or adopted it; empty: the platform reported it
	Run      string // the deployment or rollback that brought it; empty: adopted or reported
	At       time.Time
	Verified bool // seen healthy here, or adopted
	Baked    bool // its deployment watched the triggers for as long as it should, and nothing was wrong at the end
}

// Known reports whether it is known what is live. An app without a tag is live without
// a version.
func (l Live) Known() bool { return l.Version != "" || l.Deployment != "" }

// Outside reports whether only the platform says that this is live: neither a run of
// gonogo brought it nor did a person adopt it.
func (l Live) Outside() bool { return l.Known() && !l.Verified && l.By == "" && l.Run == "" }

// Name is what people call it: its version, if it has one.
func (l Live) Name() string {
	if l.Version == "" && l.Deployment != "" {
		return "a build without a version"
	}
	return l.Version
}

// AdoptedSince reports whether a person has said since a time what is live.
func (s *State) AdoptedSince(environment string, at time.Time) bool {
	live := s.Live[environment]
	return live.Run == "" && live.By != "" && !live.At.Before(at)
}

// ActedSince reports whether somebody has done something about an environment since a
// time: started a run there, or said what is live.
func (s *State) ActedSince(environment string, at time.Time) bool {
	for _, run := range s.Runs {
		if run.Change != nil && run.Change.Environment == environment && !run.Started.Before(at) {
			return true
		}
	}
	return s.AdoptedSince(environment, at)
}

func (s *State) setLive(environment string, live Live) {
	ownMap(&s.Live, &s.own.live)
	s.Live[environment] = live
	if live.Verified {
		s.addGood(environment, live)
	}
}

// arrive notes that a build went live, unless it is live already: then the arrival
// continues.
func (s *State) arrive(environment string, live Live) {
	before := s.Live[environment]
	live.Arrival = before.Arrival
	if !before.continues(live) {
		live.Arrival++
		s.setLive(environment, live)
		return
	}
	live.App, live.Commit = cmp.Or(live.App, before.App), cmp.Or(live.Commit, before.Commit)
	live.Digest, live.Spec = cmp.Or(live.Digest, before.Digest), cmp.Or(live.Spec, before.Spec)
	live.Baked = before.Baked
	s.setLive(environment, live)
}

// continues reports whether a record is about what is live already: the same deployment
// or, if deployments have no ID, the same build of the same run or of the same person's
// adoption.
func (l Live) continues(next Live) bool {
	switch {
	case !l.Known(), l.Version != next.Version, l.App != "" && next.App != "" && l.App != next.App:
		return false
	case !build.MayBeSameCommit(l.Commit, next.Commit):
		return false
	case l.Deployment != "" || next.Deployment != "":
		return l.Deployment == next.Deployment
	}
	return next.Run == "" || next.Run == l.Run
}

func (s *State) addGood(environment string, live Live) {
	good := slices.DeleteFunc(slices.Clone(s.Good[environment]), func(g Live) bool { return g.Version == live.Version })
	good = append(good, live)
	ownMap(&s.Good, &s.own.good)
	s.Good[environment] = good[max(0, len(good)-keptGood):]
}

func (s *State) goLive(at time.Time, e event.VersionWentLive) {
	if e.Review != "" {
		s.pipelined(e.Environment, Pipelined{Build: e.Build, Review: e.Review, Began: e.Began, At: at})
	}
	s.leave(at, e)
	s.liveAgain(e.Environment, e.Build.Version, e.Run)
	s.arrive(e.Environment, Live{Build: e.Build, App: e.App, Digest: e.Digest, Spec: e.Spec, By: e.By, Run: e.Run, At: at, Verified: e.Verified})
	s.wentLive(at, e.Build.Version, e.Environment)
}

// Changing is the deployment or rollback under way on an environment, or nil.
func (s *State) Changing(environment string) *work.Run {
	var latest *work.Run
	for _, run := range s.Runs {
		if run.Open() && run.Change != nil && run.Change.Environment == environment && (latest == nil || run.Follows(latest)) {
			latest = run
		}
	}
	return latest
}

// CutsOver reports whether an environment is at a cutover that hurts.
func (s *State) CutsOver(environment string) bool {
	run := s.Changing(environment)
	return run != nil && run.CutsOver()
}

// WayBack lists the versions that an environment may be rolled back to, the best first:
// those verified or adopted here, except the one that is live or, during a deployment,
// the one that is being deployed.
func (s *State) WayBack(environment string) []Live {
	away := s.Live[environment].Version
	if run := s.Changing(environment); run != nil && run.What == work.Deployment {
		away = run.Change.To.Version
	}
	return s.WayBackFrom(environment, away)
}

// WayBackFrom lists the versions that an environment may be rolled back to from another
// one. Versions that were good on another app are not among them.
func (s *State) WayBackFrom(environment, away string) []Live {
	var back []Live
	for _, good := range slices.Backward(s.Good[environment]) {
		if good.Version != away && good.App == s.Live[environment].App {
			back = append(back, good)
		}
	}
	return back
}

// NoWayBack reports whether nobody could roll back from deploying a version: nothing is
// known to be live there, nor to have been good.
func (s *State) NoWayBack(environment, version string) bool {
	return !s.Live[environment].Known() && len(s.WayBackFrom(environment, version)) == 0
}

// LastRollback is the newest rollback of an environment, except those that only ended
// one, or nil.
func (s *State) LastRollback(environment string) *work.Run {
	var last *work.Run
	for _, run := range s.Runs {
		if run.What == work.Rollback && run.Change != nil && run.Change.Settles == "" && run.Change.Environment == environment &&
			(last == nil || run.Follows(last)) {
			last = run
		}
	}
	return last
}

// LastChange is the newest deployment or rollback of an environment that had begun by a
// time, or nil: a possible cause of an incident.
func (s *State) LastChange(environment string, by time.Time) *work.Run {
	var last *work.Run
	for _, run := range s.Runs {
		if run.Change == nil || run.Change.Environment != environment || run.Started.After(by) {
			continue
		}
		if last == nil || run.Follows(last) {
			last = run
		}
	}
	return last
}

// applyEnvironment folds the events about what is live on an environment, and about its
// locks.
func (s *State) applyEnvironment(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.EnvironmentAdopted:
		s.adopt(at, e)
	case event.VersionWentLive:
		s.goLive(at, e)
	case event.PlatformObserved:
		s.observe(at, e)
	case event.EnvironmentLocked:
		s.lock(at, e)
	case event.EnvironmentUnlocked:
		s.unlock(at, e)
	}
}

func (s *State) adopt(at time.Time, e event.EnvironmentAdopted) {
	s.arrive(e.Environment, Live{Build: build.Build{Version: e.Version, Commit: e.Commit, Deployment: e.Deployment}, App: e.App, By: e.By, At: at, Verified: true})
	s.wentLive(at, e.Version, e.Environment)
	if !s.Bound { // in ledgers from before holds; today a lift gives the reason
		s.liveAgain(e.Environment, e.Version, "")
	}
}
