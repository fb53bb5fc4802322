package readiness

import (
	"slices"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// Timeline says what takes longest from here and when each milestone is reached. Work
// is done in parallel unless needs order it, so a time is the longest remaining chain,
// not a sum. It counts working time as estimated, and ignores nights and weekends.
type Timeline struct {
	Milestones []MilestoneETA // in the checklist's order
	Critical   []string       // items of the longest chain that blocks the last environment; first to do first
}

// MilestoneETA is how far away a milestone is.
type MilestoneETA struct {
	ID, Title string
	Reached   bool
	Remaining time.Duration
	At        time.Time // the view's time plus Remaining
	Path      []string  // items of the longest chain to it, first to do first

	// Unestimated counts the unfinished items and deployments it waits for that have no
	// estimate. If there are any, Remaining is a minimum.
	Unestimated int
}

// Timeline computes when each milestone is reached.
//
// An answer that lets through takes no more time, whatever it needed. One that
// does not takes its item's estimate, after everything its item needs; a gate
// on gonogo's own state comes after the state that it reads. A deployment takes
// the estimate of the milestone that names its environment, after all that
// blocks the environment and the deployments to the environments before it. A
// milestone is reached when its sections' items let through and its
// environment, if it names one, is deployed.
func (v View) Timeline() Timeline {
	p := v.plan()
	timeline := Timeline{Milestones: make([]MilestoneETA, len(v.Checklist.Milestones))}
	for i, m := range v.Checklist.Milestones {
		timeline.Milestones[i] = p.eta(m)
	}
	deployments := make([]job, len(v.Checklist.Environments))
	for i, env := range v.Checklist.Environments {
		deployments[i] = job{Environment: env.Name}
	}
	timeline.Critical = p.after(deployments).path()
	return timeline
}

// job is one piece of work on the timeline: an answer to get or, without an item, a
// deployment to its environment.
type job answer.Key

func (j job) isDeployment() bool { return j.Item == "" }

// task is a planned job. Its links lead only from later work to earlier work, so
// following them ends.
type task struct {
	job       job
	left      bool          // not finished yet
	guess     bool          // left, and without an estimate
	remaining time.Duration // until it is finished, from now
	last      *task         // what it waits for longest; nil: nothing
	waits     []*task       // all unfinished work that it waits for
	planning  bool          // its own dependencies are being planned
}

// plan computes each job once.
type plan struct {
	view  View
	takes map[string]time.Duration // a deployment's estimate, by environment
	tasks map[job]*task
}

func (v View) plan() *plan {
	p := &plan{view: v.Cached(), takes: map[string]time.Duration{}, tasks: make(map[job]*task, v.Checklist.AnswerCount())}
	for _, m := range v.Checklist.Milestones {
		if m.Environment != "" {
			p.takes[m.Environment] = max(p.takes[m.Environment], m.Estimate)
		}
	}
	return p
}

// eta plans a milestone as work that takes no time itself.
func (p *plan) eta(m checklist.Milestone) MilestoneETA {
	var jobs []job
	for _, id := range m.Sections {
		section, _ := p.view.Checklist.Section(id)
		for _, it := range section.Items {
			jobs = appendAnswers(jobs, it, "")
		}
	}
	if m.Environment != "" {
		jobs = append(jobs, job{Environment: m.Environment})
	}
	w := p.after(jobs)
	return MilestoneETA{
		ID: m.ID, Title: m.Title,
		Reached: len(w.waits) == 0, Remaining: w.remaining, At: p.view.Now.Add(w.remaining),
		Path: w.path(), Unestimated: w.unestimated(),
	}
}

// after is what remains once all of jobs are finished.
func (p *plan) after(jobs []job) *task {
	w := &task{left: true}
	p.wait(w, jobs)
	return w
}

// reach plans one job. bot/config rejects a job that waits for itself; here the cycle
// is cut where it closes.
func (p *plan) reach(j job) *task {
	if w, known := p.tasks[j]; known {
		return w
	}
	w := &task{job: j, planning: true}
	p.tasks[j] = w
	if j.isDeployment() {
		p.planDeployment(w)
	} else {
		p.planAnswer(w)
	}
	w.planning = false
	return w
}

func (p *plan) planDeployment(w *task) {
	environment := w.job.Environment
	if p.view.deployed(environment, false).Verdict.LetsThrough() {
		return
	}
	w.left, w.guess = true, p.takes[environment] == 0
	p.wait(w, p.beforeDeployment(environment))
	w.remaining += p.takes[environment]
}

func (p *plan) planAnswer(w *task) {
	it, known := p.view.Checklist.Item(w.job.Item)
	if !known || p.view.Standing(it, answer.Key(w.job)).Through {
		return
	}
	reads := it.Gate != nil && it.Gate.Condition != nil
	takes, _ := p.view.Estimate(it)
	w.left, w.guess = true, takes == 0 && !reads
	p.wait(w, p.needs(it, w.job.Environment))
	if reads {
		p.wait(w, p.beforeCondition(it, *it.Gate.Condition))
	}
	w.remaining += takes
}

// wait makes w wait for the unfinished ones of jobs.
func (p *plan) wait(w *task, jobs []job) {
	for _, j := range jobs {
		before := p.reach(j)
		if !before.left || before.planning {
			continue
		}
		w.waits = append(w.waits, before)
		if w.last == nil || before.remaining > w.remaining {
			w.last, w.remaining = before, before.remaining
		}
	}
}

// needs is what an item needs before it can be answered for an environment.
func (p *plan) needs(it *checklist.Item, environment string) []job {
	var before []job
	for _, id := range it.Needs {
		if need, known := p.view.Checklist.Item(id); known {
			before = appendAnswers(before, need, environment)
		}
	}
	return before
}

func (p *plan) beforeDeployment(environment string) []job {
	var before []job
	for it := range p.view.blocking(environment) {
		before = appendAnswers(before, it, environment)
	}
	env, _ := p.view.Checklist.Environment(environment)
	for _, earlier := range env.After {
		before = append(before, job{Environment: earlier})
	}
	return before
}

// beforeCondition is what must be finished before a condition can be true. A sign-off
// is based on what blocks its environment and becomes stale when that changes, so the
// one that counts comes after it.
func (p *plan) beforeCondition(it *checklist.Item, c checklist.Condition) []job {
	switch {
	case c.Deployed != "":
		return []job{{Environment: c.Deployed}}
	case c.Rehearsed != "":
		return nil
	case c.SignedOff != "":
		var before []job
		for blocker := range p.view.blocking(c.SignedOff) {
			if g := blocker.Gate; g == nil || g.Condition == nil || !g.Condition.ReadsAnswers() {
				before = appendAnswers(before, blocker, c.SignedOff)
			}
		}
		return before
	}
	section, _ := p.view.Checklist.Section(c.Section)
	var before []job
	for _, other := range section.Items {
		if other != it {
			before = appendAnswers(before, other, "")
		}
	}
	return before
}

// appendAnswers appends the answers of an item that matter to an environment;
// to none in particular, all of them do.
func appendAnswers(jobs []job, it *checklist.Item, environment string) []job {
	for _, key := range it.KeysFor(environment) {
		jobs = append(jobs, job(key))
	}
	return jobs
}

// path lists the items of the longest chain that leads to w.
func (w *task) path() []string {
	var path []string
	for ; w != nil; w = w.last {
		if !w.job.isDeployment() {
			path = append(path, w.job.Item)
		}
	}
	slices.Reverse(path)
	return path
}

// unestimated counts the work without estimate that w waits for.
func (w *task) unestimated() int {
	count := 0
	seen := map[*task]bool{}
	var visit func(*task)
	visit = func(w *task) {
		for _, before := range w.waits {
			if seen[before] {
				continue
			}
			seen[before] = true
			if before.guess {
				count++
			}
			visit(before)
		}
	}
	visit(w)
	return count
}
