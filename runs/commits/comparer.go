package commits

import (
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
	"gonogo/readiness/work"
	"gonogo/runs/retry"
	"gonogo/storage"
)

// Comparer looks up which commits deployments and rollbacks brought, and records
// them, so that a card about an alert lists them without asking anybody. It
// looks up the newest change of each environment, when that starts, and those
// that a firing incident follows. What GitHub does not tell is recorded as such,
// and asked for again, more and more rarely.
type Comparer struct {
	Ledger  *storage.Ledger
	Source  Source
	Notable Notable
	Secrets []string // values that must stand in no commit's title
	Now     func() time.Time
	Log     *slog.Logger
}

// What is recorded of a change's commits.
const (
	mostCompared  = 5   // commits that are listed; the others are counted
	longestTitle  = 100 // letters of a commit's title
	longestAuthor = 40  // letters of an author's name
)

// compareTime bounds one comparison.
const compareTime = 20 * time.Second

// gather is how long changes of the ledger that come together are waited for, so
// that they are looked at together.
const gather = 200 * time.Millisecond

// Run compares until ctx ends.
func (c Comparer) Run(ctx context.Context) error {
	changes, stop := c.Ledger.Watch()
	defer stop()
	next := map[string]retry.Backoff{} // by run ID
	for ctx.Err() == nil {
		next = c.compareDue(ctx, next)
		var again <-chan time.Time
		if len(next) > 0 {
			soonest := slices.MinFunc(slices.Collect(maps.Values(next)), func(a, b retry.Backoff) int { return a.Until.Compare(b.Until) })
			again = time.After(soonest.Until.Sub(c.Now()))
		}
		select {
		case <-ctx.Done():
		case <-again:
		case <-changes:
			_ = retry.Sleep(ctx, gather) // the loop looks at ctx itself
		}
	}
	return nil
}

// compareDue compares each change that is due, and gives when those that are
// not known are due again.
func (c Comparer) compareDue(ctx context.Context, next map[string]retry.Backoff) map[string]retry.Backoff {
	again := map[string]retry.Backoff{}
	for _, run := range wantedChanges(c.Ledger.State(), c.Now()) {
		due := next[run.ID]
		if !due.Until.After(c.Now()) {
			if c.compare(ctx, run) || ctx.Err() != nil {
				continue
			}
			due.Grow(c.Now(), firstLookUp, lastLookUp)
		}
		again[run.ID] = due
	}
	return again
}

// wantedChanges are the changes whose commits are wanted and not known, by ID.
func wantedChanges(s *history.State, now time.Time) []*work.Run {
	found := map[string]*work.Run{}
	want := func(run *work.Run) {
		if run == nil || run.Compared != nil && run.Compared.Unknown == "" {
			return
		}
		if from, to := run.Change.Went(); from.Version != "" && to.Version != "" {
			found[run.ID] = run
		}
	}
	environments := map[string]bool{}
	for _, run := range s.Runs {
		if run.Change != nil {
			environments[run.Change.Environment] = true
		}
	}
	for environment := range environments {
		want(s.LastChange(environment, now))
	}
	for _, i := range s.Incidents {
		if i.Firing() && i.Environment != "" {
			want(s.LastChange(i.Environment, i.Began))
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b *work.Run) int { return a.Started.Compare(b.Started) })
}

// compare looks up one change and records what is new. It reports whether the
// commits are known.
func (c Comparer) compare(ctx context.Context, run *work.Run) bool {
	from, to := run.Change.Went()
	limit, cancel := context.WithTimeout(ctx, compareTime)
	defer cancel()
	found, err := c.between(limit, from, to)
	if ctx.Err() != nil {
		return false
	}
	if err != nil {
		c.Log.Warn("the commits of a change could not be looked up", "run", run.ID, "from", from.Version, "to", to.Version, "error", err)
		found = work.Compared{Unknown: whyUnknown(err)}
	}
	if run.Compared != nil && run.Compared.Unknown == found.Unknown {
		return false // as it was
	}
	_, err = c.Ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{event.ChangeCompared{Run: run.ID, Compared: found}}, nil
	})
	if err != nil && ctx.Err() == nil {
		c.Log.Error("the commits of a change could not be recorded", "run", run.ID, "error", err)
	}
	return err == nil && found.Unknown == ""
}

// between compares two builds. Of a change that only took commits back, those
// are listed.
func (c Comparer) between(ctx context.Context, from, to build.Build) (work.Compared, error) {
	base, err := c.commit(ctx, from)
	if err != nil {
		return work.Compared{}, err
	}
	head, err := c.commit(ctx, to)
	if err != nil {
		return work.Compared{}, err
	}
	comparison, err := c.Source.Compare(ctx, base, head)
	if err != nil {
		return work.Compared{}, err
	}
	found := work.Compared{Ahead: comparison.Ahead, Behind: comparison.Behind, URL: comparison.URL}
	if found.Ahead == 0 && found.Behind > 0 {
		base, head = head, base
		if comparison, err = c.Source.Compare(ctx, base, head); err != nil {
			return work.Compared{}, err
		}
		found.URL = comparison.URL
	}
	look := Lookup{Source: c.Source, Notable: c.Notable, Secrets: c.Secrets, Log: c.Log}
	under, _ := look.under(ctx, head)
	for _, commit := range look.sorted(comparison.Commits, under)[:min(len(comparison.Commits), mostCompared)] {
		found.Commits = append(found.Commits, work.ChangedCommit(commit))
	}
	return found, nil
}

// commit is the commit of a build. Where it is not recorded, the version's tag
// names it: GitHub would take the bare version for a branch of that name.
func (c Comparer) commit(ctx context.Context, b build.Build) (string, error) {
	if b.Commit != "" {
		return b.Commit, nil
	}
	commit, err := c.Source.CommitOfVersion(ctx, b.Version)
	return commit.SHA, err
}

// whyUnknown says in a few words why commits are not known.
func whyUnknown(err error) string {
	var limited *github.Limited
	var refused *github.Refused
	switch {
	case errors.Is(err, github.ErrNoSuchRef):
		return "GitHub does not have both commits"
	case errors.As(err, &limited):
		return "GitHub's rate limit is used up"
	case errors.As(err, &refused):
		return "GitHub refused to compare them"
	}
	return "GitHub doesn't respond"
}
