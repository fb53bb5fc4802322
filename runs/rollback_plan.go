package runs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"gonogo/deploy"
	"gonogo/readiness"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// RollbackPlan is what a rollback would do now.
type RollbackPlan struct {
	Environment string
	From        build.Build
	To          history.Live     // if it isn't Verified, only the platform knows it
	Others      []history.Live   // other versions to roll back to, the best first
	Stops       *work.Run        // a deployment under way that it stops
	Lock        *work.Lock       // a person's lock that it ignores
	Passes      []readiness.Hold // the other holds that it ignores
	Beside      []Beside         // the other environments of the app, which are rolled back with it
	Warnings    []string         // the platform's warnings about it; none if it doesn't answer
	OneWay      []OneWay         // releases that it leaves and that changed something for good
	Pins        bool             // the platform then pins To until a person has decided
	Steps       []deploy.Step
}

// OneWay is a release that changed something that a rollback doesn't undo.
type OneWay struct{ Version, Kind string } // the kind's title

// oneWay lists the releases that changed something for good, among the one that a
// rollback leaves and those that went live after the version that comes back.
func oneWay(s *history.State, list *checklist.Checklist, environment, from string, to history.Live) []OneWay {
	var all []OneWay
	for _, version := range slices.Sorted(maps.Keys(s.Releases)) {
		release := s.Releases[version]
		kind, _ := list.Kind(release.Kind)
		since, went := release.WentLive[environment]
		if kind.OneWay && (version == from || went && to.Version != "" && version != to.Version && since.After(to.At)) {
			all = append(all, OneWay{version, kind.Title})
		}
	}
	return all
}

// Beside is another environment of an app that is rolled back.
type Beside struct {
	Environment string
	Now         history.Live
	Gets        build.Build // what ran there with the version that comes back; empty: not known
}

// seenWithin limits the look at what is live before a rollback: if the platform doesn't
// answer in that time, the ledger's record is used.
const seenWithin = 3 * time.Second

// PlanRollback finds the version that a rollback would bring back. An empty version
// means the last one verified or adopted there.
func (r *Runs) PlanRollback(ctx context.Context, environment, version string) (RollbackPlan, error) {
	ctx, cancel := context.WithTimeout(ctx, r.opts.LookWithin)
	defer cancel()
	if _, err := r.Current(ctx, environment); err != nil && !errors.Is(err, ErrNoStrategy) {
		r.opts.Log.Warn("rollback planned without a look at the platform", "environment", environment, "error", err)
	}
	req := RollbackRequest{Environment: environment, To: version}
	if err := r.findTarget(ctx, &req); err != nil {
		return RollbackPlan{}, err
	}
	plan, err := r.planRollback(r.opts.Ledger.State(), r.opts.Now(), "…", req)
	if err == nil {
		plan.Warnings = r.rollbackWarnings(ctx, environment, plan.To.Build)
		plan.Beside = r.beside(ctx, environment, plan.To.Deployment)
	}
	return plan, err
}

// rollbackWarnings asks the platform for its warnings before a rollback. It delays
// nothing: the run asks again, and reports them.
func (r *Runs) rollbackWarnings(ctx context.Context, environment string, to build.Build) []string {
	warner, ok := r.opts.Environments[environment].Strategy.(deploy.RollbackWarner)
	if !ok {
		return nil
	}
	warnings, err := warner.RollbackWarnings(ctx, to)
	if err != nil {
		r.opts.Log.Warn("rollback planned without the platform's warnings", "environment", environment, "error", err)
	}
	return warnings
}

// RollbackTargets asks the platform which builds it can still roll back to on an
// environment, the newest first; none if it can't say.
func (r *Runs) RollbackTargets(ctx context.Context, environment string) ([]build.Build, error) {
	env, ok := r.opts.Environments[environment]
	if !ok {
		return nil, ErrNoStrategy
	}
	lister, ok := env.Strategy.(deploy.TargetLister)
	if !ok {
		return nil, nil
	}
	kept, err := lister.RollbackTargets(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w which builds it keeps: %w", ErrSilent, err)
	}
	return kept, nil
}

// findTarget asks the platform for a version that a person wants back and that is not
// known to be good, since the platform may have it anyway. Rolling back to a known
// version asks nobody, and gonogo itself never rolls back to another.
func (r *Runs) findTarget(ctx context.Context, req *RollbackRequest) error {
	state := r.opts.Ledger.State()
	env, ok := r.opts.Environments[req.Environment]
	is := func(l history.Live) bool { return l.Version == req.To }
	if !ok || req.To == "" || req.To == state.Live[req.Environment].Version || slices.ContainsFunc(waysBack(state, env, ""), is) {
		return nil
	}
	kept, err := r.RollbackTargets(ctx, req.Environment)
	req.kept = kept
	return err
}

