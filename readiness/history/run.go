package history

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// OpenRuns lists the runs that have not ended, oldest first.
func (s *State) OpenRuns() []*work.Run {
	var open []*work.Run
	for _, r := range s.Runs {
		if r.Open() {
			open = append(open, r)
		}
	}
	slices.SortFunc(open, func(a, b *work.Run) int { return a.Started.Compare(b.Started) })
	return open
}

func (s *State) startRun(at time.Time, e event.RunStarted) {
	ownMap(&s.Runs, &s.own.runs)
	r := &work.Run{ID: e.Run, What: e.What, Title: e.Title, Release: e.Release, By: e.By, Channel: e.Channel, Started: at,
		Runbook: e.Runbook, Environment: e.Environment, After: e.After, Change: e.Change}
	for _, name := range e.Steps {
		r.Steps = append(r.Steps, work.Step{Name: name})
	}
	for _, p := range e.Plan {
		r.Steps = append(r.Steps, work.Step{Name: p.Name, Title: p.Title, Deadline: p.Deadline, Lasts: p.Lasts, Choice: p.Choice, Role: cmp.Or(p.Role, work.FormerRole(p.Name))})
	}
	if r.Change != nil && r.Change.Incident != "" {
		if i := s.changeIncident(r.Change.Incident); i != nil {
			i.Rollback = r.ID
		}
	}
	s.Runs[e.Run], s.own.run[e.Run] = r, true
	s.beginAuto(r)
	s.beginScheduled(at, r)
	s.useOverride(at, r)
	s.beginsOn(r)
}

func (s *State) startStep(at time.Time, e event.StepStarted) {
	if r := s.changeRun(e.Run); r != nil && r.Open() && e.Title != "" {
		if _, planned := r.Step(e.Step); !planned {
			r.Steps = append(r.Steps, work.Step{Name: e.Step, Title: e.Title, Role: work.FormerRole(e.Step)})
		}
	}
	step := s.changeStep(e.Run, e.Step)
	if step == nil {
		return
	}
	if step.Started.IsZero() {
		step.Started, step.Doing = at, "" // what was said before it was the look
	}
	learn(step, e.Facts)
	if step.Role == work.RoleRollback {
		s.withdraw(step.Started, s.Runs[e.Run])
	}
}

// learn adds facts to a step. The map may be shared with an earlier state, so it is
// replaced.
func learn(s *work.Step, facts map[string]string) {
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

func (s *State) answerRun(at time.Time, e event.RunAnswered) {
	r := s.changeRun(e.Run)
	if r == nil || !r.Open() || r.Asked == nil || r.Asked.Step != e.Step {
		return
	}
	r.Asked = nil
	r.Answers = append(slices.Clip(r.Answers), work.Answer{Step: e.Step, Choice: e.Choice, By: e.By, Reason: e.Reason, Deputy: e.Deputy, At: at})
}

func (s *State) endStep(at time.Time, e event.StepEnded) {
	step := s.changeStep(e.Run, e.Step)
	if step == nil {
		return
	}
	step.Ended, step.Evidence = at, e.Evidence
	step.Evidence.At = e.Evidence.Since(at)
	learn(step, e.Facts)
	step.Doing = ""
	correctFrom(s.changeRun(e.Run), e.Facts[work.LeftFact], e.Facts[work.LeftDeploymentFact], s.Releases[e.Facts[work.LeftFact]])
	if r := s.changeRun(e.Run); r.Asked != nil && r.Asked.Step == e.Step {
		r.Asked = nil // its question has been answered
	}
	if e.Item != "" {
		key, release := answer.Key{Item: e.Item, Environment: e.Environment}, s.Runs[e.Run].Release
		s.record(at, release, key, e.Evidence)
		s.countStreak(release, key, e.Evidence.Verdict)
	}
}

func (s *State) endRun(at time.Time, e event.RunEnded) {
	r := s.changeRun(e.Run)
	if r == nil || !r.Open() {
		return
	}
	r.Outcome, r.Reason, r.Kept, r.Ended, r.Asked, r.Taken = e.Outcome, e.Reason, e.Kept, at, nil, nil
	s.noteBaked(r)
	s.noteRehearsal(r)
	if r.What == work.Rollback && r.Outcome == work.Completed && r.Change != nil {
		s.unpin(r.Change.Environment)
	}
	if r.Change != nil {
		s.changed = s.forgetRuns(append(s.changed, r.ID))
	} else {
		s.ended = s.forgetRuns(append(s.ended, r.ID))
	}
}

// unpin withdraws the record that the platform keeps an environment pinned, which the
// platform also says during a rollback of ours.
func (s *State) unpin(environment string) {
	if o := s.Observed[environment]; o.Pinned {
		ownMap(&s.Observed, &s.own.observed)
		o.Pinned = false
		s.Observed[environment] = o
	}
}

// forgetRuns drops the oldest of the runs that have ended, with their messages, and
// returns those that are kept.
func (s *State) forgetRuns(ended []string) []string {
	if len(ended) <= keptRuns {
		return ended
	}
	delete(s.Runs, ended[0])
	s.forgetAnchors("run/" + ended[0])
	return ended[1:]
}

// ChangesKeptSince is when the oldest change of an environment began that the state
// remembers. It is zero if none was forgotten.
func (s *State) ChangesKeptSince() time.Time {
	if len(s.changed) < keptRuns {
		return time.Time{}
	}
	return s.Runs[s.changed[0]].Started
}

// changeRun returns a run that s may change, or nil if there is none.
func (s *State) changeRun(id string) *work.Run {
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

func (s *State) changeStep(run, name string) *work.Step {
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

// applyRun folds the events about runs, their steps, and the questions they ask.
func (s *State) applyRun(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.RunStarted:
		s.startRun(at, e)
	case event.StepStarted:
		s.startStep(at, e)
	case event.StepProgressed:
		if step := s.changeStep(e.Run, e.Step); step != nil {
			step.Doing, step.Parts = e.Doing, e.Parts
		}
	case event.StepEnded:
		s.endStep(at, e)
	case event.RunAsked:
		if r := s.changeRun(e.Run); r != nil && r.Open() {
			r.Asked = &work.Question{Step: e.Step, Why: e.Why, Choices: e.Choices, Interrupted: e.Interrupted, At: at}
			r.Taken = nil // it was about an earlier question
		}
	case event.RunAnswered:
		s.answerRun(at, e)
	case event.RunCancelAsked:
		if r := s.changeRun(e.Run); r != nil && r.Open() {
			r.CancelAsked, r.CancelledBy, r.CancelledAsOf = true, e.By, e.MembershipAsOf
		}
	case event.RunTaken:
		if r := s.changeRun(e.Run); r != nil {
			r.Taken = &work.Taken{By: e.By, Deputy: e.Deputy, At: at}
		}
	case event.RunEnded:
		s.endRun(at, e)
	case event.ChangeCompared:
		if r := s.changeRun(e.Run); r != nil {
			r.Compared = &e.Compared
		}
	}
}
