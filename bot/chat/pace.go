package chat

import (
	"context"
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// allowance is how often something may be called: at once so many times, then
// so often a minute. Both together stay within Slack's limit for any minute.
type allowance struct {
	burst     int
	perMinute float64
}

// allowances hold for the whole app, see https://docs.slack.dev/apis/web-api/rate-limits.
// Methods that are not named answer a person who waits; they are only held
// back when Slack says so.
var allowances = map[string]allowance{
	"chat.update":        {burst: 10, perMinute: 40}, // tier 3: 50
	"conversations.open": {burst: 10, perMinute: 40}, // tier 3: 50
	"views.publish":      {burst: 20, perMinute: 60}, // tier 4: 100
	"users.info":         {burst: 40, perMinute: 60}, // tier 4: 100
}

// perChannel is chat.postMessage: one a second and channel, short bursts aside.
var perChannel = allowance{burst: 3, perMinute: 60}

// pace is the one limiter for the whole app.
type pace struct {
	mu      sync.Mutex
	buckets map[string]*rate.Limiter // by method, and by channel for posts
	until   map[string]time.Time     // by hold: the end of a pause that Slack asked for
}

func newPace() *pace {
	return &pace{buckets: map[string]*rate.Limiter{}, until: map[string]time.Time{}}
}

// hold names what a pause is for: the channel for posts and the address for a
// response_url, which Slack limits one by one; otherwise the method.
func hold(method, channel string) string {
	if method == "chat.postMessage" || method == "response_url" {
		return method + "/" + channel
	}
	return method
}

// wait returns when method may be called. It waits aside.
func (p *pace) wait(ctx context.Context, method, channel string, aside func(wait func())) error {
	for {
		pause := p.take(method, channel)
		if pause <= 0 || ctx.Err() != nil {
			return ctx.Err()
		}
		aside(func() { sleep(ctx, pause) })
	}
}

// take counts a call in and returns 0, or counts nothing and returns how long
// it has to wait.
func (p *pace) take(method, channel string) time.Duration { return p.ask(method, channel, true) }

// delay is how long a call would have to wait now.
func (p *pace) delay(method, channel string) time.Duration { return p.ask(method, channel, false) }

func (p *pace) ask(method, channel string, take bool) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if pause := p.until[hold(method, channel)].Sub(now); pause > 0 {
		return pause
	}
	bucket := p.bucket(method, channel)
	if bucket == nil {
		return 0
	}
	r := bucket.ReserveN(now, 1)
	pause := r.DelayFrom(now)
	if pause > 0 || !take {
		r.CancelAt(now)
	}
	return pause
}

func (p *pace) bucket(method, channel string) *rate.Limiter {
	key, allowed := method, allowances[method]
	if method == "chat.postMessage" {
		key, allowed = hold(method, channel), perChannel
	}
	if allowed.burst == 0 {
		return nil
	}
	if p.buckets[key] == nil {
		p.buckets[key] = rate.NewLimiter(rate.Limit(allowed.perMinute/60), allowed.burst)
	}
	return p.buckets[key]
}

// pause keeps calls back for as long as Slack asked, and forgets pauses that are
// over: response_urls do not come back.
func (p *pace) pause(method, channel string, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(p.until, func(_ string, end time.Time) bool { return end.Before(now) })
	if until := now.Add(d); until.After(p.until[hold(method, channel)]) {
		p.until[hold(method, channel)] = until
	}
}
