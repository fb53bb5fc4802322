package runs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"gonogo/gates"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/storage"
)

// ScheduleRequest asks to deploy an open release at a later time.
type ScheduleRequest struct {
	Key         string // once-only key of the act that asked
	Environment string
	Version     string
	Commit      string
	Due         time.Time
	NoWayBack   bool // the person accepts that there is no way back
	By, Channel string
}

// AlreadyScheduled says that another deployment waits for its time on an environment.
type AlreadyScheduled struct{ Deployment history.Scheduled }

// Error implements error.
func (a AlreadyScheduled) Error() string {
	return fmt.Sprintf("%s is scheduled for %s already", a.Deployment.Version, a.Deployment.Environment)
}

// The reasons why a deployment isn't scheduled, or not unscheduled.
var (
	ErrScheduled   = errors.New("that plan was scheduled")
	ErrUnscheduled = errors.New("that deployment isn't scheduled any more")
	ErrPast        = errors.New("that time is over")
)

// Schedule schedules a deployment. Nothing has to be GO yet, since everything is judged
// when it starts.
func (r *Runs) Schedule(ctx context.Context, req ScheduleRequest) (history.Scheduled, error) {
	env, ok := r.opts.Environments[req.Environment]
	if !ok {
		return history.Scheduled{}, ErrNoStrategy
	}
	if why := env.Strategy.Refuses(req.Version); why != "" {
		return history.Scheduled{}, BadVersion{req.Version, why}
	}
	id := runID(req.Key)
	receipt, err := r.opts.Ledger.Once(ctx, req.Key, func(s *history.State, now time.Time) ([]event.Event, error) {
		if err := schedulable(s, now, req); err != nil {
			return nil, err
		}
		return []event.Event{event.DeploymentScheduled{ID: id, Environment: req.Environment, Release: req.Version, Commit: req.Commit, Due: req.Due,
			NoWayBack: req.NoWayBack, By: req.By, Channel: req.Channel}}, nil
	})
	if err != nil {
		return history.Scheduled{}, err
	}
	if _, scheduled := receipt.Events[0].(event.DeploymentScheduled); !scheduled {
		return history.Scheduled{}, ErrWithdrawn
	}
	return r.opts.Ledger.State().Scheduled[id], nil
}

func schedulable(s *history.State, now time.Time, req ScheduleRequest) error {
	release := s.Releases[req.Version]
	other, scheduled := s.ScheduledOn(req.Environment)
	switch {
	case s.Open == "":
		return ErrNoRelease
	case !s.IsOpen(req.Version) || release.Commit != req.Commit:
		return ErrOtherRelease
	case scheduled:
		return AlreadyScheduled{other}
	case !req.Due.After(now):
		return ErrPast
	case s.NoWayBack(req.Environment, req.Version) && !req.NoWayBack:
		return ErrFirst
	}
	return nil
}

// Unschedule ends a scheduled deployment on a person's word. An empty id is the one that
// waits on the environment.
func (r *Runs) Unschedule(ctx context.Context, key, environment, id, by string) (history.Scheduled, error) {
	receipt, err := r.opts.Ledger.Once(ctx, key, func(s *history.State, _ time.Time) ([]event.Event, error) {
		d, waits := s.ScheduledOn(environment)
		if !waits || id != "" && d.ID != id {
			return nil, ErrUnscheduled
		}
		return []event.Event{event.DeploymentUnscheduled{ID: d.ID, By: by}}, nil
	})
	if err != nil {
		return history.Scheduled{}, err
	}
	return r.opts.Ledger.State().Scheduled[receipt.Events[0].(event.DeploymentUnscheduled).ID], nil
}

// What happens before and after the time of a scheduled deployment.
const (
	RemindBefore  = 2 * time.Hour    // when whoever scheduled it is told what is going to block it
	MeasureBefore = 10 * time.Minute // when its gates are measured again
	StartWithin   = 10 * time.Minute // how late it starts if gonogo could not start it in time
	gatesWithin   = 5 * time.Minute  // how long after its time it waits for these gates
)

// Starter starts scheduled deployments at their time:
//
//	scheduled ──▶ reminded of what will block it ──▶ gates measured again ──▶ judged ──▶ run
//	                                                                            └── ended: NO-GO, or missed
//
// It is judged by the same decision as a deployment that a person starts, including
// whether whoever scheduled it may still deploy. NO-GO ends it: nobody who was told that
// it isn't going out shall be surprised by it later. What isn't known at its time, such as
// a gate that is still measuring or a platform that doesn't answer, is waited for within
// StartWithin, and a gonogo that was down starts it within that time or not at all.
type Starter struct {
	Ledger    *storage.Ledger
	Checklist *checklist.Checklist
	Gates     map[answer.Key]gates.Built
	Runs      *Runs
	Permits   func(user, permission string) (bool, error) // whether a person has a permission now; an error: not known
	Now       func() time.Time
	Log       *slog.Logger
}

