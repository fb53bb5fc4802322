package incidents

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"gonogo/clients/alertmanager"
	"gonogo/deploy"
	"gonogo/phrase"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs/retry"
	"gonogo/storage"
)

// Silencer is an Alertmanager in which alerts are silenced.
type Silencer interface {
	Look(ctx context.Context) (*alertmanager.Look, error)
	Silences(ctx context.Context) ([]alertmanager.Silence, error)
	Create(ctx context.Context, s alertmanager.NewSilence) (id string, err error)
	Expire(ctx context.Context, id string) error
	Host() string
}

var _ Silencer = (*alertmanager.Client)(nil)

// SilenceOptions configures Silences.
type SilenceOptions struct {
	Ledger  *storage.Ledger
	Sources []Silencer // all Alertmanagers that send alerts
	// Environments have the labels of their alerts, which are silenced during a cutover.
	Environments map[string]deploy.Environment
	Now          func() time.Time
	Log          *slog.Logger
}

// Silences keeps the silences that people ask for in each Alertmanager, and those of
// environments whose cutover hurts.
//
//	SilenceAsked ──▶ look for its mark ──▶ SilenceIntended ──▶ POST ──▶ SilenceWritten
//	SilenceEndAsked, in force ─ look ────▶ SilenceIntended ──▶ DELETE ─▶ SilenceGone
//	in force ── each 30 s: look ── it isn't there before its time ────▶ SilenceGone, lost
//
// Creating a silence twice makes two, so each has a mark in its comment, and nothing is
// written without a look at the silences before. After a crash or a lost response the look
// tells whether it was created. One that is lost isn't created again: somebody may have
// ended it on purpose. At its time, Alertmanager ends it by itself.
//
// The silence for a cutover is short, and prolonged while that lasts, so that it ends soon
// if gonogo can't end it. A cutover doesn't wait for it.
//
// Each Alertmanager has a goroutine, so that one that doesn't respond delays no other.
type Silences struct{ opts SilenceOptions }

// NewSilences returns Silences; it starts nothing.
func NewSilences(opts SilenceOptions) *Silences { return &Silences{opts: opts} }

const (
	silenceTimeout = 10 * time.Second // for one request
	// peerDelay is how long an Alertmanager may take to tell its peers of a silence. Each
	// of them is told only if it doesn't know of it by then.
	peerDelay      = 5 * time.Second
	lastSilenceTry = time.Minute // between two attempts
	cutoverSilence = 5 * time.Minute
)

// Run keeps silences until ctx ends.
func (s *Silences) Run(ctx context.Context) error {
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error { return s.askForCutovers(ctx) })
	for i, source := range s.opts.Sources {
		one := &silencing{SilenceOptions: s.opts, source: source, turn: time.Duration(i) * peerDelay}
		all.Go(func() error { return one.run(ctx) })
	}
	return all.Wait()
}

