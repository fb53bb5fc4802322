package socket

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"go.uber.org/goleak"

	"gonogo/bot/chat/socket/sockettest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// unmetered is a Meter that nobody reads.
type unmetered struct{}

func (unmetered) Acknowledged(time.Duration) {}
func (unmetered) SocketOver(string)          {}
func (unmetered) Called(string, string)      {}

// acts is a handler that does each act once and remembers it.
type acts struct {
	once *Deduplicator

	mu   sync.Mutex
	done []string // the texts
}

func newActs() *acts { return &acts{once: NewDeduplicator(time.Now)} }

func (a *acts) handle(_ string, e *Envelope) []byte {
	a.once.Do(func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.done = append(a.done, e.Payload.Text)
		return true
	}, e.ID, e.Payload.TriggerID)
	return nil
}

func (a *acts) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.done, ", ")
}

// script is a Slack of which the test writes every frame itself.
type script struct {
	*sockettest.Server
	server *httptest.Server
	acts   *acts
	pool   *Pool
	opens  atomic.Int64
	answer func(n int64) string // what apps.connections.open says; nil: a socket
}

func newScript(t *testing.T, configure func(*script, *Options)) *script {
	t.Helper()
	ctx, cancel := sockettest.Context(t)
	s := &script{Server: sockettest.New(ctx, t), acts: newActs()}
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	opts := Options{API: api(s.server.URL+"/api/", http.DefaultClient), Connections: 1, Handle: s.acts.handle, Now: time.Now, Log: s.Log.Logger(), Meter: unmetered{}}
	if configure != nil {
		configure(s, &opts)
	}
	s.pool = NewPool(opts)
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.pool.Run(running) }()
	t.Cleanup(func() {
		stop()
		s.HangUp()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		if log := s.Log.String(); strings.Contains(log, "ticket=") {
			t.Errorf("the log holds the ticket of a socket:\n%s", log)
		}
		cancel()
		http.DefaultClient.CloseIdleConnections()
		s.server.Close()
	})
	return s
}

func api(url string, client interface {
	Do(*http.Request) (*http.Response, error)
}) *slack.Client {
	return slack.New("xoxb-1", slack.OptionAppLevelToken("xapp-1"), slack.OptionAPIURL(url), slack.OptionHTTPClient(client))
}

func (s *script) serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/api/apps.connections.open":
		if n := s.opens.Add(1); s.answer != nil {
			fmt.Fprint(w, s.answer(n))
			return
		}
		fmt.Fprintf(w, `{"ok":true,"url":"ws%s/link?ticket=secret"}`, strings.TrimPrefix(s.server.URL, "http"))
	case "/link":
		s.ServeHTTP(w, r)
	default:
		s.T.Errorf("a call of %s", r.URL.Path)
		http.NotFound(w, r)
	}
}

// until waits for something to hold.
func (s *script) until(what string, holds func() bool) {
	s.T.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-s.Ctx.Done():
			s.T.Fatalf("waited in vain until %s\n%s", what, s.Log)
		}
	}
}

// slash is a slash command's frame.
func slash(envelope, text string) string {
	return fmt.Sprintf(`{"type":"slash_commands","envelope_id":%q,"accepts_response_payload":true,"payload":{"command":"/ready","text":%q,"user_id":"U1",`+
		`"channel_id":"C1","trigger_id":"t-%s"}}`, envelope, text, envelope)
}
