package runs

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"gonogo/deploy"
	"gonogo/phrase"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs/retry"
)

// This file asks platforms what is live. gonogo never decides from memory: each
// platform is asked every minute, before each plan and start, and again before a
// deployment that has waited continues. An answer is recorded if it differs from the
// last one, and so is a missing answer.

const (
	askEvery   = time.Minute
	askTimeout = 10 * time.Second // for one platform, with the retries of its client

	// A platform that answered so recently isn't asked again for a plan that neither deploys
	// there nor needs that environment first: many deployments at once would use up what a
	// platform lets one account ask.
	askedLately = 5 * time.Second
)

// WatchPlatforms asks each platform every minute until ctx ends. No platform
// waits for another.
func (r *Runs) WatchPlatforms(ctx context.Context) error {
	var all sync.WaitGroup
	for _, e := range r.opts.Checklist.Environments {
		if e.App == "" {
			continue
		}
		all.Go(func() {
			for ctx.Err() == nil {
				r.learn(ctx, r.ask(ctx, e, r.opts.Ledger.State().Live[e.Name]))
				select {
				case <-time.After(retry.Jitter(askEvery)):
				case <-ctx.Done():
				}
			}
		})
	}
	all.Wait()
	return nil
}

// Observe asks what is live on an environment and on those before it, and on the others
// unless their platforms answered a moment ago, side by side. It returns when each has
// answered or had its time.
func (r *Runs) Observe(ctx context.Context, environment string) {
	spared := func(other string) bool {
		before := slices.Contains(r.opts.Checklist.ComesAfter(other), environment)
		return other != environment && !before && r.answeredLately(other)
	}
	for _, a := range r.askAll(ctx, r.opts.Ledger.State(), spared) {
		r.learn(ctx, a)
	}
}

// answeredLately reports whether a platform has just been asked and has answered.
func (r *Runs) answeredLately(environment string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked[environment].Add(askedLately).After(r.opts.Now())
}

// Observed asks all platforms now, for a state that isn't recorded, and returns what
// they say.
func (r *Runs) Observed(ctx context.Context, s *history.State) []event.PlatformObserved {
	var said []event.PlatformObserved
	for _, a := range r.askAll(ctx, s, func(string) bool { return false }) {
		said = append(said, a.said...)
	}
	return said
}

// platformAnswer is one answer of a platform.
type platformAnswer struct {
	began time.Time
	live  history.Live // as it was recorded then
	said  []event.PlatformObserved
}

// askAll asks the platforms of all environments but the skipped ones.
func (r *Runs) askAll(ctx context.Context, s *history.State, skip func(environment string) bool) []platformAnswer {
	environments := slices.DeleteFunc(slices.Clone(r.opts.Checklist.Environments), func(e checklist.Environment) bool { return e.App == "" || skip(e.Name) })
	answers := make([]platformAnswer, len(environments))
	var all sync.WaitGroup
	for i, e := range environments {
		all.Go(func() { answers[i] = r.ask(ctx, e, s.Live[e.Name]) })
	}
	all.Wait()
	return answers
}

// ask asks one platform what is live. live is what the ledger says.
func (r *Runs) ask(ctx context.Context, e checklist.Environment, live history.Live) platformAnswer {
	a := platformAnswer{began: r.opts.Now(), live: live}
	env, ok := r.opts.Environments[e.Name]
	if !ok {
		why := r.opts.Obstacles[e.Name]
		if why == "" {
			why = "gonogo cannot ask the platform; the configuration or its log says why"
		}
		a.said = []event.PlatformObserved{{Environment: e.Name, App: e.App, Problem: why}}
		return a
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	now, err := env.Strategy.Current(ctx)
	a.said = r.observations(ctx, env, live, now, err)
	return a
}

// observations are what a platform said, as it is journaled.
//
// If another deployment is live than the recorded one, the platform is asked about the
// recorded one too. Deployments become live in the order in which they are made, and
// none becomes live twice. So if the recorded one is newer, the answer is outdated, and
// what is live is unknown. A record of an older gonogo names no app and no source of
// its deployment, so what the platform says about that deployment comes first.
func (r *Runs) observations(ctx context.Context, env deploy.Environment, live history.Live, now deploy.Current, err error) []event.PlatformObserved {
	said := event.PlatformObserved{Environment: env.Name, App: env.Strategy.App().String()}
	other := live.Deployment != "" && live.Deployment != now.Live.Deployment && (live.App == "" || live.App == said.App)
	var was deploy.Current
	if err == nil && other {
		var gone *deploy.Gone
		if was, err = env.Strategy.Was(ctx, live.Deployment); errors.As(err, &gone) {
			return []event.PlatformObserved{observation(said, now)}
		}
	}
	switch {
	case err == nil && other && now.Created.Before(was.Created) && !now.Created.IsZero():
		err = errOutdated
		fallthrough
	case err != nil:
		var denied *deploy.Denied
		said.Problem, said.Refused = r.redacted(phrase.Cause(err)), errors.As(err, &denied)
		return []event.PlatformObserved{said}
	case other && live.App == "":
		return []event.PlatformObserved{observation(said, was), observation(said, now)}
	}
	return []event.PlatformObserved{observation(said, now)}
}

// errOutdated says that a platform's answer is of an earlier time.
var errOutdated = errors.New("the platform lists a deployment as live that an already live one has replaced, so its answer is out of date; it is asked again within a minute")

func observation(said event.PlatformObserved, now deploy.Current) event.PlatformObserved {
	said.Build, said.Digest, said.Spec, said.Tagged, said.Pinned = now.Live, now.Digest, now.Spec, now.Live.Version != "", now.Pinned()
	said.Mark, said.Back, said.Left = now.Mark, now.Back, now.Left.Version
	return said
}

// learn journals what a platform said, if it is new. An answer is ignored if a later
// one overtook it, if something else was recorded as live since it was given, or if
// nobody waited for it.
func (r *Runs) learn(ctx context.Context, a platformAnswer) {
	last := a.said[len(a.said)-1]
	if ctx.Err() != nil || !r.newestAnswer(last.Environment, a.began) || !r.opts.Ledger.State().Learns(last) {
		return
	}
	_, err := r.opts.Ledger.Update(ctx, func(s *history.State, _ time.Time) ([]event.Event, error) {
		if s.Live[last.Environment] != a.live || !s.Learns(last) {
			return nil, nil
		}
		events := make([]event.Event, len(a.said))
		for i, said := range a.said {
			events[i] = said
		}
		return events, nil
	})
	if err != nil && ctx.Err() == nil {
		r.opts.Log.Error("what a platform says could not be recorded", "environment", last.Environment, "error", err)
	}
}

// newestAnswer reports whether no question that was asked later has been
// answered.
func (r *Runs) newestAnswer(environment string, began time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if began.Before(r.asked[environment]) {
		return false
	}
	r.asked[environment] = began
	return true
}
