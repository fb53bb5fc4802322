package chat

import (
	"cmp"
	"context"
	"reflect"
	"strings"
	"time"

	"gonogo/bot/chat/slackerr"
	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/readiness/event"
)

// show brings one message up to date, or begins to.
func (t *threads) show(ctx context.Context, s *showing) {
	if s.unsaved && s.current() {
		t.save(ctx, s)
		return
	}
	posting := s.gone || !t.find(s)
	switch {
	case strings.HasPrefix(s.anchor.TS, fileAnchor): // found just now: an earlier process shared it
	case posting && s.unsure:
		t.search(ctx, s)
	case posting && s.card.File != nil && !s.unshared:
		s.sharing, s.asked = true, time.Now()
		p := event.PostIntended{Subject: s.card.Subject, Channel: s.card.Channel, Thread: t.anchor(s.card.Parent)}
		t.files.start(ctx, t.web, p, s.card.File, t.record)
	case posting:
		t.post(ctx, s)
	default:
		t.update(ctx, s)
	}
}

// send makes a call to Slack for a card. The goroutine that owns the cards then calls
// after.
func (t *threads) send(s *showing, channel string, call func() (after func())) {
	s.sending, s.asked, t.calls[channel] = true, time.Now(), true
	go func() {
		after := call()
		t.ended <- func() {
			s.sending = false
			delete(t.calls, channel)
			after()
		}
	}()
}

// update changes the card's message.
func (t *threads) update(ctx context.Context, s *showing) {
	s.searchSoon()
	if s.anchor.Shows != "" && !t.remember(ctx, s, "") {
		return // otherwise the ledger would say that what is shown now is what was final once
	}
	web, anchor, said, says := t.web.picked(s.class()), s.anchor, s.card.Reply, s.says()
	t.send(s, anchor.Channel, func() func() {
		err := web.update(ctx, anchor.Channel, anchor.TS, says)
		return func() {
			if err != nil {
				t.failed(ctx, s, said, err)
				return
			}
			t.shows(s, said)
			if s.card.Final || t.commands.Refused(s.card.Subject) {
				t.save(ctx, s)
			}
		}
	})
}

// shows notes what a card's message says now.
func (t *threads) shows(s *showing, said reply.Reply) {
	now := time.Now()
	s.have, s.next, s.barred = &said, now.Add(showApart), ""
	s.pauses.Reset()
	if s.due() { // it changed while the message was on its way
		s.since = now
	}
}

// save records where the message is, and what it shows if that is final. Until it is
// recorded, gonogo remembers it.
func (t *threads) save(ctx context.Context, s *showing) {
	shows := ""
	if s.card.Final && s.current() {
		shows = digestOf(*s.have)
	}
	s.unsaved = !t.remember(ctx, s, shows)
}

// remember records where the message is and what it shows.
func (t *threads) remember(ctx context.Context, s *showing, shows string) (done bool) {
	a := s.anchor
	a.Shows = shows
	if err := t.commands.Anchored(ctx, s.card.Subject, a); err != nil {
		s.next = time.Now().Add(s.pauses.Next(0))
		t.log.Error("couldn't record a message; retrying", "subject", s.card.Subject, "error", err)
		return false
	}
	s.anchor = a
	return true
}

// failed decides what to do after a failed update. It is tried again, sooner or later,
// since the state must arrive.
func (t *threads) failed(ctx context.Context, s *showing, said reply.Reply, err error) {
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
		s.next = time.Now().Add(s.pause())
	case lasting:
		s.next = time.Now().Add(whenBarred)
		t.refused(ctx, s, name, mend)
	case !s.refuses(said): // Slack won't accept this state; its title says what is missing
		s.refused, s.next, mend = &said, time.Time{}, "Slack does not accept it; showing its title alone"
	default: // nor its title; the next state may be better
		s.have, mend = &said, "Slack does not accept it"
	}
	if ofChannel[name] != "" {
		t.web.barred.note(t.channel(s), mend, s.asked)
	}
	if s.barred != name || name == "" {
		s.barred = name
		t.log.Error("couldn't show a card: "+cmp.Or(mend, "Slack didn't respond; retrying"),
			"subject", s.card.Subject, "channel", s.card.Channel, "error", slackerr.WithoutURL(err))
	}
}

// pause is how long to wait after Slack didn't respond. What may be there already, and
// can't be searched for, isn't soon posted once more.
func (s *showing) pause() time.Duration {
	switch {
	case s.twice:
		return max(s.pauses.Next(0), whenTwice)
	case s.card.First:
		s.pauses.Most = slackerr.DownPause
	}
	return s.pauses.Next(0)
}

// refused records that Slack refuses a message that on-call waits for, or the card of a
// storm or an alert, so that it is shown in another channel. Of what on-call waits for, the outside
// webhook is notified.
func (t *threads) refused(ctx context.Context, s *showing, code, mend string) {
	if !s.card.First && !s.card.Storm && !s.card.Alert {
		return
	}
	e := event.PostRefused{Subject: s.card.Subject, Why: mend}
	if ofChannel[code] != "" {
		e.Channel = t.channel(s)
	}
	if err := t.commands.PostRefused(ctx, e); err != nil {
		t.log.Error("couldn't record that Slack refuses a message about an alert or a run; retrying", "subject", e.Subject, "error", err)
	}
}

// refuses reports whether Slack refused a state permanently, so that only its title is
// shown.
func (s *showing) refuses(said reply.Reply) bool {
	return s.refused != nil && reflect.DeepEqual(*s.refused, said)
}

// titleOnly replaces a card that Slack refused: plain text, without blocks.
func titleOnly(card cards.Card) reply.Reply {
	command := "/ready history"
	for _, prefix := range []string{"incident/", "storm/"} {
		if strings.HasPrefix(card.Subject, prefix) {
			command = "/rollback status"
		}
	}
	return reply.Reply{Summary: reply.Shorten(card.Reply.Title, 150) + ". Slack refused the rest of this message; type " + command + " to see it."}
}

// whyBarred says how to fix a channel or token that can't be used.
func whyBarred(name string) (mend string, lasting bool) {
	if mend = ofChannel[name]; mend != "" {
		return mend, true
	}
	return slackerr.Fix(name)
}
