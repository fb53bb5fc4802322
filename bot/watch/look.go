package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gonogo/readiness/event"
	"gonogo/redact"
)

// Trouble is one thing that keeps gonogo from its work.
type Trouble struct {
	Kind event.TroubleKind
	Why  string // a sentence without a full stop, with the next step; the same as long as the cause is
}

// Look is something that has to be asked of somebody now and then.
type Look struct {
	Whether string              // what is found out: "Slack accepts the bot token"
	Finds   []event.TroubleKind // what it may find
	Needed  bool                // gonogo isn't ready before the first answer
	Silent  event.TroubleKind   // the trouble if nobody answers for two minutes; empty: none

	// Ask gives the troubles that there are; none: all is well. An error says that
	// this could not be found out, a [*Unknowable] that asking again doesn't help.
	Ask func(ctx context.Context) ([]Trouble, error)
}

// Unknowable says that something can't be found out, however often it is asked.
type Unknowable struct{ Why string }

// Error implements error.
func (u *Unknowable) Error() string { return u.Why }

// ErrLater says that whoever was asked wants to be asked later. It is no silence.
var ErrLater = errors.New("asked too often; it is asked again later")

const (
	within    = 10 * time.Second // for one answer
	goodFor   = 5 * time.Minute  // how long all is taken to be well without another answer
	silentFor = 2 * time.Minute  // how long nobody answers before that is a trouble itself
)

// verdict is the newest of a look. It is guarded by Watch.mu.
type verdict struct {
	troubles []Trouble
	answered time.Time // of the last answer; zero: there was none
	unknown  string    // why the last question had no answer; empty: it had one
	since    time.Time // of the first of the questions that had none
	final    bool      // nor will a later one
	later    bool      // it was answered that it is to be asked later
}

// keep asks now and then until ctx ends.
func (w *Watch) keep(ctx context.Context, i int) {
	for ctx.Err() == nil {
		w.once(ctx, i)
		select {
		case <-time.After(w.opts.Every):
		case <-ctx.Done():
		}
	}
}

// once asks once.
func (w *Watch) once(ctx context.Context, i int) {
	bounded, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	found, err := w.opts.Looks[i].Ask(bounded)
	if ctx.Err() != nil {
		return
	}
	found = slices.Clone(found) // a look may give the same ones each time
	for n := range found {
		found[n].Why = redact.Line(found[n].Why, w.opts.Secrets)
	}
	now := w.opts.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	v := &w.verdicts[i]
	var unknowable *Unknowable
	switch {
	case err == nil:
		*v = verdict{troubles: found, answered: now}
	case errors.As(err, &unknowable):
		*v = verdict{answered: now, unknown: redact.Line(unknowable.Why, w.opts.Secrets), final: true}
	default:
		if v.unknown == "" || v.final {
			v.since = now
		}
		v.final, v.later = false, errors.Is(err, ErrLater)
		v.unknown = redact.Line(err.Error(), w.opts.Secrets)
	}
}

// standing adds what a verdict means at a time.
func (v verdict) standing(of Look, now time.Time, s *Standing) {
	s.Troubles = append(s.Troubles, v.troubles...)
	if of.Silent != "" && v.unknown != "" && !v.final && !v.later && now.Sub(v.since) >= silentFor {
		s.Troubles = append(s.Troubles, Trouble{of.Silent, v.unknown})
	}
	why := v.unknown
	if why == "" {
		why = "not looked at yet"
	}
	switch {
	case v.answered.IsZero() && of.Needed:
		s.Pending = append(s.Pending, fmt.Sprintf("it is not known yet whether %s: %s", of.Whether, why))
	case v.answered.IsZero(), v.final, v.unknown != "" && now.Sub(v.since) >= goodFor:
		s.Unchecked = append(s.Unchecked, fmt.Sprintf("whether %s: %s", of.Whether, why))
	}
}
