package work

import (
	"slices"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
)

// Run is work in progress or done: its steps, and how it ended.
//
//	           step started      step ended
//	planned ───────────────▶ running ─────▶ done      (each step)
//	run started ──▶ open ──▶ completed | failed | cancelled | interrupted
//
// An open run may have a question for a person and waits until it is answered.
// A question that says Interrupted stands where it cannot be told whether an
// outward act took effect.
type Run struct {
	ID, What, Title string
	Release         string
	By              string // who asked; empty: gonogo itself
	Channel         string // where it was asked for
	Started         time.Time
	Steps           []Step
	CancelAsked     bool      // it is to stop
	CancelledBy     string    // who said so; empty: gonogo itself, or nobody
	CancelledAsOf   time.Time // RunCancelAsked.MembershipAsOf
	Runbook         string    // for a runbook: its ID
	Environment     string    // for a runbook: the environment that it is run for; empty: none in particular
	After           string    // for a gate run: the run whose effect it measures
	Change          *Change   // for deployments and rollbacks
	Compared        *Compared // for deployments and rollbacks: which commits it brought; nil: not looked up yet
	Asked           *Question // what a person is asked now; nil: nothing
	Answers         []Answer  // what was answered, oldest first
	Taken           *Taken    // who looks after what it waits for; nil: nobody has said so
	Outcome         Outcome
	Reason          string
	Kept            []build.Build // of a rollback that failed: the builds that the platform could still go back to
	Ended           time.Time
}

// Outcome is how a run ended.
type Outcome string

// The outcomes. An open run has none.
const (
	Completed    Outcome = "completed"   // every step has an outcome of its own
	Cancelled    Outcome = "cancelled"   // a person stopped it
	Interrupted  Outcome = "interrupted" // gonogo was stopped, and what happened cannot be looked up
	Unsuccessful Outcome = "failed"      // a step failed, and what comes after it was not done
)

// The kinds of runs.
const (
	Gates      = "gates"      // measures items
	Deployment = "deployment" // takes a release out
	Rollback   = "rollback"   // brings an earlier version back
	Runbook    = "runbook"    // runs programs that mend something
)

// Current is the step that the run is at: the first that has not ended, or nil.
func (r *Run) Current() *Step {
	for i := range r.Steps {
		if r.Steps[i].Ended.IsZero() {
			return &r.Steps[i]
		}
	}
	return nil
}

// CutsOver reports whether a run is at a cutover that hurts: from the start of its first
// step to the end of its last, and not while it asks a person.
func (r *Run) CutsOver() bool {
	_, is := r.Cutover()
	return is
}

// Cutover is the first step of the cutover that a run is at; ok is false if it is at none,
// as [Run.CutsOver] says.
func (r *Run) Cutover() (first string, ok bool) {
	n := slices.IndexFunc(r.Steps, func(s Step) bool { return s.Ended.IsZero() })
	if !r.Open() || r.Asked != nil || n < 0 || r.Steps[n].Role != RoleCutover {
		return "", false
	}
	begun := !r.Steps[n].Started.IsZero()
	for ; n > 0 && r.Steps[n-1].Role == RoleCutover; n-- {
		begun = begun || !r.Steps[n-1].Started.IsZero()
	}
	return r.Steps[n].Name, begun
}

// Step finds a step by its name.
func (r *Run) Step(name string) (Step, bool) {
	for _, s := range r.Steps {
		if s.Name == name {
			return s, true
		}
	}
	return Step{}, false
}

// StepOf finds the step of a role.
func (r *Run) StepOf(role StepRole) (Step, bool) {
	i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.Role == role })
	if i < 0 {
		return Step{}, false
	}
	return r.Steps[i], true
}

// Fact is what the steps so far found out under a name, the last word first.
func (r *Run) Fact(name string) string {
	for _, s := range slices.Backward(r.Steps) {
		if value, ok := s.Facts[name]; ok {
			return value
		}
	}
	return ""
}

// Begun reports whether a rollback was sent to the platform, or may have been:
// from there on it is decided by a person, and not cancelled.
func (r *Run) Begun() bool {
	s, _ := r.StepOf(RoleRollback)
	return r.What == Rollback && !s.Started.IsZero() && s.Evidence.Verdict != answer.NotApplicable
}

// Unknown is the step that was begun and whose outcome isn't recorded; ok is false if
// there is none. As long as gonogo runs, it is being done.
func (r *Run) Unknown() (s Step, ok bool) {
	step := r.Current()
	if !r.Open() || step == nil || step.Started.IsZero() || step.Role == RoleDecide {
		return Step{}, false
	}
	return *step, true
}

// Open reports whether the run has not ended.
func (r *Run) Open() bool { return r.Outcome == "" }

// Path lists the steps that the run has taken and can still take: of those that
// only one answer asks for, the ones of the answer that was given.
func (r *Run) Path() []Step {
	answer := r.Decision()
	return slices.DeleteFunc(slices.Clone(r.Steps), func(s Step) bool { return s.Choice != "" && s.Choice != answer.Choice })
}

// Done counts the steps of its path that have ended.
func (r *Run) Done() int {
	n := 0
	for _, s := range r.Path() {
		if !s.Ended.IsZero() {
			n++
		}
	}
	return n
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
