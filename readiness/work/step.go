package work

import (
	"time"

	"gonogo/readiness/answer"
)

// Step is one piece of a run.
type Step struct {
	Name     string
	Started  time.Time       // zero: not yet
	Ended    time.Time       // zero: not yet
	Evidence answer.Evidence // once ended

	Title    string            // for people; empty: the name says it
	Deadline time.Duration     // how long it may take; 0: not told
	Lasts    time.Duration     // of a step that bakes: how long after the bake began it ends, at the earliest
	Facts    map[string]string // what it found out and did, for the steps after it and for a restart
	Choice   string            // it is only done where a person chose this; empty: whatever is chosen
	Role     StepRole          // what it is to the run; empty: nothing in particular
	Doing    string            // what it is at, in a few words, while it runs
	Parts    []StepPart        // the platform's own steps within it
}

// Begun reports whether anything has been done for the step, if only a look at the
// platform before its write.
func (s Step) Begun() bool { return !s.Started.IsZero() || s.Doing != "" }

// StepPart is one of the platform's own steps.
type StepPart struct {
	Name   string `json:"name"`
	Status string `json:"status"` // "waiting", "running", "good" or "bad"
	Detail string `json:"detail,omitempty"`
}

// Planned is a step of a run that is about to start.
type Planned struct {
	Name     string        `json:"name"` // unique in the run
	Title    string        `json:"title"`
	Deadline time.Duration `json:"deadline,omitempty"` // nanoseconds
	Lasts    time.Duration `json:"lasts,omitempty"`    // of a step that bakes, as in Step; nanoseconds
	Choice   string        `json:"choice,omitempty"`   // it is only done where a person chose this
	Role     StepRole      `json:"role,omitempty"`     // what it is to the run
}

// StepRole is what a step is to its run, whatever the strategy that planned it
// calls it.
type StepRole string

// The roles.
const (
	RoleLock     StepRole = "lock"     // locks the environment, in the decision that starts the run
	RoleRollback StepRole = "rollback" // sends a rollback to the platform
	RoleDecide   StepRole = "decide"   // asks a person whether to keep or to return
	RoleBake     StepRole = "bake"     // watches the triggers after a deployment
	RoleCutover  StepRole = "cutover"  // is part of a cutover that hurts: what is live doesn't answer meanwhile
	RoleAbort    StepRole = "abort"    // stops what a cancelled run has begun; it is not planned
)

// formerRoles are the roles of steps in ledgers from before steps had any. There
// was one strategy then, which called the steps so.
var formerRoles = map[string]StepRole{"lock": RoleLock, "rollback": RoleRollback, "decide": RoleDecide, "abort": RoleAbort}

// FormerRole is the role of a step by its name, where the ledger is from before
// steps had roles; "": it has none.
func FormerRole(step string) StepRole { return formerRoles[step] }

// The facts in which a run keeps the platform's deployments that it asked for.
const (
	DeploymentFact = "deployment" // that brings its build
	ReturnedFact   = "returned"   // that goes on to the build which a rollback left
)

// WorkflowRunFact begins the name of the fact that is the ID of a workflow run at GitHub
// that a step has started.
const WorkflowRunFact = "workflow_run"

// RestoredFact is how long after the alert that began a rollback it was quiet again.
const RestoredFact = "restored_after"

// The facts of a rollback that came upon another build than it was confirmed to
// leave: somebody had changed the platform meanwhile. A return takes out that.
const (
	LeftFact           = "left"            // its version
	LeftDeploymentFact = "left_deployment" // the platform's own ID of it
)
