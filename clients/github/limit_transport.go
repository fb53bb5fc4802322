package github

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// mediaType is the API's only type that isn't a preview. The library requests
	// previews of features that were released long ago; strict servers reject them.
	mediaType = "application/vnd.github+json"

	// mostBytes limits a response. The largest are comparisons, with patches of up
	// to 300 files.
	mostBytes = 32 << 20

	// leastWait is the pause after a limit that doesn't name one. It is doubled each
	// time, up to mostWait. Source: "Rate limits for the REST API" of GitHub's
	// documentation.
	leastWait = time.Minute
	mostWait  = 16 * time.Minute
)

// limitTransport keeps to GitHub's rate limits. It replaces the library's own handling,
// which ignores 429 and uses the system clock.
type limitTransport struct {
	next http.RoundTripper
	now  func() time.Time
	log  *slog.Logger

	mu    sync.Mutex    // guards what follows
	until time.Time     // earliest time of the next request
	wait  time.Duration // after the latest limit that did not say how long
}

// RoundTrip implements [http.RoundTripper].
func (w *limitTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if until, held := w.held(); held {
		closeBody(r)
		return nil, &Limited{Until: until}
	}
	r = r.Clone(r.Context())
	r.Header.Set("Accept", mediaType)
	response, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if limit := w.noteLimit(response); limit != nil {
		_ = response.Body.Close()
		return nil, limit
	}
	response.Body = bounded{io.LimitReader(response.Body, mostBytes), response.Body}
	return response, nil
}

func (w *limitTransport) held() (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.until, w.now().Before(w.until)
}

// noteLimit records the limits in a response, and returns an error if the response is
// a limit. It removes X-RateLimit-Reset, so that the library doesn't block requests
// itself.
func (w *limitTransport) noteLimit(response *http.Response) *Limited {
	limited, spent, end := isLimit(response), response.Header.Get("X-RateLimit-Remaining") == "0", w.limitEnd(response.Header)
	response.Header.Del("X-RateLimit-Reset")
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !limited && !spent:
		w.wait = 0
		return nil
	case !limited:
		w.until = later(w.until, end)
		return nil
	case end.IsZero():
		w.wait = min(max(leastWait, 2*w.wait), mostWait)
		end = w.now().Add(w.wait)
	}
	w.until = later(w.until, end)
	w.log.Warn("GitHub limited the rate", "status", response.StatusCode, "until", w.until.UTC())
	return &Limited{Until: w.until}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// limitEnd is when a limit ends according to the header; zero if it doesn't say, or if
// that time has passed. The reset time belongs to the primary limit, so it counts only
// if nothing remains of that.
func (w *limitTransport) limitEnd(header http.Header) time.Time {
	now := w.now()
	if seconds, err := strconv.ParseInt(header.Get("Retry-After"), 10, 32); err == nil && seconds > 0 {
		return now.Add(time.Duration(seconds) * time.Second)
	}
	if reset, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64); err == nil && header.Get("X-RateLimit-Remaining") == "0" {
		if at := time.Unix(reset, 0); at.After(now) {
			return at
		}
	}
	return time.Time{}
}

// isLimit distinguishes a rate limit from a refusal, which may both be a 403. The
// primary limit has a header that says that nothing remains; the secondary one has
// Retry-After, or only a message and a link to its documentation.
func isLimit(response *http.Response) bool {
	switch {
	case response.StatusCode == http.StatusTooManyRequests:
		return true
	case response.StatusCode != http.StatusForbidden:
		return false
	case response.Header.Get("X-RateLimit-Remaining") == "0", response.Header.Get("Retry-After") != "":
		return true
	}
	text := strings.ToLower(peek(response))
	return strings.Contains(text, "secondary rate limit") || strings.Contains(text, "secondary-rate-limits") ||
		strings.Contains(text, "abuse-rate-limits")
}

// peek reads the beginning of a response without consuming it.
func peek(response *http.Response) string {
	const enough = 16 << 10
	head, _ := io.ReadAll(io.LimitReader(response.Body, enough))
	response.Body = bounded{io.MultiReader(bytes.NewReader(head), response.Body), response.Body}
	return string(head)
}

// bounded reads from a limited reader and closes the body below it.
type bounded struct {
	io.Reader
	io.Closer
}
