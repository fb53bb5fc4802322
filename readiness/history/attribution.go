package history

import (
	"cmp"
	"time"

	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// This file tells late or unseen effects of gonogo's own runs from other people's
// changes to a platform: by the mark that a run leaves in the app's configuration, and
// by the deployment that a rollback has requested.

// correctFrom corrects which version a rollback left, if that isn't the one that was
// confirmed.
func correctFrom(r *work.Run, left, deployment string, release *Release) {
	if left == "" || r.What != work.Rollback || r.Change == nil || r.Change.From.Version == left {
		return
	}
	change := *r.Change
	change.Meant, change.From = change.From, build.Build{Version: left, Deployment: deployment}
	if release != nil {
		change.From.Commit = release.Commit
	}
	r.Change = &change
}

// observedLive is a build that was observed to have gone live, with the run that
// brought it.
func (s *State) observedLive(at time.Time, environment string, o Observation) Live {
	live := Live{Build: o.Build, App: o.App, Digest: o.Digest, Spec: o.Spec, At: at}
	return s.attributed(live, s.causedBy(environment, o))
}

// attributed adds what the run that brought a build knows about it. That doesn't make
// it verified: nobody has checked it.
func (s *State) attributed(live Live, run *work.Run) Live {
	if run == nil {
		return live
	}
	live.Run, live.By = run.ID, run.By
	for _, b := range []build.Build{run.Change.To, run.Change.From} {
		if b.Version == live.Version {
			live.Commit = cmp.Or(live.Commit, b.Commit)
		}
	}
	if release := s.Releases[live.Version]; release != nil {
		live.Commit = cmp.Or(live.Commit, release.Commit)
	}
	return live
}

// causedBy is the run that made what is observed, though the run had ended before that
// was live, or nil. A run that succeeded has recorded what it brought: what has its
// mark later is somebody else's change.
func (s *State) causedBy(environment string, o Observation) *work.Run {
	if r := s.Runs[o.Mark]; r != nil && r.What == work.Deployment && wentLiveLate(r, environment, o) {
		return r
	}
	if r := s.askedFor(o.Deployment); r != nil {
		return r
	}
	last := s.LastRollback(environment)
	if o.Back && last != nil && last.Begun() && wentLiveLate(last, environment, o) && s.Live[environment].At.Before(last.Started) {
		return last
	}
	return nil
}

// askedFor is the newest rollback that requested a deployment from the platform, on any
// environment of the app, or nil.
func (s *State) askedFor(deployment string) *work.Run {
	var newest *work.Run
	for _, r := range s.Runs {
		if r.What != work.Rollback || r.Change == nil || deployment == "" || r.Fact(work.DeploymentFact) != deployment && r.Fact(work.ReturnedFact) != deployment {
			continue
		}
		if newest == nil || r.Follows(newest) {
			newest = r
		}
	}
	return newest
}

// wentLiveLate reports whether a run that didn't succeed may have made what is
// observed; if the run knows its deployment, that decides.
func wentLiveLate(r *work.Run, environment string, o Observation) bool {
	known := r.Fact(work.DeploymentFact)
	return r.Change != nil && r.Change.Environment == environment && r.Change.To.Version == o.Version && r.Outcome != work.Completed &&
		(known == "" || known == o.Deployment)
}

// AfterAll is the run whose build went live only after the run had ended otherwise: it
// was cancelled, abandoned or given up. It is nil if there is no such run.
func (s *State) AfterAll(live Live) *work.Run {
	run := s.Runs[live.Run]
	if live.Verified || run == nil || run.Change == nil || run.Open() || run.Outcome == work.Completed || !live.At.After(run.Ended) {
		return nil
	}
	return run
}

// withdrawOutside makes a hold for the version that somebody's rollback outside gonogo
// has left, which is no longer known to be good. was is what was recorded as live
// before. A rollback of gonogo's own is recorded by its run, and a hotfix or a
// redeployment needs no hold.
func (s *State) withdrawOutside(at time.Time, environment string, o Observation, was Live) {
	live, left := s.Live[environment], o.Left
	if left == "" && was.App == o.App {
		left = was.Version
	}
	if !o.Back || !live.Outside() || live.Deployment != o.Deployment || left == "" || left == o.Version {
		return
	}
	place := Place{environment, left}
	known, before := s.RolledBack[place]
	if before && !(was.Version == left && was.At.After(known.At)) {
		return
	}
	ownMap(&s.RolledBack, &s.own.rolledBack)
	s.RolledBack[place] = Withdrawal{Deployment: o.Deployment, At: at}
	s.dropGood(environment, left)
}
