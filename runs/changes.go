package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"gonogo/deploy"
	"gonogo/readiness"
)

// NotGo says that a deployment may not start, and why.
type NotGo struct{ Decision readiness.Decision }

// Error implements error.
func (n NotGo) Error() string {
	return fmt.Sprintf("NO-GO for %s: %d blockers", n.Decision.Environment, len(n.Decision.Blockers))
}

// The reasons for which a deployment or a rollback does not start, besides a
// decision.
var (
	ErrNoStrategy   = errors.New("the configuration does not say how to deploy there")
	ErrOtherRelease = errors.New("that release is no longer open, or has another commit")
	ErrWithdrawn    = errors.New("that plan was taken back")
	ErrNoWayBack    = errors.New("no version is known to be good there besides the one that is live")
	ErrOtherPlace   = errors.New("that alert is about another environment")
	ErrFirst        = errors.New("there is no way back from a first deployment, and nobody has accepted that")
	ErrSilent       = errors.New("the platform does not say")
	ErrNotPinned    = errors.New("no rollback there waits to be decided")
)

// DeployRequest asks to take an open release to an environment.
type DeployRequest struct {
	Key         string // once-only key of the act that asked
	Environment string
	Version     string // what was planned; another open release by now refuses
	Commit      string
	NoWayBack   bool // whoever asks accepts that there is no way back
	By, Channel string
}

// BadVersion says that the platform cannot have a version of that name.
type BadVersion struct{ Version, Why string }

// Error implements error.
func (b BadVersion) Error() string { return b.Version + " cannot be deployed: " + b.Why }

// DeploySteps lists what a deployment of a release would do now.
func (r *Runs) DeploySteps(environment, version string) ([]deploy.Step, error) {
	env, ok := r.opts.Environments[environment]
	release := r.opts.Ledger.State().Releases[version]
	switch {
	case !ok:
		return nil, ErrNoStrategy
	case release == nil:
		return nil, ErrNoRelease
	}
	if why := env.Strategy.Refuses(release.Version); why != "" {
		return nil, BadVersion{release.Version, why}
	}
	order := deploy.Order{Run: "…", From: r.opts.Ledger.State().Live[environment].Build, To: readiness.Build{Version: release.Version, Commit: release.Commit}}
	return deploy.ToDo(env.Strategy.Deploy(env, order)), nil
}

// Deployable lists the environments that gonogo can deploy to.
func (r *Runs) Deployable() []string {
	var names []string
	for _, e := range r.opts.Checklist.Environments {
		if _, ok := r.opts.Environments[e.Name]; ok {
			names = append(names, e.Name)
		}
	}
	return names
}

// Deploy starts a deployment. Everything that must hold is judged again in the
// decision that starts it, and the environment is locked in the same one.
func (r *Runs) Deploy(ctx context.Context, req DeployRequest) (id string, err error) {
	env, ok := r.opts.Environments[req.Environment]
	if !ok {
		return "", ErrNoStrategy
	}
	if why := env.Strategy.Refuses(req.Version); why != "" {
		return "", BadVersion{req.Version, why}
	}
	id = runID(req.Key)
	r.Observe(ctx)
	receipt, err := r.opts.Ledger.Once(ctx, req.Key, func(s *readiness.State, now time.Time) ([]readiness.Event, error) {
		release := s.Releases[req.Version]
		switch {
		case s.Open == "":
			return nil, ErrNoRelease
		case !s.IsOpen(req.Version) || release.Commit != req.Commit:
			return nil, ErrOtherRelease
		}
		view := readiness.View{Checklist: r.opts.Checklist, State: s, Now: now, Version: req.Version}
		if decision := view.DecideStart(req.Environment, req.By); !decision.Go {
			return nil, NotGo{decision}
		}
		first := s.NoWayBack(req.Environment, req.Version)
		if first && !req.NoWayBack {
			return nil, ErrFirst
		}
		basis := view.Basis(req.Environment)
		change := &readiness.Change{Environment: req.Environment, From: s.Live[req.Environment].Build,
			To: readiness.Build{Version: release.Version, Commit: release.Commit}, NoWayBack: first, Basis: &basis, Approvals: approvers(view, req.Environment)}
		return starting(id, readiness.RunDeployment, release.Version+" to "+req.Environment, req.By, req.Channel, release.Version, env, change), nil
	})
	if err != nil {
		return "", err
	}
	if _, withdrawn := receipt.Events[0].(readiness.PlanWithdrawn); withdrawn {
		return "", ErrWithdrawn
	}
	if !receipt.Repeat {
		r.launch(id, false)
	}
	return id, nil
}

