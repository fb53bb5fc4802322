package readiness

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// keptGood is how many known good versions of an environment the state remembers.
const keptGood = 20

// Build is a release as it stands on a platform.
type Build struct {
	Version    string `json:"version"`
	Commit     string `json:"commit,omitempty"`     // empty: unknown
	Deployment string `json:"deployment,omitempty"` // the platform's own ID of it; empty: unknown
}

// Live is what runs on an environment, or ran there.
type Live struct {
	Build
	App      string // the platform's app that it runs on, as [Environment].App; empty: not known, or there is none
	Digest   string // of its image; empty: not known
	Spec     string // digest of the configuration that it runs with; empty: not known
	Arrival  int    // which arrival on this environment it is, from 1
	By       string // who deployed or adopted it; empty: it was found there
	Run      string // the deployment or rollback that brought it; empty: adopted or found
	At       time.Time
	Verified bool // seen healthy here, or adopted
}

// Known reports whether anything is known to be live. An app without a tag is
// live without a version.
func (l Live) Known() bool { return l.Version != "" || l.Deployment != "" }

// Outside reports whether the platform was found to run it, and neither a run
// of gonogo nor a person's word stands for it.
func (l Live) Outside() bool { return l.Known() && !l.Verified && l.By == "" && l.Run == "" }

// Name is what people call it: its version, where it has one.
func (l Live) Name() string {
	if l.Version == "" && l.Deployment != "" {
		return "a build without a version"
	}
	return l.Version
}

// Lock keeps deployments off an environment.
type Lock struct {
	Claim  string    `json:"claim"` // "run/ID" of the run that holds it, or the key of the act by which a person took it
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	Run    string    `json:"run,omitempty"` // the run that holds it; empty: a person does
	At     time.Time `json:"at"`
	Under  *Lock     `json:"-"` // a person's lock that a rollback went past; it comes back afterwards
}

func (s *State) setLive(environment string, live Live) {
	ownMap(&s.Live, &s.own.live)
	s.Live[environment] = live
	if live.Verified {
		s.addGood(environment, live)
	}
}

// arrive notes that a build went live, unless it is what is live already: then
// the arrival goes on.
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
	s.setLive(environment, live)
}

