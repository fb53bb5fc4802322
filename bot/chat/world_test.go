package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gonogo/bot/chat/socket/sockettest"
	"gonogo/commands"
	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/playground/workspace"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

func TestMain(m *testing.M) {
	// Many of these tests wait for Slack's limits, not for the processor.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// People and places of the practice workspace.
const (
	owner    = "U0PO"
	lead     = "U0TL"
	guest    = "U0GUEST"
	releases = "C0RELEASES"
	general  = "C0GENERAL" // the bot is not a member
	onCall   = "C0ONCALL"
)

// bot is a scripted Commands. Its functions may be changed before the world is
// started; what it was asked is kept.
type bot struct {
	handle   func(ctx context.Context, r commands.Request) reply.Reply
	validate func(r commands.Request) map[string]string
	rank     func(r commands.Request) commands.Precedence
	stops    func(stop, waiting commands.Request) bool
	hanging  func(r commands.Request) (reply.Reply, bool)

	mu      sync.Mutex
	home    func(user string) reply.Reply
	asked   []commands.Request
	cards   []cards.Card
	anchors map[string]history.Anchor
	posts   map[string]history.Post

	refusals map[string]event.PostRefused
	forget   error                  // of Anchored
	changes  map[chan struct{}]bool // of those who watch
}

var _ Commands = (*bot)(nil)

func newBot() *bot {
	return &bot{anchors: map[string]history.Anchor{}, posts: map[string]history.Post{}, refusals: map[string]event.PostRefused{}, changes: map[chan struct{}]bool{}}
}

func (b *bot) Handle(ctx context.Context, r commands.Request) reply.Reply {
	b.mu.Lock()
	b.asked = append(b.asked, r)
	b.mu.Unlock()
	if b.handle == nil {
		return reply.Reply{Title: "You said " + saidBy(r)}
	}
	return b.handle(ctx, r)
}

func (b *bot) Validate(r commands.Request) map[string]string {
	if b.validate == nil {
		return nil
	}
	return b.validate(r)
}

func (b *bot) Hanging(r commands.Request) (reply.Reply, bool) {
	if b.hanging == nil {
		return reply.Reply{}, false
	}
	return b.hanging(r)
}

func (b *bot) Precedence(r commands.Request) commands.Precedence {
	if b.rank == nil {
		return commands.InTurn
	}
	return b.rank(r)
}

func (b *bot) Stops(r commands.Request) func(commands.Request) bool {
	if b.stops == nil {
		return nil
	}
	return func(waiting commands.Request) bool { return b.stops(r, waiting) }
}

// Read takes what begins with a word of the real commands.
func (b *bot) Read(text string) (reply.Act, bool) {
	words := strings.Fields(text)
	if len(words) < 3 {
		return reply.Act{}, false
	}
	return reply.Act{Verb: words[0] + " " + words[1], Release: words[2]}, slices.Contains([]string{"run", "release"}, words[1])
}

func (b *bot) Home(user string) reply.Reply {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.home == nil {
		return reply.Reply{Title: "The page of " + user}
	}
	return b.home(user)
}

func (b *bot) Cards(time.Time) []cards.Card {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]cards.Card(nil), b.cards...)
}

func (b *bot) Anchored(_ context.Context, subject string, a history.Anchor) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.forget != nil {
		return b.forget
	}
	b.anchors[subject] = a
	delete(b.posts, subject)
	delete(b.refusals, subject)
	return nil
}

func (b *bot) Posting(_ context.Context, p event.PostIntended) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.forget != nil {
		return b.forget
	}
	b.posts[p.Subject] = history.Post{Channel: p.Channel, Thread: p.Thread, Mark: p.Mark, File: p.File, At: time.Now()}
	return nil
}

func (b *bot) PostRefused(_ context.Context, e event.PostRefused) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.forget != nil {
		return b.forget
	}
	b.refusals[e.Subject] = e
	return nil
}

func (b *bot) Refused(subject string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, refused := b.refusals[subject]
	return refused
}

func (b *bot) Post(subject string) (p history.Post, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok = b.posts[subject]
	return p, ok
}

func (b *bot) Anchor(subject string) (a history.Anchor, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a, ok = b.anchors[subject]
	return a, ok
}

func (b *bot) Changes() (<-chan struct{}, func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ticks := make(chan struct{}, 1)
	b.changes[ticks] = true
	return ticks, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.changes, ticks)
	}
}

// changed tells everyone who watches, each on a channel of their own.
func (b *bot) changed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for ticks := range b.changes {
		select {
		case ticks <- struct{}{}:
		default: // it is known already
		}
	}
}