// Withdraw takes back a plan under the key by which it would be started: of
// starting and taking back, the first counts. It returns the run that was
// started instead, if one was.
func (r *Runs) Withdraw(ctx context.Context, key, environment, by string) (started string, err error) {
	receipt, err := r.opts.Ledger.Once(ctx, key, func(*readiness.State, time.Time) ([]readiness.Event, error) {
		return []readiness.Event{readiness.PlanWithdrawn{Environment: environment, By: by}}, nil
	})
	if err != nil {
		return "", err
	}
	if run, ok := receipt.Events[0].(readiness.RunStarted); ok {
		return run.Run, nil
	}
	return "", nil
}

func approvers(v readiness.View, environment string) []string {
	var all []string
	for _, role := range v.Approval(environment).Roles {
		if role.Approved() {
			by := role.SignOff.By
			if role.SignOff.Deputy {
				by += " (deputy)"
			}
			all = append(all, role.Role.ID+" "+by)
		}
	}
	return all
}

// starting is the decision that starts a deployment or rollback: the run, and
// with it the lock.
func starting(id, what, title, by, channel, release string, env deploy.Environment, change *readiness.Change) []readiness.Event {
	steps := deploy.ToDo(stepsOf(env, what, orderFor(id, change)))
	return []readiness.Event{
		readiness.RunStarted{Run: id, What: what, Title: title, Release: release, By: by, Channel: channel, Plan: planned(steps), Change: change},
		readiness.EnvironmentLocked{Environment: env.Name, Claim: claim(id), By: by, Reason: title, Run: id},
		readiness.StepStarted{Run: id, Step: deploy.LockStep},
		readiness.StepEnded{Run: id, Step: deploy.LockStep, Evidence: readiness.Evidence{Verdict: readiness.Passed, Summary: env.Name + " is locked for this run"}},
	}
}

// RollbackRequest asks to bring an earlier version back.
type RollbackRequest struct {
	Key         string
	Environment string
	From, To    string // versions as they were confirmed; anything else by now refuses
	Reason      string
	Incident    string // what it answers; empty: a person's wish
	Rehearsal   bool   // only tried: it says nothing against the version that it leaves
	By, Channel string

	MembershipAsOf time.Time // how old the picture is by which By may; zero: it is current

	kept []readiness.Build // what the platform can go back to, besides what is known to be good
}

// RollbackPlan is what a rollback would do now.
type RollbackPlan struct {
	Environment string
	From        readiness.Build
	To          readiness.Live   // not verified: the platform has it, and nobody has seen it good here
	Others      []readiness.Live // further versions one may go back to, the best first
	Stops       *readiness.Run   // a deployment under way that it stops
	Lock        *readiness.Lock  // a person's lock that it goes past
	Passes      []readiness.Hold // the other holds that it goes past
	Beside      []Beside         // the other environments of the app, which go back with it
	Warnings    []string         // the platform's, of going back there; none where it does not answer
	Steps       []deploy.Step
}

// Beside is an environment that shares the app of one that is rolled back.
type Beside struct {
	Environment string
	Now         readiness.Live
	Gets        readiness.Build // what ran there with the version that comes back; empty: not known
}

// seenWithin bounds the look at what is live before a rollback: where the
// platform does not say so soon, what the ledger knows counts.
const seenWithin = 3 * time.Second

// PlanRollback finds where a rollback would go. An empty version means the last
// one verified or adopted there.
func (r *Runs) PlanRollback(ctx context.Context, environment, version string) (RollbackPlan, error) {
	ctx, cancel := context.WithTimeout(ctx, seenWithin)
	defer cancel()
	if _, err := r.Current(ctx, environment); err != nil && !errors.Is(err, ErrNoStrategy) {
		r.opts.Log.Warn("rollback planned without a look at the platform", "environment", environment, "error", err)
	}
	req := RollbackRequest{Environment: environment, To: version}
	if err := r.seekKept(ctx, &req); err != nil {
		return RollbackPlan{}, err
	}
	plan, err := r.planRollback(r.opts.Ledger.State(), r.opts.Now(), "…", req)
	if err == nil {
		plan.Warnings = r.foretold(ctx, environment, plan.To.Build)
		plan.Beside = r.beside(ctx, environment, plan.To.Deployment)
	}
	return plan, err
}

