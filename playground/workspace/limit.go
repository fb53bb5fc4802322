package workspace

import (
	"math"
	"time"
)

// bucket counts how many calls are still allowed; it fills up again with time.
type bucket struct {
	left float64
	at   time.Time
}

// A channel takes about one message a second, and short bursts (docs.slack.dev/apis/web-api/rate-limits).
const (
	postsPerMinute = 60
	postsBurst     = 10
)

// throttle refuses what comes too fast. The tiers' minute is taken as a bucket, so that an app may use its minute at once.
func (w *Workspace) throttle(m method, c *call) error {
	switch {
	case w.opts.Unlimited:
		return nil
	case c.method == "chat.postMessage":
		return w.take("chat.postMessage "+c.text("channel"), postsPerMinute, postsBurst)
	case m.rate == 0:
		return nil
	default:
		return w.take(c.method, m.rate, m.rate)
	}
}

// take takes one call out of a bucket, or says when there will be one.
func (w *Workspace) take(key string, perMinute, burst int) error {
	b := w.buckets[key]
	if b == nil {
		b = &bucket{left: float64(burst), at: w.now()}
		w.buckets[key] = b
	}
	rate := float64(perMinute) / 60
	b.left = min(float64(burst), b.left+w.now().Sub(b.at).Seconds()*rate)
	b.at = w.now()
	if b.left < 1 {
		wait := math.Ceil((1 - b.left) / rate)
		return apiError{code: "ratelimited", retry: time.Duration(wait) * time.Second}
	}
	b.left--
	return nil
}
