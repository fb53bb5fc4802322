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
	"gonogo/readiness/alert"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// RollBackByItself rolls environments back whose configuration says so, until ctx ends:
//
//	trigger trips ──▶ judged ──▶ countdown ──▶ judged again ──▶ rollback
//	                    │            └── stopped
//	                    └── left to people, saying why
//
// The countdown is in the ledger, with the time at which it ends, so a restart neither
// restarts nor skips it. Nothing here waits for Slack.
func (r *Runs) RollBackByItself(ctx context.Context) error {
	var all sync.WaitGroup
	for _, env := range r.opts.Environments {
		if env.Auto != nil {
			all.Go(func() { auto{r, env}.run(ctx) })
		}
	}
	<-ctx.Done()
	all.Wait()
	return nil
}

// auto rolls back one environment. One goroutine does its rounds.
type auto struct {
	*Runs
	env deploy.Environment
}

// The pauses between two rounds without any change of the ledger.
const (
	autoIdle  = time.Minute
	autoAgain = 5 * time.Second // while only something outside is in the way
)

func (a auto) run(ctx context.Context) {
	changes, stop := a.opts.Ledger.Watch()
	defer stop()
	for ctx.Err() == nil {
		wait := a.round(ctx)
		select {
		case <-ctx.Done():
		case <-changes:
		case <-time.After(wait):
		}
	}
}

// round does what is due, and says how long to wait if the ledger doesn't change.
func (a auto) round(ctx context.Context) time.Duration {
	s := a.opts.Ledger.State()
	planned, _ := s.Auto(a.env.Name)
	i, left := a.candidate(s)
	switch {
	case i != nil && a.atOnce(i):
		return a.begin(ctx, i)
	case planned.Counts():
		return a.count(ctx, s, planned)
	case i != nil:
		return a.plan(ctx, i)
	}
	for i, why := range left {
		a.leave(ctx, i, why)
	}
	return autoIdle
}

// atOnce reports whether nobody is given time to stop a rollback.
func (a auto) atOnce(i *history.Incident) bool { return i.Hard || a.env.Auto.Countdown == 0 }

// candidate is the incident that lets gonogo roll back now, one of a hard trigger first;
// nil: there is none. The others are left to people.
func (a auto) candidate(s *history.State) (best *history.Incident, left map[string]string) {
	if under := s.Changing(a.env.Name); under != nil && under.What == work.Rollback {
		return nil, nil
	}
	left = map[string]string{}
	for _, i := range slices.Backward(s.FiringIncidents()) {
		if !a.began(s, i) || i.Rollback != "" {
			continue
		}
		switch _, why := a.judge(s, i); {
		case why != "":
			left[i.ID] = why
		case best == nil || i.Hard && !best.Hard:
			best = i
		}
	}
	return best, left
}

// began reports whether a trigger of the environment began an incident.
func (a auto) began(s *history.State, i *history.Incident) bool {
	if i.Trigger != "" {
		return i.Environment == a.env.Name && i.Problem == alert.OverLimit && a.trigger(i) != nil
	}
	return slices.ContainsFunc(a.env.Triggers, func(t deploy.Trigger) bool { return t.Fires(s, a.env.Name) == i })
}

// trigger is the trigger of an incident that gonogo samples; nil: it samples none for it.
func (a auto) trigger(i *history.Incident) *deploy.Trigger {
	n := slices.IndexFunc(a.env.Triggers, func(t deploy.Trigger) bool { return t.ID == i.Trigger && i.Trigger != "" })
	if n < 0 {
		return nil
	}
	return &a.env.Triggers[n]
}

// judge finds the version that gonogo would go back to by itself, or says why it
// wouldn't, as the end of a sentence.
func (a auto) judge(s *history.State, i *history.Incident) (to history.Live, why string) {
	for _, judge := range []func(*history.State, *history.Incident) string{a.incidentIsSure, a.nobodyDecides, a.leavesADeployment, a.canBeUndone, a.mayHelp} {
		if why := judge(s, i); why != "" {
			return to, why
		}
	}
	ways := waysBack(s, a.env, s.Live[a.env.Name].Version)
	if len(ways) == 0 || !ways[0].Verified {
		return to, "no other version is known to be good there"
	}
	if oldest := a.env.Auto.TargetMaxAge; a.opts.Now().Sub(ways[0].At) > oldest {
		return to, ways[0].Version + ", which would come back, went live there more than " + readiness.Span(oldest) + " ago"
	}
	return ways[0], ""
}

// incidentIsSure makes sure that something was measured, and still counts.
func (a auto) incidentIsSure(_ *history.State, i *history.Incident) string {
	switch {
	case !i.Firing():
		return "it is over"
	case i.Dismissed():
		return "it is a false alarm"
	case i.Trigger != "" && !i.Measured:
		return "nothing was measured, and silence may be gonogo's own network"
	}
	return ""
}