// foretold asks the platform what it warns of before a rollback. It holds nothing
// up: the run asks again, and says so.
func (r *Runs) foretold(ctx context.Context, environment string, to readiness.Build) []string {
	foreteller, ok := r.opts.Environments[environment].Strategy.(deploy.Foreteller)
	if !ok {
		return nil
	}
	warnings, err := foreteller.Foretells(ctx, to)
	if err != nil {
		r.opts.Log.Warn("rollback planned without the platform's warnings", "environment", environment, "error", err)
	}
	return warnings
}

// Kept asks the platform which builds it can still go back to on an environment,
// the newest first; none where it cannot tell any.
func (r *Runs) Kept(ctx context.Context, environment string) ([]readiness.Build, error) {
	env, ok := r.opts.Environments[environment]
	if !ok {
		return nil, ErrNoStrategy
	}
	keeper, ok := env.Strategy.(deploy.Keeper)
	if !ok {
		return nil, nil
	}
	kept, err := keeper.Kept(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w which builds it keeps: %w", ErrSilent, err)
	}
	return kept, nil
}

// seekKept asks the platform for a version that a person wants back and that is
// not known to be good: it may have it all the same. Going back to what is known
// asks nobody, and gonogo itself goes back to nothing else.
func (r *Runs) seekKept(ctx context.Context, req *RollbackRequest) error {
	state := r.opts.Ledger.State()
	env, ok := r.opts.Environments[req.Environment]
	is := func(l readiness.Live) bool { return l.Version == req.To }
	if !ok || req.To == "" || req.To == state.Live[req.Environment].Version || slices.ContainsFunc(waysBack(state, env, ""), is) {
		return nil
	}
	kept, err := r.Kept(ctx, req.Environment)
	req.kept = kept
	return err
}

// keptBack is a version that only the platform knows, as a way back.
func keptBack(s *readiness.State, env deploy.Environment, req RollbackRequest, from string) (readiness.Live, bool) {
	i := slices.IndexFunc(req.kept, func(b readiness.Build) bool { return b.Version == req.To && b.Version != from })
	if i < 0 {
		return readiness.Live{}, false
	}
	build := req.kept[i]
	if release := s.Releases[build.Version]; release != nil && build.Commit == "" {
		build.Commit = release.Commit
	}
	return readiness.Live{Build: build, App: env.Strategy.App().String()}, true
}

// beside finds what a rollback to a deployment brings to the environments that
// share the app. What the platform does not say in time is not known.
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

// planRollback plans in a state of the ledger, without asking anybody.
func (r *Runs) planRollback(s *readiness.State, now time.Time, id string, req RollbackRequest) (RollbackPlan, error) {
	env, ok := r.opts.Environments[req.Environment]
	if !ok {
		return RollbackPlan{}, ErrNoStrategy
	}
	plan := RollbackPlan{Environment: req.Environment, From: r.leftBehind(s, env)}
	if under := s.Changing(req.Environment); under != nil {
		if under.What == readiness.RunRollback {
			return plan, AlreadyRunning{under}
		}
		plan.Stops, plan.From = under, under.Change.To
	}
	plan.Others = waysBack(s, env, plan.From.Version)
	if lock, locked := s.Locks[req.Environment]; locked && lock.Run == "" {
		plan.Lock = &lock
	}
	if i := s.Incidents[req.Incident]; i != nil && i.Environment != "" && i.Environment != req.Environment {
		return plan, ErrOtherPlace
	}
	i := slices.IndexFunc(plan.Others, func(l readiness.Live) bool { return req.To == "" || l.Version == req.To })
	if kept, ok := keptBack(s, env, req, plan.From.Version); i < 0 && ok {
		plan.To = kept
	} else if i < 0 {
		return plan, ErrNoWayBack
	} else {
		plan.To = plan.Others[i]
		plan.Others = slices.Delete(slices.Clone(plan.Others), i, i+1)
	}
	plan.Passes = r.passes(s, now, plan, req.Incident)
	plan.Steps = deploy.ToDo(env.Strategy.Rollback(env, orderFor(id, plan.change(req))))
	return plan, nil
}

