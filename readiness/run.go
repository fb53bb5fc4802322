package readiness

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

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
	RunGates      = "gates"      // measures items
	RunDeployment = "deployment" // takes a release out
	RunRollback   = "rollback"   // brings an earlier version back
	RunRunbook    = "runbook"    // runs programs that mend something
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
	CancelledBy     string
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
	Kept            []Build // of a rollback that failed: the builds that the platform could still go back to
	Ended           time.Time
}

// Step is one piece of a run.
type Step struct {
	Name     string
	Started  time.Time // zero: not yet
	Ended    time.Time // zero: not yet
	Evidence Evidence  // once ended

	Title    string            // for people; empty: the name says it
	Deadline time.Duration     // how long it may take; 0: not told
	Facts    map[string]string // what it found out and did, for the steps after it and for a restart
	Choice   string            // it is only done where a person chose this; empty: whatever is chosen
	Role     StepRole          // what it is to the run; empty: nothing in particular
	Doing    string            // what it is at, in a few words, while it runs
	Parts    []StepPart        // the platform's own steps within it
}

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
	Choice   string        `json:"choice,omitempty"`   // it is only done where a person chose this
	Role     StepRole      `json:"role,omitempty"`     // what it is to the run
}

// Change is what a deployment or a rollback does to an environment.
type Change struct {
	Environment string       `json:"environment"`
	From        Build        `json:"from"`           // what was live, as far as gonogo knew; of a rollback, as it found it
	Meant       Build        `json:"meant,omitzero"` // of a rollback that found something else live: what it was confirmed to leave
	To          Build        `json:"to"`
	Reason      string       `json:"reason,omitempty"`      // why, for a rollback
	Incident    string       `json:"incident,omitempty"`    // what began a rollback
	Stops       string       `json:"stops,omitempty"`       // run of the deployment that a rollback stops
	Overrode    *Lock        `json:"overrode,omitempty"`    // a person's lock that a rollback went past
	Passes      []PassedHold `json:"passes,omitempty"`      // other holds that a rollback went past
	Rehearsal   bool         `json:"rehearsal,omitempty"`   // a rollback that is only tried: the version that it leaves is as good as before
	NoWayBack   bool         `json:"no_way_back,omitempty"` // a first deployment: whoever started it accepted that there is no way back
	Settles     string       `json:"settles,omitempty"`     // what a person chose, where a run only ends the pin that an earlier rollback left
	Deputy      string       `json:"deputy,omitempty"`      // role for which whoever chose it acted as a deputy
	Basis       *Basis       `json:"basis,omitempty"`       // what GO was decided on
	Approvals   []string     `json:"approvals,omitempty"`

	MembershipAsOf time.Time `json:"membership_as_of,omitzero"` // of a rollback, as in RunCancelAsked
}

// Went is what a change goes from and to. One that only settles an earlier
// rollback by returning goes the other way round.
func (c *Change) Went() (from, to Build) {
	if c.Settles == ChooseReturn {
		return c.To, c.From
	}
	return c.From, c.To
}

// Compared is which commits a change brought, as the repository tells.
type Compared struct {
	Ahead   int             `json:"ahead,omitempty"`   // how many it brought
	Behind  int             `json:"behind,omitempty"`  // how many it took back
	Commits []ChangedCommit `json:"commits,omitempty"` // the newest that it brought or, where it brought none, took back
	URL     string          `json:"url,omitempty"`     // where to read all of them
	Unknown string          `json:"unknown,omitempty"` // why it is not known, in a few words; empty: it is
}

// ChangedCommit is a commit as people tell it by.
type ChangedCommit struct {
	SHA    string `json:"sha"`
	Title  string `json:"title"`
	Author string `json:"author,omitempty"`
}

// PassedHold is a hold that a rollback went past.
type PassedHold struct {
	Hold   string    `json:"hold"` // its ID
	What   string    `json:"what"`
	Reason string    `json:"reason,omitempty"`
	By     string    `json:"by,omitempty"`
	Since  time.Time `json:"since"`
}

