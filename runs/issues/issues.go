// Package issues keeps the GitHub issues of failed gates up to date: it opens one
// when a gate fails, updates it with the evidence, and closes it once the gate passes.
//
// There is one issue for each answer that a gate gives, for the project's life;
// answers that fail for the same cause share one, see group.go:
//
//	       failed, or errored three times in a row
//	none ─────────────────── open ─────────────────▶ open ──┐ update: what it
//	                                                 │  ▲ ◀─┘ says has changed
//	     passes: close, with a comment               │  │
//	                                                 ▼  │ reopen: fails again
//	                                                closed
//
// Nothing happens while a gate run is still measuring the answer, or when it is
// stale, unmeasured, or errored for the first or second time. Items that read
// gonogo's own state have no issue. Releases that are open side by side share the
// issue of an answer, which says how it stands for each. Items due after a deployment
// are about the version that is live, and open no issue before they are due.
//
// Whenever the ledger changes, each issue in it is compared with what the evidence
// asks for, and the one missing act is done. An act first reads the issue, by its
// number or else by the marker in its body among the issues with our label, and does
// only what hasn't been done. So work that an earlier process did without recording it
// is adopted, and a second gonogo writes to the same issue, unless both look within the
// same second. Then
//
//	IssueIntended ──▶ one write ──▶ IssueWritten
//
// A write whose answer was lost, or that a crash interrupted, stays pending in the
// ledger, and is looked up before anything else is done to its issue.
//
// An issue that a person closed although its gate fails stays closed until its
// evidence changes; then it is reopened. The issue of an answer that the configuration
// no longer asks a gate for is closed. One that a person reopened although its gate
// passes is left alone. One that was transferred, locked or deleted is away: nothing
// more is written to it, and the next failure opens another. If that one is away too,
// the one after it is opened an hour later at the earliest.
//
// What people write into an issue stays; see edits.go.
//
// When GitHub is slow, down or refuses, IssueDelayed says why, once for each cause,
// and the act is retried: after 5 s at first and up to 5 min, when GitHub says, or,
// after a refusal, every 10 min. Gate runs don't notice. If the act is no longer
// needed, an IssueDelayed without a reason ends the delay.
//
// The program starts one [Reconciler]; nothing calls it. wanted.go and group.go work
// out what an issue should say, text.go and escape.go turn it into GitHub's Markdown,
// edits.go puts that into a body that people may have edited, and acts.go does the
// one missing act. It stores only the events named above.
package issues

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"slices"
	"strings"
	"time"

	"gonogo/clients/github"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs/retry"
	"gonogo/storage"
)

// Repository is the repository in which issues are kept.
type Repository interface {
	// IssuesLabelled lists the issues, open or closed, that have all labels.
	IssuesLabelled(ctx context.Context, labels []string, since time.Time) ([]github.Issue, error)
	Issue(ctx context.Context, number int) (github.Issue, error)
	Comments(ctx context.Context, number int, since time.Time) ([]github.Comment, error)
	Create(ctx context.Context, draft github.Draft) (github.Issue, error)
	Edit(ctx context.Context, number int, change github.Change) (github.Issue, error)
	Comment(ctx context.Context, number int, body string) (github.Comment, error)
}

var _ Repository = (*github.Client)(nil)

// label is on every issue, in addition to the configured ones, so that gonogo finds
// its issues again.
const label = "gonogo"

// The pace at which issues are written.
const (
	reopenEvery = time.Hour        // one issue is opened or reopened at most this often
	updateEvery = time.Minute      // one issue is rewritten at most this often
	threadWait  = 10 * time.Second // how long an issue waits for the link to its Slack thread
	threadPoll  = time.Second
	batchWindow = 200 * time.Millisecond // changes of the ledger within it are handled together
)

// The pauses before a failed act is retried.
const (
	firstRetry   = 5 * time.Second
	lastRetry    = 5 * time.Minute
	refusedRetry = 10 * time.Minute // after a refusal, whose cause a person has to fix
)

// visibleWithin is how long after its intent a write may become visible, when its
// response was lost. GitHub ends a request that takes longer than 10 seconds
// ("Timeouts" in "Troubleshooting the REST API", docs.github.com/rest).
const visibleWithin = 15 * time.Second

