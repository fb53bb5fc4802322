package workspace_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"go.uber.org/goleak"

	"gonogo/playground/workspace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for something before it fails; nothing takes that long.
const patience = time.Minute

// world is a workspace being served, its clock in the test's hands, and Slack's Web API client for Go.
type world struct {
	*workspace.Workspace
	t      *testing.T
	server *httptest.Server
	clock  *clock
	api    *slack.Client
	ctx    context.Context
	stop   func() error // ends Run and tells what it returned
}

func newWorld(t *testing.T, opts workspace.Options) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}
	opts.Now = w.clock.Now
	w.Workspace = workspace.New(opts)
	w.server = httptest.NewServer(w.Handler())
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	w.ctx = ctx
	running, end := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.Run(running) }()
	w.stop = sync.OnceValue(func() error { end(); return <-ended })
	t.Cleanup(func() {
		if err := w.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		w.server.CloseClientConnections()
		w.server.Close()
		cancel()
	})
	w.api = slack.New(w.BotToken(), slack.OptionAPIURL(w.server.URL+"/api/"), slack.OptionHTTPClient(w.server.Client()),
		slack.OptionAppLevelToken(w.AppToken()))
	return w
}

// clock is a clock that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// pass lets time go by, and does what was due in it.
func (w *world) pass(d time.Duration) {
	w.clock.mu.Lock()
	w.clock.now = w.clock.now.Add(d)
	w.clock.mu.Unlock()
	w.Tick()
}

// await waits until something holds.
func (w *world) await(what string, holds func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	if err := w.Await(ctx, holds); err != nil {
		w.t.Fatalf("waited in vain: %s", what)
	}
}

// call calls a method with a form, as any client does, and tells Slack's answer.
func (w *world) call(method string, fields map[string]string) map[string]any {
	w.t.Helper()
	form := url.Values{"token": {w.BotToken()}}
	for name, value := range fields {
		form.Set(name, value)
	}
	answer, err := w.server.Client().PostForm(w.server.URL+"/api/"+method, form)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	var told map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&told); err != nil {
		w.t.Fatal(err)
	}
	return told
}

// link is a connection of the app, whose frames the test reads one by one.
type link struct {
	t      *testing.T
	conn   *websocket.Conn
	frames chan envelope
	pings  chan string
	ended  chan error
}

type envelope struct {
	Type           string         `json:"type"`
	Reason         string         `json:"reason"`
	EnvelopeID     string         `json:"envelope_id"`
	Payload        map[string]any `json:"payload"`
	Accepts        bool           `json:"accepts_response_payload"`
	RetryAttempt   int            `json:"retry_attempt"`
	RetryReason    string         `json:"retry_reason"`
	NumConnections int            `json:"num_connections"`
	ConnectionInfo map[string]any `json:"connection_info"`
	DebugInfo      map[string]any `json:"debug_info"`
}

// dial opens a connection and takes whatever its first frame is.
func (w *world) dial(more string) (*link, envelope) {
	w.t.Helper()
	_, address, err := w.api.StartSocketModeContext(w.ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	conn, answer, err := websocket.DefaultDialer.DialContext(w.ctx, address+more, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	answer.Body.Close()
	l := &link{t: w.t, conn: conn, frames: make(chan envelope, 1000), pings: make(chan string, 100), ended: make(chan error, 1)}
	conn.SetPingHandler(func(data string) error { l.pings <- data; return nil })
	go l.read()
	w.t.Cleanup(func() { conn.Close() })
	return l, l.next()
}

// connect opens a connection and checks that it is greeted.
func (w *world) connect() *link {
	w.t.Helper()
	l, first := w.dial("")
	if first.Type != "hello" {
		w.t.Fatalf("first frame = %+v, want hello", first)
	}
	return l
}

func (l *link) read() {
	for {
		var e envelope
		if err := l.conn.ReadJSON(&e); err != nil {
			l.ended <- err
			return
		}
		l.frames <- e
	}
}

// next is the next frame.
func (l *link) next() envelope {
	l.t.Helper()
	select {
	case e := <-l.frames:
		return e
	case <-time.After(patience):
		l.t.Fatal("no frame came")
		return envelope{}
	}
}

// none checks that nothing has come. What was sent before an answer to a ping has arrived when the answer does.
func (l *link) none() {
	l.t.Helper()
	pong := make(chan struct{}, 1)
	l.conn.SetPongHandler(func(string) error { pong <- struct{}{}; return nil })
	if err := l.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(patience)); err != nil {
		l.t.Fatal(err)
	}
	select {
	case <-pong:
	case <-time.After(patience):
		l.t.Fatal("no pong came")
	}
	select {
	case e := <-l.frames:
		l.t.Fatalf("frame %+v came, want none", e)
	default:
	}
}

func (l *link) ack(e envelope, payload any) {
	l.t.Helper()
	answer := map[string]any{"envelope_id": e.EnvelopeID}
	if payload != nil {
		answer["payload"] = payload
	}
	if err := l.conn.WriteJSON(answer); err != nil {
		l.t.Errorf("acknowledge: %v", err)
	}
}

// decode reads a payload as slack-go does.
func decode[T any](t *testing.T, e envelope) T {
	t.Helper()
	data, err := json.Marshal(e.Payload)
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (w *world) slash(user, channel, command, text string) *workspace.Delivery {
	w.t.Helper()
	d, err := w.Slash(user, channel, command, text)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// outcome waits for what became of a delivery.
func (w *world) outcome(d *workspace.Delivery) workspace.Outcome {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	o, err := d.Wait(ctx)
	if err != nil {
		w.t.Fatal("the delivery did not end")
	}
	return o
}

// post posts a message with buttons for the tests that press them.
func (w *world) post(blocks ...slack.Block) string {
	w.t.Helper()
	_, ts, err := w.api.PostMessageContext(w.ctx, "C0RELEASES", slack.MsgOptionText("a message", false), slack.MsgOptionBlocks(blocks...))
	if err != nil {
		w.t.Fatal(err)
	}
	return ts
}

func buttons(ids ...string) slack.Block {
	var elements []slack.BlockElement
	for _, id := range ids {
		elements = append(elements, slack.NewButtonBlockElement(id, "value of "+id, slack.NewTextBlockObject("plain_text", id, false, false)))
	}
	return slack.NewActionBlock("buttons", elements...)
}

// messages are responses' messages of Slack joined, for comparing.
func messages(answer map[string]any) string {
	about, _ := answer["response_metadata"].(map[string]any)
	list, _ := about["messages"].([]any)
	var all []string
	for _, m := range list {
		all = append(all, m.(string))
	}
	return strings.Join(all, "\n")
}