// Run starts what is scheduled until ctx ends, with one goroutine for each environment.
func (s Starter) Run(ctx context.Context) error {
	environments := s.Runs.Deployable()
	for _, d := range s.Ledger.State().AllScheduled() {
		if !slices.Contains(environments, d.Environment) {
			environments = append(environments, d.Environment) // the configuration has changed
		}
	}
	var all sync.WaitGroup
	for _, env := range environments {
		all.Go(func() { (&timetable{Starter: s, environment: env}).run(ctx) })
	}
	<-ctx.Done()
	all.Wait()
	return nil
}

// timetable is what is scheduled on one environment. One goroutine does its rounds.
type timetable struct {
	Starter
	environment string
	unknown     string // why this process couldn't judge the one that is due, as the end of a sentence
}

// The pauses between two rounds without any change of the ledger.
const (
	startIdle  = time.Minute
	startAgain = 5 * time.Second // while something that has to be known isn't
)

func (t *timetable) run(ctx context.Context) {
	changes, stop := t.Ledger.Watch()
	defer stop()
	for ctx.Err() == nil {
		wait := t.round(ctx)
		select {
		case <-ctx.Done():
		case <-changes:
		case <-time.After(max(wait, time.Millisecond)):
		}
	}
}

// round does what is due, and says how long to wait if the ledger doesn't change.
func (t *timetable) round(ctx context.Context) time.Duration {
	state := t.Ledger.State()
	d, waits := state.ScheduledOn(t.environment)
	if !waits {
		t.unknown = ""
		return startIdle
	}
	if release := state.Releases[d.Version]; !state.IsOpen(d.Version) || release.Commit != d.Commit {
		return t.end(ctx, d, event.DeploymentUnscheduled{Why: d.Version + " is no longer open, or has another commit"})
	}
	left := d.Due.Sub(t.Now())
	switch {
	case !slices.Contains(t.Runs.Deployable(), d.Environment):
		return t.end(ctx, d, event.DeploymentUnscheduled{Why: "the configuration no longer says how to deploy to " + d.Environment})
	case left <= -StartWithin:
		return t.miss(ctx, d)
	case left <= 0 && t.measured(state, d):
		return t.start(ctx, state, d)
	}
	return min(t.prepare(ctx, state, d, left), startIdle)
}

// prepare does what comes before the start of a deployment, and says how long to wait until
// the next of it, or the start. What a gonogo that was down has left out is done late.
func (t *timetable) prepare(ctx context.Context, s *history.State, d history.Scheduled, left time.Duration) (next time.Duration) {
	if next = left; left <= 0 {
		next = startAgain
	}
	for _, early := range []struct {
		before time.Duration
		do     func(context.Context, *history.State, history.Scheduled) error
	}{{reminderBefore(d), t.remind}, {MeasureBefore, t.measure}} {
		if left > early.before {
			next = min(next, left-early.before)
		} else if err := early.do(ctx, s, d); err != nil {
			t.complain(ctx, d, err)
			next = min(next, startAgain)
		}
	}
	return next
}

// reminderBefore is how long before its time a deployment is reminded of: later if it was
// scheduled on short notice, since its plan has just said the same.
func reminderBefore(d history.Scheduled) time.Duration {
	return min(RemindBefore, d.Due.Sub(d.At)/2)
}

// view is the release of a deployment as it is now.
func (t *timetable) view(s *history.State, d history.Scheduled) readiness.View {
	return readiness.View{Checklist: t.Checklist, State: s, Now: t.Now(), Version: d.Version}
}

// remind tells once what is going to block a deployment.
func (t *timetable) remind(ctx context.Context, s *history.State, d history.Scheduled) error {
	foreseen := t.view(s, d).Foreseen(d.Environment, d.By, d.Due)
	if foreseen.Go || !d.Reminded.IsZero() || !d.Due.After(t.Now()) {
		return nil
	}
	_, err := t.Ledger.Update(ctx, func(s *history.State, _ time.Time) ([]event.Event, error) {
		if d := s.Scheduled[d.ID]; !d.Waits() || !d.Reminded.IsZero() {
			return nil, nil
		}
		return []event.Event{event.DeploymentReminded{ID: d.ID, Blockers: sentences(foreseen.Blockers)}}, nil
	})
	return err
}

// mostSentences is how many blockers of a scheduled deployment are recorded.
const mostSentences = 10

// sentences are blockers in words, each without a full stop.
func sentences(blockers []readiness.Blocker) []string {
	var all []string
	for i, b := range blockers {
		if i == mostSentences {
			return append(all, "and "+phrase.Count(len(blockers)-i, "more", "more"))
		}
		all = append(all, b.Title+": "+b.Reason)
	}
	return all
}

// measured reports whether the gates that block a deployment are being measured again, or
// were.
func (t *timetable) measured(s *history.State, d history.Scheduled) bool {
	return s.Runs[runID(gatesKey(d))] != nil || len(t.answers(t.view(s, d))) == 0
}

