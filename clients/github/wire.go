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
	// mediaType is the API's only one that is not a preview. The library asks
	// for previews of what was released long ago, and strict servers refuse them.
	mediaType = "application/vnd.github+json"

	// mostBytes bounds an answer. The largest are comparisons, with patches of
	// up to 300 files.
	mostBytes = 32 << 20

	// leastWait is how long to ask nothing where a limit does not say, by "Rate
	// limits for the REST API" of GitHub's documentation. It also asks to wait
	// longer each time; mostWait ends that.
	leastWait = time.Minute
	mostWait  = 16 * time.Minute
)

// wire is the last step before the network. It knows GitHub's limits itself:
// the library takes a 429 for any other error, and counts the time of a limit
// by a clock of its own.
type wire struct {
	next http.RoundTripper
	now  func() time.Time
	log  *slog.Logger

	mu    sync.Mutex    // guards what follows
	until time.Time     // nothing is asked before
	wait  time.Duration // after the latest limit that did not say how long
}

// RoundTrip implements [http.RoundTripper].
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if until, held := w.held(); held {
		drop(r)
		return nil, &Limited{Until: until}
	}
	r = r.Clone(r.Context())
	r.Header.Set("Accept", mediaType)
	response, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if limit := w.heed(response); limit != nil {
		_ = response.Body.Close()
		return nil, limit
	}
	response.Body = bounded{io.LimitReader(response.Body, mostBytes), response.Body}
	return response, nil
}

func (w *wire) held() (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.until, w.now().Before(w.until)
}

// heed notes what an answer says of limits, and returns the limit that it is.
// It takes out when a limit is reset, without which the library blocks nothing.
func (w *wire) heed(response *http.Response) *Limited {
	limited, spent, told := isLimit(response), response.Header.Get("X-RateLimit-Remaining") == "0", w.told(response.Header)
	response.Header.Del("X-RateLimit-Reset")
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !limited && !spent:
		w.wait = 0
		return nil
	case !limited:
		w.until = later(w.until, told)
		return nil
	case told.IsZero():
		w.wait = min(max(leastWait, 2*w.wait), mostWait)
		told = w.now().Add(w.wait)
	}
	w.until = later(w.until, told)
	w.log.Warn("GitHub limited the rate", "status", response.StatusCode, "until", w.until.UTC())
	return &Limited{Until: w.until}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// told is when a limit ends by the header; zero where it does not say, or names
// a moment that our clock has passed. A reset is the primary limit's, and means
// nothing while something remains of it.
func (w *wire) told(header http.Header) time.Time {
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

// isLimit tells a limit from a refusal. GitHub answers both with 403: the
// primary limit says that nothing remains, the secondary one when to come back,
// or else only in words and by the page it points to.
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

// peek reads the beginning of an answer, and leaves it to be read again.
func peek(response *http.Response) string {
	const enough = 16 << 10
	head, _ := io.ReadAll(io.LimitReader(response.Body, enough))
	response.Body = bounded{io.MultiReader(bytes.NewReader(head), response.Body), response.Body}
	return string(head)
}

// bounded reads from one thing and closes another.
type bounded struct {
	io.Reader
	io.Closer
}
