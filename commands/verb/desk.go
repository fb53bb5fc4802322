package verb

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/grammar"
	"gonogo/commands/reply"
	"gonogo/commands/roster"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/runs/commits"
	"gonogo/storage"
)

var _ Ledger = (*storage.Ledger)(nil)

// Ledger is where decisions are recorded. In a terminal that only looks, it refuses
// writes.
type Ledger interface {
	State() *history.State
	Update(ctx context.Context, decide storage.Decide) (storage.Receipt, error)
	Once(ctx context.Context, key string, decide storage.Decide) (storage.Receipt, error)
	Watch() (changes <-chan struct{}, stop func())
	Hangs() time.Duration // for how long the current write has been under way, if it hangs; otherwise 0
}

// Options is what the commands need.
type Options struct {
	Ledger    Ledger
	Runs      *runs.Runs
	Commits   commits.Lookup // looks up commits in the repository
	Checklist *checklist.Checklist
	Members   roster.Members // nil: nobody may act, as in a terminal
	Releases  string         // Slack channel in which runs and sign-offs are shown
	Mention   cards.Mention  // whom the card of an alert mentions
	// EnvironmentLabels are the labels that may name an alert's environment, in order of
	// precedence.
	EnvironmentLabels []string
	CanSilence        bool   // an Alertmanager can be told to silence alerts
	Welcome           bool   // newcomers are told what gonogo is for
	OnCall            string // Slack channel in which alerts and rollbacks are shown; empty: Releases
	// Links finds the address of a message, "" while it is not known; nil: never.
	Links     func(channel, ts string) string
	Obstacles map[string]string // by environment: why gonogo can't deploy there although the configuration says how
	NotYet    []string
	Past      Past           // reads recorded events; nil: they can't be read
	Zone      *time.Location // in which days end where people name a day; nil: UTC
	Now       func() time.Time
	Log       *slog.Logger
	Clean     func(text string) string // takes the secrets out of the texts of answers; nil: they stay as they are
}

// Past returns the last n records before a number, the oldest first; 0 means the end of
// the ledger. It doesn't block the ledger.
type Past func(ctx context.Context, before uint64, n int) ([]storage.Record, error)

// Desk is what verbs work with: the options, and what the bot remembers.
type Desk struct {
	Options
	Verbs    []Verb // all verbs, in the order of the help
	Grammar  *grammar.Grammar
	overview atomic.Pointer[overview] // the last glance at a release, which most people ask for
	began    time.Time                // when this bot was made
	before   time.Time                // when the newest run or incident of earlier ones ended
}

// NewDesk makes a Desk.
func NewDesk(opts Options, verbs []Verb, g *grammar.Grammar) *Desk {
	if opts.Zone == nil {
		opts.Zone = time.UTC
	}
	return &Desk{Options: opts, Verbs: verbs, Grammar: g, began: opts.Now(), before: cards.NewestEnd(opts.Ledger.State())}
}

// Latest is a view of the current state.
func (d *Desk) Latest() readiness.View {
	return readiness.View{Checklist: d.Checklist, State: d.Ledger.State(), Now: d.Now()}
}

// Roster knows who holds which role.
func (d *Desk) Roster() roster.Roster {
	return roster.Roster{Checklist: d.Checklist, Members: d.Members}
}

// Cards builds the cards.
func (d *Desk) Cards() cards.Builder {
	w := cards.Builder{Roster: d.Roster(), Releases: d.Releases, OnCall: d.OnCall, Mention: d.Mention, EnvironmentLabels: d.EnvironmentLabels, CanSilence: d.CanSilence, Welcome: d.Welcome, Links: d.Links,
		Obstacles: d.Obstacles, NotYet: d.NotYet, Began: d.began, Before: d.before}
	if d.Runs == nil {
		return w
	}
	w.CanDeploy, w.Deploys, w.Printing = true, d.Runs.Deployable(), d.Runs.Printing
	for _, book := range d.Runs.Runbooks() {
		w.Runbooks = append(w.Runbooks, cards.Runbook{ID: book.ID, Title: book.Title})
	}
	w.Output = func(step work.Step) cards.Output {
		out := d.Runs.OutputOf(step)
		return cards.Output{Path: out.Path, Lost: out.Lost}
	}
	return w
}