// continues reports whether a record is of what is live already: the same
// deployment or, where deployments have no ID, the same build of the same run
// or on a person's word.
func (l Live) continues(next Live) bool {
	switch {
	case !l.Known(), l.Version != next.Version, l.App != "" && next.App != "" && l.App != next.App:
		return false
	case !MayBeSameCommit(l.Commit, next.Commit):
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

func (s *State) goLive(at time.Time, e VersionWentLive) {
	s.leave(at, e)
	s.liveAgain(e.Environment, e.Build.Version, e.Run)
	s.arrive(e.Environment, Live{Build: e.Build, App: e.App, Digest: e.Digest, Spec: e.Spec, By: e.By, Run: e.Run, At: at, Verified: e.Verified})
	s.wentLive(at, e.Build.Version, e.Environment)
}

// findCommit notes the commit of a release, there and wherever its version is
// known to have been live.
func (s *State) findCommit(e CommitFound) {
	r := s.changeRelease(e.Release)
	if r == nil || r.Commit != "" {
		return
	}
	r.Commit = e.Commit
	of := func(l Live) bool { return l.Version == e.Release && l.Commit == "" }
	for env, live := range s.Live {
		if of(live) {
			live.Commit = e.Commit
			ownMap(&s.Live, &s.own.live)
			s.Live[env] = live
		}
	}
	for env, good := range s.Good {
		if !slices.ContainsFunc(good, of) {
			continue
		}
		good = slices.Clone(good)
		for i := range good {
			if of(good[i]) {
				good[i].Commit = e.Commit
			}
		}
		ownMap(&s.Good, &s.own.good)
		s.Good[env] = good
	}
}

func (s *State) lock(at time.Time, e EnvironmentLocked) {
	lock := Lock{Claim: e.Claim, By: e.By, Reason: e.Reason, Run: e.Run, At: at}
	if held, ok := s.Locks[e.Environment]; ok {
		if held.Claim == e.Claim {
			return
		}
		lock.Under = lowest(held)
	}
	ownMap(&s.Locks, &s.own.locks)
	s.Locks[e.Environment] = lock
}

// lowest is the person's lock in a pile, or nil: only that one comes back.
func lowest(l Lock) *Lock {
	if l.Run == "" {
		return &l
	}
	return l.Under
}

func (s *State) unlock(e EnvironmentUnlocked) {
	held, ok := s.Locks[e.Environment]
	if !ok {
		return
	}
	left := without(held, e.Claim)
	ownMap(&s.Locks, &s.own.locks)
	if left == nil {
		delete(s.Locks, e.Environment)
		return
	}
	s.Locks[e.Environment] = *left
}

// without is a pile of locks less the one that a claim names, or nil if none
// is left. The pile may be shared with an earlier state, so it is copied.
func without(l Lock, claim string) *Lock {
	if l.Claim == claim {
		return l.Under
	}
	if l.Under != nil {
		l.Under = without(*l.Under, claim)
	}
	return &l
}

// Changing is the deployment or rollback under way on an environment, or nil.
func (s *State) Changing(environment string) *Run {
	var latest *Run
	for _, run := range s.Runs {
		if run.Open() && run.Change != nil && run.Change.Environment == environment && (latest == nil || run.Follows(latest)) {
			latest = run
		}
	}
	return latest
}

// WayBack lists the versions that an environment may be rolled back to, the
// best first: those verified or adopted here, without the one that is live or,
// while a deployment is under way, the one that is on its way instead of it.
func (s *State) WayBack(environment string) []Live {
	away := s.Live[environment].Version
	if run := s.Changing(environment); run != nil && run.What == RunDeployment {
		away = run.Change.To.Version
	}
	return s.WayBackFrom(environment, away)
}

// WayBackFrom lists the versions that an environment may be rolled back to from
// another. Those that were good on another app are no way back on this one.
func (s *State) WayBackFrom(environment, away string) []Live {
	var back []Live
	for _, good := range slices.Backward(s.Good[environment]) {
		if good.Version != away && good.App == s.Live[environment].App {
			back = append(back, good)
		}
	}
	return back
}

// NoWayBack reports whether a deployment of a version would be one that nobody can
// go back from: nothing is known to be live there, nor to have been good.
func (s *State) NoWayBack(environment, version string) bool {
	return !s.Live[environment].Known() && len(s.WayBackFrom(environment, version)) == 0
}

// LastRollback is the newest rollback of an environment, without those that
// only ended one, or nil.
func (s *State) LastRollback(environment string) *Run {
	var last *Run
	for _, run := range s.Runs {
		if run.What == RunRollback && run.Change != nil && run.Change.Settles == "" && run.Change.Environment == environment &&
			(last == nil || run.Follows(last)) {
			last = run
		}
	}
	return last
}

// PinClaim is the claim of the lock that stands while the platform keeps an
// environment pinned by a rollback that ended without a decision.
func PinClaim(environment string) string { return "pin/" + environment }

// Pinned reports whether such a lock stands.
func (s *State) Pinned(environment string) bool {
	lock := s.Locks[environment]
	for l := &lock; l != nil; l = l.Under {
		if l.Claim == PinClaim(environment) {
			return true
		}
	}
	return false
}

// LastChange is the newest deployment or rollback of an environment that had
// begun by a moment, or nil: what an incident follows.
func (s *State) LastChange(environment string, by time.Time) *Run {
	var last *Run
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

// Follows orders the changes of one environment. A rollback may start within
// the moment in which the deployment started that it stops.
func (r *Run) Follows(other *Run) bool {
	switch order := r.Started.Compare(other.Started); {
	case order != 0:
		return order > 0
	case r.Change.Stops != other.Change.Stops:
		return r.Change.Stops == other.ID
	}
	return r.ID > other.ID
}

// DecideStart is the decision on starting a deployment of the open release
// now, by a person who is known: what Decide says, and besides it a deployment
// under way, and whether the deployer may have approved.
func (v View) DecideStart(environment, deployer string) Decision {
	d := v.DecideAgain(environment, deployer)
	for _, name := range append([]string{environment}, v.Checklist.Sharing(environment)...) {
		if run := v.State.Changing(name); run != nil && !d.heldBy(run) {
			d.Blockers = append(d.Blockers, Blocker{Kind: BlockedByRun, Environment: name, Title: run.Title, Reason: "is under way", Run: run})
		}
	}
	d.Go = len(d.Blockers) == 0
	return d
}

// DecideAgain is the decision on going on with a deployment after a wait: what
// Decide says, and whether the deployer may have approved.
func (v View) DecideAgain(environment, deployer string) Decision {
	d := v.Decide(environment)
	d.Blockers = append(d.Blockers, v.selfApproval(environment, deployer)...)
	d.Go = len(d.Blockers) == 0
	return d
}

func (v View) selfApproval(environment, deployer string) []Blocker {
	a := v.Approval(environment)
	if a.Rule.SelfApproval || deployer == "" {
		return nil
	}
	for _, r := range a.Roles {
		if r.Approved() && r.SignOff.By == deployer {
			return []Blocker{{Kind: BlockedBySelfApproval, Role: r, Environment: environment, Title: r.Role.Title,
				Reason: fmt.Sprintf("whoever deploys to %s may not have approved it as %s", environment, r.Role.Title)}}
		}
	}
	return nil
}

// applyEnvironment folds what is live on an environment, and who locks it.
func (s *State) applyEnvironment(at time.Time, event Event) {
	switch e := event.(type) {
	case EnvironmentAdopted:
		s.adopt(at, e)
	case VersionWentLive:
		s.goLive(at, e)
	case PlatformObserved:
		s.observe(at, e)
	case EnvironmentLocked:
		s.lock(at, e)
	case EnvironmentUnlocked:
		s.unlock(e)
	}
}

func (s *State) adopt(at time.Time, e EnvironmentAdopted) {
	s.arrive(e.Environment, Live{Build: Build{e.Version, e.Commit, e.Deployment}, App: e.App, By: e.By, At: at, Verified: true})
	s.wentLive(at, e.Version, e.Environment)
	if !s.Bound { // in ledgers from before holds; now a lift says why
		s.liveAgain(e.Environment, e.Version, "")
	}
}
