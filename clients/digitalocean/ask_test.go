package digitalocean_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/digitalocean"
)

// kind is what an error says is now known.
func kind(err error) string {
	var (
		refused     *digitalocean.Refused
		unsure      *digitalocean.Unsure
		unavailable *digitalocean.Unavailable
	)
	switch {
	case err == nil:
		return "done"
	case errors.As(err, &refused):
		return "refused"
	case errors.As(err, &unsure):
		return "unsure"
	case errors.As(err, &unavailable):
		return "unavailable"
	}
	return fmt.Sprintf("%T", err)
}

func TestRequests(t *testing.T) {
	for _, op := range append(reads, writes...) {
		t.Run(op.name, func(t *testing.T) {
			within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
				s.answer = says(200, op.good)
				if err := op.do(t.Context(), c); err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff([]asked{op.want}, s.requests(), cmp.AllowUnexported(asked{})); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// cut breaks the connection off after part of an answer.
func cut(answer string) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) {
		if answer != "" {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, answer)
		}
		panic(http.ErrAbortHandler)
	}
}

func hang(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func moved(status int) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://elsewhere.example/", status)
	}
}

var faults = []struct {
	name        string
	answer      func(int, http.ResponseWriter, *http.Request)
	write, read string // kinds of errors
	tries       int    // of a read
}{
	{"bad request", says(400, `{"id":"bad_request","message":"no"}`), "refused", "refused", 1},
	{"unauthorized", says(401, `{"id":"unauthorized","message":"no"}`), "refused", "refused", 1},
	{"forbidden", says(403, `{"id":"forbidden","message":"no"}`), "refused", "refused", 1},
	{"not found", says(404, `{"id":"not_found","message":"no"}`), "refused", "refused", 1},
	{"request time-out", says(408, ``), "unsure", "unavailable", 4},
	{"conflict", says(409, `{"id":"conflict","message":"no"}`), "refused", "refused", 1},
	{"too many", says(429, `{"id":"too_many_requests","message":"no"}`), "refused", "unavailable", 4},
	{"server error", says(500, `{"id":"server_error","message":"no"}`), "unsure", "unavailable", 4},
	{"bad gateway", says(502, `<html>`), "unsure", "unavailable", 4},
	{"unavailable", says(503, ``), "unsure", "unavailable", 4},
	{"gateway time-out", says(504, ``), "unsure", "unavailable", 4},
	{"time-out behind a gateway", says(524, ``), "unsure", "unavailable", 4},
	{"cut connection", cut(""), "unsure", "unavailable", 4},
	{"no answer", hang, "unsure", "unavailable", 4},
	{"redirect", moved(307), "unsure", "refused", 1},
	{"redirect to a result", moved(303), "unsure", "refused", 1},
}

func TestReadsUnderFaults(t *testing.T) {
	for _, op := range reads {
		for _, fault := range faults {
			t.Run(op.name+"/"+fault.name, func(t *testing.T) {
				within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
					s.answer = fault.answer
					if err := op.do(t.Context(), c); kind(err) != fault.read {
						t.Errorf("got %s (%v), want %s", kind(err), err, fault.read)
					}
					if got := len(s.requests()); got != fault.tries {
						t.Errorf("asked %d times, want %d", got, fault.tries)
					}
				})
			})
		}
	}
}

// No fault makes a second request of a write.
func TestWritesHappenOnce(t *testing.T) {
	for _, op := range writes {
		for _, fault := range faults {
			t.Run(op.name+"/"+fault.name, func(t *testing.T) {
				within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
					s.answer = fault.answer
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					if err := op.do(ctx, c); kind(err) != fault.write {
						t.Errorf("got %s (%v), want %s", kind(err), err, fault.write)
					}
					if diff := cmp.Diff([]asked{op.want}, s.requests(), cmp.AllowUnexported(asked{})); diff != "" {
						t.Errorf("requests (-want +got):\n%s", diff)
					}
				})
			})
		}
	}
}

// A write whose answer cannot be made sense of may have happened. Only a
// commit has an answer that nobody reads.
func TestAnswersThatMakeNoSense(t *testing.T) {
	for _, answer := range []string{"", "{}", "null", "[]", "{\"app\":", `{"app":null,"deployment":{}}`, `{"app":{"id":7},"deployment":{"id":7}}`} {
		for _, op := range writes {
			want := "unsure"
			if op.name == "commit" {
				want = "done"
			}
			within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
				s.answer = says(200, answer)
				if err := op.do(t.Context(), c); kind(err) != want || len(s.requests()) != 1 {
					t.Errorf("%s, answered %q: got %s (%v) after %d requests, want %s after one", op.name, answer, kind(err), err, len(s.requests()), want)
				}
			})
		}
	}
	within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
		s.answer = cut(`{"deployment":{"id":"d2"`)
		if _, err := c.Rollback(t.Context(), "a1", "d1"); kind(err) != "unsure" {
			t.Errorf("an answer that broke off: got %s (%v)", kind(err), err)
		}
	})
}

