package chat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/playground/workspace"
	"gonogo/readiness/event"
)

func card(subject, title string) cards.Card {
	return cards.Card{Subject: subject, Channel: releases, Reply: reply.Reply{Title: title, Parts: []reply.Part{
		reply.Progress{Title: "Steps", Steps: []reply.ProgressStep{{Title: "one", Status: reply.Running}}},
	}}}
}

func answerTo(parent, subject, title string) cards.Card {
	c := card(subject, title)
	c.Parent = parent
	return c
}

// A card is posted once and then kept true, its thread below it.
func TestCardsAreKeptTrue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{}).start()
	w.bot.show(answerTo("run/1", "run/1/a", "Section"), card("run/1", "Running"))
	w.await("the anchor and its thread", func() bool {
		messages := w.Messages(releases)
		return len(messages) == 2 && mentions(messages[0], "Running") && mentions(messages[1], "Section") && messages[1].ThreadTS == messages[0].TS
	})
	for i := range 20 {
		w.bot.show(card("run/1", fmt.Sprintf("Step %d", i)))
	}
	done := card("run/1", "Done")
	done.Final = true
	w.bot.show(done)
	w.await("the last state", func() bool { return mentions(w.Messages(releases)[0], "Done") })
	if n := w.Calls("chat.update"); n > 3 {
		t.Errorf("%d updates for twenty changes at once, want the newest states only", n)
	}
	if n := len(w.Messages(releases)); n != 2 {
		t.Errorf("%d messages, want the two there were", n)
	}
}

// After a restart the same messages are kept true, not posted again.
func TestRestartFindsAnchors(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{}).start()
	w.bot.show(card("run/1", "Before"), answerTo("run/1", "run/1/a", "Section"))
	w.await("the card", func() bool { return len(w.Messages(releases)) == 2 })
	w.quit()
	w.launch()
	w.bot.show(card("run/1", "After"), answerTo("run/1", "run/1/a", "Section after"))
	w.await("the same messages", func() bool {
		m := w.Messages(releases)
		return len(m) == 2 && mentions(m[0], "After") && mentions(m[1], "Section after")
	})
}

// A final state that stands in Slack is not sent again after a restart; one that
// changed since, or that nobody knows to stand there, is.
func TestFinalStatesAreSentOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{}).start()
	final := func(subject, title string) cards.Card {
		c := card(subject, title)
		c.Final = true
		return c
	}
	w.bot.show(card("run/1", "Running"), card("run/2", "Running"), card("run/3", "Running"))
	w.await("the cards", func() bool { return len(w.Messages(releases)) == 3 })
	w.bot.show(final("run/1", "Done"), final("run/2", "Done"), final("run/3", "Done"))
	says := func(subject, title string) bool {
		a, _ := w.bot.Anchor(subject)
		for _, m := range w.Messages(releases) {
			if m.TS == a.TS {
				return mentions(m, title)
			}
		}
		return false
	}
	shows := func(subject, title string) bool {
		a, _ := w.bot.Anchor(subject)
		return a.Shows == digestOf(card(subject, title).Reply)
	}
	w.await("the ledger to know", func() bool { return shows("run/1", "Done") && shows("run/2", "Done") && shows("run/3", "Done") })
	w.quit()

	old, _ := w.bot.Anchor("run/3")
	old.Shows = "" // as an older gonogo left it
	if err := w.bot.Anchored(t.Context(), "run/3", old); err != nil {
		t.Fatal(err)
	}
	before := w.Calls("chat.update")
	w.launch()
	w.bot.show(final("run/1", "Done"), final("run/2", "Rolled back since"), final("run/3", "Done"))
	w.await("what is not known to be shown", func() bool { return shows("run/2", "Rolled back since") && shows("run/3", "Done") })
	if got := w.Calls("chat.update") - before; got != 2 || len(w.Messages(releases)) != 3 {
		t.Errorf("%d updates and %d messages after the restart, want 2 and 3", got, len(w.Messages(releases)))
	}

	w.bot.show(card("run/1", "Reopened"))
	w.await("the reopened card", func() bool {
		a, _ := w.bot.Anchor("run/1")
		return says("run/1", "Reopened") && a.Shows == ""
	})
	w.quit()
	w.launch()
	w.bot.show(final("run/1", "Done"))
	w.await("its end, once more", func() bool { return says("run/1", "Done") })
}

