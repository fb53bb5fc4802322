package chat

import (
	"cmp"
	"time"
)

// This file chooses which card is shown next.

const (
	patience        = 30 * time.Second // how long a message waits until it may go ahead of more urgent ones
	settledPatience = 10 * time.Minute // the same for a final state that has most likely been shown
	aheadApart      = 4 * time.Second  // between two messages that go ahead so, within one of Slack's limits
)

// pick chooses what to show next, or returns how long there is nothing to do.
func (t *threads) pick(now time.Time) (best *showing, wait time.Duration) {
	wait = lookAnyway
	if len(t.calls) >= callsAtOnce {
		return nil, wait
	}
	var late *showing
	for _, s := range t.shown {
		if !s.due() || !t.placed(s) || t.calls[t.channel(s)] {
			continue
		}
		if pause := max(s.next.Sub(now), t.delay(s)); pause > 0 {
			wait = min(wait, pause)
			continue
		}
		if best == nil || t.urgent(s, best) {
			best = s
		}
		if t.late(s, now) && (late == nil || s.lateFrom().Before(late.lateFrom())) {
			late = s
		}
	}
	if late != nil && late != best {
		t.ahead[t.limit(late)] = now
		return late, wait
	}
	return best, wait
}

// late reports whether a message has waited for so long that it goes ahead of more
// urgent ones, if none has done so lately: a stream of these must not hold it back
// forever.
func (t *threads) late(s *showing, now time.Time) bool {
	return s.lateFrom().Before(now) && now.Sub(t.ahead[t.limit(s)]) >= aheadApart
}

// lateFrom is when a message has waited for long. A call that failed counts as its turn:
// what Slack refuses again and again doesn't hold the others back.
func (s *showing) lateFrom() time.Time {
	from := s.since
	if s.asked.After(from) {
		from = s.asked
	}
	if s.settled() {
		return from.Add(settledPatience)
	}
	return from.Add(patience)
}

// limit is which of Slack's limits holds the next call for a card back.
func (t *threads) limit(s *showing) string {
	if t.fresh(s) {
		return t.channel(s)
	}
	return "chat.update"
}

// delay is how long Slack's limits hold a message back. Others go first then: an
// alert does not wait for the updates of a run. The slot that is claimed here is
// for whichever message goes first once there is one.
func (t *threads) delay(s *showing) time.Duration {
	if s.unsure {
		intent, _ := t.intended(s)
		return t.web.calls.Of(s.class()).Claim(searchMethod(intent), "")
	}
	if t.fresh(s) {
		return t.web.calls.Of(s.class()).Claim("chat.postMessage", s.card.Channel)
	}
	return t.web.calls.Of(s.class()).Claim("chat.update", s.anchor.Channel)
}

// channel is where the next call for a card goes.
func (t *threads) channel(s *showing) string {
	if intent, ok := t.intended(s); ok && s.unsure {
		return intent.Channel
	}
	if t.fresh(s) {
		return s.card.Channel
	}
	return s.anchor.Channel
}

// placed reports whether the message has a place: that of a thread's answers is
// the message above them.
func (t *threads) placed(s *showing) bool {
	return s.card.Parent == "" || t.find(s) || t.anchor(s.card.Parent) != ""
}

// urgent reports whether a comes before b.
func (t *threads) urgent(a, b *showing) bool {
	if x, y := a.urgency(), b.urgency(); x != y {
		return x < y
	}
	if a.urgency() == severeAlert && t.fresh(a) && t.fresh(b) {
		return cmp.Or(b.since.Compare(a.since), cmp.Compare(t.rank(a), t.rank(b)), cmp.Compare(a.card.Subject, b.card.Subject)) < 0
	}
	return cmp.Or(cmp.Compare(t.rank(a), t.rank(b)), a.since.Compare(b.since), cmp.Compare(a.card.Subject, b.card.Subject)) < 0
}

// urgency is lower for what goes first, whatever kind of call it takes.
type urgency int

const (
	awaited     urgency = iota // on-call waits for it, and it is one of few
	severeAlert                // on-call waits for it, and there may be hundreds
	ordinary
)

func (s *showing) urgency() urgency {
	switch {
	case s.card.First && s.card.Alert:
		return severeAlert
	case s.card.First:
		return awaited
	}
	return ordinary
}

// fresh reports whether the message is still to be posted.
func (t *threads) fresh(s *showing) bool { return s.gone || !t.find(s) }

// rank is lower for what is more urgent. A message in a thread is of little use before
// the message above it.
func (t *threads) rank(s *showing) int {
	inThread := 0
	if s.card.Parent != "" {
		inThread = 1
	}
	switch {
	case t.fresh(s):
		return inThread
	case s.settled():
		// This process did not see it change, so it has most likely been shown already,
		// and can wait.
		return 5
	case s.card.Final:
		return 2 + inThread
	}
	return 4
}

// settled reports whether a card is final and it is unknown whether that is shown.
func (s *showing) settled() bool { return s.have == nil && s.card.Final && s.anchor.TS != "" }
