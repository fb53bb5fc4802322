package workspace

import (
	"math"
	"time"
)

// bucket is a token bucket of a rate limit.
type bucket struct {
	left float64
	at   time.Time
}

// The limit of messages in a channel is about one a second, with short bursts (docs.slack.dev/apis/web-api/rate-limits).
const (
	postsPerMinute = 60
	postsBurst     = 10
)

// throttle refuses calls beyond the rate limits. An app may use a tier's calls for a minute all at once.
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

// take takes one token from a bucket, or returns an error with the time until there is one.
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