// unverifiedTarget is a version that only the platform knows, to roll back to.
func unverifiedTarget(s *history.State, env deploy.Environment, req RollbackRequest, from string) (history.Live, bool) {
	i := slices.IndexFunc(req.kept, func(b build.Build) bool { return b.Version == req.To && b.Version != from })
	if i < 0 {
		return history.Live{}, false
	}
	build := req.kept[i]
	if release := s.Releases[build.Version]; release != nil && build.Commit == "" {
		build.Commit = release.Commit
	}
	return history.Live{Build: build, App: env.Strategy.App().String()}, true
}

// beside finds what a rollback to a deployment changes on the environments that share
// the app. What the platform doesn't answer in time stays unknown.
func (r *Runs) beside(ctx context.Context, environment, deployment string) []Beside {
	names := r.opts.Checklist.Sharing(environment)
	found := make([]Beside, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		found[i] = Beside{Environment: name, Now: r.opts.Ledger.State().Live[name]}
		env, ok := r.opts.Environments[name]
		if !ok || deployment == "" {
			continue
		}
		all.Go(func() {
			if was, err := env.Strategy.Was(ctx, deployment); err == nil {
				found[i].Gets = was.Live
			}
		})
	}
	all.Wait()
	return found
}

// planRollback plans on a state of the ledger, without asking anybody.
func (r *Runs) planRollback(s *history.State, now time.Time, id string, req RollbackRequest) (RollbackPlan, error) {
	env, ok := r.opts.Environments[req.Environment]
	if !ok {
		return RollbackPlan{}, ErrNoStrategy
	}
	plan := RollbackPlan{Environment: req.Environment, From: r.leftBehind(s, env)}
	if under := s.Changing(req.Environment); under != nil {
		if under.What == work.Rollback {
			return plan, AlreadyRunning{under}
		}
		plan.Stops, plan.From = under, under.Change.To
		if live := s.Live[req.Environment]; live.Run == under.ID { // it bakes
			plan.From = live.Build
		}
	}
	plan.Others = waysBack(s, env, plan.From.Version)
	if lock, locked := s.Locks[req.Environment]; locked && lock.Run == "" && !lock.Over(now) {
		plan.Lock = &lock
	}
	if i := s.Incidents[req.Incident]; i != nil && i.Environment != "" && i.Environment != req.Environment {
		return plan, ErrOtherPlace
	}
	i := slices.IndexFunc(plan.Others, func(l history.Live) bool { return req.To == "" || l.Version == req.To })
	if kept, ok := unverifiedTarget(s, env, req, plan.From.Version); i < 0 && ok {
		plan.To = kept
	} else if i < 0 {
		return plan, ErrNoWayBack
	} else {
		plan.To = plan.Others[i]
		plan.Others = slices.Delete(slices.Clone(plan.Others), i, i+1)
	}
	plan.Passes = r.passes(s, now, plan, req.Incident)
	_, plan.Pins = env.Pinner()
	plan.OneWay = oneWay(s, r.opts.Checklist, env.Name, plan.From.Version, plan.To)
	plan.Steps = deploy.ToDo(env.Strategy.Rollback(env, orderFor(id, plan.change(req))))
	return plan, nil
}

// passes lists the holds that a rollback ignores, besides a lock: everything that would
// hold the version that it brings, except the incident that it answers.
func (r *Runs) passes(s *history.State, now time.Time, plan RollbackPlan, incident string) []readiness.Hold {
	view := readiness.View{Checklist: r.opts.Checklist, State: s, Now: now}
	return slices.DeleteFunc(view.HoldsOf(plan.Environment, plan.To.Version), func(h readiness.Hold) bool {
		return h.Kind == event.HeldByLock || h.Lift != nil || h.Incident != "" && h.Incident == incident || plan.Stops != nil && h.Run == plan.Stops.ID
	})
}

// leftBehind is the build that a rollback leaves: what the platform last said is live,
// with the commit that gonogo knows for it. A rollback by a person doesn't wait for the
// platform.
func (r *Runs) leftBehind(s *history.State, env deploy.Environment) build.Build {
	live := s.Live[env.Name]
	if live.App != "" && live.App != env.Strategy.App().String() {
		return build.Build{}
	}
	return knownBuild(s, live.Build)
}

// waysBack lists the versions that an environment may be rolled back to from one, on
// the app that the configuration names.
func waysBack(s *history.State, env deploy.Environment, from string) []history.Live {
	return slices.DeleteFunc(s.WayBackFrom(env.Name, from), func(l history.Live) bool {
		return l.App != "" && l.App != env.Strategy.App().String()
	})
}

func (p RollbackPlan) change(req RollbackRequest) *work.Change {
	c := &work.Change{Environment: p.Environment, From: p.From, To: p.To.Build, Reason: req.Reason, Incident: req.Incident, Rehearsal: req.Rehearsal, Overrode: p.Lock, MembershipAsOf: req.MembershipAsOf, Auto: req.auto != nil}
	for _, h := range p.Passes {
		c.Passes = append(c.Passes, h.Passed())
	}
	if p.Stops != nil {
		c.Stops = p.Stops.ID
	}
	return c
}