// passes lists what a rollback goes past besides a lock: all that would hold
// back the version that it brings, but for the incident that it answers.
func (r *Runs) passes(s *readiness.State, now time.Time, plan RollbackPlan, incident string) []readiness.Hold {
	view := readiness.View{Checklist: r.opts.Checklist, State: s, Now: now}
	return slices.DeleteFunc(view.HoldsOf(plan.Environment, plan.To.Version), func(h readiness.Hold) bool {
		return h.Kind == readiness.HeldByLock || h.Lift != nil || h.Incident != "" && h.Incident == incident || plan.Stops != nil && h.Run == plan.Stops.ID
	})
}

// leftBehind is the build that a rollback leaves: what the platform said last is
// live, with the commit that gonogo knows of it. A person who goes back does not
// wait for the platform.
func (r *Runs) leftBehind(s *readiness.State, env deploy.Environment) readiness.Build {
	live := s.Live[env.Name]
	if live.App != "" && live.App != env.Strategy.App().String() {
		return readiness.Build{}
	}
	return knownBuild(s, live.Build)
}

// waysBack lists where an environment may go back to from a version, on the app
// that the configuration names.
func waysBack(s *readiness.State, env deploy.Environment, from string) []readiness.Live {
	return slices.DeleteFunc(s.WayBackFrom(env.Name, from), func(l readiness.Live) bool {
		return l.App != "" && l.App != env.Strategy.App().String()
	})
}

func (p RollbackPlan) change(req RollbackRequest) *readiness.Change {
	c := &readiness.Change{Environment: p.Environment, From: p.From, To: p.To.Build, Reason: req.Reason, Incident: req.Incident, Rehearsal: req.Rehearsal, Overrode: p.Lock, MembershipAsOf: req.MembershipAsOf}
	for _, h := range p.Passes {
		c.Passes = append(c.Passes, h.Passed())
	}
	if p.Stops != nil {
		c.Stops = p.Stops.ID
	}
	return c
}

// RollBack starts a rollback. It takes the environment's lock over from a
// deployment that is under way, which is stopped, and goes past a person's.
func (r *Runs) RollBack(ctx context.Context, req RollbackRequest) (id string, err error) {
	id = runID(req.Key)
	within, cancel := context.WithTimeout(ctx, seenWithin)
	defer cancel()
	if r.opts.Ledger.State().Runs[id] == nil { // else it was begun before
		if err := r.seekKept(within, &req); err != nil {
			return "", err
		}
	}
	stops := ""
	receipt, err := r.opts.Ledger.Once(ctx, req.Key, func(s *readiness.State, now time.Time) ([]readiness.Event, error) {
		plan, err := r.planRollback(s, now, id, req)
		if err != nil {
			return nil, err
		}
		if req.From != "" && plan.From.Version != req.From {
			return nil, ErrOtherRelease
		}
		var events []readiness.Event
		if plan.Stops != nil {
			stops = plan.Stops.ID
			events = append(events, readiness.RunCancelAsked{Run: stops, By: req.By, MembershipAsOf: req.MembershipAsOf})
		}
		title := fmt.Sprintf("%s back to %s", req.Environment, plan.To.Version)
		return append(events, starting(id, readiness.RunRollback, title, req.By, req.Channel, s.Open,
			r.opts.Environments[req.Environment], plan.change(req))...), nil
	})
	if err != nil {
		return "", err
	}
	if !receipt.Repeat {
		r.launch(id, false)
		r.cut(stops)
	}
	return id, nil
}

// ErrNotAsked says that a run does not ask for such an answer now.
var ErrNotAsked = errors.New("that is not asked now")

// SettleRequest asks to end the pin that a rollback left.
type SettleRequest struct {
	Key         string
	Environment string
	Choice      string // readiness.ChooseKeep or readiness.ChooseReturn
	Reason      string // why the version that was left may be live again
	By, Channel string
	Deputy      string // role for which By acts as a deputy; empty: as a holder
}

