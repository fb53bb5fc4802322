package chat

import (
	"cmp"
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"gonogo/bot/chat/socket"
	"gonogo/commands"
	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// Commands is what chat needs from gonogo: it understands what people say, and knows
// which messages should be in Slack.
type Commands interface {
	// Handle answers a request, quickly; it may wait for the ledger.
	Handle(ctx context.Context, r commands.Request) reply.Reply
	// Hanging is what to tell somebody whose request waits because a write to the ledger
	// hangs, without any I/O; ok is false if none does.
	Hanging(r commands.Request) (told reply.Reply, ok bool)
	// Validate checks a filled-in form without any I/O. It returns the errors by input
	// name; none if the form is valid.
	Validate(r commands.Request) map[string]string
	// Precedence returns how urgent a request is, without any I/O.
	Precedence(r commands.Request) commands.Precedence
	// Stops returns which waiting requests a request stops, without any I/O; nil if it
	// stops none.
	Stops(r commands.Request) func(waiting commands.Request) bool
	// Read parses what was typed, without doing it; ok is false if it is no command.
	Read(text string) (act reply.Act, ok bool)
	// Cards lists every message that should be kept true at this moment.
	Cards(now time.Time) []cards.Card
	// Anchored remembers the message that shows a subject.
	Anchored(ctx context.Context, subject string, a history.Anchor) error
	// Anchor finds the message that shows a subject.
	Anchor(subject string) (a history.Anchor, ok bool)
	// Posting remembers that a message is about to be posted, or a file to be shared.
	Posting(ctx context.Context, p event.PostIntended) error
	// Post finds the message that was about to be posted for a subject and of which
	// it is not known whether it was.
	Post(subject string) (p history.Post, ok bool)
	// PostRefused remembers that Slack refuses a message about an alert or a run, until
	// the next Anchored of its subject.
	PostRefused(ctx context.Context, e event.PostRefused) error
	// Refused reports whether that is remembered of a subject.
	Refused(subject string) bool
	// Home is a person's own page at this moment.
	Home(user string) reply.Reply
	// Changes ticks after every change of the state until stop is called.
	Changes() (changes <-chan struct{}, stop func())
}

// Options are what a Workspace and the Chat in it need. Tokens and Log must be set.
type Options struct {
	BotToken string // xoxb-…
	AppToken string // xapp-…
	APIURL   string // where Slack's Web API is; empty: https://slack.com/api/

	Connections int // sockets kept open, 1 to 10; 0: 2
	QueueSize   int // requests that may wait; 0: 8192
	Workers     int // requests that are handled at a time, those that wait for a platform included; 0: 256

	// Instance names this gonogo and stays the same after a restart. Buttons and forms
	// carry it; those of another instance are refused. Nil: any is accepted.
	Instance func() string

	Roles []checklist.Role // whose members are looked up
	// MembersFile is where their members are kept for the next start; empty: nowhere.
	MembersFile string
	Location    *time.Location // for times where Slack cannot use the reader's own zone; nil: UTC
	Log         *slog.Logger
	Now         func() time.Time // nil: time.Now
	Meter       Meter            // nil: nobody is told

	Rate float64 // how many times Slack's usual rates are allowed, for a practice Slack; 0: 1
}

// withDefaults sets the options that were left out.
func (o Options) withDefaults() Options {
	if o.APIURL == "" {
		o.APIURL = slack.APIURL
	}
	if !strings.HasSuffix(o.APIURL, "/") {
		o.APIURL += "/"
	}
	if o.Connections == 0 {
		o.Connections = 2
	}
	o.Connections = min(max(o.Connections, 1), 10)
	if o.QueueSize == 0 {
		o.QueueSize = 8192
	}
	if o.Workers == 0 {
		o.Workers = 256
	}
	o.Rate = cmp.Or(o.Rate, 1)
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Instance == nil {
		o.Instance = func() string { return "" }
	}
	if o.Meter == nil {
		o.Meter = unmetered{}
	}
	return o
}

// drainTime limits how long work is finished after Run's context has ended.
const drainTime = 5 * time.Second

// Chat is gonogo's presence in one Slack workspace.
type Chat struct {
	*Workspace
	intake  *intake
	pool    *socket.Pool
	answers *answers
	threads *threads
	homes   *homes
}

// New prepares a Chat in a workspace and starts nothing.
func New(w *Workspace, handler Commands) *Chat {
	homes := newHomes(w.web, w.people, handler, w.opts.Log)
	intake := newIntake(w, handler, homes)
	c := &Chat{
		Workspace: w, intake: intake, homes: homes,
		answers: &answers{web: w.web, commands: handler, log: w.opts.Log, latest: newLatest()},
		threads: newThreads(w.web.forHasty(), handler, w.user, w.opts),
		pool: socket.NewPool(socket.Options{API: w.web.api, Connections: w.opts.Connections, Handle: intake.take,
			Now: w.opts.Now, Log: w.opts.Log, Meter: w.opts.Meter}),
	}
	intake.doubt = func() { c.pool.Doubt() }
	return c
}

// Run connects to Slack and serves until ctx ends. Then it closes the sockets, finishes
// accepted work within five seconds, shows the last states and returns nil. It ends
// earlier only if Slack refuses the token at start.
func (c *Chat) Run(ctx context.Context) error {
	defer c.http.CloseIdleConnections()
	if known, err := c.introduce(ctx); err != nil || !known {
		return err
	}

	// What is accepted before ctx ends may be finished after it.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	live, cancel := context.WithCancel(ctx)
	defer cancel()

	var sockets, background sync.WaitGroup
	var refused error
	c.intake.lanes.serve(work, c.answers)
	// Requests wait until the members of roles are known, so that the first person
	// is not refused for our haste; the acknowledgements do not wait for it.
	background.Go(func() {
		c.people.AwaitFirst(work)
		c.intake.lanes.begin()
	})
	background.Go(func() { c.people.Run(live) })
	background.Go(func() { c.threads.run(live, work) })
	background.Go(func() { c.homes.run(live) })
	sockets.Go(func() {
		defer cancel()
		refused = c.pool.Run(live)
	})

	sockets.Wait()
	overdue := time.AfterFunc(drainTime, stop)
	defer overdue.Stop()
	c.intake.close()
	c.intake.lanes.drain()
	background.Wait()
	c.threads.flush(work)
	return refused
}

// Health is the state of the connection to Slack.
type Health struct {
	Sockets     int       // open and greeted
	Draining    int       // those of them that were replaced, and are left to Slack to close
	Wanted      int       // how many should be open besides those
	LastInbound time.Time // when anything last came in
	Queued      int       // requests that wait
	QueueSize   int
	Trouble     string // what keeps gonogo from Slack, and how to fix it; empty: nothing known
	Strays      int    // connections of other processes with the same app token

	Barred map[string]string // by the ID of a channel in which something can't be shown: why, and how to fix it
}

// Health returns the state of the connection to Slack, judged by what came in.
func (c *Chat) Health() Health {
	sockets := c.pool.Status()
	return Health{
		Sockets: sockets.Open, Draining: sockets.Draining, Wanted: c.opts.Connections, LastInbound: sockets.LastInbound, Trouble: sockets.Trouble, Strays: sockets.Strays,
		Queued: c.intake.lanes.waiting(), QueueSize: c.opts.QueueSize, Barred: c.web.barred.channels(),
	}
}
