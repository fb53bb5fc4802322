package socket

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/bot/chat/slackerr"
	"gonogo/bot/chat/socket/sockettest"
)

// refusing is a Slack that gives every request for a socket the same answer, and
// remembers when it was asked.
type refusing struct {
	status int
	header http.Header
	body   string
	asked  []time.Time
	enough int
	stop   func()
}

// Do answers a call of the Web API.
func (r *refusing) Do(*http.Request) (*http.Response, error) {
	if r.asked = append(r.asked, time.Now()); len(r.asked) == r.enough {
		r.stop()
	}
	return &http.Response{StatusCode: r.status, Header: r.header, Body: io.NopCloser(strings.NewReader(r.body))}, nil
}

// pauses are the times between the calls.
func (r *refusing) pauses() []time.Duration {
	var all []time.Duration
	for i := 1; i < len(r.asked); i++ {
		all = append(all, r.asked[i].Sub(r.asked[i-1]))
	}
	return all
}

// runPool runs a pool against a Slack that refuses, until it was asked often
// enough.
func runPool(t *testing.T, r *refusing, tune func(*Pool)) (*Pool, error) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r.stop = stop
	if r.status == 0 {
		r.status = http.StatusOK
	}
	p := NewPool(Options{API: api("http://slack.test/api/", r), Connections: 1, Now: time.Now, Log: (&sockettest.Log{}).Logger(), Meter: unmetered{}})
	if tune != nil {
		tune(p)
	}
	return p, p.Run(ctx)
}

// While Slack doesn't answer, it is asked again after pauses that grow to some seconds,
// however long it takes: on-call can't press anything before it is connected again.
func TestBackOffIsCapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &refusing{body: `{"ok":false,"error":"internal_error"}`, enough: 60}
		if _, err := runPool(t, r, nil); err != nil {
			t.Fatal(err)
		}
		all := r.pauses()
		for i, pause := range all {
			if pause > slackerr.DownPause || i > 10 && pause < slackerr.DownPause/2 {
				t.Errorf("pause %d is %v, want at most %v, and half of that in the end", i, pause, slackerr.DownPause)
			}
		}
		if len(all) != 59 || all[0] > slackerr.FirstPause {
			t.Errorf("%d pauses, the first of %v; want 59, and a short one first", len(all), all[0])
		}
	})
}

// A pause that Slack asks for is kept, also if it is longer than the longest of ours.
func TestBackOffAsSlackAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &refusing{status: http.StatusTooManyRequests, header: http.Header{"Retry-After": {"90"}}, enough: 4}
		if _, err := runPool(t, r, nil); err != nil {
			t.Fatal(err)
		}
		for _, pause := range r.pauses() {
			if pause < 90*time.Second {
				t.Errorf("asked again after %v, want 90 s", pause)
			}
		}
	})
}

// A lasting refusal ends a start with a sentence that says how to fix it. Later on, it
// is tried once a minute, since a person may fix it meanwhile.
func TestLastingRefusals(t *testing.T) {
	for _, fault := range []string{"invalid_auth", "token_revoked", "missing_scope", "team_disabled", "link_disabled"} {
		mend, _ := slackerr.Fix(fault)
		synctest.Test(t, func(t *testing.T) {
			r := &refusing{body: `{"ok":false,"error":"` + fault + `"}`}
			if _, err := runPool(t, r, nil); err == nil || !strings.Contains(err.Error(), "("+fault+"): "+mend) || len(r.asked) != 1 {
				t.Errorf("%s at start: %v after %d calls, want an end at once", fault, err, len(r.asked))
			}
			r = &refusing{body: r.body, enough: 5}
			p, err := runPool(t, r, func(p *Pool) { p.accepted = true })
			if err != nil || p.Status().Trouble != mend {
				t.Errorf("%s later: %v, trouble %q; want it told and waited out", fault, err, p.Status().Trouble)
			}
			for _, pause := range r.pauses() {
				if pause != slackerr.LongPause {
					t.Errorf("%s later: asked again after %v, want %v", fault, pause, slackerr.LongPause)
				}
			}
		})
	}
}

// over is a socket that has ended.
func over() *socket {
	s := &socket{opened: time.Now(), done: make(chan struct{})}
	close(s.done)
	s.closing.Store(true)
	return s
}

// Sockets that end as soon as they are opened are replaced after growing pauses; one
// that served, or lived for some time, at once.
func TestHotLoopIsBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, growing := &Pool{config: config{now: time.Now, log: (&sockettest.Log{}).Logger()}}, &slackerr.Backoff{}
		wait := func(s *socket, reason string) time.Duration {
			began := time.Now()
			p.pauseBeforeNext(t.Context(), s, reason, growing)
			return time.Since(began)
		}
		atMost := slackerr.FirstPause
		for i := range 12 {
			got := wait(over(), reasonRefresh)
			if got < atMost/2 || got > atMost {
				t.Errorf("pause %d = %v, want %v to %v", i, got, atMost/2, atMost)
			}
			atMost = min(2*atMost, slackerr.MaxPause)
		}
		if got := wait(over(), reasonWarning); got > maxPauseAfterWarning {
			t.Errorf("pause after a warning = %v, want less than what Slack grants", got)
		}
		served := over()
		served.served.Store(1)
		if got := wait(served, ""); got != 0 {
			t.Errorf("pause after one that served = %v, want none", got)
		}
		if got := wait(over(), ""); got > slackerr.FirstPause {
			t.Errorf("pause after that = %v, want the first again", got)
		}
		for i := range 12 {
			if got := wait(over(), reasonTooMany); got < 5*time.Second || got > slackerr.MaxPause || i == 11 && got < slackerr.MaxPause/2 {
				t.Errorf("pause %d with too many sockets = %v, want 5 s at least, and longer ones in the end", i, got)
			}
		}
		served.opened = time.Now()
		if got := wait(served, reasonOff); got != slackerr.LongPause || p.Status().Trouble != switchOn() {
			t.Errorf("pause after Socket Mode was switched off = %v, trouble %q; want %v, and the sentence that mends it", got, p.Status().Trouble, slackerr.LongPause)
		}
	})
}

// Slack's announcement is known even if the socket has ended before it is handled.
func TestTheLastWordIsHeard(t *testing.T) {
	for i := range 50 {
		s := &socket{config: config{log: (&sockettest.Log{}).Logger()}, opened: time.Now(), announced: make(chan string, 1), done: make(chan struct{})}
		s.announced <- reasonOff
		close(s.done)
		if reason, ok := s.awaitEnd(t.Context()); !ok || reason != reasonOff {
			t.Fatalf("look %d: %q, %t; want %s", i, reason, ok, reasonOff)
		}
	}
}