// The last state is shown even when it came right before the end.
func TestFinalStateIsFlushed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{}).start()
	w.bot.show(card("run/1", "Running"))
	w.await("the card", func() bool { return len(w.Messages(releases)) == 1 })
	w.bot.mu.Lock()
	w.bot.cards = []cards.Card{card("run/1", "Interrupted")}
	w.bot.mu.Unlock()
	w.quit()
	if m := last(w.Messages(releases)); !mentions(m, "Interrupted") {
		t.Errorf("the card says %q, want the last state", m.Text)
	}
}

// The last state waits out a pause that Slack asks for, even at the end.
func TestFlushWaitsOutAPause(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{}).start()
	w.bot.show(card("run/1", "Running"))
	w.await("the card", func() bool { _, ok := w.bot.Anchor("run/1"); return ok })
	w.RateLimit("chat.update", 1, time.Second)
	w.bot.mu.Lock()
	w.bot.cards = []cards.Card{card("run/1", "Interrupted")}
	w.bot.mu.Unlock()
	w.quit()
	if m := last(w.Messages(releases)); !mentions(m, "Interrupted") {
		t.Errorf("the card says %q, want the last state", m.Text)
	}
}

// Whatever stands in the way of a card, its newest state arrives once that is
// mended.
func TestCardsInTrouble(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		before func(w *world)
		mend   func(w *world)
		logged string
	}{
		{"rate limit on posts", func(w *world) { w.RateLimit("chat.postMessage", 1, time.Second) }, nil, "Slack limited the rate"},
		{"passing failure", func(w *world) { w.Fail("chat.postMessage", "internal_error", 2) }, nil, "retrying"},
		{"new blocks refused", func(w *world) { w.Fail("chat.postMessage", "invalid_blocks", 1) }, nil, "sending it in a simpler form"},
		{"all blocks refused", func(w *world) { w.Fail("chat.postMessage", "invalid_blocks", 2) }, nil, "sending it in a simpler form"},
		{"too long", func(w *world) { w.Fail("chat.postMessage", "msg_too_long", 2) }, nil, "sending it in a simpler form"},
		{"the ledger forgets", func(w *world) { w.bot.forget = errors.New("a full disk") }, func(w *world) {
			w.await("it is told", func() bool { return strings.Contains(w.logs.String(), "couldn't record a message") })
			w.bot.mu.Lock()
			w.bot.forget = nil
			w.bot.mu.Unlock()
			w.await("the anchor", func() bool { _, ok := w.bot.Anchor("run/1"); return ok })
		}, "couldn't record a message"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, workspace.Options{}, Options{}).start()
			tt.before(w)
			w.bot.show(card("run/1", "First"))
			if tt.mend != nil {
				tt.mend(w)
			}
			w.bot.show(card("run/1", "Last"))
			w.await("the last state", func() bool { return mentions(last(w.Messages(releases)), "Last") })
			if n := len(w.Messages(releases)); n != 1 {
				t.Errorf("%d messages, want one", n)
			}
			if log := w.logs.String(); !strings.Contains(log, tt.logged) {
				t.Errorf("the log lacks %q:\n%s", tt.logged, log)
			}
		})
	}
}

// While updates have to pause, new messages are posted all the same.
func TestPausedUpdatesDoNotHoldUpPosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{}).start()
	w.bot.show(card("run/1", "First"))
	w.await("the card", func() bool { _, ok := w.bot.Anchor("run/1"); return ok })
	w.RateLimit("chat.update", 1, time.Hour)
	w.bot.show(card("run/1", "Second"))
	w.await("the pause", func() bool { return strings.Contains(w.logs.String(), "Slack limited the rate") })
	w.bot.show(card("run/1", "Third"), cards.Card{Subject: "alert", Channel: onCall, Reply: reply.Reply{Title: "Alert"}})
	w.await("the alert", func() bool { return mentions(last(w.Messages(onCall)), "Alert") })
}

