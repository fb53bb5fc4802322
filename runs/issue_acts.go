package runs

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"gonogo/clients/github"
	"gonogo/readiness"
	"gonogo/redact"
	"gonogo/runs/phrase"
	"gonogo/runs/retry"
)

// clockSkew is how far GitHub's clock may be behind ours.
const clockSkew = 10 * time.Minute

// do looks at the issue and does what a job is about, unless it was done.
func (r *issueRound) do(ctx context.Context, job issueJob) error {
	found, err := r.find(ctx, job)
	switch {
	case err != nil:
		return err
	case job.act == settleIssue:
		return r.asFound(job, found)
	case job.act == readiness.CloseIssue:
		return r.close(ctx, job, found)
	}
	return r.keepOpen(ctx, job, found)
}

// find reads an answer's issue; nil means that there is none. An issue that
// can no longer be read by its number was deleted or moved away, unless the
// whole repository cannot be read.
func (r *issueRound) find(ctx context.Context, job issueJob) (*github.Issue, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if job.issue.Number != 0 {
		found, err := r.opts.Repository.Issue(ctx, job.issue.Number)
		var refused *github.Refused
		if !errors.As(err, &refused) || refused.Status != http.StatusNotFound && refused.Status != http.StatusGone {
			return &found, err
		}
	}
	if !r.listed {
		ours, err := r.opts.Repository.IssuesLabelled(ctx, []string{issueLabel}, time.Time{})
		if err != nil {
			return nil, err
		}
		r.ours, r.listed = ours, true
	}
	return r.marked(r.issueKey(job.key)), nil
}

// marked is the oldest of our issues that bears a marker.
func (r *issueRound) marked(key string) *github.Issue {
	var oldest *github.Issue
	for n, issue := range r.ours {
		if marker(issue.Body, "key") == key && (oldest == nil || issue.Number < oldest.Number) {
			oldest = &r.ours[n]
		}
	}
	return oldest
}

// keepOpen makes an issue be open and say what it should.
func (r *issueRound) keepOpen(ctx context.Context, job issueJob, found *github.Issue) error {
	said := found != nil && marker(found.Body, "said") == job.text.Digest()
	switch {
	case found == nil:
		return r.open(ctx, job)
	case !found.Open && job.act == readiness.UpdateIssue: // somebody closed it, and reopening has its own pace
		return r.asFound(job, found)
	case found.Open && said:
		return r.written(job, *found, job.text.Digest())
	}
	title, body, open := job.text.Title(), job.text.Body(r.issueKey(job.key)), true
	change := github.Change{Title: &title, Body: &body}
	if !found.Open {
		change.State, change.Reason = &open, "reopened"
	}
	var edited github.Issue
	if err := r.write(ctx, job, func(ctx context.Context) (err error) {
		edited, err = r.opts.Repository.Edit(ctx, found.Number, change)
		return err
	}); err != nil {
		return err
	}
	return r.written(job, edited, job.text.Digest())
}

// open makes an answer's issue, after none was found.
func (r *issueRound) open(ctx context.Context, job issueJob) error {
	job.act = readiness.OpenIssue
	draft := github.Draft{Title: job.text.Title(), Body: job.text.Body(r.issueKey(job.key)), Labels: []string{issueLabel}}
	for _, label := range r.opts.Labels {
		if !slices.Contains(draft.Labels, label) {
			draft.Labels = append(draft.Labels, label)
		}
	}
	var made github.Issue
	if err := r.write(ctx, job, func(ctx context.Context) (err error) {
		made, err = r.opts.Repository.Create(ctx, draft)
		return err
	}); err != nil {
		return err
	}
	return r.written(job, made, job.text.Digest())
}

// close closes an issue and says in a comment what passes now. Both are looked
// for first; an issue gets one such comment for each time it was opened.
func (r *issueRound) close(ctx context.Context, job issueJob, found *github.Issue) error {
	if found == nil {
		return r.asFound(job, nil)
	}
	if found.Open {
		open := false
		if err := r.write(ctx, job, func(ctx context.Context) error {
			_, err := r.opts.Repository.Edit(ctx, found.Number, github.Change{State: &open, Reason: "completed"})
			return err
		}); err != nil {
			return err
		}
	}
	if err := r.explain(ctx, job, found.Number); err != nil {
		return err
	}
	found.Open = false
	return r.written(job, *found, job.text.Digest())
}

// explain comments on why an issue was closed, unless that was done.
func (r *issueRound) explain(ctx context.Context, job issueJob, number int) error {
	name := digest(r.issueKey(job.key), job.issue.Opened.UTC().Format(time.RFC3339Nano))
	done, err := r.explained(ctx, job, number, name)
	if err != nil || done {
		return err
	}
	return r.write(ctx, job, func(ctx context.Context) error {
		_, err := r.opts.Repository.Comment(ctx, number, job.text.Closing(name))
		return err
	})
}