// Question is what a run asks a person.
type Question struct {
	Step        string
	Why         string
	Choices     []string
	Interrupted bool // whether an outward act took effect is not known
	At          time.Time
}

// Taken is who looks after a run that waits for a person, or that failed.
type Taken struct {
	By     string
	Deputy string // role for which By acted as a deputy; empty: as a holder
	At     time.Time
}

// Answer is what a person said to a question.
type Answer struct {
	Step, Choice, By string
	Reason           string // why, where it was given
	Deputy           string // role for which By acted as a deputy; empty: as a holder
	At               time.Time
}

// The choices that a run offers.
const (
	ChooseKeep     = "keep"     // stay with the version that a rollback brought back
	ChooseReturn   = "return"   // go on to the version that a rollback left
	ChooseContinue = "continue" // look again, and do it if it was not done
	ChooseAbandon  = "abandon"  // leave the world as it is, and end the run
)

// StepRole is what a step is to its run, whatever the strategy that planned it
// calls it.
type StepRole string

// The roles.
const (
	RoleLock     StepRole = "lock"     // locks the environment, in the decision that starts the run
	RoleRollback StepRole = "rollback" // sends a rollback to the platform
	RoleDecide   StepRole = "decide"   // asks a person whether to keep or to return
	RoleAbort    StepRole = "abort"    // stops what a cancelled run has begun; it is not planned
)

// formerRoles are the roles of steps in ledgers from before steps had any. There
// was one strategy then, which called the steps so.
var formerRoles = map[string]StepRole{"lock": RoleLock, "rollback": RoleRollback, "decide": RoleDecide, "abort": RoleAbort}

// FormerRole is the role of a step by its name, where the ledger is from before
// steps had roles; "": it has none.
func FormerRole(step string) StepRole { return formerRoles[step] }

// Current is the step that the run is at: the first that has not ended, or nil.
func (r *Run) Current() *Step {
	for i := range r.Steps {
		if r.Steps[i].Ended.IsZero() {
			return &r.Steps[i]
		}
	}
	return nil
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
	return r.What == RunRollback && !s.Started.IsZero() && s.Evidence.Verdict != NotApplicable
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
	ownMap(&s.Runs, &s.own.runs)
	r := &Run{ID: e.Run, What: e.What, Title: e.Title, Release: e.Release, By: e.By, Channel: e.Channel, Started: at,
		Runbook: e.Runbook, Environment: e.Environment, After: e.After, Change: e.Change}
	for _, name := range e.Steps {
		r.Steps = append(r.Steps, Step{Name: name})
	}
	for _, p := range e.Plan {
		r.Steps = append(r.Steps, Step{Name: p.Name, Title: p.Title, Deadline: p.Deadline, Choice: p.Choice, Role: cmp.Or(p.Role, FormerRole(p.Name))})
	}
	if r.Change != nil && r.Change.Incident != "" {
		if i := s.changeIncident(r.Change.Incident); i != nil {
			i.Rollback = r.ID
		}
	}
	s.Runs[e.Run], s.own.run[e.Run] = r, true
}

func (s *State) startStep(at time.Time, e StepStarted) {
	if r := s.changeRun(e.Run); r != nil && r.Open() && e.Title != "" {
		if _, planned := r.Step(e.Step); !planned {
			r.Steps = append(r.Steps, Step{Name: e.Step, Title: e.Title, Role: FormerRole(e.Step)})
		}
	}
	step := s.changeStep(e.Run, e.Step)
	if step == nil {
		return
	}
	if step.Started.IsZero() {
		step.Started = at
	}
	learn(step, e.Facts)
	if step.Role == RoleRollback {
		s.withdraw(step.Started, s.Runs[e.Run])
	}
}

// learn adds facts to what the step knows. The map may be shared with an
// earlier state, so it is replaced.
func learn(s *Step, facts map[string]string) {
	if len(facts) == 0 {
		return
	}
	all := maps.Clone(s.Facts)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, facts)
	s.Facts = all
}

