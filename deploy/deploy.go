// Package deploy is how a release is deployed and rolled back: plans and their steps,
// the strategies that make them, health checks, smoke gates and triggers.
//
// # Nouns
//
// An [Environment] is a place that gonogo deploys to: its [Strategy], what counts as
// healthy, the smoke gates, and the triggers that call for a rollback. A strategy
// turns an [Order] (deploy this build there, or roll back to that one) into steps
// ([Step]). A step only looks, or asks a person, or has one [Effect].
//
//	Order ──▶ Strategy ──▶ Steps ──▶ package runs carries them out, one by one
//
// A strategy names its steps as it likes. Steps that others must recognise, such as
// the one that asks a person to choose Keep or Return, are marked by their role.
//
// # Effects
//
// An effect is one write to an outside service that must happen exactly once,
// whatever crashes in between. It has three parts, which runs calls in this order:
//
//	Look    did it happen? ──▶ yes: nothing is done, what was found counts
//	Prepare what a later look needs, written to the ledger with the intent
//	Act     one request, never repeated by itself
//
// After a restart, or when the outcome of a request is unknown, Look is called again.
// Nothing here journals, and nothing here decides who may deploy.
//
// # What happens on failure
//
// A step that fails returns an error whose text is a sentence for people, and whose
// class reports whether a retry may help (errors.go). What is live afterwards is not
// guessed: runs calls the strategy's Current.
//
// # Adding a platform
//
// A platform is one file, named after its [Kind], with its settings, its steps and
// what a person does there by hand, and one line in kinds.go; its client is a package
// below clients, with a line in the list there. Nothing else names it: the
// configuration, the plans, the runs and the steps by hand follow from the list.
// small_test.go is a complete platform, and small_platform_test.go tests it from the
// configuration to the rollback. A platform that takes more than a file or two is a
// package of its own, such as workflow, which [Register] adds; strategies.go has what it
// uses of this one.
//
// follow.go, health.go, smoke.go, quiet.go and poll.go have the steps that most
// strategies share, unpinned.go has their order where nothing pins a version, and
// bake.go adds the same steps to every deployment; none of them knows a vendor. A
// strategy maps its client's errors to the classes of errors.go, and its client's states
// to those of follow.go. What only some platforms can do is an interface: [Pinner],
// [TargetLister], [RollbackWarner], [HandStepper], [Sharer], [VersionShower] and
// [ProgramRunner].
package deploy