func (r *issueRound) explained(ctx context.Context, job issueJob, number int, name string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	comments, err := r.opts.Repository.Comments(ctx, number, job.issue.Opened.Add(-clockSkew))
	return slices.ContainsFunc(comments, func(c github.Comment) bool { return marker(c.Body, "comment") == name }), err
}

// write journals the intent and sends one write. Stopping gonogo does not cut
// it off: half a request is worse than a late one.
func (r *issueRound) write(ctx context.Context, job issueJob, send func(context.Context) error) error {
	intent := readiness.IssueIntended{Item: job.key.Item, Environment: job.key.Environment, Act: job.act}
	if err := r.journal(ctx, intent); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	return send(ctx)
}

// written journals how an issue was left.
func (r *issueRound) written(job issueJob, issue github.Issue, said string) error {
	return r.journal(context.Background(), readiness.IssueWritten{
		Item: job.key.Item, Environment: job.key.Environment, Act: job.act,
		Number: issue.Number, URL: issue.URL, Open: issue.Open, Said: said,
	})
}

// asFound journals how an issue was found, where that is not how gonogo meant
// to leave it. What a closed issue says holds back its reopening only if it
// was a person who closed it, and not our own act that was pending.
func (r *issueRound) asFound(job issueJob, found *github.Issue) error {
	if job.act == settleIssue {
		job.act = job.issue.Pending
	}
	if found == nil {
		return r.written(job, github.Issue{}, "")
	}
	said := marker(found.Body, "said")
	if !found.Open && job.issue.Pending == readiness.CloseIssue {
		said = ""
	}
	return r.written(job, *found, said)
}

func (r *issueRound) journal(ctx context.Context, event readiness.Event) error {
	_, err := r.opts.Ledger.Update(ctx, func(*readiness.State, time.Time) ([]readiness.Event, error) {
		return []readiness.Event{event}, nil
	})
	return err
}

// failed notes how long an act that failed has to wait, tells why, and says
// when to look again.
func (r *issueRound) failed(ctx context.Context, job issueJob, err error) time.Time {
	r.opts.Log.Warn("issue could not be written", "item", job.key.String(), "act", job.act, "error", err)
	now, wait := r.opts.Now(), r.waits[job.key]
	wait.tried = now
	var limited *github.Limited
	var refused *github.Refused
	switch {
	case errors.As(err, &limited):
		until := latest(limited.Until, now.Add(firstRetry))
		r.outage = issueWait{Backoff: retry.Backoff{Until: until}, why: "GitHub limits how often it may be asked", again: until}
		wait.why, wait.again, wait.Until = r.outage.why, until, until
	case errors.As(err, &refused):
		wait.why = redact.Line(phrase.Cause(refused), r.opts.Secrets)
		wait.again, wait.Until = time.Time{}, now.Add(refusedRetry)
	case ofGitHub(err):
		r.outage.Grow(now, firstRetry, lastRetry)
		wait.Grow(now, firstRetry, lastRetry)
		r.outage.why, r.outage.again = "GitHub does not answer", time.Time{}
		wait.why, wait.again = r.outage.why, time.Time{}
	default: // the ledger's own trouble, which the thread could not tell of
		wait.Grow(now, firstRetry, lastRetry)
		wait.why = ""
	}
	r.waits[job.key] = wait
	r.delay(ctx, job, wait)
	return wait.Until
}

// ofGitHub reports whether GitHub could not be asked, or its answer was lost.
func ofGitHub(err error) bool {
	var unsure *github.Unsure
	var unavailable *github.Unavailable
	return errors.As(err, &unsure) || errors.As(err, &unavailable)
}

// delay tells why an issue has to wait, once for each cause.
func (r *issueRound) delay(ctx context.Context, job issueJob, wait issueWait) {
	if wait.why == "" || wait.why == job.issue.Delayed {
		return
	}
	r.tell(ctx, job, wait.why, wait.again)
}

// undelay takes back that an issue has to wait, once there is nothing to do.
func (r *issueRound) undelay(ctx context.Context, job issueJob) {
	if job.issue.Delayed != "" {
		r.tell(ctx, job, "", time.Time{})
	}
}

func (r *issueRound) tell(ctx context.Context, job issueJob, why string, until time.Time) {
	event := readiness.IssueDelayed{Item: job.key.Item, Environment: job.key.Environment, Why: why, Until: until}
	if err := r.journal(ctx, event); err != nil && ctx.Err() == nil {
		r.opts.Log.Error("delay of an issue could not be recorded", "item", job.key.String(), "error", err)
	}
}
