package chat

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"gonogo/bot/chat/render"
	"gonogo/bot/chat/slackerr"
	"gonogo/bot/chat/socket"
	"gonogo/commands"
	"gonogo/readiness"
)

// Commands is what chat needs of gonogo: something that understands what
// people say, and knows which messages should stand in Slack.
type Commands interface {
	// Handle answers a request, quickly; it may wait for the ledger.
	Handle(ctx context.Context, r commands.Request) commands.Reply
	// Validate judges a filled-in form without any I/O. It returns the errors
	// by input name, and nothing when there are none.
	Validate(r commands.Request) map[string]string
	// Precedence tells how soon a request has its turn, without any I/O.
	Precedence(r commands.Request) commands.Precedence
	// Stops tells which requests that wait for their turn a request stops, without
	// any I/O; nil where it is no Stop.
	Stops(r commands.Request) func(waiting commands.Request) bool
	// Read makes an act of what was typed, without doing it; ok is false where
	// it is no command.
	Read(text string) (act commands.Act, ok bool)
	// Cards lists every message that should be kept true at this moment.
	Cards(now time.Time) []commands.Card
	// Anchored remembers the message that shows a subject.
	Anchored(ctx context.Context, subject string, a readiness.Anchor) error
	// Anchor finds the message that shows a subject.
	Anchor(subject string) (a readiness.Anchor, ok bool)
	// Home is a person's own page at this moment.
	Home(user string) commands.Reply
	// Changes ticks after every change of the state until stop is called.
	Changes() (changes <-chan struct{}, stop func())
}

// Options are what a Chat needs. Tokens, Commands and Log must be set.
type Options struct {
	BotToken string // xoxb-…
	AppToken string // xapp-…
	APIURL   string // where Slack's Web API is; empty: https://slack.com/api/

	Connections int // sockets kept open, 1 to 10; 0: 2
	QueueSize   int // requests that may wait; 0: 8192
	Workers     int // requests that are handled at a time, those that wait for a platform included; 0: 256

	Commands Commands
	Roles    []readiness.Role // whose members are looked up
	// MembersFile is where their members are kept for the next start; empty: nowhere.
	MembersFile string
	Location    *time.Location // for times where Slack cannot use the reader's own zone; nil: UTC
	Log         *slog.Logger
	Now         func() time.Time // nil: time.Now
	Meter       Meter            // nil: nobody is told
}

// withDefaults fills in what was left out.
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
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Meter == nil {
		o.Meter = unmetered{}
	}
	return o
}

// drainTime bounds what is finished after Run's context ended.
const drainTime = 5 * time.Second

// Chat is gonogo's presence in one Slack workspace.
type Chat struct {
	opts    Options
	http    *http.Client
	web     *web
	people  *people
	intake  *intake
	pool    *socket.Pool
	answers *answers
	threads *threads
	homes   *homes
}

// New prepares a Chat and starts nothing.
func New(opts Options) *Chat {
	opts = opts.withDefaults()
	client := &http.Client{Transport: newTransport(), Timeout: 30 * time.Second}
	api := slack.New(opts.BotToken, slack.OptionAppLevelToken(opts.AppToken),
		slack.OptionAPIURL(opts.APIURL), slack.OptionHTTPClient(client))
	c := &Chat{opts: opts, http: client}
	c.web = &web{api: api, http: client, pace: newPace(), log: opts.Log, meter: opts.Meter, render: render.Renderer{Location: opts.Location}, lowered: new(atomic.Bool)}
	c.people = newPeople(c.web, opts)
	c.intake = newIntake(opts)
	c.answers = &answers{web: c.web, commands: opts.Commands, log: opts.Log, now: opts.Now, latest: newLatest()}
	c.threads = newThreads(c.web.forHasty(), opts)
	c.homes = newHomes(c.web, c.people, opts)
	c.intake.homes = c.homes
	c.pool = socket.NewPool(socket.Options{API: api, Connections: opts.Connections, Handle: c.intake.take, Now: opts.Now, Log: opts.Log, Meter: opts.Meter})
	return c
}

// newTransport pools connections: the default keeps only two idle ones a
// host, and every reply goes to the same host.
func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 64, 64
	t.ResponseHeaderTimeout = 20 * time.Second
	return t
}

