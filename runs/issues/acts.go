package issues

import (
	"context"
	"errors"
	"slices"
	"time"

	"gonogo/clients/github"
	"gonogo/phrase"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/redact"
	"gonogo/runs/retry"
)

// clockSkew is how far GitHub's clock may be behind ours.
const clockSkew = 10 * time.Minute

// do reads the issue, and performs a job's act unless that has already happened.
func (p *pass) do(ctx context.Context, job workItem) error {
	found, away, err := p.find(ctx, job)
	switch {
	case err != nil:
		return err
	case away != "":
		return p.recordAway(job, away)
	case job.act == lookUp:
		return p.recordFound(job, found)
	case job.act == event.CloseIssue:
		return p.close(ctx, job, found)
	}
	return p.ensureOpen(ctx, job, found)
}

// find reads an answer's issue; nil means that there is none. One that was transferred,
// locked or deleted is away; if GitHub says the same of the whole repository, that is
// the error.
func (p *pass) find(ctx context.Context, job workItem) (found *github.Issue, away event.IssueAway, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if job.issue.Number != 0 {
		found, err := p.opts.Repository.Issue(ctx, job.issue.Number)
		if away = awayReason(found, err); away == "" {
			return &found, "", err
		}
	}
	if !p.listed {
		ours, err := p.opts.Repository.IssuesLabelled(ctx, []string{label}, time.Time{})
		if err != nil {
			return nil, "", err
		}
		p.ours, p.listed = ours, true
	}
	if found = p.marked(p.identity(job.key)); found != nil {
		return found, "", nil
	}
	return nil, away, nil
}

// awayReason is why an issue can't be written to, judging by the result of reading it;
// empty: it can.
func awayReason(found github.Issue, err error) event.IssueAway {
	var refused *github.Refused
	switch {
	case err == nil && found.Locked:
		return event.IssueLocked
	case !errors.As(err, &refused):
		return ""
	case refused.Moved():
		return event.IssueMoved
	case refused.Gone():
		return event.IssueDeleted
	}
	return ""
}

// marked is the oldest of our issues that has a key's marker and isn't locked.
func (p *pass) marked(key string) *github.Issue {
	var oldest *github.Issue
	for n, issue := range p.ours {
		if !issue.Locked && marker(issue.Body, "key") == key && (oldest == nil || issue.Number < oldest.Number) {
			oldest = &p.ours[n]
		}
	}
	return oldest
}

// ensureOpen makes sure that an issue is open and up to date.
func (p *pass) ensureOpen(ctx context.Context, job workItem, found *github.Issue) error {
	said := found != nil && marker(found.Body, "said") == job.text.Digest()
	switch {
	case found == nil:
		return p.open(ctx, job)
	case !found.Open && job.act == event.UpdateIssue: // somebody closed it; reopening is limited by nextOpening
		return p.recordFound(job, found)
	case found.Open && said:
		return p.recordWritten(job, *found, job.text.Digest())
	}
	title, body, open := job.text.Title(), job.text.Into(found.Body, p.identity(job.key)), true
	change := github.Change{Body: &body}
	if hasOurTitle(*found) {
		change.Title = &title
	}
	if !found.Open {
		change.State, change.Reason = &open, "reopened"
	}
	var edited github.Issue
	if err := p.write(ctx, job, func(ctx context.Context) (err error) {
		edited, err = p.opts.Repository.Edit(ctx, found.Number, change)
		return err
	}); err != nil {
		return err
	}
	return p.recordWritten(job, edited, job.text.Digest())
}

// open creates an answer's issue, after none was found.
func (p *pass) open(ctx context.Context, job workItem) error {
	job.act = event.OpenIssue
	draft := github.Draft{Title: job.text.Title(), Body: job.text.Body(p.identity(job.key)), Labels: []string{label}}
	for _, label := range p.opts.Labels {
		if !slices.Contains(draft.Labels, label) {
			draft.Labels = append(draft.Labels, label)
		}
	}
	var made github.Issue
	if err := p.write(ctx, job, func(ctx context.Context) (err error) {
		made, err = p.opts.Repository.Create(ctx, draft)
		return err
	}); err != nil {
		return err
	}
	return p.recordWritten(job, made, job.text.Digest())
}

// close closes an issue and comments on what passes now, unless an earlier attempt did.
// An issue gets one such comment for each time it was opened.
func (p *pass) close(ctx context.Context, job workItem, found *github.Issue) error {
	if found == nil {
		return p.recordFound(job, nil)
	}
	if found.Open {
		open := false
		if err := p.write(ctx, job, func(ctx context.Context) error {
			_, err := p.opts.Repository.Edit(ctx, found.Number, github.Change{State: &open, Reason: "completed"})
			return err
		}); err != nil {
			return err
		}
	}
	if err := p.explain(ctx, job, found.Number); err != nil {
		return err
	}
	found.Open = false
	return p.recordWritten(job, *found, job.text.Digest())
}

