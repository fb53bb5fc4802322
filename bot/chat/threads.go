package chat

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"time"

	"gonogo/bot/chat/slackerr"
	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/readiness"
)

const (
	lookApart  = 50 * time.Millisecond // between two looks at the state, however often it changes
	lookAnyway = 10 * time.Second      // what a card says may depend on the time alone
	showApart  = time.Second           // between two updates of one message
	whenBarred = time.Minute           // before trying a channel again that the bot may not write to
)

// threads keeps messages true: it shows each card in the message that the
// ledger names as its anchor, and posts one where there is none. Its run is
// the only goroutine that touches its fields.
//
// However often a card changes, only its newest state is ever sent, and the
// newest always is. New messages go first, then final states, then whatever
// has waited longest; of new messages and of final states, those that stand in
// the channel itself go before those in a thread.
type threads struct {
	web      *web
	commands Commands
	self     func() string // our user's ID
	now      func() time.Time
	log      *slog.Logger

	shown  map[string]*showing // by subject
	files  *sharing
	extras sync.WaitGroup  // searches for messages that arrived late
	ending <-chan struct{} // closed when run ends
}

// showing is how far the message of one card is.
type showing struct {
	card   cards.Card
	have   *reply.Reply // what the message says; nil: not known
	since  time.Time    // when it began to differ from the card
	next   time.Time    // not to be touched before
	pauses slackerr.Backoff
	barred string // Slack's reason why the message cannot be written, logged once

	anchor  readiness.Anchor // the message, as far as the ledger knows it
	gone    bool             // it was deleted in Slack: another takes its place
	intent  readiness.Post   // the last post that was begun
	unsure  bool             // it may have been posted: Slack is searched for it first
	twice   bool             // it may stand in Slack a second time, and nobody can look
	unsaved bool             // the ledger does not know it yet

	sharing  bool // its file is being uploaded
	unshared bool // Slack did not take its file
}

func newThreads(web *web, handler Commands, self func() string, opts Options) *threads {
	return &threads{web: web, commands: handler, self: self, now: opts.Now, log: opts.Log, shown: map[string]*showing{},
		files: &sharing{tick: make(chan struct{}, 1)}}
}

// run shows cards until ctx ends. A call that is under way then is finished,
// as long as work lives: a message that was posted must also be remembered.
func (t *threads) run(ctx, work context.Context) {
	changes, stop := t.commands.Changes()
	defer stop()
	t.ending = ctx.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var looked time.Time
	look := func() {
		t.look()
		looked = time.Now()
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes:
			if !slackerr.Sleep(ctx, lookApart-time.Since(looked)) {
				return
			}
			look()
		case <-t.files.tick:
			t.collect(work)
		case <-timer.C:
			if time.Since(looked) >= lookAnyway {
				look()
			}
		}
		timer.Reset(t.showDue(ctx, work, changes))
	}
}

// showDue shows cards until none is due or the state has changed. It returns
// how long nothing will be due.
func (t *threads) showDue(ctx, work context.Context, changes <-chan struct{}) time.Duration {
	for len(changes) == 0 && ctx.Err() == nil {
		s, wait := t.pick(time.Now())
		if s == nil {
			return wait
		}
		t.show(work, s)
	}
	return 0
}

// flush shows what is not yet shown, until ctx ends. Messages that the bot may
// not write are left alone.
func (t *threads) flush(ctx context.Context) {
	t.flushMessages(ctx)
	t.files.busy.Wait()
	t.collect(ctx)
	t.extras.Wait()
}