// A message that was deleted is posted anew, and remembered.
func TestDeletedMessageComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{}).start()
	w.bot.show(card("run/1", "First"))
	w.await("the card", func() bool { _, ok := w.bot.Anchor("run/1"); return ok })
	old, _ := w.bot.Anchor("run/1")
	if err := w.Admin().Delete(releases, old.TS); err != nil {
		t.Fatal(err)
	}
	w.bot.show(card("run/1", "Second"))
	w.await("a new message", func() bool { return mentions(last(w.Messages(releases)), "Second") })
	w.await("its anchor", func() bool { a, _ := w.bot.Anchor("run/1"); return a.TS == last(w.Messages(releases)).TS })
	w.bot.show(card("run/1", "Third"))
	w.await("it is kept true", func() bool { m := w.Messages(releases); return len(m) == 1 && mentions(m[0], "Third") })
}

// A thread whose first message was deleted gets it back, also where that says
// nothing new, and what is to be said below it arrives.
func TestDeletedAnchorComesBackForItsThread(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{}, Options{}).start()
	w.bot.show(card("run/1", "Done"))
	w.await("the card", func() bool { _, ok := w.bot.Anchor("run/1"); return ok })
	if err := w.Admin().Delete(releases, last(w.Messages(releases)).TS); err != nil {
		t.Fatal(err)
	}
	w.bot.show(card("run/1", "Done"), answerTo("run/1", "run/1/a", "Section"), answerTo("run/1", "run/1/b", "Section"))
	w.await("the thread below a new message", func() bool { return len(w.Messages(releases)) == 3 })
	m := w.Messages(releases)
	if !mentions(m[0], "Done") || m[1].ThreadTS != m[0].TS || m[2].ThreadTS != m[0].TS {
		t.Errorf("the messages are %+v, want the card and two below it", m)
	}
}

// A card that Slack will not have shows its title alone, as plain text, and says where
// the rest is. Its next state is shown as usual, in the same message.
func TestRefusedCardShowsItsTitle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		before func(w *world)
	}{
		{"its post", func(w *world) { w.Fail("chat.postMessage", "msg_too_long", 3) }},
		{"its update", func(w *world) {
			w.bot.show(card("incident/1", "Before"))
			w.await("the card", func() bool { _, ok := w.bot.Anchor("incident/1"); return ok })
			w.Fail("chat.update", "msg_too_long", 3)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, workspace.Options{}, Options{}).start()
			tt.before(w)
			w.bot.show(card("incident/1", "First"))
			const want = "First. Slack refused the rest of this message; type /rollback status to see it."
			w.await("its title", func() bool { m := last(w.Messages(releases)); return m.Text == want && len(m.Blocks) == 0 })
			w.bot.show(card("incident/1", "Last"))
			w.await("the next state", func() bool { m := last(w.Messages(releases)); return mentions(m, "Last") && len(m.Blocks) > 0 })
			if n := len(w.Messages(releases)); n != 1 {
				t.Errorf("%d messages, want one", n)
			}
		})
	}
}

// Where Slack refuses the title too, the card is given up until it changes.
func TestRefusedTitleIsNotRepeated(t *testing.T) {
	inBubble(t, func(*http.Request) {}, func(slackSide *workspace.Workspace, b *bot) {
		slackSide.Fail("chat.postMessage", "msg_too_long", 100)
		b.show(card("run/1", "First"))
		time.Sleep(10 * time.Minute)
		if n := slackSide.Calls("chat.postMessage"); n != 6 {
			t.Errorf("%d posts, want the card, its title, and each in three forms", n)
		}
	})
}

// What changes all the time holds nothing back: cards are shown although the state never
// rests, as in a storm of alerts or when somebody floods the ledger.
func TestCardsAreShownWhileTheStateNeverRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slackSide := workspace.New(workspace.Options{BaseURL: func() string { return "http://slack.example" }})
		w, b := inMemory(slackSide), newBot()
		th := newThreads(w.forHasty(), b, func() string { return "" }, Options{Now: time.Now, Log: w.log})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		defer running.Wait()
		defer stop()
		running.Go(func() { th.run(ctx, ctx) })

		shown := []cards.Card{card("run/1", "Running")}
		for began := time.Now(); time.Since(began) < 3*time.Second; time.Sleep(lookApart / 5) {
			if time.Since(began) == time.Second {
				shown = append(shown, card("run/2", "Alert"))
			}
			b.show(shown...)
		}
		if n := len(slackSide.Messages(releases)); n != 2 {
			t.Errorf("%d of 2 cards were posted in the end", n)
		}
	})
}

