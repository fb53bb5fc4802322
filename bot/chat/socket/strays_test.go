package socket

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"gonogo/bot/chat/socket/sockettest"
	"gonogo/playground/workspace"
)

// pipes is a listener without a network, so that both ends live in a synctest bubble.
type pipes struct {
	dialled chan net.Conn
	closed  chan struct{}
	close   func()
}

func newPipes() *pipes {
	p := &pipes{dialled: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	return p
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.dialled:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "slack.test"} }

func (p *pipes) Close() error {
	p.close()
	return nil
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.dialled <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// town is a practice workspace in a bubble, with the pools of several gonogos.
type town struct {
	*workspace.Workspace
	t    *testing.T
	wire *pipes
	acts *acts // of all gonogos

	mu     sync.Mutex
	calls  []time.Time     // of apps.connections.open
	limits []time.Duration // Retry-After of the next of them
}

// inTown runs a test against a practice workspace with a clock that the test moves.
func inTown(t *testing.T, test func(*testing.T, *town)) { inTownWith(t, workspace.Options{}, test) }

func inTownWith(t *testing.T, opts workspace.Options, test func(*testing.T, *town)) {
	synctest.Test(t, func(t *testing.T) {
		w := &town{t: t, wire: newPipes(), acts: newActs()}
		opts.BaseURL = func() string { return "http://slack.test" }
		w.Workspace = workspace.New(opts)
		server := &http.Server{Handler: http.HandlerFunc(w.serve)}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = server.Serve(w.wire) }) // ends with an error when it is closed
		running.Go(func() {
			if err := w.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		test(t, w)
		stop()
		server.Close()
		running.Wait()
	})
}

func (w *town) serve(rw http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/apps.connections.open") {
		w.mu.Lock()
		w.calls = append(w.calls, time.Now())
		var limit time.Duration
		if len(w.limits) > 0 {
			limit, w.limits = w.limits[0], w.limits[1:]
		}
		w.mu.Unlock()
		if limit > 0 {
			rw.Header().Set("Retry-After", strconv.Itoa(int(limit.Seconds())))
			rw.WriteHeader(http.StatusTooManyRequests)
			return
		}
	}
	w.Handler().ServeHTTP(rw, r)
}

// opened is when a socket was asked for since a time.
func (w *town) opened(since time.Time) (all []time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range w.calls {
		if !at.Before(since) {
			all = append(all, at)
		}
	}
	return all
}

// limit has Slack answer the next requests for a socket with 429.
func (w *town) limit(retryAfter ...time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limits = append(w.limits, retryAfter...)
}

// limited is how many requests are still to be answered so.
func (w *town) limited() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.limits)
}

// gonogo starts the sockets of one gonogo.
func (w *town) gonogo(connections int) (p *Pool, stop func()) {
	w.t.Helper()
	client := &http.Client{Transport: &http.Transport{DialContext: w.wire.dial, DisableKeepAlives: true}}
	p = NewPool(Options{API: slack.New(w.BotToken(), slack.OptionAppLevelToken(w.AppToken()), slack.OptionAPIURL("http://slack.test/api/"), slack.OptionHTTPClient(client)),
		Connections: connections, Handle: w.acts.handle, Now: time.Now,
		Log: (&sockettest.Log{}).Logger(), Meter: unmetered{}})
	p.dialer = &websocket.Dialer{NetDialContext: w.wire.dial}
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	return p, func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("Run: %v", err)
		}
	}
}

// after lets time pass.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// Two gonogos with one app token know of each other within a minute after the second
// started, whenever that is, and each is alone within a minute after the other stopped.
func TestTwoKnowOfEachOtherWithinAMinute(t *testing.T) {
	for _, lead := range []time.Duration{2 * time.Minute, 10*time.Minute + 7*time.Second, 3*time.Hour + 29*time.Second} {
		inTown(t, func(t *testing.T, w *town) {
			first, stopFirst := w.gonogo(2)
			after(lead)
			if n := first.Status().Strays; n != 0 {
				t.Fatalf("after %v, the only one counts %d sockets of others", lead, n)
			}
			second, stopSecond := w.gonogo(2)
			after(time.Minute)
			if a, b := first.Status().Strays, second.Status().Strays; a != 2 || b != 2 {
				t.Errorf("%v: a minute after the second's start the first counts %d, the second %d; want 2 each", lead, a, b)
			}
			after(10 * time.Minute)
			if a, b := first.Status(), second.Status(); a.Strays == 0 || b.Strays == 0 || a.Open != 2 || b.Open != 2 {
				t.Errorf("%v: later the first is %+v, the second %+v", lead, a, b)
			}
			stopFirst()
			after(time.Minute)
			if n := second.Status().Strays; n != 0 {
				t.Errorf("%v: a minute after the first's end the second counts %d", lead, n)
			}
			third, stopThird := w.gonogo(2)
			after(time.Minute)
			stopSecond()
			after(time.Minute)
			if n := third.Status().Strays; n != 0 {
				t.Errorf("%v: a minute after the second's end the third counts %d", lead, n)
			}
			stopThird()
		})
	}
}

