// Package commands is what can be said to gonogo and what it does. It knows
// nothing of Slack's blocks or of a terminal: a [Request] comes in, a [reply.Reply]
// goes out, both plain data.
//
// # One list
//
// Everything that can be said is a [verb] in the list below: its words, who may
// say it, what it takes, and the function that does it. The usage of a verb is
// also its grammar. A new command is one file with its verb and one line in
// verbs; parsing, help, the names that the configuration refuses, completion and
// the manifest follow from them.
//
// What is typed, pressed or filled in becomes a [reply.Act]: a verb with
// its parameters by name. Buttons and forms carry it encoded, and AsTyped writes it
// as a command, so whatever a button does can be typed too.
//
// # What happens on a request
//
//	words, or a press ──▶ Act ──▶ may this person? ──▶ do it on the ledger ──▶ reply
//
// Looking is for everybody. Acting takes a permission of the configuration,
// judged now and not when a button was shown. A person is told that something
// was done only after the ledger has it; the same act delivered twice has the
// same Request.Key and is done once and answered twice.
//
// # Messages that are kept true
//
// Cards lists the messages that show runs and sign-offs as they are now, as
// package cards writes them. bot/chat posts and updates them; nothing here sends
// anything.
package commands

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/grammar"
	"gonogo/commands/reply"
	"gonogo/commands/roster"
	"gonogo/readiness"
	"gonogo/runs"
	"gonogo/runs/commits"
	"gonogo/storage"
)

// Ledger remembers. A terminal that only looks has one that refuses to write.
type Ledger interface {
	State() *readiness.State
	Update(ctx context.Context, decide storage.Decide) (storage.Receipt, error)
	Once(ctx context.Context, key string, decide storage.Decide) (storage.Receipt, error)
	Watch() (changes <-chan struct{}, stop func())
}

var _ Ledger = (*storage.Ledger)(nil)

// Options is what the commands work on.
type Options struct {
	Ledger    Ledger
	Runs      *runs.Runs
	Commits   commits.Lookup // asks the repository
	Checklist *readiness.Checklist
	Members   roster.Members // nil: nobody can act, as in a terminal
	Releases  string         // Slack channel in which runs and sign-offs are shown
	Mention   cards.Mention  // whom a card of an alert mentions
	OnCall    string         // Slack channel in which alerts and rollbacks are shown; empty: Releases
	// Links finds the address of a message, "" while it is not known; nil: never.
	Links     func(channel, ts string) string
	Obstacles map[string]string // why an environment cannot be deployed to, where the configuration describes it
	NotYet    []string
	Past      Past           // reads what happened; nil: it cannot be read
	Zone      *time.Location // in which days end, where people name a day; nil: UTC
	Now       func() time.Time
	Log       *slog.Logger
}

// Bot answers what people say. Its methods may be called from any goroutine.
type Bot struct{ *desk }

// desk is what verbs work with: the options, and what a bot remembers of itself.
type desk struct {
	Options
	verbs   []verb // all that can be said, in the order of the help
	grammar *grammar.Grammar
	latest  atomic.Pointer[overview] // what most people ask for, as it was last computed
	began   time.Time                // when this bot was made
	before  time.Time                // when the newest run or incident of earlier ones ended
}

// New prepares a bot.
func New(opts Options) *Bot {
	return &Bot{&desk{Options: opts, verbs: list(), grammar: language(), began: opts.Now(), before: cards.NewestEnd(opts.Ledger.State())}}
}

// verb is one thing that can be said.
type verb struct {
	words      []string               // "ready", "run"
	usage      string                 // what follows the words, "[ITEM|SECTION|all]"; see params
	options    string                 // what buttons add to it, "[--digest=DIGEST]"
	about      string                 // one line of help, without a full stop
	permission string                 // what the configuration grants; empty: everybody, or judged by the verb itself
	pending    func(c call) time.Time // since when what it answers has waited, so that deputies count; nil: they never do
	look       bool                   // only reads, so it also works in a terminal
	release    bool                   // is about one release
	byButton   bool                   // is what a button does; people rarely type it
	host       bool                   // works on the bot's host too, for whoever can open the local socket
	precedence Precedence
	stops      []string                            // verbs whose requests it stops while they wait for their turn
	roles      func(*readiness.Checklist) []string // that may do it somewhere, where no permission says so; for precedence
	amiss      func(c call) *reply.Reply           // of what is about one release: what is wrong whichever it is; nil: nothing
	do         func(ctx context.Context, c call) reply.Reply
	validate   func(c call) map[string]string // faults of a submitted form by input; no I/O
}

// command is what is said of a verb to read and write it.
func (v verb) command() grammar.Command {
	return grammar.Command{Words: v.words, Usage: v.usage, Options: v.options, Release: v.release, ByButton: v.byButton}
}

func (v verb) name() string { return grammar.Join(v.words) }