import (
	"context"
	"slices"
	"time"

	"gonogo/gates"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// Environment is a place that releases go to.
type Environment struct {
	Name     string
	URL      string // its public address; empty: not known
	Strategy Strategy
	Health   Health
	Smoke    []Smoke
	Triggers []Trigger
	Bake     []time.Duration // how long after a deployment the triggers are looked at, in order; the last ends it; none: it doesn't bake
	Rehearse bool            // whether rollbacks may be rehearsed there
	// Silence are labels of the environment's alerts, which are silenced during a cutover
	// that hurts; none: nothing is.
	Silence map[string]string
	Auto    *Auto // when gonogo rolls back by itself; nil: it asks people
}

// Strategy deploys releases to one environment and rolls them back. Its methods may be
// called from any goroutine.
type Strategy interface {
	// App is what it deploys to.
	App() App
	// Refuses says why the platform can't have a version of that name, or "".
	Refuses(version string) string
	// Current is what the platform says is live now.
	Current(ctx context.Context) (Current, error)
	// Was describes a deployment of this app as if it were live. A [Gone] error says
	// that the app has no deployment with that ID.
	Was(ctx context.Context, deployment string) (Current, error)
	// Deploy lists the steps that deploy a build.
	Deploy(e Environment, o Order) []Step
	// Rollback lists the steps that bring an earlier build back and verify it, and the
	// steps for Keep and for Return.
	Rollback(e Environment, o Order) []Step
	// Abort stops what a cancelled order has begun; nil if there is nothing to stop.
	Abort(o Order) *Step
}

// TargetLister is a strategy whose platform lists the builds that it can still roll
// back to, verified by gonogo or not.
type TargetLister interface {
	// RollbackTargets lists those builds, the newest first, each version once and
	// without the one that is live.
	RollbackTargets(ctx context.Context) ([]build.Build, error)
}

// RollbackWarner is a strategy whose platform warns about a rollback before it is made.
type RollbackWarner interface {
	// RollbackWarnings returns the platform's warnings about rolling back to a build, in
	// the platform's words. It changes nothing.
	RollbackWarnings(ctx context.Context, to build.Build) (warnings []string, err error)
}

// Sharer is a strategy that keeps two builds running side by side.
type Sharer interface {
	// Common says what both have in common of what a trigger samples, as the end of a
	// sentence: going back may not mend that. It is "" if nothing is known.
	Common(t Trigger) string
}

// VersionShower is a strategy that moves a public name, and can look which version answers
// there then. If it can't, a smoke gate has to.
type VersionShower interface {
	// ShowsVersion reports whether it is configured to look.
	ShowsVersion() bool
}

// ProgramRunner is a strategy that runs programs on gonogo's own machine.
type ProgramRunner interface {
	// Missing says which of them can't be started, and why; "" if none is missing.
	Missing() string
}

// Examiner is a strategy that can look whether it could deploy. It changes nothing.
type Examiner interface {
	// Examine says what keeps it from deploying, and what would only be better otherwise.
	Examine(ctx context.Context) (faults, warnings []string)
}

// Current is what a platform says about an environment.
type Current struct {
	Live     build.Build  // version as the platform names it; without a deployment nothing is live
	Digest   string       // of the live image, or the commit that it was built from; empty: not known
	Spec     string       // digest of the configuration that it runs with; empty: not known
	Next     *build.Build // a deployment under way
	NextBy   string       // what started that: "MAINTENANCE", …
	NextMark string       // run that marked it; empty: none of ours
	Mark     string       // run that made what is live; empty: none of ours
	Created  time.Time    // when the live deployment was made, by the platform's clock; zero: not known
	Back     bool         // a rollback on the platform, by gonogo or not, made what is live
	Left     build.Build  // after such a rollback: what was live before it; empty: not known
	Pin      *Pin         // it refuses deployments until a rollback is kept or returned from; nil: it doesn't
	Wanted   string       // version in its configuration, which the next deployment would deploy
	WantedIn string       // the platform's name for that configuration: "the app's configuration"
	Notes    []string     // what to know before something is deployed there, each a sentence without the full stop
	Unnamed  string       // what to check if what is live has no version; empty: nothing in particular
}

// Order is what a run should do to an environment.
type Order struct {
	Run  string // the run's ID, which marks its changes on the platform
	From build.Build
	To   build.Build
	// Stops is the run whose deployment a rollback stops; empty: none.
	Stops string
	// Incident is what a rollback answers; empty: a person asked for it.
	Incident string
	// Settles is what a person chose, if the order only ends a pin: work.ChooseKeep or
	// work.ChooseReturn.
	Settles string
	// Rehearsal says that a rollback is a rehearsal, which goes out again by itself.
	Rehearsal bool
}

// Work is an order being carried out, as seen by a step.
type Work struct {
	Order
	// Fact is what the intent of this step and the earlier steps found out.
	Fact func(name string) string
	// Decision is what a person chose at the step that asks for Keep or Return; empty:
	// nothing yet.
	Decision func() string
	// Tell reports the progress of the step. It may be called any number of times.
	Tell func(doing string, parts ...work.StepPart)
	// Pause waits. It returns early with an error if the step must end.
	Pause func(ctx context.Context, d time.Duration) error
	// Until waits for a condition on the state.
	Until func(ctx context.Context, so func(*history.State) bool) error
	// State is gonogo's current state.
	State func() *history.State
	// Now is gonogo's clock.
	Now func() time.Time
	// Read samples the triggers that are sampled, side by side; the others' readings are
	// empty.
	Read func(ctx context.Context, triggers []Trigger) []Reading
	// Measure runs gates against a target's address; the release that they see is the
	// given build.
	Measure func(ctx context.Context, target string, build build.Build, smoke []Smoke) []answer.Evidence
}

// Step is one step of an order.
type Step struct {
	Name      string        // unique in the order, and the same in every version, since the ledger refers to it
	Role      work.StepRole // what it means to the run; empty: nothing in particular
	Title     string        // what it does, for people
	Deadline  time.Duration // after which it has failed; 0: none, for a step that asks or bakes
	Lasts     time.Duration // as in work.Step
	Undo      string        // what its failure leaves behind or undoes, in a sentence
	Calls     []string      // the outside requests it makes, for a dry run
	Soft      bool          // its failure doesn't end the order; later soft steps are then skipped
	Choice    string        // it is done only if a person chose this; Unless says so too
	Keep      bool          // what its Watch finds is kept until it is recorded, and not looked for again
	Completes bool          // its effect completes that of the step before, and half of it is worse than either end: nothing that has come up meanwhile keeps it back
	Added     bool          // orders may have been planned without it, and are then carried out without it

	// Empty says that the configuration gives it nothing to do: it is not planned, and
	// carried out only if an older gonogo planned it.
	Empty bool

	// Unless says why the step is not needed, or "" if it is. Nil: it is.
	Unless func(Work) string

	// One of these says what the step does; a step that watches may also record. If none
	// is set, the ledger alone does it, as with [LockStep].
	Watch  func(ctx context.Context, w Work) (Result, error) // only looks, so it may be repeated
	Effect Effect
	Ask    *Ask
	Record func(Work) *Arrival // what is live once the step is done; nil: no change
}

// ToDo removes the empty steps from a list.
func ToDo(steps []Step) []Step {
	return slices.DeleteFunc(steps, func(s Step) bool { return s.Empty })
}

// CutsOver reports whether a list has a cutover that hurts.
func CutsOver(steps []Step) bool {
	return slices.ContainsFunc(steps, func(s Step) bool { return s.Role == work.RoleCutover })
}

// LockStep locks an environment. It happens in the same decision that starts the run,
// and comes first in every order.
func LockStep(environment string) Step {
	return Step{Name: "lock", Title: "Lock " + environment, Role: work.RoleLock}
}

// Effect is one write to the outside.
type Effect interface {
	// Look finds out whether it happened. found is nil if it certainly did not, as far
	// as can be seen now. An error means that this can't be found out; with a [Passing]
	// one, asking again may help.
	Look(ctx context.Context, w Work) (found *Result, err error)
	// Prepare returns what Look needs to know about the state before.
	Prepare(ctx context.Context, w Work) (facts map[string]string, err error)
	// Act sends the one request. An [Unknown] error means that it may have happened
	// anyway, a [Passing] error that it certainly did not and may be tried again, and
	// any other that it did not and will not.
	Act(ctx context.Context, w Work) (Result, error)
}

// Result is what a step did or found.
type Result struct {
	Summary  string // one line for people
	Verdict  answer.Verdict
	Measures []answer.Measure
	Details  []string
	Facts    map[string]string // for later steps
}

// Ask is a question for a person.
type Ask struct {
	Why     func(Work) string
	Choices []string
}

// Arrival is a build that went live.
type Arrival struct {
	Build   build.Build
	Digest  string // as in Current
	Spec    string // as in Current
	Instead string // version that a rollback left
	Untried bool   // neither its health nor its smoke gates were checked since it went live
}

// Smoke is a gate that is measured against a target right after a deployment.
type Smoke struct {
	ID, Title string
	Built     gates.Built
}