func TestReadsGetThrough(t *testing.T) {
	within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
		s.answer = func(n int, w http.ResponseWriter, r *http.Request) {
			switch n {
			case 0:
				cut(`{"app":`)(n, w, r)
			case 1:
				says(502, "")(n, w, r)
			default:
				says(200, oneApp)(n, w, r)
			}
		}
		var app digitalocean.App
		var err error
		took := elapsed(func() { app, err = c.App(t.Context(), "a1") })
		if err != nil || app.ID != "a1" || took != 750*time.Millisecond {
			t.Errorf("got app %q and %v after %v, want a1 after 750ms", app.ID, err, took)
		}
	})
}

func TestReadsEndWithTheirContext(t *testing.T) {
	within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
		s.answer = hang
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
		defer cancel()
		var err error
		took := elapsed(func() { _, err = c.App(ctx, "a1") })
		if kind(err) != "unavailable" || !errors.Is(err, context.DeadlineExceeded) || took != 12*time.Second {
			t.Errorf("got %v after %v, want it to be unavailable after 12s", err, took)
		}
		if _, err := c.App(ctx, "a1"); kind(err) != "unavailable" || len(s.requests()) != 2 {
			t.Errorf("after its end: got %v and %d requests", err, len(s.requests()))
		}
	})
}

// limited answers with 429 and its headers, and then well.
func limited(headers map[string]string) func(int, http.ResponseWriter, *http.Request) {
	return func(n int, w http.ResponseWriter, r *http.Request) {
		if n > 0 {
			says(200, oneApp)(n, w, r)
			return
		}
		for k, v := range headers {
			w.Header().Set(k, v)
		}
		says(429, `{"id":"too_many_requests","message":"API rate limit exceeded."}`)(n, w, r)
	}
}

func TestLimits(t *testing.T) {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // of a test's own time
	for _, tt := range []struct {
		name    string
		headers map[string]string
		took    time.Duration
		after   time.Duration // 0: it gets through
	}{
		{"a burst", map[string]string{"Retry-After": "7"}, 7 * time.Second, 0},
		{"a burst, until a date", map[string]string{"Retry-After": start.Add(9 * time.Second).Format(http.TimeFormat)}, 9 * time.Second, 0},
		{"without a word", nil, 250 * time.Millisecond, 0},
		{"nonsense", map[string]string{"Retry-After": "-5"}, 250 * time.Millisecond, 0},
		{"too long to wait", map[string]string{"Retry-After": "60"}, 0, time.Minute},
		{"the hour's", map[string]string{"Ratelimit-Limit": "5000", "Ratelimit-Remaining": "0", "Ratelimit-Reset": fmt.Sprint(start.Add(10 * time.Minute).Unix())}, 0, 10 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
				s.answer = limited(tt.headers)
				var err error
				took := elapsed(func() { _, err = c.App(t.Context(), "a1") })
				var unavailable *digitalocean.Unavailable
				if got := errors.As(err, &unavailable); got != (tt.after > 0) || got && unavailable.RetryAfter != tt.after || took != tt.took {
					t.Errorf("got %v after %v, want to wait %v and be told %v", err, took, tt.took, tt.after)
				}
			})
		})
	}
}

// What one read was told holds for the others, and for no write.
func TestLimitHoldsReadsBack(t *testing.T) {
	within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
		s.answer = limited(map[string]string{"Retry-After": "60"})
		_, _ = c.App(t.Context(), "a1")
		time.Sleep(45 * time.Second) // of the test's own time
		var unavailable *digitalocean.Unavailable
		took := elapsed(func() {
			if _, err := c.Health(t.Context(), "a1"); err != nil {
				t.Error(err)
			}
		})
		if took != 15*time.Second {
			t.Errorf("the second read waited %v, want the 15s that were left", took)
		}
		s.answer = says(429, `{}`)
		if err := c.Commit(t.Context(), "a1"); kind(err) != "refused" {
			t.Errorf("got %v", err)
		}
		s.answer = func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(429)
		}
		_, _ = c.App(t.Context(), "a1")
		before := len(s.requests())
		if _, err := c.Health(t.Context(), "a1"); !errors.As(err, &unavailable) || unavailable.RetryAfter != time.Minute || len(s.requests()) != before {
			t.Errorf("a read at once: got %v and %d requests more", err, len(s.requests())-before)
		}
		var refused *digitalocean.Refused
		if err := c.Commit(t.Context(), "a1"); !errors.As(err, &refused) || refused.RetryAfter != time.Minute || len(s.requests()) != before+1 {
			t.Errorf("a write: got %v and %d requests more, want one", err, len(s.requests())-before)
		}
	})
}

