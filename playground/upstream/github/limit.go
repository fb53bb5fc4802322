package github

import (
	"crypto/rand"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Mode is how the API is doing.
type Mode string

// The modes. What a limit's answer says is from
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api.
const (
	Up             Mode = "up"
	Down           Mode = "down"            // 503 to everything
	Slow           Mode = "slow"            // right, after 8 seconds
	SecondaryLimit Mode = "secondary-limit" // 403 with Retry-After
	TooMany        Mode = "429"             // 429 with Retry-After
	PrimaryLimit   Mode = "primary-limit"   // 403 with nothing remaining until X-RateLimit-Reset
)

// slowness is how long a slow API takes.
const slowness = 8 * time.Second

// hourly is how many requests a client has in an hour. The headers count them;
// nobody is turned away but by a [Mode] or a [Fault].
const hourly = 5000

const aboutLimits = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"

var (
	errSecondary = &refusal{
		status:  http.StatusForbidden,
		message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
		about:   aboutLimits + "#about-secondary-rate-limits",
	}
	errTooMany = &refusal{status: http.StatusTooManyRequests, message: errSecondary.message, about: errSecondary.about}
	errPrimary = &refusal{
		status:  http.StatusForbidden,
		message: "API rate limit exceeded for installation.",
		about:   aboutLimits + "#about-primary-rate-limits",
	}
)

// SetMode says how the API does from the next call on.
func (h *Host) SetMode(mode Mode) {
	h.watch.Lock()
	defer h.watch.Unlock()
	h.mode = mode
}

// limited is the refusal that a mode gives every call, with its headers; nil
// where it gives none.
func (h *Host) limited(mode Mode, header http.Header) *refusal {
	seconds := strconv.Itoa(int(h.opts.RetryAfter.Seconds()))
	switch mode {
	case SecondaryLimit:
		header.Set("Retry-After", seconds)
		return errSecondary
	case TooMany:
		header.Set("Retry-After", seconds)
		return errTooMany
	case PrimaryLimit:
		header.Set("X-RateLimit-Remaining", "0")
		header.Set("X-RateLimit-Used", strconv.Itoa(hourly))
		header.Set("X-RateLimit-Reset", strconv.FormatInt(h.now().Add(h.opts.RetryAfter).Unix(), 10))
		return errPrimary
	}
	return nil
}

// meter counts requests in windows of an hour; the first request opens one.
type meter struct {
	mu   sync.Mutex
	used int
	ends time.Time
}

// tick counts a request and sets the headers that every answer has.
func (m *meter) tick(now time.Time, header http.Header) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !now.Before(m.ends) {
		m.used, m.ends = 0, now.Add(time.Hour)
	}
	m.used++
	header.Set("X-RateLimit-Limit", strconv.Itoa(hourly))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, hourly-m.used)))
	header.Set("X-RateLimit-Used", strconv.Itoa(m.used))
	header.Set("X-RateLimit-Reset", strconv.FormatInt(m.ends.Unix(), 10))
	header.Set("X-RateLimit-Resource", "core")
	header.Set("X-GitHub-Request-Id", rand.Text())
	header.Set("X-GitHub-Media-Type", "github.v3; format=json")
}
