package digitalocean_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"gonogo/clients/digitalocean"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// canary is the token in these tests. It may be seen in one header, and
// nowhere else.
const canary = "dop_v1_canary"

// asked is a request as it arrived.
type asked struct{ method, path, body string }

// server speaks HTTP over connections that stay within the test, so that the
// test's time can pass without anybody waiting.
type server struct {
	t       *testing.T
	answer  func(n int, w http.ResponseWriter, r *http.Request) // n is 0 for the first request
	dialErr error
	open    string // the beginning of paths that are asked without the token; "" for none
	conns   chan net.Conn
	closed  chan struct{}

	mu   sync.Mutex
	seen []asked
}

// within runs a test in a time of its own, with a client of a server.
func within(t *testing.T, opts digitalocean.Options, test func(t *testing.T, s *server, c *digitalocean.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &server{t: t, conns: make(chan net.Conn), closed: make(chan struct{})}
		served := &http.Server{Handler: s}
		done := make(chan error)
		go func() { done <- served.Serve(s) }()
		transport := &http.Transport{DialContext: s.dial}
		opts.Token, opts.APIURL, opts.Transport = canary, "http://api.example", transport
		c, err := digitalocean.New(opts)
		if err != nil {
			t.Fatal(err)
		}
		test(t, s, c)
		transport.CloseIdleConnections()
		_ = served.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}

func (s *server) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if s.dialErr != nil {
		return nil, s.dialErr
	}
	here, there := net.Pipe()
	select {
	case s.conns <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept, Close and Addr implement net.Listener.
func (s *server) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *server) Close() error   { close(s.closed); return nil }
func (s *server) Addr() net.Addr { return &net.TCPAddr{} }

// ServeHTTP is strict about what every request has, and answers as the test
// says.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	open := s.open != "" && strings.HasPrefix(r.URL.Path, s.open)
	if got := r.Header.Get("Authorization"); got != "Bearer "+canary && !open {
		s.t.Errorf("%s %s has Authorization %q", r.Method, r.URL, got)
	}
	if got := r.Header.Get("Content-Type"); len(body) > 0 && got != "application/json" {
		s.t.Errorf("%s %s has Content-Type %q", r.Method, r.URL, got)
	}
	s.mu.Lock()
	n := len(s.seen)
	s.seen = append(s.seen, asked{r.Method, r.URL.RequestURI(), strings.TrimSpace(string(body))})
	s.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.answer(n, w, r)
}

func (s *server) requests() []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// says answers every request with a status and a body.
func says(status int, body string) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// operation is one thing that a client does, its result aside.
type operation struct {
	name string
	do   func(context.Context, *digitalocean.Client) error
	want asked
	good string // an answer that the operation is content with
}

const (
	oneApp        = `{"app":{"id":"a1","spec":{"name":"shop"},"pending_deployment":{"id":"d2","phase":"PENDING_BUILD"}}}`
	oneDeployment = `{"deployment":{"id":"d2","phase":"BUILDING"}}`
)

var reads = []operation{
	{"app", func(ctx context.Context, c *digitalocean.Client) error { _, err := c.App(ctx, "a1"); return err },
		asked{"GET", "/v2/apps/a1", ""}, oneApp},
	{"an app whose ID needs care", func(ctx context.Context, c *digitalocean.Client) error { _, err := c.App(ctx, "a/1?"); return err },
		asked{"GET", "/v2/apps/a%2F1%3F", ""}, oneApp},
	{"deployment", func(ctx context.Context, c *digitalocean.Client) error {
		_, err := c.Deployment(ctx, "a1", "d2")
		return err
	},
		asked{"GET", "/v2/apps/a1/deployments/d2", ""}, oneDeployment},
	{"deployments", func(ctx context.Context, c *digitalocean.Client) error {
		_, err := c.Deployments(ctx, "a1", 3)
		return err
	},
		asked{"GET", "/v2/apps/a1/deployments?page=1&per_page=3", ""}, `{"deployments":[{"id":"d2"}]}`},
	{"history", func(ctx context.Context, c *digitalocean.Client) error {
		for _, err := range c.History(ctx, "a1") {
			return err
		}
		return nil
	}, asked{"GET", "/v2/apps/a1/deployments?page=1&per_page=20", ""}, `{"deployments":[{"id":"d2"}]}`},
	{"logs", func(ctx context.Context, c *digitalocean.Client) error {
		return c.Logs(ctx, digitalocean.LogRequest{App: "a1", Deployment: "d2", Component: "we b", Type: digitalocean.LogRun}, nil)
	},
		asked{"GET", "/v2/apps/a1/deployments/d2/components/we%20b/logs?type=RUN&follow=false&tail_lines=-1&pod_connection_timeout=10s", ""}, `{}`},
	{"health", func(ctx context.Context, c *digitalocean.Client) error { _, err := c.Health(ctx, "a1"); return err },
		asked{"GET", "/v2/apps/a1/health", ""}, `{"app_health":{"components":[]}}`},
	{"validate", func(ctx context.Context, c *digitalocean.Client) error {
		_, err := c.ValidateRollback(ctx, "a1", "d1")
		return err
	},
		asked{"POST", "/v2/apps/a1/rollback/validate", `{"deployment_id":"d1","skip_pin":false}`}, `{"valid":true}`},
	{"instance prices", func(ctx context.Context, c *digitalocean.Client) error { _, err := c.InstancePrices(ctx); return err },
		asked{"GET", "/v2/apps/tiers/instance_sizes", ""}, `{"instance_sizes":[]}`},
	{"propose", func(ctx context.Context, c *digitalocean.Client) error {
		_, err := c.Propose(ctx, "a1", spec(`{"name":"a<b"}`))
		return err
	},
		asked{"POST", "/v2/apps/propose", `{"spec":{"name":"a<b"},"app_id":"a1"}`}, `{"app_cost":22}`},
}

var writes = []operation{
	{"update", func(ctx context.Context, c *digitalocean.Client) error {
		_, _, err := c.Update(ctx, "a1", spec(`{"name": "a<b", "n": 1.50}`))
		return err
	}, asked{"PUT", "/v2/apps/a1", `{"spec":{"name":"a<b","n":1.50}}`}, oneApp},
	{"rollback", func(ctx context.Context, c *digitalocean.Client) error {
		_, err := c.Rollback(ctx, "a1", "d1")
		return err
	},
		asked{"POST", "/v2/apps/a1/rollback", `{"deployment_id":"d1","skip_pin":false}`}, oneDeployment},
	{"commit", func(ctx context.Context, c *digitalocean.Client) error { return c.Commit(ctx, "a1") },
		asked{"POST", "/v2/apps/a1/rollback/commit", ""}, ""},
	{"revert", func(ctx context.Context, c *digitalocean.Client) error { _, err := c.Revert(ctx, "a1"); return err },
		asked{"POST", "/v2/apps/a1/rollback/revert", ""}, oneDeployment},
	{"cancel", func(ctx context.Context, c *digitalocean.Client) error {
		_, err := c.Cancel(ctx, "a1", "d2")
		return err
	},
		asked{"POST", "/v2/apps/a1/deployments/d2/cancel", ""}, oneDeployment},
}

func spec(text string) digitalocean.Spec {
	var s digitalocean.Spec
	if err := s.UnmarshalJSON([]byte(text)); err != nil {
		panic(err)
	}
	return s
}

// elapsed is how long something took of the test's own time.
func elapsed(do func()) time.Duration {
	began := time.Now()
	do()
	return time.Since(began)
}