// The timeouts of one request. A write has more time, because it isn't canceled
// when gonogo stops.
const (
	lookTimeout  = 20 * time.Second
	writeTimeout = 30 * time.Second
)

// Options configures a Reconciler.
type Options struct {
	Ledger     *storage.Ledger
	Checklist  *checklist.Checklist
	Repository Repository
	Labels     []string                // for every issue, in addition to gonogo's own
	Project    string                  // distinguishes the issues of several gonogos in one repository
	Thread     func(run string) string // link to a run's Slack thread, "" while unknown; nil: there is none
	Runbooks   map[string][]string     // by the ID of a runbook: the environments that it can be run for
	Secrets    []string                // values that must not appear in an issue
	Now        func() time.Time
	Log        *slog.Logger
}

// Reconciler keeps the issues in line with the evidence.
type Reconciler struct {
	opts Options

	// Owned by the goroutine in Run.
	outage delay                // GitHub as a whole
	waits  map[answer.Key]delay // single answers
}

// delay is the pause after a failure, and its reason.
type delay struct {
	retry.Backoff
	why   string    // for people; empty: not to be reported
	again time.Time // when GitHub said that requests are allowed again
	tried time.Time
}

// New returns a Reconciler; it starts nothing.
func New(opts Options) *Reconciler {
	return &Reconciler{opts: opts, waits: map[answer.Key]delay{}}
}

// Run keeps the issues up to date until ctx is done. It then waits for a write that
// is under way, for at most writeTimeout.
func (r *Reconciler) Run(ctx context.Context) error {
	r.opts.inRounds(ctx, r.round)
	return nil
}

// inRounds does rounds until ctx is done: after each change of the ledger, and when the
// last one said; zero: not before a change.
func (o Options) inRounds(ctx context.Context, round func(context.Context) (next time.Time)) {
	changes, stop := o.Ledger.Watch()
	defer stop()
	for ctx.Err() == nil {
		var again <-chan time.Time
		if next := round(ctx); !next.IsZero() {
			again = time.After(next.Sub(o.Now()))
		}
		select {
		case <-ctx.Done():
		case <-again:
		case <-changes:
			_ = retry.Sleep(ctx, batchWindow) // the loop checks ctx itself
		}
	}
}