// Settle starts a run that ends the pin which an earlier rollback left when it
// ended without a decision, or which somebody made at the platform.
func (r *Runs) Settle(ctx context.Context, req SettleRequest) (id string, err error) {
	env, ok := r.opts.Environments[req.Environment]
	if !ok {
		return "", ErrNoStrategy
	}
	id = runID(req.Key)
	now, err := r.Current(ctx, req.Environment)
	if err != nil {
		r.opts.Log.Warn("pin to be ended without a look at the platform", "environment", req.Environment, "error", err)
	}
	receipt, err := r.opts.Ledger.Once(ctx, req.Key, func(s *readiness.State, at time.Time) ([]readiness.Event, error) {
		if under := s.Changing(req.Environment); under != nil {
			return nil, AlreadyRunning{under}
		}
		change := pinnedChange(s, req.Environment, now)
		if change == nil || req.Choice == readiness.ChooseReturn && change.From.Version == "" {
			return nil, ErrNotPinned
		}
		change.Settles, change.Deputy = req.Choice, req.Deputy
		title := fmt.Sprintf("%s: keep %s", req.Environment, change.To.Version)
		if req.Choice == readiness.ChooseReturn {
			title = fmt.Sprintf("%s: return to %s", req.Environment, change.From.Version)
		}
		events := r.returning(s, at, change, readiness.RunAnswered{Choice: req.Choice, By: req.By, Reason: req.Reason, Deputy: req.Deputy})
		return append(events, starting(id, readiness.RunRollback, title, req.By, req.Channel, s.Open, env, change)...), nil
	})
	if err != nil {
		return "", err
	}
	if !receipt.Repeat {
		r.launch(id, false)
	}
	return id, nil
}

// pinnedChange is what a pin that stands went from and to, or nil where none is
// known of. now is what the platform says; nothing, if it says nothing.
func pinnedChange(s *readiness.State, environment string, now deploy.Current) *readiness.Change {
	if !now.Pinned && !s.Pinned(environment) {
		return nil
	}
	last := s.LastRollback(environment)
	if last != nil {
		if to, from, ok := deploy.EarlierPin(last); ok && (!now.Pinned || now.Live.Version == to.Version) {
			return &readiness.Change{Environment: environment, From: knownBuild(s, from), To: knownBuild(s, to)}
		}
	}
	if last != nil && (!now.Pinned || now.Live.Version == last.Change.To.Version) {
		return &readiness.Change{Environment: environment, From: last.Change.From, To: last.Change.To, Rehearsal: last.Change.Rehearsal}
	}
	change := &readiness.Change{Environment: environment, From: knownBuild(s, now.PinFrom), To: knownBuild(s, now.Live)}
	if change.From.Version != "" {
		return change
	}
	if live := s.Live[environment].Build; live.Version != now.Live.Version {
		change.From = live
	}
	return change
}

// knownBuild adds to what a platform names the commit of the release.
func knownBuild(s *readiness.State, b readiness.Build) readiness.Build {
	if release := s.Releases[b.Version]; release != nil && b.Commit == "" {
		b.Commit = release.Commit
	}
	return b
}

// Answer gives a person's answer to what a run asks.
func (r *Runs) Answer(ctx context.Context, key, run, choice, by string) error {
	return r.Decide(ctx, key, readiness.RunAnswered{Run: run, Choice: choice, By: by})
}

// Return has a rollback return to the version that it left. That is the word
// that this version may go out again, and the reason is why.
func (r *Runs) Return(ctx context.Context, key, run, by, reason string) error {
	return r.Decide(ctx, key, readiness.RunAnswered{Run: run, Choice: readiness.ChooseReturn, By: by, Reason: reason})
}

// Decide is Answer and Return, for whoever may act as a deputy. The step of what
// is given is that of the question.
func (r *Runs) Decide(ctx context.Context, key string, given readiness.RunAnswered) error {
	_, err := r.opts.Ledger.Once(ctx, key, func(s *readiness.State, at time.Time) ([]readiness.Event, error) {
		found := s.Runs[given.Run]
		if found == nil || found.Asked == nil || !slices.Contains(found.Asked.Choices, given.Choice) {
			return nil, ErrNotAsked
		}
		given.Step = found.Asked.Step
		return append(r.returning(s, at, found.Change, given), given), nil
	})
	return err
}

// returning lifts the hold on the version that a rollback left, where that is
// what a person returns to.
func (r *Runs) returning(s *readiness.State, now time.Time, c *readiness.Change, given readiness.RunAnswered) []readiness.Event {
	if c == nil || given.Choice != readiness.ChooseReturn {
		return nil
	}
	var events []readiness.Event
	view := readiness.View{Checklist: r.opts.Checklist, State: s, Now: now}
	for _, h := range view.HoldsOf(c.Environment, c.From.Version) {
		if h.Kind == readiness.HeldByReturn && h.Environment == c.Environment && h.Lift == nil {
			events = append(events, readiness.HoldLifted{Hold: h.Kind, Environment: h.Environment, Claim: h.Claim, Version: h.Version, By: given.By, Reason: given.Reason, Deputy: given.Deputy})
		}
	}
	return events
}
