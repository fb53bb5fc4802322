package issues

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/clients/github"
	"gonogo/phrase"
	"gonogo/readiness/answer"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs/retry"
)

// Overrides opens an issue for each override that was used, so that what didn't pass isn't
// forgotten: one issue each, found again by the marker in its body.
//
//	used ──▶ OverrideIssueIntended ──▶ created ──▶ OverrideIssueWritten
//
// gonogo writes nothing to it afterwards. A person closes it.
type Overrides struct {
	opts    Options
	backoff retry.Backoff // owned by the goroutine in Run
}

// NewOverrides returns Overrides; it starts nothing. Of the options, Thread and Runbooks
// aren't needed.
func NewOverrides(opts Options) *Overrides { return &Overrides{opts: opts} }

// overrideWithin is how long after an override was used its issue is still opened. Those
// from before issues were configured get none.
const overrideWithin = 7 * 24 * time.Hour

// Run opens issues until ctx is done.
func (r *Overrides) Run(ctx context.Context) error {
	r.opts.inRounds(ctx, r.round)
	return nil
}

// round opens what is missing, and says when to look again; zero: not before the ledger
// changes.
func (r *Overrides) round(ctx context.Context) (next time.Time) {
	for _, o := range r.opts.Ledger.State().Overrides {
		if at := r.open(ctx, o); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// open opens the issue of one override, and says when to try again.
func (r *Overrides) open(ctx context.Context, o history.Override) time.Time {
	now := r.opts.Now()
	if o.Used.IsZero() || o.Issue.Number != 0 || o.Issue.Asked.IsZero() && now.Sub(o.Used) > overrideWithin {
		return time.Time{}
	}
	at := r.backoff.Until
	if !o.Issue.Asked.IsZero() {
		at = latest(at, o.Issue.Asked.Add(visibleWithin))
	}
	if at.After(now) {
		return at
	}
	err := r.create(ctx, o)
	if err == nil || ctx.Err() != nil {
		r.backoff = retry.Backoff{}
		return time.Time{}
	}
	r.opts.Log.Warn("the issue of an override could not be written", "override", o.ID, "error", err)
	var limited *github.Limited
	if errors.As(err, &limited) {
		r.backoff.Until = latest(limited.Until, now.Add(firstRetry))
	} else {
		r.backoff.Grow(now, firstRetry, lastRetry)
	}
	return r.backoff.Until
}

// create looks for the issue, and opens it if there is none.
func (r *Overrides) create(ctx context.Context, o history.Override) error {
	key := digest(r.opts.Project, "override", o.ID)
	look, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	ours, err := r.opts.Repository.IssuesLabelled(look, []string{label}, time.Time{})
	if err != nil {
		return err
	}
	if found := (&pass{ours: ours}).marked(key); found != nil {
		return r.record(event.OverrideIssueWritten{ID: o.ID, Number: found.Number, URL: found.URL})
	}
	if err := r.record(event.OverrideIssueIntended{ID: o.ID}); err != nil {
		return err
	}
	write, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	made, err := r.opts.Repository.Create(write, r.draft(o, key))
	if err != nil {
		return err
	}
	return r.record(event.OverrideIssueWritten{ID: o.ID, Number: made.Number, URL: made.URL})
}

func (r *Overrides) record(e event.Event) error {
	_, err := r.opts.Ledger.Update(context.Background(), func(*history.State, time.Time) ([]event.Event, error) { return []event.Event{e}, nil })
	return err
}

// draft says who let what go out, past what, and why.
func (r *Overrides) draft(o history.Override, key string) github.Draft {
	words, items := &content{secrets: r.opts.Secrets}, r.items(o)
	title := fmt.Sprintf("[gonogo] %s went to %s with %s overridden", o.Version, o.Environment, phrase.Count(len(items), "item"))
	what := "a deployment"
	if o.Review != "" {
		what = "the workflow run " + words.code(o.Review)
	}
	parts := []string{mark("key", key) + "\n" + fmt.Sprintf("%s let %s of %s go to %s although %s, and %s confirmed it: %s.", words.code(o.By), what, words.prose(o.Version), words.prose(o.Environment),
		phrase.Count(len(items), "item didn't pass", "items didn't pass"), words.code(o.ConfirmedBy), words.prose(o.Reason)), "### Overridden\n\n" + overriddenList(words, items),
		fmt.Sprintf("Asked for on %s, confirmed on %s, used on %s.", inUTC(o.At), inUTC(o.Confirmed), inUTC(o.Used)),
		"_gonogo doesn't update this issue. Close it once these items are dealt with._"}
	draft := github.Draft{Title: phrase.ShortenAtWord(disableAutolinks(words.line(title)), maxTitle), Body: paragraphs(parts), Labels: []string{label}}
	for _, label := range r.opts.Labels {
		if !slices.Contains(draft.Labels, label) {
			draft.Labels = append(draft.Labels, label)
		}
	}
	return draft
}

func inUTC(at time.Time) string { return at.UTC().Format("2 January 2006, 15:04 UTC") }

// items are what didn't pass: for a deployment as it was when that started.
func (r *Overrides) items(o history.Override) []work.OverriddenItem {
	if run := r.opts.Ledger.State().Runs[o.Run]; run != nil && run.Change != nil && run.Change.Override != nil {
		return run.Change.Override.Items
	}
	var items []work.OverriddenItem
	for _, of := range o.Items {
		title := of.Item
		if it, ok := r.opts.Checklist.Item(of.Item); ok {
			title = it.Title
		}
		items = append(items, work.OverriddenItem{Item: of.Item, Environment: of.Environment, Title: title, Why: of.Why})
	}
	return items
}

func overriddenList(words *content, items []work.OverriddenItem) string {
	var lines []string
	for i, it := range items {
		if i == maxOverridden {
			lines = append(lines, fmt.Sprintf("- and %d more", len(items)-i))
			break
		}
		lines = append(lines, fmt.Sprintf("- [ ] **%s** (%s): %s", words.prose(it.Title), words.code(answer.Key{Item: it.Item, Environment: it.Environment}.String()), words.prose(phrase.ShortenAtWord(it.Why, longestTask))))
	}
	return strings.Join(lines, "\n")
}

// maxOverridden is how many items an issue lists.
const maxOverridden = 50
