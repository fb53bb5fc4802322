package reviews

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"gonogo/phrase"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/redact"
	"gonogo/runs/retry"
	"gonogo/storage"
)

// Site records which version a site shows as what is live on an environment that a
// pipeline deploys to. While it can't be read, what is live is unknown: a platform that
// doesn't answer is recorded the same way.
type Site struct {
	Ledger      *storage.Ledger
	Environment string
	Shown       interface {
		Read(ctx context.Context) (version string, err error)
	}
	Secrets []string // values that must be in no record
	Log     *slog.Logger
}

// While new containers replace old ones, a site shows both versions in turn. So it is read
// several times, and unless all of them are the same, what is live isn't known.
const (
	readings   = 3
	readsEvery = 5 * time.Second
	readWithin = 10 * time.Second
)

// Run records what is live until ctx ends.
func (s Site) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		version, err := s.read(ctx)
		if ctx.Err() != nil {
			break
		}
		if err := s.record(ctx, version, err); err != nil && ctx.Err() == nil {
			s.Log.Error("it couldn't be recorded what is live", "environment", s.Environment, "error", err)
		}
		_ = retry.Sleep(ctx, retry.Jitter(followEvery)) // the loop checks ctx itself
	}
	return nil
}

// read is the version that the site shows each time.
func (s Site) read(ctx context.Context) (shown string, err error) {
	for i := range readings {
		if i > 0 && retry.Sleep(ctx, readsEvery) != nil {
			return "", ctx.Err()
		}
		limited, cancel := context.WithTimeout(ctx, readWithin)
		version, err := s.Shown.Read(limited)
		cancel()
		switch {
		case err != nil:
			return "", err
		case i > 0 && version != shown:
			return "", fmt.Errorf("it shows both %s and %s, as it does while one replaces the other", shown, version)
		}
		shown = version
	}
	return shown, nil
}

// record records what the site says, if that is new.
func (s Site) record(ctx context.Context, version string, problem error) error {
	says := func(state *history.State) []event.Event {
		if problem != nil {
			return s.new(state, event.PlatformObserved{Environment: s.Environment, Problem: redact.Line(phrase.Cause(problem), s.Secrets)})
		}
		return s.shows(state, version)
	}
	if len(says(s.Ledger.State())) == 0 {
		return nil
	}
	_, err := s.Ledger.Update(ctx, func(state *history.State, _ time.Time) ([]event.Event, error) { return says(state), nil })
	return err
}

// new leaves out what the state knows.
func (s Site) new(state *history.State, e event.PlatformObserved) []event.Event {
	if !state.Learns(e) {
		return nil
	}
	return []event.Event{e}
}

// shows are the events of a version that the site shows. What gonogo let through counts as
// verified once it does; anything else was deployed outside gonogo.
func (s Site) shows(state *history.State, version string) []event.Event {
	live := state.Live[s.Environment]
	if live.App == "" && (live.Version == version || sameCommit(live.Commit, version)) {
		same := live.Build
		same.Deployment = cmp.Or(same.Deployment, version)
		return s.new(state, event.PlatformObserved{Environment: s.Environment, Build: same, Tagged: true})
	}
	review, approved := s.approved(state, live, version)
	if !approved {
		found := build.Build{Version: named(state, version), Deployment: version}
		if release := state.Releases[found.Version]; release != nil {
			found.Commit = release.Commit
		}
		return s.new(state, event.PlatformObserved{Environment: s.Environment, Build: found, Tagged: true})
	}
	found := build.Build{Version: review.Release, Commit: review.Commit, Deployment: version}
	return []event.Event{
		event.VersionWentLive{Environment: s.Environment, Build: found, Review: review.Review, Verified: true, Began: review.Ended},
		event.PlatformObserved{Environment: s.Environment, Build: found, Tagged: true},
	}
}

// approved is the newest review that let a version through, unless it came before what is
// live now, and a newer one let another version through.
func (s Site) approved(state *history.State, live history.Live, version string) (found history.Review, ok bool) {
	var newest history.Review
	for _, r := range state.Reviews {
		if r.Environment != s.Environment || r.Outcome != event.ReviewApproved || r.EndedBy != "" {
			continue
		}
		if r.Ended.After(newest.Ended) {
			newest = r
		}
		if (r.Release == version || sameCommit(r.Commit, version)) && r.Ended.After(found.Ended) {
			found, ok = r, true
		}
	}
	return found, ok && (found.Review == newest.Review || found.Ended.After(live.At))
}

// named is the release that a version names, by its commit or by itself.
func named(state *history.State, version string) string {
	if state.Releases[version] != nil || len(version) < shortestCommit {
		return version
	}
	return releaseOf(state, version, version)
}

// sameCommit reports whether a version is a commit's name.
func sameCommit(commit, version string) bool {
	return len(version) >= shortestCommit && build.SameCommit(commit, version)
}

// shortestCommit is how many digits of a commit a site must show.
const shortestCommit = 7
