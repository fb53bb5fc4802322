package incidents

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/redact"
	"gonogo/runs/retry"
	"gonogo/storage"
)

// TriggerOptions configures Triggers.
type TriggerOptions struct {
	Ledger       *storage.Ledger
	Environments map[string]deploy.Environment
	Obstacles    map[string]string // by environment: why a configured one is missing from Environments
	Secrets      []string          // values that must not appear in a reading
	Now          func() time.Time
	Log          *slog.Logger
}

// Triggers samples the triggers of every environment that has a live version, and
// records when one trips and when it clears:
//
//	            n readings in a row           no longer over the limit
//	quiet ─────────────────────────▶ firing ─────────────────────────▶ quiet
//	            TriggerTripped                TriggerCleared
//
// [deploy.Count] says which readings count. Sampling continues during deployments and
// rollbacks, so that people see whether a rollback helped.
//
// The counts aren't in the ledger, so a restart sets them to zero. A trigger that is
// firing then stays so until enough samples clear it. A failure to record a reading is
// logged, and the next sample tries again.
type Triggers struct{ opts TriggerOptions }

// NewTriggers returns Triggers; it starts nothing.
func NewTriggers(opts TriggerOptions) *Triggers { return &Triggers{opts} }

// Run samples until ctx ends, with one goroutine for each trigger.
func (t *Triggers) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for _, env := range t.opts.Environments {
		for _, trigger := range env.Triggers {
			if trigger.Sample != nil {
				p := probe{Triggers: t, env: env, trigger: trigger}
				all.Go(func() { p.run(ctx) })
			}
		}
	}
	if err := t.clearRemoved(ctx); err != nil && ctx.Err() == nil {
		t.opts.Log.Error("couldn't end the incidents of removed triggers", "error", err)
	}
	<-ctx.Done()
	all.Wait()
	return nil
}

// clearRemoved ends the incidents of triggers that are no longer configured, because
// nothing else would. If an obstacle keeps an environment from being built, its
// triggers are unknown, and its incidents stay as they are.
func (t *Triggers) clearRemoved(ctx context.Context) error {
	_, err := t.opts.Ledger.Update(ctx, func(s *history.State, _ time.Time) ([]event.Event, error) {
		var cleared []event.Event
		for _, i := range s.FiringTriggers() {
			if t.opts.Obstacles[i.Environment] == "" && !t.isSampled(i.Environment, i.Trigger) {
				cleared = append(cleared, event.TriggerCleared{Incident: i.ID, Reading: "the trigger was removed from the configuration"})
			}
		}
		return cleared, nil
	})
	return err
}

func (t *Triggers) isSampled(environment, trigger string) bool {
	for _, known := range t.opts.Environments[environment].Triggers {
		if known.ID == trigger && (known.Sample != nil || len(known.Roles) > 0) {
			return true
		}
	}
	return false
}

// probe samples one trigger. The goroutine in run owns its count.
type probe struct {
	*Triggers
	env     deploy.Environment
	trigger deploy.Trigger
	count   deploy.Count
}

func (p *probe) run(ctx context.Context) {
	for ctx.Err() == nil {
		if s := p.opts.Ledger.State(); s.Live[p.env.Name].Known() && !s.CutsOver(p.env.Name) {
			p.sample(ctx)
		}
		select {
		case <-time.After(retry.Jitter(p.trigger.Pace())):
		case <-ctx.Done():
		}
	}
}

// sample takes one reading and records what it changes.
func (p *probe) sample(ctx context.Context) {
	reading := p.take(ctx)
	p.count.Add(p.trigger, reading)
	if err := p.journal(ctx, reading); err != nil && ctx.Err() == nil {
		p.opts.Log.Error("couldn't record a trigger", "environment", p.env.Name, "trigger", p.trigger.ID, "error", err)
	}
}

// take samples once.
func (p *probe) take(ctx context.Context) deploy.Reading {
	state, now := p.opts.Ledger.State(), p.opts.Now()
	live := state.Live[p.env.Name]
	return p.trigger.TakeSafely(ctx, gates.Scope{View: readiness.View{State: state, Now: now},
		Environment: p.env.Name, TargetURL: p.env.URL, Release: live.Version, Commit: live.Commit}, p.opts.Log)
}

// journal records what a reading changes. To spare the ledger, it first checks on the
// published state whether there is anything; the update checks again.
func (p *probe) journal(ctx context.Context, r deploy.Reading) error {
	if len(p.news(p.opts.Ledger.State(), p.opts.Now(), r)) == 0 {
		return nil
	}
	_, err := p.opts.Ledger.Update(ctx, func(s *history.State, now time.Time) ([]event.Event, error) {
		return p.news(s, now, r), nil
	})
	return err
}

// news is the events that follow from the count after a reading. If a trigger that
// couldn't be measured is now over its limit, one incident ends and another begins.
func (p *probe) news(s *history.State, now time.Time, r deploy.Reading) []event.Event {
	var events []event.Event
	t, text := p.trigger, redact.Line(r.Text(p.trigger), p.opts.Secrets)
	firing := s.FiringTrigger(p.env.Name, t.ID)
	if firing != nil && p.count.Quiet(t, firing.Problem) {
		events, firing = append(events, event.TriggerCleared{Incident: firing.ID, Reading: text}), nil
	}
	if firing != nil {
		first := firing.Problem == alert.OverLimit && !firing.Measured && r.Breach && !r.Silent
		if first || worthRecording(firing, r, text, now) {
			events = append(events, event.TriggerRead{Incident: firing.ID, Reading: text, Measured: first})
		}
	}
	if problem, bad := p.count.Problem(t); bad && firing == nil {
		events = append(events, event.TriggerTripped{
			Incident: incidentID(p.env.Name+"/"+t.ID, now), Environment: p.env.Name, Trigger: t.ID, Title: t.Title + " on " + p.env.Name,
			Problem: problem, Reading: text, Limit: t.LimitOf(r), Samples: p.count.InRow(problem),
			Hard: t.Hard, Measured: problem == alert.OverLimit && p.count.Measured(),
		})
	}
	return events
}

// readInterval is the least time between two recorded values of a firing trigger.
const readInterval = time.Minute

// worthRecording reports whether a reading of a firing trigger is recorded: it differs
// from the last, which is at least readInterval old.
func worthRecording(i *history.Incident, r deploy.Reading, text string, now time.Time) bool {
	last, at := i.Current, i.ReadAt
	if at.IsZero() {
		last, at = i.Reading, i.Heard
	}
	return i.Problem == alert.OverLimit && r.Err == nil && r.Data && text != last && now.Sub(at) >= readInterval
}
