package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"time"

	"gonogo/bot/chat/pace"
	"gonogo/bot/chat/slackerr"
	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/readiness/history"
)

const (
	lookApart   = 50 * time.Millisecond // between two checks of the state, however often it changes
	lookAnyway  = 10 * time.Second      // what a card says may depend on the time alone
	showApart   = time.Second           // between two updates of one message
	callsAtOnce = 8                     // to Slack, each for another channel
	whenTwice   = 15 * time.Second      // before posting again what may be there twice
	whenBarred  = time.Minute           // before trying a channel again that the bot may not write to
)

// threads keeps messages up to date: it shows each card in the message that the ledger
// names as its anchor, and posts one if there is none. Its run is the only goroutine
// that touches its fields; calls to Slack are made in other goroutines, one at a time
// in each channel, so that no channel waits for another.
//
// However often a card changes, only its newest state is ever sent, and the newest
// always is. What on-call waits for goes first, then new messages, then final states,
// then whatever has waited longest; of new messages and of final states, those in the
// channel itself go before those in a thread.
// Among what on-call waits for, severe alerts go last, since there may be hundreds of
// them, the newest first: what began a minute ago matters more than what has waited
// since the flood began. What has waited for long goes ahead of all that now and then, so
// that nothing waits forever.
type threads struct {
	web      *web
	commands Commands
	self     func() string // our user's ID
	now      func() time.Time
	log      *slog.Logger

	shown   map[string]*showing  // by subject
	calls   map[string]bool      // channels to which a call is under way
	ahead   map[string]time.Time // by limit: when something went ahead that had waited for long
	ended   chan func()          // what to do after calls that have ended
	files   *sharing
	extras  sync.WaitGroup  // searches for messages that arrived late
	copying chan struct{}   // holds one while copies are searched for
	ending  <-chan struct{} // closed when run ends
	work    context.Context // of those searches
}

// showing is how far the message of one card is.
type showing struct {
	card cards.Card
	have *reply.Reply // what the message says; nil: unknown

	compared comparison // of card and have

	since  time.Time // when it began to differ from the card
	next   time.Time // not to be touched before
	asked  time.Time // when the last call for it was made
	pauses slackerr.Backoff
	barred string // Slack's reason why the message cannot be written, logged once

	refused *reply.Reply // the last state that Slack refused for good; nil: none

	anchor   history.Anchor // the message, as far as the ledger knows it
	gone     bool           // it was deleted in Slack: another takes its place
	intent   history.Post   // the last post that was begun
	repeated *history.Post  // that post, if it may have been made more than once
	unsure   bool           // it may have been posted: Slack is searched for it first
	copies   []*copies      // searches for copies of it
	twice    bool           // there may be a second copy in Slack, and it can't be searched for
	unsaved  bool           // the ledger does not know it yet

	sending  bool // a call that shows it is under way
	sharing  bool // its file is being uploaded
	unshared bool // Slack did not take its file
}

// comparison is whether a card says what its message says, which is costly to find out
// and asked for often.
type comparison struct {
	with *reply.Reply // what the message said; nil: they weren't compared
	same bool
}

func newThreads(web *web, handler Commands, self func() string, opts Options) *threads {
	return &threads{web: web, commands: handler, self: self, now: opts.Now, log: opts.Log, shown: map[string]*showing{},
		calls: map[string]bool{}, ahead: map[string]time.Time{}, ended: make(chan func(), callsAtOnce), copying: make(chan struct{}, 1),
		files: &sharing{tick: make(chan struct{}, 1)}}
}

// run shows cards until ctx ends. A call that is under way then is finished,
// as long as work lives: a message that was posted must also be remembered.
func (t *threads) run(ctx, work context.Context) {
	changes, stop := t.commands.Changes()
	defer stop()
	t.ending, t.work = ctx.Done(), work
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
		case after := <-t.ended:
			after()
		case <-timer.C:
			if time.Since(looked) >= lookAnyway {
				look()
			}
		}
		timer.Reset(t.showDue(ctx, work, changes, looked))
	}
}

// showDue shows cards until none is due, or the state has changed and it is time to look
// at it again. Where the state never rests, some are shown between any two looks. It
// returns how long nothing will be due.
func (t *threads) showDue(ctx, work context.Context, changes <-chan struct{}, looked time.Time) time.Duration {
	for ctx.Err() == nil && (len(changes) == 0 || time.Since(looked) < lookApart) {
		s, wait := t.pick(time.Now())
		if s == nil {
			return wait
		}
		t.show(work, s)
	}
	return 0
}

// flush shows what isn't shown yet, until ctx ends. It skips messages in channels that
// the bot may not write to.
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
		if !s.busy() && (!s.due() || s.barred != "") {
			t.drop(subject)
		}
	}
	for ctx.Err() == nil {
		s, wait := t.pick(time.Now())
		switch {
		case s != nil:
			t.show(ctx, s)
		case len(t.calls) > 0:
			t.await(ctx, wait)
		case wait == lookAnyway || !slackerr.Sleep(ctx, wait):
			return
		}
	}
}

// await waits for a call to end, at most for so long.
func (t *threads) await(ctx context.Context, wait time.Duration) {
	select {
	case after := <-t.ended:
		after()
	case <-time.After(wait):
	case <-ctx.Done():
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
		if card.Channel != s.card.Channel && t.fresh(s) {
			s.next, s.barred = time.Time{}, "" // what the other channel refused says nothing of this one
		}
		s.read(card)
		if s.due() && !wasDue {
			s.since = now
		}
	}
	for subject, s := range t.shown {
		if !listed[subject] && !s.due() && !s.busy() { // its last state has arrived
			t.drop(subject)
		}
	}
}

// recall finds out what an earlier process has shown of a card: a final state that is
// in Slack already isn't sent again.
func (t *threads) recall(s *showing, card cards.Card) {
	s.read(card)
	if !t.find(s) {
		_, s.unsure = t.commands.Post(card.Subject)
	}
	t.recallRepeated(s)
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
func (s *showing) class() pace.Class {
	if s.card.Asked {
		return pace.Started
	}
	return pace.Unasked
}

// busy reports whether something is on its way to Slack.
func (s *showing) busy() bool { return s.sending || s.sharing }

// read takes a card as it is now.
func (s *showing) read(card cards.Card) {
	s.card = card
	s.compared = comparison{}
}

// current reports whether the message says what the card says.
func (s *showing) current() bool {
	if s.have == nil {
		return false
	}
	if s.compared.with != s.have {
		s.compared = comparison{with: s.have, same: reflect.DeepEqual(*s.have, s.card.Reply)}
	}
	return s.compared.same
}

// due reports whether the message doesn't say what the card says. A file is shared once
// and never changes.
func (s *showing) due() bool {
	if s.busy() || strings.HasPrefix(s.anchor.TS, fileAnchor) && !s.unsaved {
		return false
	}
	return s.unsaved || !s.current()
}

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
