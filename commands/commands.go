// Package commands is everything that people can say to gonogo, and what it does.
// It knows nothing of Slack's blocks or of a terminal: a [Request] comes in and a
// [reply.Reply] goes out, both plain data.
//
// # One list
//
// Everything that people can say is a [verb.Verb] in the list below: its words, who
// may say it, its parameters, and the function that does it. Package preparing has
// the verbs that make a release ready, package deploying those that change what is
// live, and package looking those that only show. A new command is one file with its
// verb in one of these, and one line in verbs; parsing, help, completion, the names
// that the configuration refuses and the hint in the manifest follow from it.
//
// What is typed, pressed or filled in becomes a [reply.Act]: a verb with its
// parameters by name. Package grammar reads it by the verb's usage. Buttons and forms
// carry it encoded, and [AsTyped] writes it as a command, so whatever a button does
// can also be typed.
//
// # What happens on a request
//
//	words, or a press ──▶ Act ──▶ may this person? ──▶ do it on the ledger ──▶ reply
//
// Everybody may look. Acting needs a permission from the configuration, judged when
// the request is handled, not when the button was shown. A person is told that
// something was done only after it is in the ledger; an act that is delivered twice
// has the same Request.Key both times, and is done once and answered twice.
//
// # Messages that are kept up to date
//
// [Bot.Cards] lists the messages that show runs and sign-offs as they should look
// now; package cards writes them. bot/chat posts and updates them; nothing here
// sends anything.
package commands

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/deploying"
	"gonogo/commands/grammar"
	"gonogo/commands/looking"
	"gonogo/commands/pages"
	"gonogo/commands/preparing"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// Bot answers what people say. Its methods may be called from any goroutine.
type Bot struct{ desk *verb.Desk }

// New makes a Bot.
func New(opts Options) *Bot { return &Bot{verb.NewDesk(opts, list(), language())} }

// verbs is the list of all that can be said, in the order of the help.
func verbs() []verb.Verb {
	return append(slices.Concat(ofReady(), ofDeploy(), ofRollback()),
		looking.Help(),
	)
}

// ofReady are the verbs of /ready.
func ofReady() []verb.Verb {
	return []verb.Verb{
		looking.Status(),
		looking.Share(),
		preparing.Nudge(),
		preparing.Run(),
		preparing.Cancel(),
		preparing.Check(),
		preparing.Uncheck(),
		preparing.Skip(),
		preparing.Same(),
		preparing.Waive(),
		preparing.Unwaive(),
		preparing.Release(),
		preparing.CloseRelease(),
		preparing.Fix(),
		preparing.StartFix(),
		preparing.ContinueFix(),
		preparing.AbandonFix(),
		looking.Timeline(),
		looking.History(),
		looking.Report(),
		preparing.SignOff(),
		preparing.Approve(),
		preparing.Reject(),
		preparing.Revoke(),
	}
}

// ofDeploy are the verbs of /deploy.
func ofDeploy() []verb.Verb {
	return []verb.Verb{
		deploying.Deploy(),
		deploying.Start(),
		deploying.Withdraw(),
		deploying.Schedule(),
		deploying.Scheduled(),
		deploying.Unschedule(),
		deploying.Status(),
		deploying.Cancel(),
		deploying.RejectReview(),
		deploying.Override(),
		deploying.ConfirmOverride(),
		deploying.DeclineOverride(),
		deploying.Lock(),
		deploying.Unlock(),
		deploying.Queue(),
		deploying.Unqueue(),
		deploying.Freeze(),
		deploying.Unfreeze(),
		deploying.Lift(),
		deploying.Adopt(),
		deploying.Continue(),
		deploying.Abandon(),
	}
}

// ofRollback are the verbs of /rollback.
func ofRollback() []verb.Verb {
	return []verb.Verb{
		deploying.Rollback(),
		deploying.RollbackStart(),
		deploying.RollbackStatus(),
		deploying.Keep(),
		deploying.Return(),
		deploying.RollbackByHand(),
		deploying.RollbackRecord(),
		deploying.Acknowledge(),
		deploying.Snooze(),
		deploying.Silence(),
		deploying.Unsilence(),
		deploying.CloseIncident(),
		deploying.FalseAlarm(),
		deploying.PostmortemDate(),
		deploying.PostmortemDone(),
		deploying.StopAuto(),
		deploying.Declare(),
	}
}

// list is all verbs, made once.
var list = sync.OnceValue(verbs)

// verbNamed finds a verb by its words.
func verbNamed(name string) (verb.Verb, bool) {
	for _, v := range list() {
		if v.Name() == name {
			return v, true
		}
	}
	return verb.Verb{}, false
}

// Cards lists the messages that show runs, sign-offs and alerts, as they should look at
// a time, with the release that their buttons act on.
func (b *Bot) Cards(now time.Time) []cards.Card {
	v := b.desk.Latest()
	v.Now = now
	v = v.Cached()
	all := b.desk.Cards().All(v)
	for i, card := range all {
		if card.Release != "" {
			all[i].Reply = b.desk.About(v.Of(card.Release), card.Reply)
		}
	}
	return all
}

// Home is a person's own page.
func (b *Bot) Home(user string) reply.Reply {
	v := b.desk.Latest().Cached()
	return b.desk.About(v, pages.Home(b.desk.Cards(), v, user))
}