// A channel that the bot may not write to is named until something is posted there, or a
// look at it shows that it is mended. That nothing is to be shown there any more says
// nothing about the next card.
func TestBarredChannelIsNamed(t *testing.T) {
	const (
		invite  = "invite the bot to the channel with /invite, and check its ID in the configuration"
		archive = "the channel is archived; unarchive it or configure another"
		ask     = "the channel does not let the bot post; ask the workspace's administrators"
	)
	for name, tt := range map[string]barring{
		"removed":    {func(w *workspace.Workspace) error { return w.Admin().Remove(releases, "U0GONOGO") }, func(w *workspace.Workspace) error { return w.Admin().Invite(releases, "U0GONOGO") }, invite, ""},
		"archived":   {func(w *workspace.Workspace) error { return w.Admin().Archive(releases) }, func(w *workspace.Workspace) error { return w.Admin().Unarchive(releases) }, archive, ""},
		"restricted": {func(w *workspace.Workspace) error { return w.Admin().RestrictPosting(releases, "U0TL") }, func(w *workspace.Workspace) error { return w.Admin().RestrictPosting(releases) }, ask, ""},
		"restricted by the workspace, which the channel doesn't show": {
			func(w *workspace.Workspace) error {
				w.Fail("chat.postMessage", "restricted_action", 1<<20)
				return nil
			},
			func(w *workspace.Workspace) error { w.ClearFaults("chat.postMessage"); return nil }, ask, ask},
		"restricted for changes as well": {
			func(w *workspace.Workspace) error { w.Fail("chat.update", "restricted_action", 1<<20); return nil },
			func(w *workspace.Workspace) error { w.ClearFaults("chat.update"); return nil }, ask, ask},
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { barredUntilMended(t, tt) }) })
	}
}

// barring is a way to keep the bot from posting in #releases.
type barring struct {
	bar, mend func(w *workspace.Workspace) error
	want      string
	looked    string // once somebody has looked at the mended channel; empty: nothing is barred
}

func barredUntilMended(t *testing.T, tt barring) {
	slackSide := workspace.New(workspace.Options{BaseURL: func() string { return "http://slack.example" }})
	w, b := inMemory(slackSide), newBot()
	look := (&Workspace{web: w}).channelLook("releases", releases, event.TroubleReleasesChannel)
	named := func(when, want string) {
		t.Helper()
		time.Sleep(lookAnyway + time.Second)
		if _, err := look.Ask(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.barred.channels()[releases]; got != want {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	th := newThreads(w.forHasty(), b, func() string { return "" }, Options{Now: time.Now, Log: w.log})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() { th.run(ctx, ctx) })

	b.show(card("run/1", "First"))
	named("at first", "")
	if err := tt.bar(slackSide); err != nil {
		t.Fatal(err)
	}
	b.show(card("run/1", "Second"), card("run/2", "First"))
	named("a card was refused", tt.want)
	b.show(card("run/1", "First"))
	time.Sleep(time.Hour)
	named("nothing is to be shown any more", tt.want)
	if err := tt.mend(slackSide); err != nil {
		t.Fatal(err)
	}
	named("mended", tt.looked)
	b.show(card("run/1", "First"), card("run/3", "First"))
	time.Sleep(whenBarred)
	named("a card was posted", "")
}

// That a thread could be answered doesn't prove that the bot may post where only some
// may; and a look that was asked before the refusal proves nothing. A refusal that comes
// after a later look is old.
func TestBarredIsNotForgottenTooSoon(t *testing.T) {
	var b barred
	b.note(releases, askTheAdministrators, time.Now())
	b.answered(releases)
	b.looked(releases, time.Now().Add(-time.Minute), false)
	b.looked(releases, time.Now(), false)
	b.note(onCall, inviteTheBot, time.Now())
	b.looked(onCall, time.Now().Add(-time.Minute), false)
	want := map[string]string{releases: askTheAdministrators, onCall: inviteTheBot}
	if diff := cmp.Diff(want, b.channels()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b.answered(onCall)
	b.posted(releases)
	asked := time.Now()
	b.looked(onCall, asked.Add(time.Second), false)
	b.note(onCall, inviteTheBot, asked)
	if got := b.channels(); len(got) > 0 {
		t.Errorf("still %v", got)
	}
}

// A channel that the bot may not write to is told of once, with what mends it.
func TestBarredChannel(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		bar  func(w *world) error
		want string
	}{
		"not a member": {func(w *world) error { return w.Admin().Remove(releases, "U0GONOGO") }, "invite the bot to the channel with /invite"},
		"archived":     {func(w *world) error { return w.Admin().Archive(releases) }, "the channel is archived"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, workspace.Options{}, Options{}).start()
			if err := tt.bar(w); err != nil {
				t.Fatal(err)
			}
			for i := range 3 {
				w.bot.show(card("run/1", fmt.Sprint("State ", i)))
			}
			w.await("it is told", func() bool { return strings.Contains(w.logs.String(), tt.want) })
			w.bot.show(card("run/1", "State 3"), cards.Card{Subject: "alert", Channel: onCall, Reply: reply.Reply{Title: "Alert"}})
			w.await("other channels go on", func() bool { return mentions(last(w.Messages(onCall)), "Alert") })
			if n := strings.Count(w.logs.String(), tt.want); n != 1 {
				t.Errorf("told %d times, want once", n)
			}
		})
	}
}