// Run connects to Slack and serves until ctx ends; then it closes the sockets,
// finishes what was taken within five seconds, shows the last states and
// returns nil. The only other end is a token that Slack refuses at start.
func (c *Chat) Run(ctx context.Context) error {
	defer c.http.CloseIdleConnections()
	self, err := c.introduce(ctx)
	if err != nil || self == nil {
		return err
	}
	c.intake.self.Store(self)
	c.people.team, c.people.enterprise = self.team, self.enterprise
	c.people.restore()

	// What is taken before ctx ends may be finished after it.
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
		c.people.awaitFirst(work)
		c.intake.lanes.begin()
	})
	background.Go(func() { c.people.run(live) })
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

// identity is who this app is in its workspace.
type identity struct {
	team, enterprise, user string
	url                    string // the workspace's address, with a slash at its end
}

// introduce asks Slack who we are. It keeps trying while Slack is away, and
// returns an error when Slack refuses the token. Both results are nil when ctx
// ended first.
func (c *Chat) introduce(ctx context.Context) (*identity, error) {
	for pause := (slackerr.Backoff{}); ; {
		r, err := c.web.api.AuthTestContext(ctx)
		c.opts.Meter.Called("auth.test", slackerr.Outcome(err))
		if err == nil {
			c.checkScopes(r.Header.Get("X-OAuth-Scopes"))
			return &identity{r.TeamID, r.EnterpriseID, r.UserID, r.URL}, nil
		}
		if ctx.Err() != nil {
			return nil, nil
		}
		if mend, lasting := slackerr.Lasting(err); lasting {
			return nil, fmt.Errorf("the bot token is refused by Slack (%s): %s", slackerr.Code(err), mend)
		}
		wait := pause.Next(slackerr.RetryAfter(err))
		c.opts.Log.Warn("Slack does not answer; trying again", "pause", wait, "error", slackerr.WithoutURL(err))
		if !sleep(ctx, wait) {
			return nil, nil
		}
	}
}

// scopes are what chat's calls need; the app's manifest asks for them.
var scopes = []string{"app_mentions:read", "channels:read", "chat:write", "commands", "files:write", "groups:read", "im:write", "usergroups:read", "users:read"}

// checkScopes warns of scopes that the token lacks. Slack names those it has
// in the X-OAuth-Scopes header of every answer.
func (c *Chat) checkScopes(header string) {
	if header == "" {
		return
	}
	granted := map[string]bool{}
	for s := range strings.SplitSeq(header, ",") {
		granted[strings.TrimSpace(s)] = true
	}
	var missing []string
	for _, s := range scopes {
		if !granted[s] {
			missing = append(missing, s)
		}
	}
	if len(missing) > 0 {
		c.opts.Log.Warn("the Slack app lacks scopes: add them under OAuth & Permissions and install the app again", "missing", missing)
	}
}

// Members lists who holds a role: its listed users and its user group, without
// guests, bots, deactivated people and those of other workspaces. An error
// means that this is not known at present, and nobody should be let through on
// a guess; its sentence is meant for the person who asks.
func (c *Chat) Members(role readiness.Role) ([]string, error) { return c.people.members(role) }

// Link is the address of a message, or "" before Slack has told the
// workspace's own. Its form is that of chat.getPermalink, which is not asked:
// every card would cost a call.
func (c *Chat) Link(channel, ts string) string {
	self := c.intake.self.Load()
	if self == nil || self.url == "" || channel == "" || ts == "" {
		return ""
	}
	return strings.TrimSuffix(self.url, "/") + "/archives/" + channel + "/p" + strings.ReplaceAll(ts, ".", "")
}

// Health is how the connection to Slack stands.
type Health struct {
	Sockets     int       // open and greeted
	Draining    int       // those of them that were replaced, and are left to Slack to close
	Wanted      int       // how many should be open beside those
	LastInbound time.Time // when anything last came in
	Queued      int       // requests that wait
	QueueSize   int
	Trouble     string // what keeps us from Slack, and how to mend it; empty: nothing known
}

// Health tells how the connection to Slack stands, judged by what came in.
func (c *Chat) Health() Health {
	sockets := c.pool.Status()
	return Health{
		Sockets: sockets.Open, Draining: sockets.Draining, Wanted: c.opts.Connections, LastInbound: sockets.LastInbound, Trouble: sockets.Trouble,
		Queued: c.intake.lanes.waiting(), QueueSize: c.opts.QueueSize,
	}
}

// sleep waits and reports whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