// About is a reply whose buttons and commands are about the release of the view.
func (d *Desk) About(v readiness.View, r reply.Reply) reply.Reply {
	release := v.Release()
	if release == nil {
		return r
	}
	return d.Grammar.About(release.Version, len(v.State.Opens) > 1, r)
}

// ThreadOf links to the message that shows a subject.
func (d *Desk) ThreadOf(subject, channel string) reply.Span {
	return d.Cards().Thread(d.Latest(), subject, channel)
}

// Stalled says why a run that is under way makes no progress, in a sentence after
// a space; nothing while it makes some.
func (d *Desk) Stalled(run *work.Run) reply.Text {
	if d.Runs == nil {
		return nil
	}
	if why := d.Runs.Stalled()[run.ID]; why != "" {
		return reply.Say(" ", why)
	}
	return nil
}

// StopUnrecorded says that a run was stopped although the ledger can't be written.
func StopUnrecorded(title string) reply.Reply {
	return reply.Refuse("Stopping "+title+", but this can't be recorded yet",
		reply.Say("What is running is stopped. The ledger can't be written: its disk may be full or read-only, or its database out of reach. gonogo records who stopped the run as soon as it can."),
		reply.Say("If gonogo is restarted before that, the run continues: stop it again then."))
}

// WhyUnwritten says in a sentence what keeps the ledger from being written, as far as an
// error tells.
func WhyUnwritten(err error) string {
	var file *storage.Unusable
	if errors.As(err, &file) {
		return "The ledger's file " + file.Problem + "; " + file.NextStep + "."
	}
	return "The log of gonogo has the cause: the ledger's disk may be full or read-only, or its database out of reach."
}

// Failed turns the error of a decision into a reply. What the person can't fix is
// logged, and reported without gonogo's internals.
func (d *Desk) Failed(err error) reply.Reply {
	var r refusal
	switch {
	case errors.As(err, &r):
		return r.reply
	case errors.Is(err, runs.ErrNoRelease):
		return reply.Refuse("No release is open", reply.Say("Open one with ", reply.Typed("/ready release VERSION [COMMIT]"), "."))
	case errors.Is(err, runs.ErrNoStrategy):
		return reply.Refuse("gonogo cannot deploy there", reply.Say("The configuration does not say how; add ", reply.Typed("deploy"), " to that environment."))
	case errors.Is(err, storage.ErrStopped):
		return reply.RefuseForNow("gonogo is restarting", reply.Say("Nothing was done. Try again in a moment."))
	}
	d.Log.Error("command failed", "error", err)
	late := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	status := reply.Typed("/ready status")
	switch {
	case errors.Is(err, storage.ErrNotDurable):
		return reply.Refuse("Recorded, but it may not last", reply.Say("The ledger holds this, but its disk reported an error, and gonogo has not acted on it. Once the disk is repaired, restart gonogo and look with ", status, " before you repeat it."))
	case errors.Is(err, storage.ErrNothingDone) && errors.Is(err, storage.ErrRestart):
		return reply.Refuse("gonogo must be restarted", reply.Say("Nothing was done. gonogo can't record anything until it is restarted; its log has the cause."))
	case errors.Is(err, storage.ErrNothingDone) && late:
		return reply.RefuseForNow("The ledger timed out", reply.Say("Nothing was done. If trying again in a moment doesn't help, have somebody look at the disk of gonogo's host, or at the ledger's database."))
	case errors.Is(err, storage.ErrNothingDone):
		return reply.RefuseForNow("The ledger could not be written", reply.Say("Nothing was done. ", WhyUnwritten(err)))
	case late:
		return reply.Refuse("The ledger timed out", reply.Say("It isn't known whether this was recorded. Check with ", status, " before you repeat it."))
	}
	return reply.Refuse("That failed", reply.Say("It isn't known whether this was recorded. Check with ", status, " before you repeat it. The log of gonogo has the cause."))
}