// askForCutovers asks for a silence as soon as a cutover begins.
func (s *Silences) askForCutovers(ctx context.Context) error {
	changes, stop := s.opts.Ledger.Watch()
	defer stop()
	for {
		if len(s.cutovers(s.opts.Ledger.State())) > 0 {
			_, err := s.opts.Ledger.Update(ctx, func(state *history.State, _ time.Time) ([]event.Event, error) { return s.cutovers(state), nil })
			if err != nil && ctx.Err() == nil {
				s.opts.Log.Error("couldn't ask for the silence of a cutover", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changes:
		case <-time.After(time.Minute):
		}
	}
}

// cutovers are the silences to ask for.
func (s *Silences) cutovers(state *history.State) (asked []event.Event) {
	for _, name := range slices.Sorted(maps.Keys(s.opts.Environments)) {
		run, labels := state.Changing(name), s.opts.Environments[name].Silence
		if run == nil || len(labels) == 0 {
			continue
		}
		first, lasts := run.Cutover()
		id := history.CutoverSilence(run.ID, first)
		if _, known := state.Silences[id]; lasts && !known {
			asked = append(asked, event.SilenceAsked{ID: id, Run: run.ID, Environment: name, Labels: labels})
		}
	}
	return asked
}

// silencing keeps silences in one Alertmanager.
type silencing struct {
	SilenceOptions
	source Silencer
	turn   time.Duration // how long after a silence was asked for this one is told
	looked time.Time     // when it was asked last
	wait   retry.Backoff // after it didn't respond
}

func (s *silencing) run(ctx context.Context) error {
	changes, stop := s.Ledger.Watch()
	defer stop()
	for {
		idleTime := s.round(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-changes:
		case <-time.After(max(idleTime, time.Second)):
		}
	}
}

// open lists the silences that concern this Alertmanager, the oldest first. due reports
// whether it has to be told of one.
func (s *silencing) open() (all []history.Silence, due bool) {
	now := s.Now()
	for _, x := range s.Ledger.State().Silences {
		at := x.Sources[s.source.Host()]
		written := at.ID != "" && !at.Gone
		if at.Refused || at.Lost || over(x, now) || !x.Wanted(now) && !at.Intended && !written {
			continue
		}
		all = append(all, x)
		due = due || x.Wanted(now) != written || s.endsSoon(x, at.Until)
	}
	slices.SortFunc(all, func(a, b history.Silence) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return all, due
}

// endsSoon reports whether the silence of a cutover is to be prolonged.
func (s *silencing) endsSoon(x history.Silence, ends time.Time) bool {
	return x.Run != "" && x.Ended.IsZero() && s.untilProlonged(ends) <= 0
}

// untilProlonged is how long a silence is left alone. Peers tell each other, so they don't
// all prolong it at once.
func (s *silencing) untilProlonged(ends time.Time) time.Duration {
	return ends.Sub(s.Now()) - cutoverSilence/2 + s.turn
}

// idle is how long to wait for the next look, or until a silence is to be prolonged.
func (s *silencing) idle(open []history.Silence, wait time.Duration) time.Duration {
	for _, x := range open {
		if at := x.Sources[s.source.Host()]; x.Run != "" && s.untilProlonged(at.Until) > 0 {
			wait = min(wait, s.untilProlonged(at.Until))
		}
	}
	return wait
}

// over reports whether a silence has ended by itself in any case.
func over(x history.Silence, now time.Time) bool {
	if x.Run != "" {
		return !x.Ended.IsZero() && now.Sub(x.Ended) > 2*cutoverSilence
	}
	return !now.Before(x.Until)
}

// round does what is due, and says how long to wait if the ledger doesn't change.
func (s *silencing) round(ctx context.Context) time.Duration {
	open, due := s.open()
	now := s.Now()
	switch {
	case len(open) == 0:
		return time.Minute
	case s.wait.Until.After(now):
		return s.wait.Until.Sub(now)
	case !due && s.looked.Add(lookEvery).After(now):
		return s.idle(open, s.looked.Add(lookEvery).Sub(now))
	}
	s.looked = now
	if err := s.settleAll(ctx, open); err != nil && ctx.Err() == nil {
		s.wait.Grow(now, firstRetry, lastSilenceTry)
		return s.wait.Until.Sub(now)
	}
	s.wait = retry.Backoff{}
	if due {
		return peerDelay
	}
	return s.idle(open, lookEvery)
}

// settleAll looks at the silences of the Alertmanager, and brings those of gonogo in line.
func (s *silencing) settleAll(ctx context.Context, open []history.Silence) error {
	bounded, cancel := context.WithTimeout(ctx, silenceTimeout)
	defer cancel()
	listed, err := s.source.Silences(bounded)
	for _, x := range open {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			s.delayed(ctx, x, err)
		default:
			err = s.settle(ctx, x, marked(listed, x.ID))
		}
	}
	return err
}

// mark is what the comment of a silence has.
func mark(id string) string { return "(gonogo silence " + id + ")" }

// marked are the silences in force that have a mark: several, if a request that seemed
// lost arrived late.
func marked(all []alertmanager.Silence, id string) []alertmanager.Silence {
	return slices.DeleteFunc(slices.Clone(all), func(s alertmanager.Silence) bool { return !s.InForce() || !strings.Contains(s.Comment, mark(id)) })
}

// settle brings one silence in line, of which the Alertmanager has these.
func (s *silencing) settle(ctx context.Context, x history.Silence, has []alertmanager.Silence) error {
	at := x.Sources[s.source.Host()]
	switch {
	case !x.Wanted(s.Now()):
		return s.end(ctx, x, has)
	case len(has) > 0 && s.endsSoon(x, has[0].Ends):
		return s.create(ctx, x, &has[0])
	case len(has) > 0:
		if at.ID != has[0].ID || !at.Until.Equal(has[0].Ends) || at.Problem != "" {
			return s.record(ctx, event.SilenceWritten{ID: x.ID, Source: s.source.Host(), Silence: has[0].ID, Until: has[0].Ends})
		}
		return nil
	case at.ID != "" && s.Now().Before(at.Until):
		return s.record(ctx, event.SilenceGone{ID: x.ID, Source: s.source.Host(), Lost: true})
	case s.peerTold(x):
		return nil
	}
	return s.create(ctx, x, nil)
}

// peerTold reports whether another Alertmanager is told of the silence first, and may be
// about to tell this one.
func (s *silencing) peerTold(x history.Silence) bool {
	if s.Now().Sub(x.At) < s.turn {
		return true
	}
	for host, at := range x.Sources {
		if host != s.source.Host() && at.ID != "" && s.Now().Sub(at.At) < peerDelay {
			return true
		}
	}
	return false
}

// create creates a silence, or prolongs the one that is there.
func (s *silencing) create(ctx context.Context, x history.Silence, there *alertmanager.Silence) error {
	bounded, cancel := context.WithTimeout(ctx, silenceTimeout)
	defer cancel()
	made, err := s.silenceFor(bounded, x)
	switch {
	case err != nil:
		return s.delayed(ctx, x, err)
	case made == nil:
		return s.record(ctx, event.SilenceDelayed{ID: x.ID, Source: s.source.Host(), Problem: "Alertmanager doesn't have this alert any more", Refused: true})
	}
	if ok, err := s.intend(ctx, x, false); !ok {
		return err
	}
	if there != nil {
		made.ID, made.Starts = there.ID, there.Starts // with another start, it would become a new one
	}
	id, err := s.source.Create(bounded, *made)
	if err != nil {
		return s.delayed(ctx, x, err)
	}
	return s.record(ctx, event.SilenceWritten{ID: x.ID, Source: s.source.Host(), Silence: id, Until: made.Ends})
}

// silenceFor is a silence as it is written; nil: its alert isn't there. An alert's labels
// are those that the Alertmanager itself has: the ledger's may be shortened, and would
// silence others too.
func (s *silencing) silenceFor(ctx context.Context, x history.Silence) (*alertmanager.NewSilence, error) {
	now := s.Now()
	made := &alertmanager.NewSilence{Labels: x.Labels, Starts: now.Add(-time.Hour), Ends: now.Add(cutoverSilence), By: "gonogo", Comment: "A cutover of " + x.Environment + " " + mark(x.ID)}
	if x.Run != "" {
		return made, nil
	}
	look, err := s.source.Look(ctx)
	if err != nil {
		return nil, err
	}
	alert := look.Find(x.Fingerprint)
	if alert == nil {
		return nil, nil
	}
	made.Labels, made.Ends, made.Comment = alert.Labels, x.Until, "Silenced from its card in Slack "+mark(x.ID)
	return made, nil
}

// end ends a silence before its time.
func (s *silencing) end(ctx context.Context, x history.Silence, has []alertmanager.Silence) error {
	if len(has) > 0 {
		if ok, err := s.intend(ctx, x, true); !ok {
			return err
		}
	}
	for _, one := range has {
		bounded, cancel := context.WithTimeout(ctx, silenceTimeout)
		err := s.source.Expire(bounded, one.ID)
		cancel()
		if err != nil {
			return s.delayed(ctx, x, err)
		}
	}
	return s.record(ctx, event.SilenceGone{ID: x.ID, Source: s.source.Host()})
}

// intend records that a write is about to be made; ok is false if it no longer is to be.
func (s *silencing) intend(ctx context.Context, x history.Silence, ends bool) (ok bool, err error) {
	_, err = s.Ledger.Update(ctx, func(state *history.State, now time.Time) ([]event.Event, error) {
		current, known := state.Silences[x.ID]
		if ok = known && current.Wanted(now) != ends; !ok {
			return nil, nil
		}
		return []event.Event{event.SilenceIntended{ID: x.ID, Source: s.source.Host(), Ends: ends}}, nil
	})
	return ok && err == nil, err
}

// delayed records why a silence could not be seen to, once, and returns the error if it is
// to be tried again.
func (s *silencing) delayed(ctx context.Context, x history.Silence, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var refused *alertmanager.Refused
	is := errors.As(err, &refused)
	e := event.SilenceDelayed{ID: x.ID, Source: s.source.Host(), Problem: phrase.ShortenAtWord(err.Error(), mostWords), Refused: is}
	if at := x.Sources[s.source.Host()]; at.Problem != e.Problem || at.Refused != is {
		s.Log.Warn("a silence couldn't be seen to", "silence", x.ID, "alertmanager", s.source.Host(), "error", err)
		if failed := s.record(ctx, e); failed != nil {
			return failed
		}
	}
	if is {
		return nil
	}
	return err
}

func (s *silencing) record(ctx context.Context, e event.Event) error {
	_, err := s.Ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) { return []event.Event{e}, nil })
	if err != nil && ctx.Err() == nil {
		s.Log.Error("couldn't record what became of a silence", "error", err)
	}
	return err
}