// explain comments on why an issue was closed, unless there is such a comment.
func (p *pass) explain(ctx context.Context, job workItem, number int) error {
	name := digest(p.identity(job.key), job.issue.Opened.UTC().Format(time.RFC3339Nano))
	done, err := p.explained(ctx, job, number, name)
	if err != nil || done {
		return err
	}
	return p.write(ctx, job, func(ctx context.Context) error {
		_, err := p.opts.Repository.Comment(ctx, number, job.text.Closing(name))
		return err
	})
}

func (p *pass) explained(ctx context.Context, job workItem, number int, name string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	comments, err := p.opts.Repository.Comments(ctx, number, job.issue.Opened.Add(-clockSkew))
	return slices.ContainsFunc(comments, func(c github.Comment) bool { return marker(c.Body, "comment") == name }), err
}

// write records the intent and sends one write. Stopping gonogo doesn't cancel it,
// because the outcome of a canceled request is unknown.
func (p *pass) write(ctx context.Context, job workItem, send func(context.Context) error) error {
	intent := event.IssueIntended{Item: job.key.Item, Environment: job.key.Environment, Act: job.act}
	if err := p.journal(ctx, intent); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	return send(ctx)
}

// recordWritten records the state in which an issue was left.
func (p *pass) recordWritten(job workItem, issue github.Issue, said string) error {
	return p.journal(context.Background(), event.IssueWritten{
		Item: job.key.Item, Environment: job.key.Environment, Act: job.act,
		Number: issue.Number, URL: issue.URL, Open: issue.Open, Said: said,
	})
}

// recordAway records that an issue is away. Its digest isn't kept, so that another is
// opened if the gate fails.
func (p *pass) recordAway(job workItem, away event.IssueAway) error {
	if job.act == lookUp {
		job.act = job.issue.Pending
	}
	return p.journal(context.Background(), event.IssueWritten{
		Item: job.key.Item, Environment: job.key.Environment, Act: job.act,
		Number: job.issue.Number, URL: job.issue.URL, Away: away,
	})
}

// recordFound records the state in which an issue was found, where gonogo meant to
// leave it in another. The digest of a closed issue prevents its reopening, so it is
// kept only if a person closed it, not if our own pending act did.
func (p *pass) recordFound(job workItem, found *github.Issue) error {
	if job.act == lookUp {
		job.act = job.issue.Pending
	}
	if found == nil {
		return p.recordWritten(job, github.Issue{}, "")
	}
	said := marker(found.Body, "said")
	if !found.Open && job.issue.Pending == event.CloseIssue {
		said = ""
	}
	return p.recordWritten(job, *found, said)
}

func (p *pass) journal(ctx context.Context, happened event.Event) error {
	_, err := p.opts.Ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{happened}, nil
	})
	return err
}

// failed sets the pause after a failed act, records its reason, and returns when to
// look again.
func (p *pass) failed(ctx context.Context, job workItem, err error) time.Time {
	p.opts.Log.Warn("issue could not be written", "item", job.key.String(), "act", job.act, "error", err)
	now, wait := p.opts.Now(), p.waits[job.key]
	wait.tried = now
	var limited *github.Limited
	var refused *github.Refused
	switch {
	case errors.As(err, &limited):
		until := latest(limited.Until, now.Add(firstRetry))
		p.outage = delay{Backoff: retry.Backoff{Until: until}, why: "GitHub's rate limit is used up", again: until}
		wait.why, wait.again, wait.Until = p.outage.why, until, until
	case errors.As(err, &refused):
		wait.why = redact.Line(phrase.Cause(refused), p.opts.Secrets)
		wait.again, wait.Until = time.Time{}, now.Add(refusedRetry)
	case unreachable(err):
		p.outage.Grow(now, firstRetry, lastRetry)
		wait.Grow(now, firstRetry, lastRetry)
		p.outage.why, p.outage.again = "GitHub doesn't respond", time.Time{}
		wait.why, wait.again = p.outage.why, time.Time{}
	default: // the ledger failed, so the reason couldn't be recorded either
		wait.Grow(now, firstRetry, lastRetry)
		wait.why = ""
	}
	p.waits[job.key] = wait
	p.delay(ctx, job, wait)
	return wait.Until
}

// unreachable reports whether GitHub didn't respond, or its response was lost.
func unreachable(err error) bool {
	var unsure *github.Unsure
	var unavailable *github.Unavailable
	return errors.As(err, &unsure) || errors.As(err, &unavailable)
}

// delay records why an issue has to wait, once for each cause.
func (p *pass) delay(ctx context.Context, job workItem, wait delay) {
	if wait.why == "" || wait.why == job.issue.Delayed {
		return
	}
	p.recordDelay(ctx, job, wait.why, wait.again)
}

// undelay ends a recorded delay once there is nothing to do.
func (p *pass) undelay(ctx context.Context, job workItem) {
	if job.issue.Delayed != "" {
		p.recordDelay(ctx, job, "", time.Time{})
	}
}

func (p *pass) recordDelay(ctx context.Context, job workItem, why string, until time.Time) {
	event := event.IssueDelayed{Item: job.key.Item, Environment: job.key.Environment, Why: why, Until: until}
	if err := p.journal(ctx, event); err != nil && ctx.Err() == nil {
		p.opts.Log.Error("delay of an issue could not be recorded", "item", job.key.String(), "error", err)
	}
}
