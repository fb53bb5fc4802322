package incidents

import (
	"context"
	"errors"
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

// TriggerOptions is what triggers are sampled with.
type TriggerOptions struct {
	Ledger       *storage.Ledger
	Environments map[string]deploy.Environment
	Obstacles    map[string]string // why an environment is not among them although the configuration describes it, by name
	Secrets      []string          // values that must stand in no reading
	Now          func() time.Time
	Log          *slog.Logger
}

// Triggers samples the triggers of every environment on which something is live,
// and journals when one is tripped and when it is quiet again:
//
//	            n readings in a row           what tripped it is over
//	quiet ─────────────────────────▶ firing ─────────────────────────▶ quiet
//	            TriggerTripped                TriggerCleared
//
// [deploy.Count] says which readings count. Sampling goes on while a release
// goes out and comes back, which is how people see whether going back helped.
//
// The counts are not in the ledger, so a restart begins to count anew. What
// fires then stays firing until the samples after it say otherwise. A reading
// that cannot be recorded is logged, and the next sample tries again.
type Triggers struct{ opts TriggerOptions }

// NewTriggers prepares sampling and starts nothing.
func NewTriggers(opts TriggerOptions) *Triggers { return &Triggers{opts} }

// Run samples until ctx ends, with one goroutine a trigger.
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
	if err := t.retire(ctx); err != nil && ctx.Err() == nil {
		t.opts.Log.Error("incidents of triggers that are gone could not be ended", "error", err)
	}
	<-ctx.Done()
	all.Wait()
	return nil
}

// retire ends the incidents of triggers that the configuration does not have
// any more: nothing else would. Where an obstacle keeps an environment from being
// built, its triggers are not known, and what fires there stays firing.
func (t *Triggers) retire(ctx context.Context) error {
	_, err := t.opts.Ledger.Update(ctx, func(s *history.State, _ time.Time) ([]event.Event, error) {
		var cleared []event.Event
		for _, i := range s.FiringTriggers() {
			if t.opts.Obstacles[i.Environment] == "" && !t.samples(i.Environment, i.Trigger) {
				cleared = append(cleared, event.TriggerCleared{Incident: i.ID, Reading: "the configuration does not have this trigger any more"})
			}
		}
		return cleared, nil
	})
	return err
}

func (t *Triggers) samples(environment, trigger string) bool {
	for _, known := range t.opts.Environments[environment].Triggers {
		if known.ID == trigger && known.Sample != nil {
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
		if p.opts.Ledger.State().Live[p.env.Name].Known() {
			p.sample(ctx)
		}
		select {
		case <-time.After(retry.Jitter(p.trigger.Pace())):
		case <-ctx.Done():
		}
	}
}

// sample takes one reading and journals what it changes. One that was cut off
// because ctx ended is lost with the count.
func (p *probe) sample(ctx context.Context) {
	reading := p.take(ctx)
	p.count.Add(p.trigger, reading)
	if err := p.journal(ctx, reading); err != nil && ctx.Err() == nil {
		p.opts.Log.Error("a trigger could not be recorded", "environment", p.env.Name, "trigger", p.trigger.ID, "error", err)
	}
}

// mostSample bounds one sample, whatever its pace.
const mostSample = 10 * time.Second

// take samples once. A panic is an error of this sample and of nothing else.
func (p *probe) take(ctx context.Context) (r deploy.Reading) {
	ctx, cancel := context.WithTimeout(ctx, min(p.trigger.Pace(), mostSample))
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			p.opts.Log.Error("a sample panicked", "environment", p.env.Name, "trigger", p.trigger.ID, "cause", cause)
			r = deploy.Reading{Err: errors.New("gonogo has a fault of its own in this measurement; its log says which")}
		}
	}()
	state, now := p.opts.Ledger.State(), p.opts.Now()
	live := state.Live[p.env.Name]
	return p.trigger.Take(ctx, now, gates.Scope{View: readiness.View{State: state, Now: now},
		Environment: p.env.Name, TargetURL: p.env.URL, Release: live.Version, Commit: live.Commit})
}

// journal writes what the count says, if that is news. The ledger is asked
// only then, and decides on the state as it is by then.
func (p *probe) journal(ctx context.Context, r deploy.Reading) error {
	if len(p.news(p.opts.Ledger.State(), p.opts.Now(), r)) == 0 {
		return nil
	}
	_, err := p.opts.Ledger.Update(ctx, func(s *history.State, now time.Time) ([]event.Event, error) {
		return p.news(s, now, r), nil
	})
	return err
}

// news is what the count says, after a reading, that the state does not know.
// Where something could not be measured and now is over its limit, that is the
// end of one incident and the beginning of another.
func (p *probe) news(s *history.State, now time.Time, r deploy.Reading) []event.Event {
	var events []event.Event
	t, text := p.trigger, redact.Line(r.Text(p.trigger), p.opts.Secrets)
	firing := s.FiringTrigger(p.env.Name, t.ID)
	if firing != nil && p.count.Quiet(t, firing.Problem) {
		events, firing = append(events, event.TriggerCleared{Incident: firing.ID, Reading: text}), nil
	}
	if firing != nil && current(firing, r, text, now) {
		events = append(events, event.TriggerRead{Incident: firing.ID, Reading: text})
	}
	if problem, bad := p.count.Problem(t); bad && firing == nil {
		events = append(events, event.TriggerTripped{
			Incident: incidentID(p.env.Name+"/"+t.ID, now), Environment: p.env.Name, Trigger: t.ID, Title: t.Title + " on " + p.env.Name,
			Problem: problem, Reading: text, Limit: t.LimitOf(r), Samples: p.count.InRow(problem),
		})
	}
	return events
}

// readApart is how often the value of a trigger that fires is recorded.
const readApart = time.Minute

// current reports whether a reading is to be recorded of a trigger that fires:
// it is another number than the last, which is a minute old.
func current(i *history.Incident, r deploy.Reading, text string, now time.Time) bool {
	last, at := i.Current, i.ReadAt
	if at.IsZero() {
		last, at = i.Reading, i.Heard
	}
	return i.Problem == alert.OverLimit && r.Err == nil && r.Data && text != last && now.Sub(at) >= readApart
}