// nobodyDecides makes sure that gonogo gets in nobody's way.
func (a auto) nobodyDecides(s *history.State, _ *history.Incident) string {
	env, under := a.env.Name, s.Changing(a.env.Name)
	lock, locked := s.Locks[env]
	switch {
	case under != nil && under.What == work.Rollback:
		return "a rollback is under way"
	case under != nil && under.Asked != nil:
		return "“" + under.Title + "” waits for a person to decide"
	case under != nil && under.ID != s.Live[env].Run:
		return "“" + under.Title + "” is under way, and is not live yet"
	case s.Pinned(env), s.Observed[env].Pinned:
		return "the platform keeps " + env + " pinned, which a person decides"
	case locked && lock.Run == "" && !lock.Over(a.opts.Now()):
		return env + " is locked by a person: " + lock.Reason
	}
	return ""
}

// leavesADeployment makes sure that what is live came with a deployment of gonogo's,
// shortly before it went wrong, and is left once only.
func (a auto) leavesADeployment(s *history.State, i *history.Incident) string {
	live := s.Live[a.env.Name]
	spent, _ := s.Auto(a.env.Name)
	run := s.Runs[live.Run]
	switch {
	case spent.StoppedBy != "":
		return "a person stopped it for " + live.Name()
	case spent.Run != "":
		return "it has rolled " + live.Name() + " back once already"
	case run == nil || run.What != work.Deployment:
		return live.Name() + " didn't come with a deployment by gonogo"
	case i.Began.Before(run.Started):
		return "it began before " + live.Name() + " went out"
	case i.Began.Sub(live.At) > a.env.Auto.Within:
		return live.Name() + " had been live for longer than " + readiness.Span(a.env.Auto.Within)
	}
	return ""
}

// canBeUndone looks for a release that changed something for good, among those that went
// live after the version that would come back.
func (a auto) canBeUndone(s *history.State, _ *history.Incident) string {
	live := s.Live[a.env.Name]
	var to history.Live
	if ways := waysBack(s, a.env, live.Version); len(ways) > 0 {
		to = ways[0]
	}
	if stays := oneWay(s, a.opts.Checklist, a.env.Name, live.Version, to); len(stays) > 0 {
		return stays[0].Version + " is of the kind " + stays[0].Kind + ", which can't be undone"
	}
	return ""
}

// mayHelp makes sure that what tripped isn't something that the version that would come
// back has in common with the one that is live.
func (a auto) mayHelp(_ *history.State, i *history.Incident) string {
	sharer, ok := a.env.Strategy.(deploy.Sharer)
	if t := a.trigger(i); ok && t != nil {
		return sharer.Common(*t)
	}
	return ""
}

// plan begins a countdown, if gonogo can see the outside.
func (a auto) plan(ctx context.Context, i *history.Incident) time.Duration {
	if why := a.cutOff(ctx); why != "" {
		a.leave(ctx, i.ID, why)
		return autoAgain
	}
	a.update(ctx, func(s *history.State, now time.Time) []event.Event {
		again := s.Incidents[i.ID]
		planned, _ := s.Auto(a.env.Name)
		if again == nil || planned.Counts() {
			return nil
		}
		to, why := a.judge(s, again)
		if why != "" {
			return nil
		}
		return []event.Event{event.AutoRollbackPlanned{Environment: a.env.Name, Incident: i.ID, From: s.Live[a.env.Name].Version, To: to.Version,
			Due: now.Add(a.env.Auto.Countdown)}}
	})
	return a.env.Auto.Countdown
}

// count ends a countdown: with a rollback once its time has come, or before, if the
// reasons no longer hold.
func (a auto) count(ctx context.Context, s *history.State, planned history.AutoRollback) time.Duration {
	i, why := s.Incidents[planned.Incident], "it is over"
	if i != nil {
		_, why = a.judge(s, i)
	}
	if why != "" {
		a.stopPlanned(ctx, planned.Incident, why)
		return autoIdle
	}
	if left := planned.Due.Sub(a.opts.Now()); left > 0 {
		return left
	}
	return a.begin(ctx, i)
}

// begin rolls back, if gonogo can see the outside and the trigger is still breached.
func (a auto) begin(ctx context.Context, i *history.Incident) time.Duration {
	why, breached := "", true
	var both sync.WaitGroup
	both.Go(func() { why = a.cutOff(ctx) })
	both.Go(func() { breached = a.stillBreached(ctx, i) })
	both.Wait()
	switch {
	case ctx.Err() != nil:
		return autoAgain
	case why != "":
		a.stopPlanned(ctx, i.ID, why)
		a.leave(ctx, i.ID, why)
		return autoAgain
	case !breached: // either it is over soon, or there is another breach
		return autoAgain
	}
	if err := a.start(ctx, i); err != nil && !errors.Is(err, errNoLonger) && ctx.Err() == nil {
		a.opts.Log.Error("couldn't roll back automatically", "environment", a.env.Name, "incident", i.ID, "error", err)
		return autoAgain
	}
	return autoIdle
}