// Counting costs a call every 50 seconds, less where sockets are replaced anyway, and far
// less once Slack limits it. The pause that Slack asks for is kept, whatever is doubted.
func TestCountingSparesSlack(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		p, stop := w.gonogo(2)
		defer stop()
		after(time.Minute)
		began := time.Now()
		for range 720 { // doubts, every five seconds
			p.Doubt()
			after(5 * time.Second)
		}
		if n := len(w.opened(began)); n < 72 || n > 132 { // some of them replace the two sockets
			t.Errorf("%d calls in an hour with doubts, want one every 30 to 50 seconds", n)
		}
		began = time.Now()
		after(time.Hour)
		if n := len(w.opened(began)); n < 70 || n > 73 {
			t.Errorf("%d calls in an hour, want one every 50 seconds", n)
		}
		w.limit(3*time.Minute, 3*time.Minute, 3*time.Minute, 3*time.Minute, 3*time.Minute)
		for w.limited() == 5 {
			after(time.Second)
		}
		limited := time.Now().Add(time.Second) // after the first of the five
		for range 175 {
			p.Doubt()
			after(time.Second)
		}
		if n := len(w.opened(limited)); n != 0 {
			t.Errorf("%d calls while Slack asks for a pause, want none", n)
		}
		after(20 * time.Minute)
		began = time.Now()
		after(50 * time.Minute)
		if n := len(w.opened(began)); n < 4 || n > 6 {
			t.Errorf("%d calls in 50 minutes after Slack limited them five times, want one every ten minutes", n)
		}
		after(time.Hour)
		began = time.Now()
		after(10 * time.Minute)
		if n := len(w.opened(began)); n < 11 || n > 13 {
			t.Errorf("%d calls in ten minutes once that is long ago, want the usual pace", n)
		}
		if s := p.Status(); s.Open != 2 || s.Strays != 0 {
			t.Errorf("in the end: %+v", s)
		}
	})
}

// An app that has all its ten sockets gets no eleventh, and others that fill them are
// known by Slack's refusal.
func TestCountingKeepsToTen(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		all, stop := w.gonogo(10)
		after(time.Minute)
		began := time.Now()
		after(time.Hour)
		if n := len(w.opened(began)); n != 0 || all.Status().Open != 10 {
			t.Errorf("%d calls with %d sockets open, want none with ten", n, all.Status().Open)
		}
		stop()
		one, stopOne := w.gonogo(4)
		after(2 * time.Minute)
		others, stopOthers := w.gonogo(6)
		after(time.Minute)
		if n := one.Status().Strays; n != 6 {
			t.Errorf("with ten sockets in all, the one with four counts %d others, want 6", n)
		}
		after(10 * time.Minute)
		if a, b := one.Status(), others.Status(); a.Open != 4 || b.Open != 6 || b.Strays != 4 {
			t.Errorf("later: %+v and %+v, want all of the sockets kept", a, b)
		}
		stopOthers()
		after(time.Minute)
		if n := one.Status().Strays; n != 0 {
			t.Errorf("once they have stopped, %d others are counted", n)
		}
		stopOne()
	})
}

// What Slack sends on a socket that is only there to be greeted is acknowledged, as
// everything is as soon as it is there.
func TestCountingServes(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		_, stop := w.gonogo(1)
		defer stop()
		after(time.Second)
		for i := range 1000 { // one every 3 s, so about every 17th meets a count
			d, err := w.Slash("U0PO", "C0RELEASES", "/ready", strconv.Itoa(i))
			if err != nil {
				t.Fatal(err)
			}
			if o, err := d.Wait(t.Context()); err != nil || !o.Acked || o.After != 0 {
				t.Fatalf("command %d: %+v, %v, want it acknowledged at once", i, o, err)
			}
			time.Sleep(3 * time.Second)
		}
	})
}

// A command that Slack sends on the socket of a count is acknowledged if it was sent
// before Slack could know that the socket closes, and done even if it crosses our close
// frame: Slack doesn't send commands again.
func TestCountingLosesNothing(t *testing.T) {
	s := newScript(t, nil)
	s.Next()
	s.until("the first socket is greeted", func() bool { return s.pool.Status().Open == 1 })
	counted := make(chan error, 1)
	go func() { counted <- s.pool.count(s.Ctx) }()
	c := s.Next()
	var early, late sync.Once
	c.SetPingHandler(func(data string) error {
		early.Do(func() { s.Write(c, slash("a", "early")) })
		return c.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Minute))
	})
	c.SetCloseHandler(func(code int, _ string) error {
		late.Do(func() { s.Write(c, slash("b", "late")) })
		return c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Minute))
	})
	c.SetReadDeadline(time.Now().Add(time.Minute)) // only ends a hang
	if _, got, err := c.ReadMessage(); err != nil || string(got) != `{"envelope_id":"a"}` {
		t.Errorf("read %s, %v; want the acknowledgement of what came before the close frame", got, err)
	}
	if _, got, err := c.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("read %s, %v; want a close frame and nothing after it", got, err)
	}
	if err := <-counted; err != nil {
		t.Error(err)
	}
	s.until("both commands are done", func() bool { return s.acts.String() == "early, late" })
}

// A Slack that answers no ping delays the end of a count by a second, and no more.
func TestCountingGivesUpOnASilentSlack(t *testing.T) {
	s := newScript(t, nil)
	s.Next()
	s.until("the first socket is greeted", func() bool { return s.pool.Status().Open == 1 })
	counted := make(chan error, 1)
	go func() { counted <- s.pool.count(s.Ctx) }()
	s.Next() // whose frames nobody reads
	if err := <-counted; err != nil {
		t.Error(err)
	}
}
