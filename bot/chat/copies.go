package chat

import (
	"context"
	"errors"
	"slices"
	"time"

	"gonogo/bot/chat/slackerr"
	"gonogo/readiness/history"
)

// lateArrivals is when Slack is searched for copies after a message was posted a second
// time, since a gateway may have lost the answer to a call that takes effect later. The
// last of these pauses is repeated for as long as the card is shown: the buttons of a
// copy work as long.
var lateArrivals = []time.Duration{2 * time.Second, 8 * time.Second, 20 * time.Second, 90 * time.Second, 3 * time.Minute, 10 * time.Minute}

// searchApart is the shortest time between two searches because the card has changed.
const searchApart = time.Minute

// copies is the watch for copies of one card's message. The goroutine in watch owns it,
// but for the channels.
type copies struct {
	subject string
	post    history.Post  // how copies are known; At is from when on Slack is searched
	retired []string      // copies that were; where the app may not delete them, they are still found
	changed chan struct{} // holds one: the message is about to be updated
	over    chan struct{} // closed when the card isn't shown any more
}

// watchForCopies has copies of a card's message retired that arrive from now on.
func (t *threads) watchForCopies(s *showing, p history.Post) {
	if slices.ContainsFunc(s.copies, func(c *copies) bool { return c.post.Mark == p.Mark && c.post.File == p.File }) {
		return
	}
	c := &copies{subject: s.card.Subject, post: p, changed: make(chan struct{}, 1), over: make(chan struct{})}
	s.copies = append(s.copies, c)
	t.extras.Go(func() { t.watch(t.work, c) })
}

// recallRepeated watches for copies of what an earlier process posted more than once, as
// far as it could note that: it may have ended after the second post. Each upload of a
// file has an ID of its own, and the ledger knows only that of the last.
func (t *threads) recallRepeated(s *showing) {
	s.repeated = s.anchor.Repeated
	if s.unsure {
		begun, _ := t.commands.Post(s.card.Subject)
		s.repeated = &begun
	}
	if s.repeated != nil && s.repeated.File == "" {
		t.watchForCopies(s, *s.repeated)
	}
}

// searchSoon has copies searched for now that a card changes: a copy would still show
// what was.
func (s *showing) searchSoon() {
	for _, c := range s.copies {
		select {
		case c.changed <- struct{}{}:
		default: // it is known already
		}
	}
}

// drop forgets a card that isn't shown any more.
func (t *threads) drop(subject string) {
	for _, c := range t.shown[subject].copies {
		close(c.over)
	}
	delete(t.shown, subject)
}

// watch searches for copies until the card is over, and once more then.
func (t *threads) watch(ctx context.Context, c *copies) {
	step, searched, over := 0, time.Now(), false
	timer := time.NewTimer(lateArrivals[0])
	defer timer.Stop()
	for !over {
		select {
		case <-timer.C:
			step = min(step+1, len(lateArrivals)-1)
			timer.Reset(lateArrivals[step])
		case <-c.changed:
			if time.Since(searched) < searchApart {
				continue
			}
		case <-c.over:
			over = true
		case <-t.ending:
		}
		select {
		case <-t.ending:
			return
		default:
		}
		if !t.takeSearch(ctx) {
			return
		}
		searched = time.Now()
		t.retireCopies(ctx, c)
		<-t.copying
	}
}

// takeSearch waits for the turn to search for copies; ok is false if gonogo ends first.
// There is one such search at a time: however many cards may have copies, the search for a
// card that isn't shown yet waits for one at most.
func (t *threads) takeSearch(ctx context.Context) (ok bool) {
	select {
	case t.copying <- struct{}{}:
		return true
	case <-t.ending:
	case <-ctx.Done():
	}
	return false
}

// retireCopies retires the copies that have arrived. While the outcome of another post
// of the card isn't known, it isn't known either which message is the copy.
func (t *threads) retireCopies(ctx context.Context, c *copies) {
	kept, known := t.commands.Anchor(c.subject)
	if _, posting := t.commands.Post(c.subject); posting || !known || kept.TS == fileAnchor+c.post.File {
		return
	}
	began := t.now()
	found, err := t.web.find(ctx, t.self(), c.post)
	if err != nil && !errors.Is(err, errTooFar) {
		t.log.Warn("could not look for copies of a message", "subject", c.subject, "error", slackerr.WithoutURL(err))
		return
	}
	for _, ts := range found {
		if ts == kept.TS || slices.Contains(c.retired, ts) {
			continue
		}
		if !t.retire(ctx, c.post.Channel, ts) {
			return
		}
		c.retired = append(c.retired, ts)
	}
	c.post.At = began // what arrives later is newer
}