func (s *State) answerRun(at time.Time, e RunAnswered) {
	r := s.changeRun(e.Run)
	if r == nil || !r.Open() || r.Asked == nil || r.Asked.Step != e.Step {
		return
	}
	r.Asked = nil
	r.Answers = append(slices.Clip(r.Answers), Answer{Step: e.Step, Choice: e.Choice, By: e.By, Reason: e.Reason, Deputy: e.Deputy, At: at})
}

func (s *State) endStep(at time.Time, e StepEnded) {
	step := s.changeStep(e.Run, e.Step)
	if step == nil {
		return
	}
	step.Ended, step.Evidence = at, e.Evidence
	step.Evidence.At = at
	learn(step, e.Facts)
	step.Doing = ""
	correctFrom(s.changeRun(e.Run), e.Facts[LeftFact], e.Facts[LeftDeploymentFact], s.Releases[e.Facts[LeftFact]])
	if r := s.changeRun(e.Run); r.Asked != nil && r.Asked.Step == e.Step {
		r.Asked = nil // what was asked about is known
	}
	if e.Item != "" {
		key, release := Key{e.Item, e.Environment}, s.Runs[e.Run].Release
		s.record(at, release, key, e.Evidence)
		s.countStreak(release, key, e.Evidence.Verdict)
	}
}

func (s *State) endRun(at time.Time, e RunEnded) {
	r := s.changeRun(e.Run)
	if r == nil || !r.Open() {
		return
	}
	r.Outcome, r.Reason, r.Kept, r.Ended, r.Asked, r.Taken = e.Outcome, e.Reason, e.Kept, at, nil, nil
	if r.What == RunRollback && r.Outcome == Completed && r.Change != nil {
		s.unpin(r.Change.Environment)
	}
	if r.Change != nil {
		s.changed = s.forgetRuns(append(s.changed, r.ID))
	} else {
		s.ended = s.forgetRuns(append(s.ended, r.ID))
	}
}

// unpin takes back that a platform said it keeps an environment pinned, which it
// also says while a rollback of ours is under way.
func (s *State) unpin(environment string) {
	if o := s.Observed[environment]; o.Pinned {
		ownMap(&s.Observed, &s.own.observed)
		o.Pinned = false
		s.Observed[environment] = o
	}
}

// forgetRuns forgets the oldest of the runs that have ended, with the messages
// that showed them, and returns those that are kept.
func (s *State) forgetRuns(ended []string) []string {
	if len(ended) <= keptRuns {
		return ended
	}
	delete(s.Runs, ended[0])
	s.forgetAnchors("run/" + ended[0])
	return ended[1:]
}

// changeRun returns a run that s may change, or nil if there is none.
func (s *State) changeRun(id string) *Run {
	r := s.Runs[id]
	if r == nil || s.own.run[id] {
		return r
	}
	ownMap(&s.Runs, &s.own.runs)
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

// applyRun folds runs, their steps, and what people are asked by them.
func (s *State) applyRun(at time.Time, event Event) {
	switch e := event.(type) {
	case RunStarted:
		s.startRun(at, e)
	case StepStarted:
		s.startStep(at, e)
	case StepProgressed:
		if step := s.changeStep(e.Run, e.Step); step != nil {
			step.Doing, step.Parts = e.Doing, e.Parts
		}
	case StepEnded:
		s.endStep(at, e)
	case RunAsked:
		if r := s.changeRun(e.Run); r != nil && r.Open() {
			r.Asked = &Question{Step: e.Step, Why: e.Why, Choices: e.Choices, Interrupted: e.Interrupted, At: at}
			r.Taken = nil // it was about something else
		}
	case RunAnswered:
		s.answerRun(at, e)
	case RunCancelAsked:
		if r := s.changeRun(e.Run); r != nil && r.Open() {
			r.CancelledBy, r.CancelledAsOf = e.By, e.MembershipAsOf
		}
	case RunTaken:
		if r := s.changeRun(e.Run); r != nil {
			r.Taken = &Taken{By: e.By, Deputy: e.Deputy, At: at}
		}
	case RunEnded:
		s.endRun(at, e)
	case ChangeCompared:
		if r := s.changeRun(e.Run); r != nil {
			r.Compared = &e.Compared
		}
	}
}
