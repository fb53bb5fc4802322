package runs

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"gonogo/clients/github"
	"gonogo/readiness"
	"gonogo/runs/retry"
	"gonogo/storage"
)

// Source is the repository that releases are made from.
type Source interface {
	// CommitOfVersion finds the commit that a version was tagged on.
	CommitOfVersion(ctx context.Context, version string) (github.Commit, error)
	// Compare says what lies between two commits.
	Compare(ctx context.Context, base, head string) (github.Comparison, error)
}

var _ Source = (*github.Client)(nil)

// Commits is what a deployment would bring besides what is live.
type Commits struct {
	Ahead   int
	Since   string // version that is live
	URL     string // where to read them
	Unknown string // why it is not known, in a few words; empty: it is
}

// Commits compares a release with what is live on an environment.
func (r *Runs) Commits(ctx context.Context, environment, version string) Commits {
	state := r.opts.Ledger.State()
	release, live := state.Releases[version], state.Live[environment]
	c := Commits{Since: live.Version}
	switch {
	case r.opts.Source == nil:
		c.Unknown = "not known: the configuration names no repository"
	case live.Version == "":
		c.Unknown = "not known: nothing is known to be live"
	case release == nil:
		c.Unknown = "not known: no release is open"
	default:
		r.compare(ctx, &c, live, release)
	}
	return c
}

// compare compares two commits. A version whose commit is not known is resolved
// by its tag first: GitHub would take its bare name for a branch of that name.
func (r *Runs) compare(ctx context.Context, c *Commits, live readiness.Live, release *readiness.Release) {
	base, head := live.Commit, release.Commit
	if base == "" {
		base = r.CommitOf(ctx, live.Version)
	}
	if head == "" {
		head = r.CommitOf(ctx, release.Version)
	}
	switch {
	case base == "":
		c.Unknown = "not known: the commit of " + live.Version + " is not known"
		return
	case head == "":
		c.Unknown = "not known: the commit of " + release.Version + " is not known"
		return
	}
	comparison, err := r.opts.Source.Compare(ctx, base, head)
	if err != nil {
		r.opts.Log.Warn("commits could not be compared", "base", base, "head", head, "error", err)
		c.Unknown = "not known: GitHub does not tell"
		return
	}
	c.Ahead, c.URL = comparison.Ahead, comparison.URL
}

// CommitOf asks the repository for the commit of a version; "" where it is not
// known.
func (r *Runs) CommitOf(ctx context.Context, version string) string {
	if r.opts.Source == nil || version == "" {
		return ""
	}
	commit, err := r.opts.Source.CommitOfVersion(ctx, version)
	if err != nil {
		r.opts.Log.Warn("the commit of a version could not be looked up", "version", version, "error", err)
		return ""
	}
	return commit.SHA
}

// CommitFinder looks up the commits of open releases: of each that was opened without
// one, and whether the tag of each still names the release's.
type CommitFinder struct {
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
func (f CommitFinder) Run(ctx context.Context) error {
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
func (f CommitFinder) lookUpDue(ctx context.Context, next map[string]retry.Backoff) map[string]retry.Backoff {
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
func (f CommitFinder) rest(ctx context.Context, changes <-chan struct{}, next map[string]retry.Backoff) bool {
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
func (f CommitFinder) find(ctx context.Context, version string) bool {
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
	_, err = f.Ledger.Update(ctx, func(s *readiness.State, _ time.Time) ([]readiness.Event, error) {
		return found(s.Releases[version], commit.SHA), nil
	})
	if err != nil && ctx.Err() == nil {
		f.Log.Error("the commit of a release could not be recorded", "version", version, "error", err)
	}
	return err == nil
}

// found is the news that a release's tag is at a commit; nil where it is known.
func found(r *readiness.Release, commit string) []readiness.Event {
	switch {
	case r == nil:
		return nil
	case r.Commit == "":
		return []readiness.Event{readiness.CommitFound{Release: r.Version, Commit: commit}}
	}
	if was := cmp.Or(r.Tag, r.Commit); !readiness.SameCommit(was, commit) {
		return []readiness.Event{readiness.TagMoved{Release: r.Version, Was: was, Is: commit}}
	}
	return nil
}
