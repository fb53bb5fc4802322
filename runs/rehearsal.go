package runs

import (
	"context"
	"fmt"
	"time"

	"gonogo/deploy"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// NoRehearsal says why a rollback can't be rehearsed on an environment now.
type NoRehearsal struct{ Why string } // a sentence without a full stop

func (e NoRehearsal) Error() string { return e.Why }

// MayRehearse says why a rollback can't be rehearsed on an environment, if it can't: a
// rehearsal gets in nobody's way, unlike a rollback.
func (r *Runs) MayRehearse(s *history.State, environment string) error {
	env, ok := r.opts.Environments[environment]
	lock, locked := s.Locks[environment]
	switch under := s.Changing(environment); {
	case !ok:
		return ErrNoStrategy
	case !env.Rehearse:
		return NoRehearsal{fmt.Sprintf("the configuration doesn't allow rehearsals on %s, which takes a working version offline for a while", environment)}
	case under != nil:
		return AlreadyRunning{under}
	case locked:
		return NoRehearsal{fmt.Sprintf("%s is locked: %s", environment, lock.Reason)}
	case s.Pinned(environment), s.Observed[environment].Pinned:
		return NoRehearsal{fmt.Sprintf("the platform keeps %s pinned after a rollback; a person must first keep the version or return", environment)}
	case len(s.Incidents) > 0 && s.Newest(func(i *history.Incident) bool { return i.Environment == environment }) != nil:
		return NoRehearsal{fmt.Sprintf("an alert is firing on %s", environment)}
	}
	return nil
}

// goOutAgain answers the question of a rehearsal, so that it returns to the version that
// it left, whatever was found: that version was fine before.
func (o *orderRun) goOutAgain(ctx context.Context, step deploy.Step) error {
	_, err := o.opts.Ledger.Update(ctx, func(s *history.State, _ time.Time) ([]event.Event, error) {
		run := s.Runs[o.id]
		if run == nil || !run.Open() {
			return nil, errStopping
		}
		if _, answered := run.AnswerTo(step.Name); answered || run.Asked != nil {
			return nil, nil
		}
		return []event.Event{
			event.RunAsked{Run: o.id, Step: step.Name, Why: "the rehearsal is over", Choices: step.Ask.Choices},
			event.RunAnswered{Run: o.id, Step: step.Name, Choice: work.ChooseReturn, Reason: "the rehearsal is over"},
		}, nil
	})
	return err
}