// gatesKey is the once-only key of the gate run before a deployment.
func gatesKey(d history.Scheduled) string { return "scheduled/" + d.ID + "/gates" }

// gatesTitle is the title of the gate run before a deployment.
func gatesTitle(d history.Scheduled) string {
	return "gates before " + d.Version + " to " + d.Environment
}

// measure has the gates that block a deployment measured again, in a gate run of its own.
func (t *timetable) measure(ctx context.Context, s *history.State, d history.Scheduled) error {
	if t.measured(s, d) {
		return nil
	}
	_, err := t.Runs.StartGates(ctx, GateRunRequest{Key: gatesKey(d), Title: gatesTitle(d), By: d.By, Channel: d.Channel, Answers: t.answers(t.view(s, d)), Release: d.Version})
	var running AlreadyRunning
	if errors.As(err, &running) { // of one that was cancelled: it measures the same
		return nil
	}
	return err
}

// answers are those that block the environment and that a gate measures.
func (t *timetable) answers(v readiness.View) []answer.Key {
	var all []answer.Key
	for _, section := range v.Sections() {
		for _, it := range section.Items {
			if !it.BlocksOn(t.environment) {
				continue
			}
			for _, key := range it.KeysFor(t.environment) {
				built, measured := t.Gates[key]
				if measured && built.Condition == nil && v.Release().Evidence[key].Verdict != answer.NotApplicable && !slices.Contains(all, key) {
					all = append(all, key)
				}
			}
		}
	}
	return all
}

// start starts a deployment whose time has come, or ends it.
func (t *timetable) start(ctx context.Context, s *history.State, d history.Scheduled) time.Duration {
	late := t.Now().Sub(d.Due)
	if slices.ContainsFunc(s.OpenRuns(), func(r *work.Run) bool {
		return r.What == work.Gates && r.Title == gatesTitle(d) && r.Release == d.Version
	}) && late < gatesWithin {
		return startAgain
	}
	switch permitted, err := t.Permits(d.By, "deploy"); {
	case err != nil:
		return t.wait("Slack didn't say who may deploy")
	case !permitted:
		return t.end(ctx, d, event.DeploymentUnscheduled{Why: "whoever scheduled it may no longer deploy"})
	}
	_, err := t.Runs.Deploy(ctx, DeployRequest{Key: "scheduled/" + d.ID, Environment: d.Environment, Version: d.Version, Commit: d.Commit,
		NoWayBack: d.NoWayBack, By: d.By, Channel: d.Channel, Scheduled: d.ID})
	var not NotGo
	var bad BadVersion
	switch {
	case err == nil, errors.Is(err, ErrUnscheduled):
		return startIdle
	case errors.As(err, &not) && onlyUnknown(not.Decision):
		return t.wait("the platform didn't say what is live")
	case errors.As(err, &not):
		return t.end(ctx, d, event.DeploymentUnscheduled{Why: "it is NO-GO", Blockers: sentences(not.Decision.Blockers)})
	case errors.As(err, &bad), errors.Is(err, ErrFirst), errors.Is(err, ErrOtherRelease), errors.Is(err, ErrNoRelease):
		return t.end(ctx, d, event.DeploymentUnscheduled{Why: err.Error()})
	}
	t.complain(ctx, d, err)
	return t.wait("the ledger couldn't be written")
}

// onlyUnknown reports whether a decision is NO-GO only since something isn't known.
func onlyUnknown(d readiness.Decision) bool {
	return !slices.ContainsFunc(d.Blockers, func(b readiness.Blocker) bool { return b.Kind != readiness.BlockedByPlatform })
}

// wait notes why a deployment that is due can't be judged yet.
func (t *timetable) wait(why string) time.Duration {
	t.unknown = why
	return startAgain
}

// miss ends a deployment that could not start in time.
func (t *timetable) miss(ctx context.Context, d history.Scheduled) time.Duration {
	why := t.unknown
	if why == "" {
		why = "gonogo was not running at that time"
	}
	return t.end(ctx, d, event.DeploymentUnscheduled{Why: why, Missed: true})
}

// end ends a deployment that hasn't started.
func (t *timetable) end(ctx context.Context, d history.Scheduled, e event.DeploymentUnscheduled) time.Duration {
	e.ID = d.ID
	_, err := t.Ledger.Update(ctx, func(s *history.State, _ time.Time) ([]event.Event, error) {
		if !s.Scheduled[d.ID].Waits() {
			return nil, nil
		}
		return []event.Event{e}, nil
	})
	if err != nil {
		t.complain(ctx, d, err)
		return startAgain
	}
	return startIdle
}

func (t *timetable) complain(ctx context.Context, d history.Scheduled, err error) {
	if ctx.Err() == nil {
		t.Log.Error("a scheduled deployment could not be seen to", "environment", d.Environment, "version", d.Version, "error", err)
	}
}
