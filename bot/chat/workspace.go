package chat

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"gonogo/bot/chat/pace"
	"gonogo/bot/chat/people"
	"gonogo/bot/chat/render"
	"gonogo/bot/chat/scopes"
	"gonogo/bot/chat/slackerr"
	"gonogo/readiness/checklist"
)

// Workspace is the Slack workspace that gonogo is installed in, as far as it is known
// without [Commands]: who holds which role, and where its messages are. Decisions ask
// it; a [Chat] connects to it and keeps it current.
type Workspace struct {
	opts   Options
	http   *http.Client
	web    *web
	people *people.Directory
	self   atomic.Pointer[identity] // nil until Slack has answered; set before the first socket is opened
}

// NewWorkspace prepares a Workspace and asks nothing.
func NewWorkspace(opts Options) *Workspace {
	opts = opts.withDefaults()
	client := &http.Client{Transport: newTransport(), Timeout: 30 * time.Second}
	api := slack.New(opts.BotToken, slack.OptionAppLevelToken(opts.AppToken),
		slack.OptionAPIURL(opts.APIURL), slack.OptionHTTPClient(client))
	web := &web{api: api, http: client, calls: pace.NewCaller(opts.Meter, opts.Log).Faster(opts.Rate), log: opts.Log, meter: opts.Meter, render: render.Renderer{Location: opts.Location, Instance: opts.Instance}, lowered: new(atomic.Bool), barred: new(barred)}
	return &Workspace{opts: opts, http: client, web: web, people: people.New(people.Options{
		API: api, Calls: web.calls, Roles: opts.Roles, File: opts.MembersFile, Now: opts.Now, Log: opts.Log})}
}

// newTransport pools connections: the default keeps only two idle ones a
// host, and every reply goes to the same host.
func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 64, 64
	t.ResponseHeaderTimeout = 20 * time.Second
	return t
}

// Members lists who holds a role, see [people.Directory.Members].
func (w *Workspace) Members(role checklist.Role) ([]string, error) { return w.people.Members(role) }

// Present lists who holds a role now, see [people.Directory.Present].
func (w *Workspace) Present(ctx context.Context, role checklist.Role) ([]string, error) {
	return w.people.Present(ctx, role)
}

// Link is the address of a message, or "" before Slack has said the workspace's own. It
// has the form that chat.getPermalink returns, which isn't called: that would cost one
// call per card.
func (w *Workspace) Link(channel, ts string) string {
	self := w.self.Load()
	if self == nil || self.url == "" || channel == "" || ts == "" {
		return ""
	}
	return strings.TrimSuffix(self.url, "/") + "/archives/" + channel + "/p" + strings.ReplaceAll(ts, ".", "")
}

// identity is who this app is in its workspace.
type identity struct {
	team, enterprise, user string
	url                    string // the workspace's address, with a slash at its end
}

// user is gonogo's user ID, or "" before Slack has answered.
func (w *Workspace) user() string {
	if self := w.self.Load(); self != nil {
		return self.user
	}
	return ""
}

// introduce asks Slack who gonogo is, and then restores who held which role. It keeps
// trying while Slack doesn't answer, and returns an error if Slack refuses the token;
// known is false if ctx ended first.
func (w *Workspace) introduce(ctx context.Context) (known bool, err error) {
	self, err := w.identify(ctx)
	if self == nil {
		return false, err
	}
	w.self.Store(self)
	w.people.Restore(self.team)
	return true, nil
}

// identify asks Slack who we are. Both results are nil when ctx ended first.
func (w *Workspace) identify(ctx context.Context) (*identity, error) {
	for pause := (slackerr.Backoff{Most: slackerr.DownPause}); ; {
		r, err := w.web.api.AuthTestContext(ctx)
		w.opts.Meter.Called("auth.test", slackerr.Outcome(err))
		if err == nil {
			w.checkScopes(r.Header.Get(scopes.Header))
			return &identity{r.TeamID, r.EnterpriseID, r.UserID, r.URL}, nil
		}
		if ctx.Err() != nil {
			return nil, nil
		}
		if mend, lasting := slackerr.Lasting(err); lasting {
			return nil, fmt.Errorf("the bot token is refused by Slack (%s): %s", slackerr.Code(err), mend)
		}
		wait := pause.Next(slackerr.RetryAfter(err))
		w.opts.Log.Warn("Slack doesn't respond; retrying", "pause", wait, "error", slackerr.WithoutURL(err))
		if !slackerr.Sleep(ctx, wait) {
			return nil, nil
		}
	}
}

// checkScopes warns of scopes that the token lacks.
func (w *Workspace) checkScopes(header string) {
	granted := scopes.Granted(header)
	if granted == nil {
		return
	}
	if missing := scopes.Without(slices.Concat(scopes.Needed, scopes.History), granted); len(missing) > 0 {
		w.opts.Log.Warn("the Slack app lacks scopes; add them under OAuth & Permissions and reinstall the app", "missing", missing)
	}
}
