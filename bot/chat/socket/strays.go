package socket

import (
	"context"
	"slices"
	"time"

	"gonogo/bot/chat/slackerr"
)

const (
	// uncounted is for how long after a socket ended Slack may still count it, which
	// is no reason to suspect anybody; certain is the same while somebody is suspected.
	uncounted = time.Minute
	certain   = 30 * time.Second
)

// countStrays notes how many sockets Slack counts besides ours. It counts those of a
// killed process for some time, so two greetings have to agree. p.mu must be held.
func (p *Pool) countStrays(more int) {
	now := p.now()
	quiet := now.Sub(p.lastClosed)
	switch {
	case more <= 0:
		if !p.suspected.IsZero() {
			p.log.Info("no other process is connected with the same app token any more")
		}
		p.suspected, p.strays = time.Time{}, 0
	case p.suspected.IsZero() && quiet > uncounted:
		p.suspected = now
		p.log.Warn("another process seems to be connected with the same app token, and to take part of what people say: stop it", "connections", more)
		select {
		case p.suspicious <- struct{}{}:
		default: // it is known already
		}
	case !p.suspected.IsZero() && quiet > certain && now.Sub(p.suspected) >= p.recount/2:
		p.strays = more
	}
}

// Doubt has the sockets counted soon, because of something that another process with the
// same app token may have caused. However often it is called, they are counted once in
// each interval.
func (p *Pool) Doubt() {
	select {
	case p.doubts <- struct{}{}:
	default: // they are to be counted already
	}
}

// recountSuspects replaces a socket when there is reason to doubt, and now and then while
// another process is suspected, since Slack tells how many sockets it counts only when
// one is opened.
func (p *Pool) recountSuspects(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.suspicious:
		case <-p.doubts:
			if !slackerr.Sleep(ctx, p.untilCertain()) {
				return
			}
			p.replaceOldest()
		}
		for {
			if !slackerr.Sleep(ctx, p.recount) {
				return
			}
			if !p.suspects() {
				break
			}
			p.replaceOldest()
		}
	}
}

func (p *Pool) suspects() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.suspected.IsZero()
}

// untilCertain is how long Slack may still count a socket of ours that has ended.
func (p *Pool) untilCertain() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lastClosed.IsZero() {
		return 0
	}
	return max(0, uncounted+time.Second-p.now().Sub(p.lastClosed))
}

// replaceOldest has the socket replaced that was opened first.
func (p *Pool) replaceOldest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.open, func(s *socket) bool { return !slices.Contains(p.draining, s) })
	if i < 0 {
		return
	}
	select {
	case p.open[i].announced <- reasonRecount:
	default: // it is about to be anyway
	}
}