// Where new blocks were refused and plainer ones taken, later messages don't
// try them again.
func TestLadderIsRemembered(t *testing.T) {
	w := newWorld(t, workspace.Options{}, Options{}).start()
	w.Fail("chat.postMessage", "invalid_blocks", 1)
	w.bot.show(card("run/1", "First"))
	w.await("the card", func() bool { return len(w.Messages(releases)) == 1 })
	calls := w.Calls("chat.postMessage")
	w.bot.show(card("run/1", "First"), card("run/2", "Second"))
	w.await("the other card", func() bool { return len(w.Messages(releases)) == 2 })
	if n := w.Calls("chat.postMessage") - calls; n != 1 {
		t.Errorf("%d calls for the second card, want 1", n)
	}
	for _, m := range w.Messages(releases) {
		if strings.Contains(string(m.Blocks), `"plan"`) || !mentions(m, "running") {
			t.Errorf("blocks = %s, want the status in words and no plan", m.Blocks)
		}
	}
}

// New messages go first, final states before passing ones, and what has waited
// longest before the rest. New messages and final states in the channel go
// before those in a thread, however long these have waited.
func TestUrgency(t *testing.T) {
	now := time.Now()
	r := &reply.Reply{Title: "old"}
	anchored := func(s showing) *showing { s.anchor.TS, s.anchor.Channel = "1.1", releases; return &s }
	order := []*showing{
		{card: cards.Card{Subject: "new"}, since: now},
		{card: cards.Card{Subject: "new in a thread", Parent: "run", Final: true}, since: now.Add(-time.Minute)},
		anchored(showing{card: cards.Card{Subject: "final", Final: true}, have: r, since: now}),
		anchored(showing{card: cards.Card{Subject: "final in a thread", Parent: "run", Final: true}, have: r, since: now.Add(-time.Minute)}),
		anchored(showing{card: cards.Card{Subject: "waited"}, have: r, since: now.Add(-time.Minute)}),
		anchored(showing{card: cards.Card{Subject: "just"}, have: r, since: now}),
		anchored(showing{card: cards.Card{Subject: "settled", Final: true}, since: now.Add(-time.Hour)}),
	}
	th := &threads{commands: newBot()}
	for i, a := range order {
		for _, b := range order[i+1:] {
			if !th.urgent(a, b) || th.urgent(b, a) {
				t.Errorf("%s does not come before %s", a.card.Subject, b.card.Subject)
			}
		}
	}
}