// Where no connection was made nothing can have happened.
func TestNeverSent(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"nobody listens", &net.OpError{Op: "dial", Err: errors.New("connection refused")}, "DigitalOcean couldn't be asked to commit the rollback: no connection could be made; check DIGITALOCEAN_API_URL and the network"},
		{"no such name", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "api.example", IsNotFound: true}}, "DigitalOcean couldn't be asked to commit the rollback: the host name wasn't found; check DIGITALOCEAN_API_URL and the network"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
				s.dialErr = tt.err
				var refused *digitalocean.Refused
				if err := c.Commit(t.Context(), "a1"); !errors.As(err, &refused) || refused.Status != 0 || refused.RetryAfter == 0 || err.Error() != tt.want {
					t.Errorf("got %v, want %s", err, tt.want)
				}
				if _, err := c.App(t.Context(), "a1"); kind(err) != "unavailable" || !errors.Is(err, tt.err) {
					t.Errorf("a read: got %v", err)
				}
			})
		})
	}
	within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Commit(ctx, "a1"); kind(err) != "refused" || !errors.Is(err, context.Canceled) || len(s.requests()) > 0 {
			t.Errorf("canceled before: got %v and %d requests", err, len(s.requests()))
		}
	})
}

func TestSentences(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		want   string
	}{
		{422, `{"id":"unprocessable_entity","message":"app is pinned to a\n rollback."}`, "DigitalOcean refused to revert the rollback (422 Unprocessable Entity): app is pinned to a rollback"},
		{400, `<html>`, "DigitalOcean refused to revert the rollback (400 Bad Request); it gave no reason; see the app in DigitalOcean's control panel"},
		{401, `{"message":"Unable to authenticate you"}`, "DigitalOcean refused to revert the rollback (401 Unauthorized): Unable to authenticate you; the token is wrong or has expired, so set a new one in DIGITALOCEAN_TOKEN and restart gonogo"},
		{403, `{"message":"You are not authorized."}`, "DigitalOcean refused to revert the rollback (403 Forbidden): You are not authorized; give the token the scopes app:read and app:update"},
		{404, `{"message":"Not found."}`, "DigitalOcean refused to revert the rollback (404 Not Found): Not found; check the app's ID in the configuration, and that the token is of the same team"},
		{429, `{"message":"Too many."}`, "DigitalOcean refused to revert the rollback (429 Too Many Requests): Too many; try again in 1s"},
		{524, `error code: 524`, "DigitalOcean was asked to revert the rollback but responded with 524, so it may or may not have happened; check the app's deployments before you try again"},
	} {
		within(t, digitalocean.Options{}, func(t *testing.T, s *server, c *digitalocean.Client) {
			s.answer = says(tt.status, tt.body)
			if _, err := c.Revert(t.Context(), "a1"); err == nil || err.Error() != tt.want {
				t.Errorf("%d:\n got %v\nwant %s", tt.status, err, tt.want)
			}
		})
	}
}

// The token stands in no error, down to its last cause, and in no log, even
// where the platform repeats it, where it would be cut in two, or where the
// network does.
func TestTokenIsKept(t *testing.T) {
	var log bytes.Buffer
	opts := digitalocean.Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	keep := func(t *testing.T, err error) {
		for e := err; e != nil; e = errors.Unwrap(e) {
			if text := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(text, "canary") {
				t.Errorf("the token is in %s", text)
			}
		}
	}
	for _, status := range []int{200, 302, 400, 401, 429, 500} {
		for _, body := range []string{canary, `{"id":"` + canary + `","message":"` + strings.Repeat("x", 295) + canary + `"}`, `{"deployment":"` + canary + `"}`} {
			for _, op := range append(reads, writes...) {
				within(t, opts, func(t *testing.T, s *server, c *digitalocean.Client) {
					s.answer = says(status, body)
					keep(t, op.do(t.Context(), c))
					s.dialErr = errors.New("proxy says " + canary)
					s.answer = cut("")
					keep(t, op.do(t.Context(), c))
				})
			}
		}
	}
	if strings.Contains(log.String(), "canary") || !strings.Contains(log.String(), "sent a request to DigitalOcean") {
		t.Errorf("the log has the token, or nothing:\n%s", log.String())
	}
}

func TestOptions(t *testing.T) {
	for _, tt := range []struct {
		opts digitalocean.Options
		want string
	}{
		{digitalocean.Options{}, "takes a token"},
		{digitalocean.Options{Token: "canary\n"}, "copy it anew"},
		{digitalocean.Options{Token: "t", APIURL: "api.example"}, "no plain web address"},
		{digitalocean.Options{Token: "t", APIURL: "https://me:canary@api.example"}, "no plain web address"},
		{digitalocean.Options{Token: "t", APIURL: "https://api.example/?key=canary"}, "no plain web address"},
		{digitalocean.Options{Token: "t", APIURL: "ftp://api.example"}, "no plain web address"},
	} {
		_, err := digitalocean.New(tt.opts)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%+v: got %v, want something with %q", tt.opts, err, tt.want)
		}
	}
	if _, err := digitalocean.New(digitalocean.Options{Token: "t"}); err != nil {
		t.Error(err)
	}
}