// Handle answers one request. It always returns something to show.
func (b *Bot) Handle(ctx context.Context, r Request) reply.Reply {
	answer := b.answerTo(ctx, r)
	if b.desk.Clean != nil {
		answer = answer.Clean(b.desk.Clean) // it may hold what a service has just said
	}
	return grammar.Fit(answer)
}

func (b *Bot) answerTo(ctx context.Context, r Request) reply.Reply {
	if r.Host != "" {
		r.User = reply.HostUser(r.Host)
	}
	c, refusal, ok := b.parse(r)
	if !ok {
		return refusal
	}
	if r.Host != "" && !c.Verb.Host {
		return reply.Refuse("This needs a Slack identity", reply.Say("On the host, only rollbacks work. Type ", reply.Typed("/"+grammar.Join(c.Verb.Words)), " in Slack."))
	}
	if !c.Verb.Look && r.User == "" {
		return reply.Refuse("This needs a Slack identity", reply.Say("A terminal is read-only. Type ", reply.Typed("/"+grammar.Join(c.Verb.Words)), " in Slack."))
	}
	if c, refusal, ok = c.Admit(c.Verb.Permission); !ok {
		return refusal
	}
	c, ask := c.OfRelease()
	if ask != nil {
		return *ask
	}
	answer := c.Others(c.Verb.Do(ctx, c))
	if !c.Verb.Release {
		return answer
	}
	return b.desk.About(c.View, answer)
}

// Read parses a typed command without running it; ok is false if it isn't a command.
func (b *Bot) Read(text string) (act reply.Act, ok bool) {
	c, _, ok := b.parse(verb.Request{Text: text})
	return c.Act, ok
}

// Validate checks a submitted form before it is accepted: faults by input.
func (b *Bot) Validate(r Request) map[string]string {
	c, _, ok := b.parse(r)
	if !ok || c.Verb.Validate == nil {
		return nil
	}
	if c, ask := c.OfRelease(); ask == nil {
		return c.Verb.Validate(c)
	}
	return nil
}

// Changes ticks after every change of state; call stop to end it.
func (b *Bot) Changes() (ticks <-chan struct{}, stop func()) { return b.desk.Ledger.Watch() }

// Anchored records which message shows a subject.
func (b *Bot) Anchored(ctx context.Context, subject string, a history.Anchor) error {
	_, err := b.desk.Ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{event.AnchorPosted{Subject: subject, Channel: a.Channel, TS: a.TS, Shows: a.Shows, Repeated: a.Repeated != nil}}, nil
	})
	return err
}

// Posting records that a message is about to be posted.
func (b *Bot) Posting(ctx context.Context, p event.PostIntended) error {
	_, err := b.desk.Ledger.Update(ctx, func(*history.State, time.Time) ([]event.Event, error) {
		return []event.Event{p}, nil
	})
	return err
}

// PostRefused records that Slack refuses a message about alerts or a run, once. Others
// aren't shown in another channel.
func (b *Bot) PostRefused(ctx context.Context, e event.PostRefused) error {
	if kind, _, _ := strings.Cut(e.Subject, "/"); kind != "incident" && kind != "storm" && kind != "run" {
		return nil
	}
	known := func(s *history.State) bool {
		r, refused := s.Refusals[e.Subject]
		return refused && r.Channel == e.Channel && r.Why == e.Why
	}
	if known(b.desk.Ledger.State()) {
		return nil
	}
	_, err := b.desk.Ledger.Update(ctx, func(s *history.State, _ time.Time) ([]event.Event, error) {
		if known(s) {
			return nil, nil
		}
		return []event.Event{e}, nil
	})
	return err
}

// Refused reports whether the ledger says that Slack refuses a subject's message.
func (b *Bot) Refused(subject string) bool {
	_, refused := b.desk.Ledger.State().Refusals[subject]
	return refused
}

// Post finds the post that was begun for a subject and whose outcome is not known.
func (b *Bot) Post(subject string) (p history.Post, ok bool) {
	p, ok = b.desk.Ledger.State().Posts[subject]
	return p, ok
}

// Anchor finds the message that shows a subject.
func (b *Bot) Anchor(subject string) (a history.Anchor, ok bool) {
	a, ok = b.desk.Ledger.State().Anchors[subject]
	return a, ok
}

// UnrecordedTrouble is the message about a trouble of gonogo's that the ledger can't
// record. rollsBack says that it still has room for a rollback.
func (b *Bot) UnrecordedTrouble(kind event.TroubleKind, why string, since time.Time, rollsBack bool) reply.Reply {
	return b.desk.Cards().UnrecordedTrouble(kind, why, since, rollsBack)
}

// TroubleChannel is the Slack channel in which a kind of gonogo's own troubles is shown.
func (b *Bot) TroubleChannel(kind event.TroubleKind) string {
	return b.desk.Cards().TroubleChannel(kind)
}

// Permits reports whether a person has a permission of the configuration now; an error says
// that it isn't known.
func (b *Bot) Permits(user, permission string) (bool, error) {
	held, unknown := b.desk.Roster().Held(user, b.desk.Checklist.Permissions[permission])
	if len(held) > 0 {
		return true, nil
	}
	return false, unknown
}

// OnCall is the Slack channel in which alerts and rollbacks are shown; empty: that
// of the releases.
func (b *Bot) OnCall() string { return b.desk.OnCall }
