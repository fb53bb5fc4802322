// Package commits asks the repository that releases are built from which commit a
// version is, and what lies between two builds.
//
// A [Lookup] answers at once, for a plan that people see. A [Finder] and a [Comparer]
// watch the ledger and record what they find, so that cards and decisions need no
// request: the commits of open releases and whether their tags have moved, and the
// commits that deployments and rollbacks brought. If GitHub doesn't answer, the card
// says so, and gonogo asks again less and less often; nothing waits for it.
//
// A version is looked up by its tag: GitHub would take a bare name for a branch of
// that name.
package commits

import (
	"context"
	"log/slog"

	"gonogo/clients/github"
	"gonogo/readiness/history"
)

// Source is the repository that releases are made from.
type Source interface {
	// CommitOfVersion finds the commit that a version was tagged on.
	CommitOfVersion(ctx context.Context, version string) (github.Commit, error)
	// Compare says what lies between two commits.
	Compare(ctx context.Context, base, head string) (github.Comparison, error)
	// CommitsUnder lists the commits up to one that change something under a path.
	CommitsUnder(ctx context.Context, path, head string) ([]github.Commit, error)
}

var _ Source = (*github.Client)(nil)

// Lookup asks a repository. Without one it knows nothing.
type Lookup struct {
	Source  Source // nil: none
	Notable Notable
	Secrets []string // values that must stand in no commit's title
	Log     *slog.Logger
}

// Distance is what a deployment would bring besides what is live.
type Distance struct {
	Ahead   int
	Since   string // version that is live
	URL     string // where to read the commits
	Unknown string // why it is not known, in a few words; empty: it is
}

// Since compares a release with what is live.
func (l Lookup) Since(ctx context.Context, live history.Live, release *history.Release) Distance {
	d := Distance{Since: live.Version}
	switch {
	case l.Source == nil:
		d.Unknown = "not known: the configuration names no repository"
	case live.Version == "":
		d.Unknown = "not known: nothing is known to be live"
	default:
		l.compare(ctx, &d, live, release)
	}
	return d
}

// compare compares two commits. A version whose commit is not known is resolved
// first.
func (l Lookup) compare(ctx context.Context, d *Distance, live history.Live, release *history.Release) {
	base, head := live.Commit, release.Commit
	if base == "" {
		base = l.Of(ctx, live.Version)
	}
	if head == "" {
		head = l.Of(ctx, release.Version)
	}
	switch {
	case base == "":
		d.Unknown = "not known: the commit of " + live.Version + " is not known"
		return
	case head == "":
		d.Unknown = "not known: the commit of " + release.Version + " is not known"
		return
	}
	comparison, err := l.Source.Compare(ctx, base, head)
	if err != nil {
		l.Log.Warn("commits could not be compared", "base", base, "head", head, "error", err)
		d.Unknown = "not known: GitHub does not tell"
		return
	}
	d.Ahead, d.URL = comparison.Ahead, comparison.URL
}

// Of is the commit of a version; "" where it is not known.
func (l Lookup) Of(ctx context.Context, version string) string {
	if l.Source == nil || version == "" {
		return ""
	}
	commit, err := l.Source.CommitOfVersion(ctx, version)
	if err != nil {
		l.Log.Warn("the commit of a version could not be looked up", "version", version, "error", err)
		return ""
	}
	return commit.SHA
}