// errNoLonger says that the reasons for an automatic rollback no longer hold.
var errNoLonger = errors.New("the reasons no longer hold")

// start starts the rollback. Its key is that of the arrival that it leaves, so there are
// never two, whatever trips and whenever gonogo is restarted.
func (a auto) start(ctx context.Context, i *history.Incident) error {
	s := a.opts.Ledger.State()
	live := s.Live[a.env.Name]
	to, why := a.judge(s, i)
	if why != "" {
		return errNoLonger
	}
	still := func(s *history.State, now time.Time) error {
		planned, _ := s.Auto(a.env.Name)
		again := s.Incidents[i.ID]
		if again == nil || !a.atOnce(again) && (!planned.Counts() || planned.Due.After(now)) {
			return errNoLonger
		}
		if then, why := a.judge(s, again); why != "" || then.Version != to.Version {
			return errNoLonger
		}
		return nil
	}
	_, err := a.RollBack(ctx, RollbackRequest{Key: fmt.Sprintf("auto/%s/%d", a.env.Name, live.Arrival), Environment: a.env.Name,
		From: live.Version, To: to.Version, Incident: i.ID, auto: still})
	return err
}

// stillBreached samples a trigger that tripped a while ago once more. An alert fires
// until Alertmanager says otherwise.
func (a auto) stillBreached(ctx context.Context, i *history.Incident) bool {
	t := a.trigger(i)
	if t == nil || t.Sample == nil || a.opts.Now().Sub(i.Heard) < t.Pace() {
		return true
	}
	return a.read(ctx, a.env, []deploy.Trigger{*t})[0].Breach
}

// controlTimeout is how long the address outside may take to answer.
const controlTimeout = 3 * time.Second

// cutOff says that gonogo can't see the outside, or "".
func (a auto) cutOff(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, controlTimeout)
	defer cancel()
	if _, err := a.env.Auto.Control.Sample(ctx, a.opts.Now(), a.scope(a.env)); err != nil {
		return "the control address doesn't answer, so gonogo's own network may be down"
	}
	return ""
}

func (a auto) stopPlanned(ctx context.Context, incident, why string) {
	a.update(ctx, func(s *history.State, _ time.Time) []event.Event {
		if planned, _ := s.Auto(a.env.Name); !planned.Counts() || planned.Incident != incident {
			return nil
		}
		return []event.Event{event.AutoRollbackStopped{Environment: a.env.Name, Incident: incident, Why: why}}
	})
}

// leave says why gonogo leaves an incident to people, if it didn't say so already.
func (a auto) leave(ctx context.Context, incident, why string) {
	a.update(ctx, func(s *history.State, _ time.Time) []event.Event {
		if i := s.Incidents[incident]; i == nil || !i.Firing() || i.Left == why {
			return nil
		}
		return []event.Event{event.AutoRollbackLeft{Environment: a.env.Name, Incident: incident, Why: why}}
	})
}

// update records what follows from the state, if anything does.
func (a auto) update(ctx context.Context, decide func(*history.State, time.Time) []event.Event) {
	if len(decide(a.opts.Ledger.State(), a.opts.Now())) == 0 {
		return
	}
	_, err := a.opts.Ledger.Update(ctx, func(s *history.State, now time.Time) ([]event.Event, error) { return decide(s, now), nil })
	if err != nil && ctx.Err() == nil {
		a.opts.Log.Error("an automatic rollback couldn't be recorded", "environment", a.env.Name, "error", err)
	}
}

// ErrNothingPlanned says that no automatic rollback is counting down.
var ErrNothingPlanned = errors.New("no automatic rollback is counting down there")

// StopAuto stops the countdown of an automatic rollback on a person's word. asOf is when
// the membership that permits it was read; zero: it is current.
func (r *Runs) StopAuto(ctx context.Context, key, environment, by string, asOf time.Time) error {
	_, err := r.opts.Ledger.Once(ctx, key, func(s *history.State, _ time.Time) ([]event.Event, error) {
		planned, _ := s.Auto(environment)
		if !planned.Counts() {
			return nil, ErrNothingPlanned
		}
		return []event.Event{event.AutoRollbackStopped{Environment: environment, Incident: planned.Incident, By: by, MembershipAsOf: asOf}}, nil
	})
	return err
}