func (t *threads) flushMessages(ctx context.Context) {
	t.look()
	for subject, s := range t.shown {
		s.next = time.Time{}
		if !s.due() || s.barred != "" {
			delete(t.shown, subject)
		}
	}
	for {
		s, wait := t.pick(time.Now())
		switch {
		case s != nil:
			t.show(ctx, s)
		case wait == lookAnyway || !slackerr.Sleep(ctx, wait):
			return
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// look reads the cards as they should be now.
func (t *threads) look() {
	now := time.Now()
	all := t.commands.Cards(t.now())
	listed := make(map[string]bool, len(all))
	for _, card := range all {
		if card.Subject == "" || card.Channel == "" {
			continue
		}
		listed[card.Subject] = true
		s := t.shown[card.Subject]
		if s == nil {
			s = &showing{since: now}
			t.shown[card.Subject] = s
			t.recall(s, card)
		}
		wasDue := s.due()
		s.card = card
		if s.due() && !wasDue {
			s.since = now
		}
	}
	for subject, s := range t.shown {
		if !listed[subject] && !s.due() { // a last state still arrives
			delete(t.shown, subject)
		}
	}
}

// recall finds out what an earlier process has shown of a card: a final state
// that stands in Slack already is not sent again.
func (t *threads) recall(s *showing, card cards.Card) {
	s.card = card
	if !t.find(s) {
		_, s.unsure = t.commands.Post(card.Subject)
	}
	if t.find(s) && card.Final && s.anchor.Shows != "" && s.anchor.Shows == digestOf(card.Reply) {
		s.have = &card.Reply
	}
}

// digestOf is the same for replies that say the same.
func digestOf(r reply.Reply) string {
	said, err := json.Marshal(r)
	if err != nil { // replies are plain data
		return ""
	}
	sum := sha256.Sum256(said)
	return hex.EncodeToString(sum[:12])
}

// class is that of the calls which show the card.
func (s *showing) class() class {
	if s.card.Asked {
		return started
	}
	return unasked
}

// due tells whether the message does not say what the card says. A file is
// shared once and then says the same for ever.
func (s *showing) due() bool {
	if s.sharing || strings.HasPrefix(s.anchor.TS, fileAnchor) && !s.unsaved {
		return false
	}
	return s.unsaved || s.have == nil || !reflect.DeepEqual(*s.have, s.card.Reply)
}

// pick chooses what to show next, or tells how long there is nothing to do.
func (t *threads) pick(now time.Time) (best *showing, wait time.Duration) {
	wait = lookAnyway
	for _, s := range t.shown {
		if !s.due() || !t.placed(s) {
			continue
		}
		if pause := max(s.next.Sub(now), t.delay(s)); pause > 0 {
			wait = min(wait, pause)
			continue
		}
		if best == nil || t.urgent(s, best) {
			best = s
		}
	}
	return best, wait
}

// delay is how long Slack's limits hold a message back. Others go first then: an
// alert does not wait for the updates of a run. The slot that is claimed here is
// for whichever message goes first once there is one.
func (t *threads) delay(s *showing) time.Duration {
	if s.unsure {
		intent, _ := t.intended(s)
		return t.web.pace.claim(s.class(), searchMethod(intent), "")
	}
	if s.gone || !t.find(s) {
		return t.web.pace.claim(s.class(), "chat.postMessage", s.card.Channel)
	}
	return t.web.pace.claim(s.class(), "chat.update", s.anchor.Channel)
}

// placed tells whether the message has a place: that of a thread's answers is
// the message above them.
func (t *threads) placed(s *showing) bool {
	return s.card.Parent == "" || t.find(s) || t.anchor(s.card.Parent) != ""
}

// urgent tells whether a comes before b.
func (t *threads) urgent(a, b *showing) bool {
	if rankA, rankB := t.rank(a), t.rank(b); rankA != rankB {
		return rankA < rankB
	}
	return a.since.Before(b.since)
}

// rank is lower for what is more urgent. What stands in a thread is of little
// use before the message above it.
func (t *threads) rank(s *showing) int {
	inThread := 0
	if s.card.Parent != "" {
		inThread = 1
	}
	switch {
	case s.gone || !t.find(s):
		return inThread
	case s.settled():
		// This process did not see it change, so that it is most likely shown
		// since before it started, and can wait.
		return 5
	case s.card.Final:
		return 2 + inThread
	}
	return 4
}

// settled tells of a final state of which it is not known whether it is shown.
func (s *showing) settled() bool { return s.have == nil && s.card.Final && s.anchor.TS != "" }

// find looks the card's message up, in memory and in the ledger.
func (t *threads) find(s *showing) bool {
	if s.anchor.TS == "" {
		s.anchor, _ = t.commands.Anchor(s.card.Subject)
	}
	return s.anchor.TS != ""
}

// anchor is the timestamp of a subject's message, or "".
func (t *threads) anchor(subject string) string {
	if s := t.shown[subject]; s != nil {
		if s.gone {
			return ""
		}
		if t.find(s) {
			return s.anchor.TS
		}
	}
	a, _ := t.commands.Anchor(subject)
	return a.TS
}

// show brings one message up to date.
func (t *threads) show(ctx context.Context, s *showing) {
	r := s.card.Reply
	if s.unsaved && s.have != nil && reflect.DeepEqual(*s.have, r) {
		t.save(ctx, s)
		return
	}
	var err error
	posting := s.gone || !t.find(s)
	if strings.HasPrefix(s.anchor.TS, fileAnchor) {
		return // found just now: an earlier process shared it
	}
	if posting && s.unsure {
		t.search(ctx, s)
		return
	}
	if posting && s.card.File != nil && !s.unshared {
		s.sharing = true
		p := readiness.PostIntended{Subject: s.card.Subject, Channel: s.card.Channel, Thread: t.anchor(s.card.Parent)}
		t.files.start(ctx, t.web, p, s.card.File, t.record)
		return
	}
	if posting {
		err = t.post(ctx, s)
	} else if s.anchor.Shows != "" && !t.remember(ctx, s, "") {
		return // or the ledger would say that what is shown now is what was final once
	} else {
		err = t.web.of(s.class()).update(ctx, s.anchor.Channel, s.anchor.TS, s.says())
	}
	if err != nil {
		t.failed(ctx, s, err)
		return
	}
	s.have, s.next, s.barred = &r, time.Now().Add(showApart), ""
	s.pauses.Reset()
	if posting || s.card.Final {
		t.save(ctx, s)
	}
}

// save tells the ledger where the message is, and what it shows if that is
// final. Until it knows, we remember.
func (t *threads) save(ctx context.Context, s *showing) {
	shows := ""
	if s.card.Final {
		shows = digestOf(*s.have)
	}
	s.unsaved = !t.remember(ctx, s, shows)
}

// remember tells the ledger where the message is and what it shows.
func (t *threads) remember(ctx context.Context, s *showing, shows string) (done bool) {
	a := s.anchor
	a.Shows = shows
	if err := t.commands.Anchored(ctx, s.card.Subject, a); err != nil {
		s.next = time.Now().Add(s.pauses.Next(0))
		t.log.Error("could not remember a message; trying again", "subject", s.card.Subject, "error", err)
		return false
	}
	s.anchor = a
	return true
}

// failed decides what becomes of a message that could not be written. It is
// tried again, sooner or later, since the state it shows must arrive.
func (t *threads) failed(ctx context.Context, s *showing, err error) {
	if ctx.Err() != nil || slackerr.RetryAfter(err) > 0 {
		return
	}
	name := slackerr.Code(err)
	switch name {
	case "message_not_found", "cant_update_message", "edit_window_closed":
		s.gone, s.have, s.next = true, nil, time.Time{}
		return
	case "thread_not_found":
		if above := t.shown[s.card.Parent]; above != nil {
			above.gone, above.have, above.next = true, nil, time.Time{}
			s.next = time.Now().Add(s.pauses.Next(0)) // or a Slack that never finds it would get a new one each second
			return
		}
	}
	mend, lasting := whyBarred(name)
	switch {
	case slackerr.Temporary(err):
		s.next = time.Now().Add(s.pauses.Next(0))
	case lasting:
		s.next = time.Now().Add(whenBarred)
	default: // Slack will not have this state; the next may be better
		r := s.card.Reply
		s.have, mend = &r, "Slack does not accept it"
	}
	if s.barred != name || name == "" {
		s.barred = name
		t.log.Error("could not show a card: "+cmp.Or(mend, "Slack did not answer; trying again"),
			"subject", s.card.Subject, "channel", s.card.Channel, "error", slackerr.WithoutURL(err))
	}
}

// whyBarred says what mends a channel or token that cannot be used.
func whyBarred(name string) (mend string, lasting bool) {
	switch name {
	case "not_in_channel", "channel_not_found":
		return "invite the bot to the channel with /invite, and check its ID in the configuration", true
	case "is_archived":
		return "the channel is archived; unarchive it or configure another", true
	case "restricted_action", "restricted_action_thread_only_channel", "restricted_action_read_only_channel", "not_allowed":
		return "the channel does not let the bot post; ask the workspace's administrators", true
	}
	return slackerr.Fix(name)
}
