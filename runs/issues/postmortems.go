package issues

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"gonogo/clients/github"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs/retry"
)

// Postmortems opens a postmortem for each rollback that has reached the platform, and keeps the
// postmortem's issue: one issue for each rollback, found again by the marker in its body.
//
//	rollback begun ──▶ postmortem opened ──▶ issue opened ──▶ updated … ──▶ closed
//
// gonogo writes its part of the body until the postmortem has ended, and closes the issue
// then; if a person closes it, that ends the postmortem. What people write into it stays, see
// edits.go, and the tasks that are open in it are recorded. Rehearsals have no postmortem.
// Without a repository there is a postmortem without an issue.
//
// Each write is IssueIntended ──▶ write ──▶ IssueWritten, as for gates, and looked up
// before it is repeated.
type Postmortems struct {
	opts    Options
	backoff retry.Backoff // owned by the goroutine in Run, as is looked
	looked  map[string]time.Time
}

// NewPostmortems returns Postmortems; it starts nothing. Of the options, Checklist, Thread and
// Runbooks aren't needed, and Repository may be nil.
func NewPostmortems(opts Options) *Postmortems {
	return &Postmortems{opts: opts, looked: map[string]time.Time{}}
}

const (
	openedWithin = time.Hour        // after the end of a rollback, its postmortem may still be opened
	lookEvery    = 10 * time.Minute // how often an issue is read anew
	rewriteEvery = 10 * time.Second // one issue is rewritten at most this often
)

// Run keeps the postmortems until ctx is done.
func (r *Postmortems) Run(ctx context.Context) error {
	r.opts.inRounds(ctx, r.round)
	return nil
}

