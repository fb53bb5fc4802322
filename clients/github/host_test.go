package github_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"gonogo/clients/github"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token  = "github_pat_11CANARY0_ofTheTestsOnly"
	prefix = "/api/v3/"
)

// host is a GitHub Enterprise Server at the other end of pipes, so that time is
// the bubble's. It is strict about what every request has to have.
type host struct {
	t      *testing.T
	answer func(w http.ResponseWriter, r *http.Request, nth int)
	auth   string // the Authorization that it wants; empty: any

	mu   sync.Mutex
	asks []ask
}

// ask is a request as it came in.
type ask struct {
	method, target, body string
	at                   time.Time
}

func (a ask) String() string { return strings.TrimSpace(a.method + " " + a.target + " " + a.body) }

// ServeHTTP implements [http.Handler].
func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if fault := h.fault(r, body); fault != "" {
		h.t.Errorf("%s %s: %s", r.Method, r.URL, fault)
		http.Error(w, fault, http.StatusUnsupportedMediaType)
		return
	}
	h.mu.Lock()
	h.asks = append(h.asks, ask{r.Method, strings.TrimPrefix(r.RequestURI, prefix), strings.TrimSpace(string(body)), time.Now()})
	n := len(h.asks)
	h.mu.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	h.answer(w, r, n)
}

func (h *host) fault(r *http.Request, body []byte) string {
	header := r.Header
	switch {
	case strings.Join(header.Values("Accept"), ", ") != "application/vnd.github+json":
		return "accepts " + strings.Join(header.Values("Accept"), ", ")
	case !strings.HasPrefix(r.URL.Path, prefix):
		return "is not below " + prefix
	case h.auth != "" && header.Get("Authorization") != h.auth:
		return "is signed wrongly"
	case len(body) > 0 && (!json.Valid(body) || header.Get("Content-Type") != "application/json"):
		return "has a body that is not JSON"
	case !strings.Contains(r.URL.Path, "/app/") && header.Get("User-Agent") != "gonogo":
		return "has the user agent " + header.Get("User-Agent")
	}
	return ""
}

// asked are the requests so far.
func (h *host) asked() []ask {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asks
}

// list is what was asked, one a line.
func (h *host) list() string {
	var lines []string
	for _, a := range h.asked() {
		lines = append(lines, a.String())
	}
	return strings.Join(lines, "\n")
}

// says answers every request in the same way.
func says(status int, body string, headers ...string) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// inTurn gives each request the next answer, and the last one ever after.
func inTurn(answers ...func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, nth int) {
		answers[min(nth, len(answers))-1](w, r, nth)
	}
}

// cut ends the connection without an answer.
func cut(http.ResponseWriter, *http.Request, int) { panic(http.ErrAbortHandler) }

// world is a host and a client of it, in a bubble of its own time.
type world struct {
	*host
	client *github.Client
	log    *bytes.Buffer
	unplug func() // from now on no connection can be made
}

// play runs a test with a client and a host that answers in one way.
func play(t *testing.T, answer func(http.ResponseWriter, *http.Request, int), test func(*testing.T, *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{host: &host{t: t, answer: answer, auth: "Bearer " + token}}
		opts := github.Options{Repository: "acme/shop", Token: token}
		w.connect(t, w.host, opts)
		test(t, w)
	})
}

// connect serves the handler for as long as the test takes, and makes a client.
func (w *world) connect(t *testing.T, handler http.Handler, opts github.Options) {
	t.Helper()
	listener := newPipes()
	quiet := slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server := &http.Server{Handler: handler, ErrorLog: quiet, ReadHeaderTimeout: time.Hour}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(listener) }()
	transport := &http.Transport{DialContext: listener.dial}
	w.log, w.unplug = &bytes.Buffer{}, listener.unplug
	opts.APIURL, opts.Transport = "http://github.test"+strings.TrimSuffix(prefix, "/"), transport
	opts.Log = slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client, err := github.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	w.client = client
	t.Cleanup(func() { transport.CloseIdleConnections(); _ = server.Close(); <-served })
}

// pipes is a listener whose connections are pipes.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	down   chan struct{}
	unplug func()
}

func newPipes() *pipes {
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{}), down: make(chan struct{})}
	p.unplug = sync.OnceFunc(func() { close(p.down) })
	return p
}

func (p *pipes) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case <-p.down:
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: "github.test"}}
	default:
	}
	select {
	case p.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements [net.Listener].
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (p *pipes) Close() error { p.once.Do(func() { close(p.closed) }); return nil }

// Addr implements [net.Listener].
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "unix"} }
