package socket

import (
	"context"
	"errors"
	"time"

	"gonogo/bot/chat/slackerr"
)

// Slack says how many sockets it counts for an app only in the greeting of a new one. So
// a pool that has opened none for a while opens one, reads the number, and closes it.
const (
	// countEvery is the usual time between two counts. Two gonogos know of each other
	// within a minute, with some seconds to spare, and each makes 72 calls an hour:
	// little even if Slack rates apps.connections.open in its strictest tier.
	countEvery = 50 * time.Second

	// rarest is the longest time between two counts, where Slack limits their rate;
	// forgiven is how long after the last limit the usual time applies again.
	rarest   = 10 * time.Minute
	forgiven = time.Hour

	// maxSockets is how many Slack allows an app.
	maxSockets = 10
)

const (
	// uncounted is for how long after a socket ended Slack may still count it, which
	// is no reason to suspect anybody; certain is the same while somebody is suspected.
	// It is also the same for the socket of a count, which is closed in good order.
	uncounted = time.Minute
	certain   = 30 * time.Second
)

// countStrays notes how many sockets Slack counts besides ours. It counts those of a
// killed process for some time, so two greetings have to agree, unless an earlier one
// counted ours alone: then nobody's sockets can be left over. p.mu must be held.
func (p *Pool) countStrays(more int) {
	now := p.now()
	p.counted = time.Now() // the pace of the counts is the machine's business, not the injected clock's
	quiet := now.Sub(p.lastClosed)
	switch {
	case more <= 0:
		if !p.suspected.IsZero() {
			p.log.Info("no other process is connected with the same app token any more")
		}
		p.suspected, p.strays, p.alone = time.Time{}, 0, true
	case now.Sub(p.lastCount) < p.settling():
	case p.suspected.IsZero() && quiet > uncounted:
		p.suspected = now
		if p.alone {
			p.strays = more
		}
		p.log.Warn("another process seems to be connected with the same app token, and to take part of what people say: stop it", "connections", more)
	case !p.suspected.IsZero() && quiet > certain && now.Sub(p.suspected) >= p.recount/2:
		p.strays = more
	}
}

// settling is for how long Slack may still count the socket of the last count.
func (p *Pool) settling() time.Duration { return min(certain, p.recount*3/5) }

// Doubt has the sockets counted soon, because of something that another process with the
// same app token may have caused. However often it is called, they are counted once in
// each interval.
func (p *Pool) Doubt() {
	select {
	case p.doubts <- struct{}{}:
	default: // they are to be counted already
	}
}

// keepCounting counts the sockets now and then until ctx ends.
func (p *Pool) keepCounting(ctx context.Context) {
	pace := countPace{usual: p.recount, apart: p.recount}
	tried := time.Now()
	failing := false
	for p.awaitCount(ctx, tried, pace.apart) {
		err := p.count(ctx)
		tried = time.Now()
		pace.note(err, tried)
		if err != nil && !failing && ctx.Err() == nil {
			p.log.Warn("can't count the app's sockets; retrying", "error", slackerr.WithoutURL(err))
		}
		failing = err != nil
		if !slackerr.Sleep(ctx, slackerr.RetryAfter(err)) {
			return
		}
	}
}

// awaitCount waits until no socket was opened for a while, or until there is a doubt
// that a count can settle. It reports whether that came before the end of ctx.
func (p *Pool) awaitCount(ctx context.Context, tried time.Time, apart time.Duration) bool {
	for {
		p.mu.Lock()
		last := p.counted
		p.mu.Unlock()
		if tried.After(last) {
			last = tried
		}
		wait := time.Until(last.Add(apart))
		if wait <= 0 {
			return ctx.Err() == nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(wait):
		case <-p.doubts:
			return slackerr.Sleep(ctx, p.untilCertain())
		}
	}
}

// untilCertain is how long Slack may still count a socket of ours that has ended.
func (p *Pool) untilCertain() (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if !p.lastClosed.IsZero() {
		wait = uncounted + time.Second - now.Sub(p.lastClosed)
	}
	if !p.lastCount.IsZero() {
		wait = max(wait, p.settling()-now.Sub(p.lastCount))
	}
	return max(wait, 0)
}

// count opens a socket for its greeting, and closes it. What comes in on it meanwhile is
// served, and so is what Slack sends until it has answered our close frame. It does nothing
// while no other is open, since the next will be greeted too, and where it would be one
// more than Slack allows.
func (p *Pool) count(ctx context.Context) error {
	p.mu.Lock()
	ours := len(p.open)
	p.mu.Unlock()
	if ours == 0 || ours >= maxSockets {
		return nil
	}
	s, err := p.openSocket(ctx, true)
	if errors.Is(err, refusal(reasonTooMany)) {
		p.mu.Lock()
		p.countStrays(maxSockets - len(p.open))
		p.mu.Unlock()
		return nil
	}
	if err != nil {
		return err
	}
	s.catchUp()
	s.close()
	return nil
}

// countPace is how far apart the counts are.
type countPace struct {
	usual, apart time.Duration
	limited      time.Time // when Slack last limited their rate
}

// note adapts the pace to the outcome of a count: Slack's limits are there for the
// sockets that serve.
func (c *countPace) note(err error, now time.Time) {
	switch {
	case slackerr.Outcome(err) == slackerr.Limited:
		c.limited, c.apart = now, min(2*c.apart, rarest)
	case now.Sub(c.limited) > forgiven:
		c.apart = c.usual
	}
}
