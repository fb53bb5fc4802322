package history

import (
	"slices"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/work"
)

// Rehearsal is a rollback that was rehearsed on an environment: back for real, and out
// again.
type Rehearsal struct {
	Run      string
	From, To string // versions: which one was left, and which one came back
	By       string
	Ended    time.Time
	Took     time.Duration // from the start until the earlier version was live and healthy; 0: not known
	Failed   string        // the title of the first step that failed; empty: all went well
}

// noteRehearsal notes how a rehearsal ended. One that was stopped before anything was
// sent to the platform says nothing.
func (s *State) noteRehearsal(run *work.Run) {
	c := run.Change
	if c == nil || !c.Rehearsal || c.Settles != "" || !run.Begun() {
		return
	}
	r := Rehearsal{Run: run.ID, From: c.From.Version, To: c.To.Version, By: run.By, Ended: run.Ended, Took: tookBack(run)}
	bad := func(step work.Step) bool {
		return step.Evidence.Verdict == answer.Failed || step.Evidence.Verdict == answer.Errored
	}
	if i := slices.IndexFunc(run.Steps, bad); i >= 0 {
		r.Failed = run.Steps[i].Title
	} else if run.Outcome != work.Completed {
		r.Failed = run.Title
	}
	rehearsed := ownClone(s.Rehearsed)
	rehearsed[c.Environment] = r
	s.Rehearsed = rehearsed
}

// tookBack is how long a rollback took until a person could decide about it.
func tookBack(run *work.Run) time.Duration {
	decide, _ := run.StepOf(work.RoleDecide)
	if decide.Started.IsZero() {
		return 0
	}
	return decide.Started.Sub(run.Started)
}

// LeftAt is when an environment was last left by a version that had been live there; zero
// if that isn't known, or if it is live.
func (s *State) LeftAt(environment string, was Live) time.Time {
	var left time.Time
	for _, next := range append(slices.Clone(s.Good[environment]), s.Live[environment]) {
		if next.Version != was.Version && next.At.After(was.At) && (left.IsZero() || next.At.Before(left)) {
			left = next.At
		}
	}
	if s.Live[environment].Version == was.Version {
		return time.Time{}
	}
	return left
}