// show replaces the cards.
func (b *bot) show(all ...cards.Card) {
	b.mu.Lock()
	b.cards = all
	b.mu.Unlock()
	b.changed()
}

// requests are copies of what was asked.
func (b *bot) requests() []commands.Request {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]commands.Request(nil), b.asked...)
}

// saidBy is what was typed, or what typing it would say that was pressed.
func saidBy(r commands.Request) string {
	if act, err := commands.DecodeAct(r.Pressed); r.Pressed != "" && err == nil {
		return commands.AsTyped(act)
	}
	return r.Text + r.Pressed
}

// texts counts what was asked by its text.
func (b *bot) texts() map[string]int {
	counts := map[string]int{}
	for _, r := range b.requests() {
		counts[saidBy(r)]++
	}
	return counts
}

// world is a practice workspace with a Chat in it.
type world struct {
	*workspace.Workspace
	t        *testing.T
	ctx      context.Context
	bot      *bot
	chat     *Chat
	commands Commands // nil: bot
	logs     *sockettest.Log
	url      string
	opts     Options
	tune     func(*Chat) // changes a Chat before it runs
	door     atomic.Pointer[door]

	stop   context.CancelFunc
	result chan error
}

// door stands before the workspace's HTTP API: it may hold a call up, or answer it
// itself and say so.
type door func(w http.ResponseWriter, r *http.Request) (answered bool)

// guard puts a door before the workspace.
func (w *world) guard(d door) { w.door.Store(&d) }

// newWorld starts a workspace. The Chat is prepared, and started by start.
func newWorld(t *testing.T, slackOpts workspace.Options, opts Options) *world {
	t.Helper()
	var handler atomic.Pointer[http.Handler]
	made := &world{t: t, bot: newBot(), logs: &sockettest.Log{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d := made.door.Load(); d == nil || !(*d)(w, r) {
			(*handler.Load()).ServeHTTP(w, r)
		}
	}))
	slackOpts.BaseURL = func() string { return server.URL }
	slackOpts.Linger = time.Second
	w := made
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
	opts.BotToken, opts.AppToken, opts.APIURL = cmp.Or(opts.BotToken, w.BotToken()), cmp.Or(opts.AppToken, w.AppToken()), server.URL+"/api/"
	opts.Log = w.logs.Logger()
	w.opts = opts
	return w
}

// start runs a Chat until the test ends, and waits until it is connected.
func (w *world) start() *world {
	w.t.Helper()
	w.launch()
	w.await("connected", func() bool { return w.Sockets() > 0 && w.chat.Health().Sockets > 0 })
	return w
}

func (w *world) launch() {
	if w.commands == nil {
		w.commands = w.bot
	}
	w.chat = New(NewWorkspace(w.opts), w.commands)
	if w.tune != nil {
		w.tune(w.chat)
	}
	ctx, cancel := context.WithCancel(w.ctx)
	w.stop, w.result = cancel, make(chan error, 1)
	go func(c *Chat, result chan error) { result <- c.Run(ctx) }(w.chat, w.result)
	w.t.Cleanup(w.quit)
}

// quit ends the Chat, if it still runs.
func (w *world) quit() {
	w.t.Helper()
	if w.result == nil {
		return
	}
	w.stop()
	if err := <-w.result; err != nil {
		w.t.Errorf("Run: %v", err)
	}
	w.result = nil
	if log := w.logs.String(); strings.Contains(log, "ticket=") || strings.Contains(log, "/hooks/") || strings.Contains(log, w.opts.AppToken) || strings.Contains(log, w.opts.BotToken) {
		w.t.Errorf("the log holds a secret:\n%s", log)
	}
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

// must waits for a delivery to be acknowledged.
func (w *world) must(d *workspace.Delivery, err error) workspace.Outcome {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	o, err := d.Wait(w.ctx)
	if err != nil || !o.Acked {
		w.t.Fatalf("outcome = %+v, %v; want acknowledged\n%s", o, err, w.logs)
	}
	return o
}

// last is the newest of some messages, or nothing.
func last(messages []workspace.Message) workspace.Message {
	if len(messages) == 0 {
		return workspace.Message{}
	}
	return messages[len(messages)-1]
}

// whisper waits for the newest private message to a person to say something.
func (w *world) whisper(user, says string) workspace.Message {
	w.t.Helper()
	w.await("a private message to "+user+" that says "+says, func() bool { return mentions(last(w.Ephemerals(user)), says) })
	return last(w.Ephemerals(user))
}

// mentions tells whether a message's text or blocks say something.
func mentions(m workspace.Message, says string) bool {
	quoted, _ := json.Marshal(says)
	return strings.Contains(m.Text, says) || strings.Contains(string(m.Blocks), string(quoted[1:len(quoted)-1]))
}