// round does what is due, and says when more will be; zero: not before the ledger changes.
func (r *Postmortems) round(ctx context.Context) (next time.Time) {
	if err := r.open(ctx); err != nil && ctx.Err() == nil {
		r.opts.Log.Error("a postmortem could not be recorded", "error", err)
		return r.opts.Now().Add(firstRetry)
	}
	if r.opts.Repository == nil {
		return time.Time{}
	}
	for _, postmortem := range r.opts.Ledger.State().Postmortems {
		if at := r.keep(ctx, postmortem); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// open records a postmortem for each rollback that needs one.
func (r *Postmortems) open(ctx context.Context) error {
	if len(unexamined(r.opts.Ledger.State(), r.opts.Now())) == 0 {
		return nil
	}
	_, err := r.opts.Ledger.Update(ctx, func(s *history.State, now time.Time) ([]event.Event, error) {
		var events []event.Event
		for _, run := range unexamined(s, now) {
			events = append(events, event.PostmortemOpened{Rollback: run.ID, Environment: run.Change.Environment, From: run.Change.From.Version, To: run.Change.To.Version, Incident: run.Change.Incident})
		}
		return events, nil
	})
	return err
}

// unexamined lists the rollbacks that need a postmortem and have none. Those that ended
// before postmortems existed need none.
func unexamined(s *history.State, now time.Time) []*work.Run {
	var all []*work.Run
	for _, run := range s.Runs {
		_, has := s.Postmortems[run.ID]
		if has || run.Change == nil || run.Change.Rehearsal || run.Change.Settles != "" || !run.Begun() || !run.Open() && now.Sub(run.Ended) > openedWithin {
			continue
		}
		all = append(all, run)
	}
	slices.SortFunc(all, func(a, b *work.Run) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// postmortemJob is what the issue of a postmortem needs.
type postmortemJob struct {
	postmortem history.Postmortem
	act        event.IssueAct // lookUp: only to be read
	at         time.Time
	text       postmortemText
}

// job works out what the issue of a postmortem needs; its act is empty for nothing.
func (r *Postmortems) job(postmortem history.Postmortem) postmortemJob {
	job := postmortemJob{postmortem: postmortem, text: r.text(postmortem)}
	switch {
	case postmortem.Away != "", !postmortem.Ended.IsZero() && !postmortem.IssueOpen && postmortem.Pending == "":
		return job
	case postmortem.Number == 0:
		job.act = event.OpenIssue
	case !postmortem.Ended.IsZero():
		job.act = event.CloseIssue
	case postmortem.Said != job.text.digest():
		job.act, job.at = event.UpdateIssue, postmortem.Written.Add(rewriteEvery)
	default:
		job.act, job.at = lookUp, latest(postmortem.Written, r.looked[postmortem.Rollback]).Add(lookEvery)
	}
	if postmortem.Pending != "" {
		job.at = latest(job.at, postmortem.Asked.Add(visibleWithin))
	}
	return job
}

// keep does what the issue of one postmortem needs, and says when to look again.
func (r *Postmortems) keep(ctx context.Context, postmortem history.Postmortem) time.Time {
	job, now := r.job(postmortem), r.opts.Now()
	at := latest(job.at, r.backoff.Until)
	switch {
	case job.act == "":
		return time.Time{}
	case at.After(now):
		return at
	}
	err := r.do(ctx, job)
	if err == nil || ctx.Err() != nil {
		r.backoff = retry.Backoff{}
		r.looked[postmortem.Rollback] = now
		return now.Add(lookEvery) // if something was written, the ledger has changed, so another round follows
	}
	r.opts.Log.Warn("the issue of a rollback could not be written", "rollback", postmortem.Rollback, "act", job.act, "error", err)
	var limited *github.Limited
	if errors.As(err, &limited) {
		r.backoff.Until = latest(limited.Until, now.Add(firstRetry))
	} else {
		r.backoff.Grow(now, firstRetry, lastRetry)
	}
	return r.backoff.Until
}

// do reads the issue, and does what hasn't been done.
func (r *Postmortems) do(ctx context.Context, job postmortemJob) error {
	found, away, err := r.find(ctx, job.postmortem)
	switch {
	case err != nil:
		return err
	case away != "":
		return r.record(event.PostmortemIssueWritten{Rollback: job.postmortem.Rollback, Number: job.postmortem.Number, URL: job.postmortem.URL, Away: away})
	case found == nil && !job.postmortem.Ended.IsZero():
		return r.record(event.PostmortemIssueWritten{Rollback: job.postmortem.Rollback})
	case found == nil:
		return r.create(ctx, job)
	case !found.Open && job.postmortem.Ended.IsZero():
		return r.record(written(job, "", *found), event.PostmortemEnded{Rollback: job.postmortem.Rollback})
	case !found.Open:
		return r.record(written(job, job.act, *found))
	case job.act == event.CloseIssue:
		open := false
		return r.edit(ctx, job, *found, github.Change{State: &open, Reason: "completed"})
	case marker(found.Body, "said") == job.text.digest():
		return r.noteRead(job, *found)
	}
	return r.edit(ctx, job, *found, github.Change{})
}

// find reads the issue of a postmortem; nil means that there is none.
func (r *Postmortems) find(ctx context.Context, postmortem history.Postmortem) (*github.Issue, event.IssueAway, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if postmortem.Number != 0 {
		found, err := r.opts.Repository.Issue(ctx, postmortem.Number)
		if away := awayReason(found, err); away != "" {
			return nil, away, nil
		}
		return &found, "", err
	}
	ours, err := r.opts.Repository.IssuesLabelled(ctx, []string{label}, time.Time{})
	if err != nil {
		return nil, "", err
	}
	return (&pass{ours: ours}).marked(r.identity(postmortem)), "", nil
}

func (r *Postmortems) identity(postmortem history.Postmortem) string {
	return digest(r.opts.Project, "rollback", postmortem.Rollback)
}

// create opens the issue, after none was found.
func (r *Postmortems) create(ctx context.Context, job postmortemJob) error {
	job.act = event.OpenIssue
	draft := github.Draft{Title: job.text.title, Body: around("", job.text.body(r.identity(job.postmortem)), followUps), Labels: []string{label}}
	for _, label := range r.opts.Labels {
		if !slices.Contains(draft.Labels, label) {
			draft.Labels = append(draft.Labels, label)
		}
	}
	return r.write(ctx, job, func(ctx context.Context) (github.Issue, error) { return r.opts.Repository.Create(ctx, draft) })
}

// edit brings gonogo's part of the issue up to date, besides another change.
func (r *Postmortems) edit(ctx context.Context, job postmortemJob, found github.Issue, change github.Change) error {
	if job.act != event.CloseIssue {
		job.act = event.UpdateIssue
	}
	above, own, below, edited := split(found.Body)
	if edited {
		below = byHand + "\n\n" + withoutMarks(own) + "\n\n" + below
	}
	body := around(above, job.text.body(r.identity(job.postmortem)), below)
	change.Body = &body
	if hasOurTitle(found) {
		change.Title = &job.text.title
	}
	return r.write(ctx, job, func(ctx context.Context) (github.Issue, error) {
		return r.opts.Repository.Edit(ctx, found.Number, change)
	})
}

// write records the intent, sends one write, and records its outcome.
func (r *Postmortems) write(ctx context.Context, job postmortemJob, send func(context.Context) (github.Issue, error)) error {
	if err := r.record(event.PostmortemIssueIntended{Rollback: job.postmortem.Rollback, Act: job.act}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	made, err := send(ctx)
	if err != nil {
		return err
	}
	return r.record(written(job, job.act, made))
}

// noteRead records what an issue says that is up to date, if that is new.
func (r *Postmortems) noteRead(job postmortemJob, found github.Issue) error {
	now := written(job, "", found)
	if was := job.postmortem; was.Pending == "" && was.Number == now.Number && was.Said == now.Said && slices.Equal(was.FollowUps, now.FollowUps) {
		return nil
	}
	return r.record(now)
}

func written(job postmortemJob, act event.IssueAct, issue github.Issue) event.PostmortemIssueWritten {
	return event.PostmortemIssueWritten{Rollback: job.postmortem.Rollback, Act: act, Number: issue.Number, URL: issue.URL, Open: issue.Open,
		Said: marker(issue.Body, "said"), FollowUps: job.text.openTasks(issue.Body)}
}

func (r *Postmortems) record(events ...event.Event) error {
	_, err := r.opts.Ledger.Update(context.Background(), func(*history.State, time.Time) ([]event.Event, error) { return events, nil })
	return err
}