// call is a request in the hands of its verb.
type call struct {
	*desk
	Request
	verb verb
	act  reply.Act
	view readiness.View
	asOf time.Time // how old the picture is by which the person may; zero: it is current

	deputy string // role that the person stands in for; empty: they hold one that may do this
}

// item is the one item, section or other name that a call is about, or "".
func (c call) item() string {
	if len(c.act.Items) == 0 {
		return ""
	}
	return c.act.Items[0]
}

// takes reports whether the verb of a call takes a parameter.
func (c call) takes(name string) bool {
	v, _ := c.grammar.Named(c.verb.name())
	return v.Takes(name)
}

// again is the same act with a change, for asking back without losing what was
// said.
func (c call) again(change func(*reply.Act)) reply.Act {
	act := c.act
	change(&act)
	return act
}

// verbs is the list of all that can be said, in the order of the help.
func verbs() []verb {
	return []verb{
		statusVerb(), shareVerb(), nudgeVerb(), runVerb(), cancelVerb(), checkVerb(), uncheckVerb(), skipVerb(), sameVerb(), waiveVerb(), unwaiveVerb(), releaseVerb(), closeReleaseVerb(),
		fixVerb(), startFixVerb(), continueFixVerb(), abandonFixVerb(),
		timelineVerb(), historyVerb(), reportVerb(), signoffVerb(), approveVerb(), rejectVerb(), revokeVerb(),
		deployVerb(), startVerb(), withdrawVerb(), deployStatusVerb(), deployCancelVerb(), lockVerb(), unlockVerb(), freezeVerb(), unfreezeVerb(), liftVerb(), adoptVerb(),
		continueVerb(), abandonVerb(),
		rollbackVerb(), rollbackStartVerb(), rollbackStatusVerb(), keepVerb(), returnVerb(), byHandVerb(), recordVerb(), ackVerb(), closeVerb(), falseAlarmVerb(), helpVerb(),
	}
}

// list is all verbs, made once.
var list = sync.OnceValue(verbs)

// verbNamed finds a verb by its words.
func verbNamed(name string) (verb, bool) {
	for _, v := range list() {
		if v.name() == name {
			return v, true
		}
	}
	return verb{}, false
}

// View is the state as it is now.
func (d *desk) View() readiness.View {
	return readiness.View{Checklist: d.Checklist, State: d.Ledger.State(), Now: d.Now()}
}

// zone is that of the project's clocks.
func (d *desk) zone() *time.Location {
	if d.Zone == nil {
		return time.UTC
	}
	return d.Zone
}

func (d *desk) roster() roster.Roster {
	return roster.Roster{Checklist: d.Checklist, Members: d.Members}
}

// cards is what writes the cards.
func (d *desk) cards() cards.Builder {
	w := cards.Builder{Roster: d.roster(), Releases: d.Releases, OnCall: d.OnCall, Mention: d.Mention, Links: d.Links,
		Obstacles: d.Obstacles, NotYet: d.NotYet, Began: d.began, Before: d.before}
	if d.Runs == nil {
		return w
	}
	w.CanDeploy, w.Deploys, w.Printing = true, d.Runs.Deployable(), d.Runs.Printing
	for _, book := range d.Runs.Runbooks() {
		w.Runbooks = append(w.Runbooks, cards.Runbook{ID: book.ID, Title: book.Title})
	}
	w.Output = func(step readiness.Step) cards.Output {
		out := d.Runs.OutputOf(step)
		return cards.Output{Path: out.Path, Lost: out.Lost}
	}
	return w
}

// Cards lists the messages that show runs, sign-offs and alerts as they are at a
// time, with the release that their buttons are about.
func (b *Bot) Cards(now time.Time) []cards.Card {
	v := b.View()
	v.Now = now
	v = v.Cached()
	all := b.cards().All(v)
	for i, card := range all {
		if card.Release != "" {
			all[i].Reply = b.pinned(v.Of(card.Release), card.Reply)
		}
	}
	return all
}

// Home is a person's own page, as it is now.
func (b *Bot) Home(user string) reply.Reply {
	v := b.View().Cached()
	return b.pinned(v, b.cards().Home(v, user))
}

// pinned is a reply whose buttons and commands are about the release of the view.
func (d *desk) pinned(v readiness.View, r reply.Reply) reply.Reply {
	release := v.Release()
	if release == nil {
		return r
	}
	return d.grammar.About(release.Version, len(v.State.Opens) > 1, r)
}

// threadOf points to the message that shows a subject.
func (d *desk) threadOf(subject, channel string) reply.Span {
	return d.cards().Thread(d.View(), subject, channel)
}

// Handle answers one request. It always returns something to show.
func (b *Bot) Handle(ctx context.Context, r Request) reply.Reply {
	return grammar.Fit(b.answerTo(ctx, r))
}