// round does what is due, and returns when more will be due; zero: not before the
// ledger changes. Answers with the oldest attempt come first, so that one that
// always fails doesn't delay the others.
func (r *Reconciler) round(ctx context.Context) (next time.Time) {
	keys := r.keys()
	slices.SortStableFunc(keys, func(a, b answer.Key) int { return r.waits[a].tried.Compare(r.waits[b].tried) })
	p := pass{Reconciler: r}
	for _, key := range keys {
		if ctx.Err() != nil {
			break
		}
		if at := p.processAnswer(ctx, key); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// keys lists the answers that may need an issue, and those that still have one.
func (r *Reconciler) keys() []answer.Key {
	keys := r.gateAnswers()
	for key, issue := range r.opts.Ledger.State().Issues {
		if (issue.Open || issue.Pending != "") && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// gateAnswers lists the answers that gates give.
func (r *Reconciler) gateAnswers() []answer.Key {
	var keys []answer.Key
	for _, section := range r.opts.Checklist.AllSections() {
		for _, it := range section.Items {
			if it.Gate != nil && it.Gate.Condition == nil {
				keys = append(keys, it.Keys()...)
			}
		}
	}
	return keys
}

// pass is one round over all answers. It lists the repository's issues at most once.
type pass struct {
	*Reconciler
	ours   []github.Issue // with our label
	listed bool

	state    *history.State  // as of the last call of view
	measured map[string]bool // answers in it that open gate runs are still measuring
}

// view is the ledger's current state.
func (p *pass) view(now time.Time) readiness.View {
	if state := p.opts.Ledger.State(); state != p.state {
		p.state, p.measured = state, measured(state)
	}
	return readiness.View{Checklist: p.opts.Checklist, State: p.state, Now: now}
}

// processAnswer does what is due for one answer, and returns when to look again.
func (p *pass) processAnswer(ctx context.Context, key answer.Key) (again time.Time) {
	now := p.opts.Now()
	job := p.job(key, now)
	if job.act == "" {
		delete(p.waits, key)
		p.undelay(ctx, job)
		return job.nextChange(now)
	}
	if job.at.After(now) {
		return job.at
	}
	if job.act == event.JoinIssue {
		if err := p.join(ctx, key, job.lead); err != nil && ctx.Err() == nil {
			return p.failed(ctx, job, err)
		}
		return time.Time{} // the ledger has changed, so another round follows
	}
	if p.outage.Until.After(now) {
		p.delay(ctx, job, p.outage)
		return p.outage.Until
	}
	if at := latest(p.waits[key].Until, job.issue.Until); at.After(now) {
		return at
	}
	if err := p.do(ctx, job); err != nil && ctx.Err() == nil {
		return p.failed(ctx, job, err)
	}
	delete(p.waits, key)
	p.outage = delay{}
	return time.Time{} // the ledger has changed, so another round follows
}

// workItem is the act that one answer's issue needs.
type workItem struct {
	key   answer.Key
	issue history.Issue // as the ledger has it
	act   event.IssueAct
	at    time.Time // earliest time
	text  *content
	lead  answer.Key // for JoinIssue: the answer whose issue lists this one
}

// lookUp only finds out the outcome of a pending act that is no longer wanted. It is
// never recorded.
const lookUp event.IssueAct = "look up"

// job works out what an answer's issue needs now; its act is empty for nothing.
func (p *pass) job(key answer.Key, now time.Time) workItem {
	v := p.view(now)
	job := workItem{key: key, issue: v.State.Issues[key]}
	if job.issue.Lead != "" {
		return job // the lead's issue is the one to write to
	}
	if job.text = p.shared(v, key); job.text != nil {
		job.act, job.at = missing(job.issue, job.text)
	}
	if opens := job.act == event.OpenIssue || job.act == event.ReopenIssue; opens && !job.text.From.After(now) {
		lead, open, waits := p.findLead(v, job, now)
		switch {
		case open && job.issue.Pending == "":
			job.act, job.at, job.lead = event.JoinIssue, time.Time{}, lead
			return job
		case open || waits:
			job.act, job.text = "", nil
		}
	}
	if job.issue.Pending != "" {
		job.act = cmp.Or(job.act, lookUp)
		job.at = latest(job.at, job.issue.Asked.Add(visibleWithin))
	}
	if job.act != "" && job.text != nil && job.text.Failing {
		job.at = latest(job.at, p.link(v, job.text))
	}
	return job
}

// nextChange is when the text of an issue changes without a change of the ledger: at
// the end of a waiver that it mentions.
func (j workItem) nextChange(now time.Time) (at time.Time) {
	if j.text == nil {
		return at
	}
	for _, w := range j.text.Waivers {
		if w.Until.After(now) && (at.IsZero() || w.Until.Before(at)) {
			at = w.Until
		}
	}
	return at
}

// missing is the act that brings an issue up to date, and the earliest time for it.
func missing(issue history.Issue, text *content) (event.IssueAct, time.Time) {
	switch {
	case !text.Failing && issue.Open:
		return event.CloseIssue, time.Time{}
	case !text.Failing:
		return "", time.Time{}
	case issue.Number == 0:
		return event.OpenIssue, latest(nextOpening(issue), text.From)
	case issue.Said == text.Digest():
		return "", time.Time{}
	case !issue.Open:
		return event.ReopenIssue, latest(nextOpening(issue), text.From)
	}
	return event.UpdateIssue, issue.At.Add(updateEvery)
}

// nextOpening is when an issue may be opened or reopened. The first replacement for an
// issue that is away is opened at once; later ones are limited, because some bots lock
// every issue.
func nextOpening(issue history.Issue) time.Time {
	last := issue.Opened
	if issue.Away != "" {
		last = issue.Replaced
	}
	if last.IsZero() {
		return time.Time{}
	}
	return last.Add(reopenEvery)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// identity is the value of the marker by which an answer's issue is found.
func (r *Reconciler) identity(key answer.Key) string {
	return digest(r.opts.Project, key.Item, key.Environment)
}

// digest is a short hash of a list of words.
func digest(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(sum[:12])
}
