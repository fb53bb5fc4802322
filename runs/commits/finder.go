package commits

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"gonogo/clients/github"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs/retry"
	"gonogo/storage"
)

// Finder looks up the commits of open releases: of each that was opened without
// one, and whether the tag of each still names the release's.
type Finder struct {
	Ledger *storage.Ledger
	Source Source
	Now    func() time.Time
	Log    *slog.Logger
}

// The pauses between two look-ups of a commit that was not found, and of a tag
// that may move.
const (
	firstLookUp = 5 * time.Second
	lastLookUp  = 10 * time.Minute
)

// Run looks up commits until ctx ends. A version that is not tagged yet is
// looked up again, more and more rarely.
func (f Finder) Run(ctx context.Context) error {
	changes, stop := f.Ledger.Watch()
	defer stop()
	next := map[string]retry.Backoff{} // by open version
	for {
		next = f.lookUpDue(ctx, next)
		if !f.rest(ctx, changes, next) {
			return nil
		}
	}
}

// lookUpDue looks up each open release that is due, one after another, and gives
// when each is due again.
func (f Finder) lookUpDue(ctx context.Context, next map[string]retry.Backoff) map[string]retry.Backoff {
	again := map[string]retry.Backoff{}
	for _, version := range f.Ledger.State().Opens {
		due := next[version]
		if !due.Until.After(f.Now()) {
			first := firstLookUp
			if f.find(ctx, version) {
				first = lastLookUp
			}
			due.Grow(f.Now(), first, lastLookUp)
		}
		again[version] = due
	}
	return again
}

// rest waits until a version is due, or another release is open. It reports
// whether to go on.
func (f Finder) rest(ctx context.Context, changes <-chan struct{}, next map[string]retry.Backoff) bool {
	var again <-chan time.Time
	if len(next) > 0 {
		soonest := slices.MinFunc(slices.Collect(maps.Values(next)), func(a, b retry.Backoff) int { return a.Until.Compare(b.Until) })
		again = time.After(soonest.Until.Sub(f.Now()))
	}
	for {
		select {
		case <-ctx.Done():
			return false
		case <-again:
			return true
		case <-changes:
			if slices.ContainsFunc(f.Ledger.State().Opens, func(version string) bool { _, known := next[version]; return !known }) {
				return true
			}
		}
	}
}

// find looks one version up and remembers its commit, or that its tag has moved.
// It reports whether there is a commit.
func (f Finder) find(ctx context.Context, version string) bool {
	commit, err := f.Source.CommitOfVersion(ctx, version)
	if err != nil {
		if !errors.Is(err, github.ErrNoSuchRef) && ctx.Err() == nil {
			f.Log.Warn("the commit of a release could not be looked up", "version", version, "error", err)
		}
		r := f.Ledger.State().Releases[version]
		return r != nil && r.Commit != ""
	}
	if found(f.Ledger.State().Releases[version], commit.SHA) == nil {
		return true
	}
	_, err = f.Ledger.Update(ctx, func(s *history.State, _ time.Time) ([]event.Event, error) {
		return found(s.Releases[version], commit.SHA), nil
	})
	if err != nil && ctx.Err() == nil {
		f.Log.Error("the commit of a release could not be recorded", "version", version, "error", err)
	}
	return err == nil
}

// found is the news that a release's tag is at a commit; nil where it is known.
func found(r *history.Release, commit string) []event.Event {
	switch {
	case r == nil:
		return nil
	case r.Commit == "":
		return []event.Event{event.CommitFound{Release: r.Version, Commit: commit}}
	}
	if was := cmp.Or(r.Tag, r.Commit); !build.SameCommit(was, commit) {
		return []event.Event{event.TagMoved{Release: r.Version, Was: was, Is: commit}}
	}
	return nil
}