func (b *Bot) answerTo(ctx context.Context, r Request) reply.Reply {
	if r.Host != "" {
		r.User = reply.HostUser(r.Host)
	}
	c, refusal, ok := b.parse(r)
	if !ok {
		return refusal
	}
	if r.Host != "" && !c.verb.host {
		return reply.Refuse("That takes a Slack identity", reply.Say("On the host only a rollback works. Say ", reply.Typed("/"+grammar.Join(c.verb.words)), " in Slack."))
	}
	if !c.verb.look && r.User == "" {
		return reply.Refuse("Acting takes a Slack identity", reply.Say("A terminal can only look. Say ", reply.Typed("/"+grammar.Join(c.verb.words)), " in Slack."))
	}
	if c, refusal, ok = c.admit(c.verb.permission); !ok {
		return refusal
	}
	c, ask := c.ofRelease()
	if ask != nil {
		return *ask
	}
	answer := c.others(c.verb.do(ctx, c))
	if !c.verb.release {
		return answer
	}
	return b.pinned(c.view, answer)
}

// Read makes an act of what was typed, without doing it; ok is false where it is
// no command.
func (b *Bot) Read(text string) (act reply.Act, ok bool) {
	c, _, ok := b.parse(Request{Text: text})
	return c.act, ok
}

// Validate checks a submitted form before it is accepted: faults by input.
func (b *Bot) Validate(r Request) map[string]string {
	c, _, ok := b.parse(r)
	if !ok || c.verb.validate == nil {
		return nil
	}
	if c, ask := c.ofRelease(); ask == nil {
		return c.verb.validate(c)
	}
	return nil
}

// Changes ticks after every change of state; stop ends it.
func (b *Bot) Changes() (ticks <-chan struct{}, stop func()) { return b.Ledger.Watch() }

// Anchored remembers the message that shows a subject.
func (b *Bot) Anchored(ctx context.Context, subject string, a readiness.Anchor) error {
	_, err := b.Ledger.Update(ctx, func(*readiness.State, time.Time) ([]readiness.Event, error) {
		return []readiness.Event{readiness.AnchorPosted{Subject: subject, Channel: a.Channel, TS: a.TS, Shows: a.Shows}}, nil
	})
	return err
}

// Posting remembers that a message is about to be posted.
func (b *Bot) Posting(ctx context.Context, p readiness.PostIntended) error {
	_, err := b.Ledger.Update(ctx, func(*readiness.State, time.Time) ([]readiness.Event, error) {
		return []readiness.Event{p}, nil
	})
	return err
}

// Post finds the message that was about to be posted for a subject and of which it
// is not known whether it was.
func (b *Bot) Post(subject string) (p readiness.Post, ok bool) {
	p, ok = b.Ledger.State().Posts[subject]
	return p, ok
}

// Anchor finds the message that shows a subject.
func (b *Bot) Anchor(subject string) (a readiness.Anchor, ok bool) {
	a, ok = b.Ledger.State().Anchors[subject]
	return a, ok
}

// refusal is an error of a decision that has its own reply: the decision on
// the ledger returns it, and the person sees the reply.
type refusal struct{ reply reply.Reply }

// Error implements error for the log.
func (r refusal) Error() string { return r.reply.Title }

// failed turns an error of a decision into its reply. What the person cannot
// mend is logged, and said without gonogo's internals.
func (d *desk) failed(err error) reply.Reply {
	var r refusal
	switch {
	case errors.As(err, &r):
		return r.reply
	case errors.Is(err, runs.ErrNoRelease):
		return reply.Refuse("No release is open", reply.Say("Open one with ", reply.Typed("/ready release VERSION [COMMIT]"), "."))
	case errors.Is(err, runs.ErrNoStrategy):
		return reply.Refuse("gonogo cannot deploy there", reply.Say("The configuration does not say how; add ", reply.Typed("deploy"), " to that environment."))
	case errors.Is(err, storage.ErrStopped):
		return reply.RefuseForNow("gonogo is restarting", reply.Say("Nothing was done. Say it again in a moment."))
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
		return reply.RefuseForNow("The ledger did not answer in time", reply.Say("Nothing was done. Say it again in a moment."))
	case errors.Is(err, storage.ErrNothingDone):
		return reply.RefuseForNow("The ledger could not be written", reply.Say("Nothing was done. The log of gonogo has the cause; the disk may be full or read-only."))
	case late:
		return reply.Refuse("The ledger did not answer in time", reply.Say("It is not known whether this was recorded. Look with ", status, " before you repeat it."))
	}
	return reply.Refuse("That failed", reply.Say("It is not known whether this was recorded. Look with ", status, " before you repeat it. The log of gonogo has the cause."))
}

// once decides on the ledger under the request's key. What a repeat did the
// first time comes back as it was then.
func (c call) once(ctx context.Context, decide func(readiness.View) ([]readiness.Event, error)) (storage.Receipt, error) {
	return c.Ledger.Once(ctx, c.Key, func(s *readiness.State, now time.Time) ([]readiness.Event, error) {
		return decide(readiness.View{Checklist: c.Checklist, State: s, Now: now, Version: c.view.Version})
	})
}
