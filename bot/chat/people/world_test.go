package people

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"go.uber.org/goleak"

	"gonogo/bot/chat/pace"
	"gonogo/bot/chat/socket"
	"gonogo/bot/chat/socket/sockettest"
	"gonogo/playground/workspace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// People of the practice workspace.
const (
	owner        = "U0PO"
	lead         = "U0TL"
	guest        = "U0GUEST"
	onCallHolder = "U0ONCALL"
)

// world is a practice workspace with a Directory that hears its events.
type world struct {
	*workspace.Workspace
	t      *testing.T
	ctx    context.Context
	opts   Options
	people *Directory
	logs   *sockettest.Log
	url    string
	door   atomic.Pointer[door]

	stop    context.CancelFunc
	running *sync.WaitGroup // what ends after stop; nil: nothing runs
}

// door stands before the workspace's HTTP API: it may hold a call up, or answer it
// itself and say so.
type door func(w http.ResponseWriter, r *http.Request) (answered bool)

// guard puts a door before the workspace.
func (w *world) guard(d door) { w.door.Store(&d) }

// newWorld starts a workspace. The Directory is started by start.
func newWorld(t *testing.T, slackOpts workspace.Options, opts Options) *world {
	t.Helper()
	w := &world{t: t, logs: &sockettest.Log{}, opts: opts}
	var handler atomic.Pointer[http.Handler]
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if d := w.door.Load(); d == nil || !(*d)(rw, r) {
			(*handler.Load()).ServeHTTP(rw, r)
		}
	}))
	slackOpts.BaseURL = func() string { return server.URL }
	slackOpts.Linger = time.Second
	w.url, w.Workspace = server.URL, workspace.New(slackOpts)
	w.Admin().LiftDeadlines() // a busy machine may take longer than Slack's three seconds
	h := w.Handler()
	handler.Store(&h)
	ctx, cancel := sockettest.Context(t)
	w.ctx = ctx
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the workspace: %v", err)
		}
		server.Close()
	})
	if w.opts.Now == nil {
		w.opts.Now = time.Now
	}
	return w
}

// start runs a Directory until the test ends, and waits for its first look and for the
// socket by which events come.
func (w *world) start() *world {
	w.t.Helper()
	client := &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	w.opts.API = slack.New(w.BotToken(), slack.OptionAppLevelToken(w.AppToken()), slack.OptionAPIURL(w.url+"/api/"), slack.OptionHTTPClient(client))
	w.opts.Log = w.logs.Logger()
	w.opts.Calls = pace.NewCaller(unmetered{}, w.opts.Log)
	w.people = New(w.opts)
	w.people.Restore("T0PRACTICE")
	ctx, stop := context.WithCancel(w.ctx)
	w.stop, w.running = stop, &sync.WaitGroup{}
	d, sockets := w.people, socket.NewPool(socket.Options{API: w.opts.API, Connections: 1, Handle: w.take, Now: time.Now, Log: w.opts.Log, Meter: unmetered{}})
	w.running.Go(func() { d.Run(ctx) })
	w.running.Go(func() {
		defer client.CloseIdleConnections()
		if err := sockets.Run(ctx); err != nil {
			w.t.Errorf("the socket: %v", err)
		}
	})
	w.t.Cleanup(w.quit)
	d.AwaitFirst(w.ctx)
	w.await("connected", func() bool { return w.Sockets() > 0 && sockets.Status().Open > 0 })
	return w
}

// take tells the Directory what comes by the socket.
func (w *world) take(_ string, e *socket.Envelope) []byte {
	if event := &e.Payload.Event; e.Type == "events_api" && IsNews(event) {
		w.people.Heard(event)
	}
	return nil
}

// quit ends the Directory, if it still runs.
func (w *world) quit() {
	w.t.Helper()
	if w.running == nil {
		return
	}
	w.stop()
	w.running.Wait()
	w.running = nil
	if log := w.logs.String(); strings.Contains(log, w.AppToken()) || strings.Contains(log, w.BotToken()) {
		w.t.Errorf("the log holds a secret:\n%s", log)
	}
}

// restart ends the Directory and starts another.
func (w *world) restart() {
	w.t.Helper()
	w.quit()
	w.start()
}

// await waits for something to hold, checking whenever the workspace changes
// and, for what the workspace cannot see, a hundred times a second.
func (w *world) await(what string, holds func() bool) {
	w.t.Helper()
	for !holds() {
		changed := w.Changed()
		if holds() {
			return
		}
		tick := time.NewTimer(10 * time.Millisecond)
		select {
		case <-changed:
		case <-tick.C:
		case <-w.ctx.Done():
			w.t.Fatalf("waited in vain for: %s\n%s", what, w.logs)
		}
		tick.Stop()
	}
}

// unmetered is told of calls and sockets, and keeps nothing.
type unmetered struct{}

func (unmetered) Acknowledged(time.Duration)   {}
func (unmetered) SocketOver(string)            {}
func (unmetered) Called(string, string)        {}
func (unmetered) Waited(string, time.Duration) {}
