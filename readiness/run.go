package readiness

import (
	"maps"
	"slices"
	"time"
)

// Outcome is how a run ended.
type Outcome string

// The outcomes. An open run has none.
const (
	Completed   Outcome = "completed"   // every step has an outcome of its own
	Cancelled   Outcome = "cancelled"   // a person stopped it
	Interrupted Outcome = "interrupted" // gonogo was stopped, and what happened cannot be looked up
)

// RunGates is the kind of run that measures items.
const RunGates = "gates"

// Run is work in progress or done: its steps, and how it ended.
//
//	           step started      step ended
//	planned ───────────────▶ running ─────▶ done      (each step)
//	run started ──▶ open ──▶ completed | cancelled | interrupted
type Run struct {
	ID, What, Title string
	Release         string
	By              string // who asked; empty: gonogo itself
	Channel         string // where it was asked for
	Started         time.Time
	Steps           []Step
	CancelledBy     string
	Outcome         Outcome
	Reason          string
	Ended           time.Time
}

// Step is one piece of a run.
type Step struct {
	Name     string
	Started  time.Time // zero: not yet
	Ended    time.Time // zero: not yet
	Evidence Evidence  // once ended
}

// Open reports whether the run has not ended.
func (r *Run) Open() bool { return r.Outcome == "" }

// Done counts the steps that have ended.
func (r *Run) Done() int {
	n := 0
	for _, s := range r.Steps {
		if !s.Ended.IsZero() {
			n++
		}
	}
	return n
}

// OpenRuns lists the runs that have not ended, oldest first.
func (s *State) OpenRuns() []*Run {
	var open []*Run
	for _, r := range s.Runs {
		if r.Open() {
			open = append(open, r)
		}
	}
	slices.SortFunc(open, func(a, b *Run) int { return a.Started.Compare(b.Started) })
	return open
}

func (s *State) startRun(at time.Time, e RunStarted) {
	if !s.own.runs {
		s.Runs, s.own.runs = maps.Clone(s.Runs), true
	}
	r := &Run{ID: e.Run, What: e.What, Title: e.Title, Release: e.Release, By: e.By, Channel: e.Channel, Started: at}
	r.Steps = make([]Step, len(e.Steps))
	for i, name := range e.Steps {
		r.Steps[i].Name = name
	}
	s.Runs[e.Run], s.own.run[e.Run] = r, true
}

func (s *State) startStep(at time.Time, e StepStarted) {
	if step := s.changeStep(e.Run, e.Step); step != nil {
		step.Started = at
	}
}

func (s *State) endStep(at time.Time, e StepEnded) {
	step := s.changeStep(e.Run, e.Step)
	if step == nil {
		return
	}
	step.Ended, step.Evidence = at, e.Evidence
	step.Evidence.At = at
	if e.Item != "" {
		s.record(at, s.Runs[e.Run].Release, Key{e.Item, e.Environment}, e.Evidence)
	}
}

func (s *State) endRun(at time.Time, e RunEnded) {
	r := s.changeRun(e.Run)
	if r == nil || !r.Open() {
		return
	}
	r.Outcome, r.Reason, r.Ended = e.Outcome, e.Reason, at
	s.ended = append(s.ended, r.ID)
	if len(s.ended) > keptRuns {
		delete(s.Runs, s.ended[0])
		s.ended = s.ended[1:]
	}
}

// changeRun returns a run that s may change, or nil if there is none.
func (s *State) changeRun(id string) *Run {
	r := s.Runs[id]
	if r == nil || s.own.run[id] {
		return r
	}
	if !s.own.runs {
		s.Runs, s.own.runs = maps.Clone(s.Runs), true
	}
	c := *r
	c.Steps = slices.Clone(r.Steps)
	s.Runs[id], s.own.run[id] = &c, true
	return &c
}

func (s *State) changeStep(run, name string) *Step {
	r := s.changeRun(run)
	if r == nil || !r.Open() {
		return nil
	}
	for i := range r.Steps {
		if r.Steps[i].Name == name {
			return &r.Steps[i]
		}
	}
	return nil
}
