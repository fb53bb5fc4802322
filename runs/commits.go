package runs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gonogo/clients/github"
	"gonogo/readiness"
	"gonogo/storage"
)

// Source is the repository that releases are made from.
type Source interface {
	// CommitOfVersion finds the commit that a version was tagged on.
	CommitOfVersion(ctx context.Context, version string) (github.Commit, error)
	// Compare says what lies between two commits or tags.
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
		r.compare(ctx, &c, orElse(live.Commit, live.Version), orElse(release.Commit, release.Version))
	}
	return c
}

func (r *Runs) compare(ctx context.Context, c *Commits, base, head string) {
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

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// Finder looks up the commit of a release that was opened without one.
type Finder struct {
	Ledger *storage.Ledger
	Source Source
	Log    *slog.Logger
}

// The pauses between two look-ups of a commit that was not found.
const (
	firstLookUp = 5 * time.Second
	lastLookUp  = 10 * time.Minute
)

// Run looks up commits until ctx ends. A version that is not tagged yet is
// looked up again, more and more rarely.
func (f Finder) Run(ctx context.Context) error {
	changes, stop := f.Ledger.Watch()
	defer stop()
	looked, wait := "", firstLookUp
	for {
		release := f.Ledger.State().OpenRelease()
		var again <-chan time.Time
		if release != nil && release.Commit == "" {
			if looked != release.Version {
				looked, wait = release.Version, firstLookUp
			}
			if !f.find(ctx, release.Version) {
				again = time.After(wait)
				wait = min(2*wait, lastLookUp)
			}
		}
		if !f.rest(ctx, changes, again, looked) {
			return nil
		}
	}
}

// rest waits until it is time to look again, or another release is open. It
// reports whether to go on.
func (f Finder) rest(ctx context.Context, changes <-chan struct{}, again <-chan time.Time, looked string) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-again:
			return true
		case <-changes:
			if release := f.Ledger.State().OpenRelease(); release != nil && release.Version != looked && release.Commit == "" {
				return true
			}
		}
	}
}

// find looks one version up and remembers its commit.
func (f Finder) find(ctx context.Context, version string) bool {
	commit, err := f.Source.CommitOfVersion(ctx, version)
	if err != nil {
		if !errors.Is(err, github.ErrNoSuchRef) && ctx.Err() == nil {
			f.Log.Warn("the commit of a release could not be looked up", "version", version, "error", err)
		}
		return false
	}
	_, err = f.Ledger.Update(ctx, func(s *readiness.State, _ time.Time) ([]readiness.Event, error) {
		if r := s.Releases[version]; r == nil || r.Commit != "" {
			return nil, nil
		}
		return []readiness.Event{readiness.CommitFound{Release: version, Commit: commit.SHA}}, nil
	})
	return err == nil
}
