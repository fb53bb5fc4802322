package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/config"
	"gonogo/bot/watch"
	"gonogo/deploy"
	"gonogo/playground/upstream/digitalocean"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// eager has the bot look at itself as often as Slack's limits allow, and tell what
// lasts a moment.
var eager = watchPace{Every: 3 * time.Second, Lasting: 120 * time.Millisecond}

// ready awaits that /readyz answers with a status and, among its reasons, a text.
func (p *practice) ready(status int, text string) {
	p.t.Helper()
	p.eventually("/readyz with "+text, func() bool {
		got, body := p.get("/readyz")
		return got == status && strings.Contains(body, text)
	})
}

// standsIn awaits a message of a channel that has all these texts in it.
func (p *practice) standsIn(channel string, texts ...string) {
	p.t.Helper()
	p.await(strings.Join(texts, ", ")+" in "+channel, func() bool {
		for _, m := range p.slack.Messages(channel) {
			has := true
			for _, text := range texts {
				has = has && (strings.Contains(m.Text, text) || bytes.Contains(m.Blocks, []byte(text)))
			}
			if has {
				return true
			}
		}
		return false
	})
}

// troubleCards counts the messages of a channel about one problem of gonogo itself. On a
// busy machine others come and go, such as a slow answer of Slack.
func (p *practice) troubleCards(channel, about string) (n int) {
	for _, m := range p.slack.Messages(channel) {
		told := strings.Contains(m.Text, "gonogo has a problem") || strings.Contains(m.Text, "Resolved: gonogo had a problem")
		if told && bytes.Contains(m.Blocks, []byte(about)) {
			n++
		}
	}
	return n
}

// TestKickedOutOfOnCall has the bot removed from #on-call while its sockets stay
// open: /readyz says so, people are told where the bot can still post, once, and that
// it is over; a restart tells nothing again.
func TestKickedOutOfOnCall(t *testing.T) {
	t.Parallel()
	defer http.DefaultClient.CloseIdleConnections()
	p := newPractice(t)
	p.watch = eager
	stop := p.start()
	p.ready(200, `"reasons":[]`)
	if err := p.slack.Admin().Remove("C0ONCALL", "U0GONOGO"); err != nil {
		t.Fatal(err)
	}
	p.ready(503, "the bot isn't in #on-call; type /invite @gonogo there")
	if got := p.metric(`gonogo_trouble{kind="on_call_channel"}`); got != "1" {
		t.Errorf("gonogo_trouble is %q, want 1", got)
	}
	p.standsIn("C0RELEASES", "gonogo has a problem", "the bot isn't in #on-call")
	stop()
	p.start()
	p.ready(503, "the bot isn't in #on-call")
	if err := p.slack.Admin().Invite("C0ONCALL", "U0GONOGO"); err != nil {
		t.Fatal(err)
	}
	p.ready(200, `"reasons":[]`)
	// The reason may be the refusal of a card meanwhile, on a machine that is so busy that there was one.
	p.standsIn("C0RELEASES", "Resolved: gonogo had a problem", "gonogo can't post in the on-call channel")
	if n := p.troubleCards("C0RELEASES", "on-call channel"); n != 1 {
		t.Errorf("%d messages about it, want one:\n%s\n%s", n, p.lastSaid(), p.logs)
	}
	if got := p.metric(`gonogo_trouble{kind="on_call_channel"}`); got != "0" {
		t.Errorf("gonogo_trouble is %q, want 0", got)
	}
}

// TestOnlySomeMayPost has #on-call restricted to some people, which a look at the channel
// doesn't show: the refusal of a card makes gonogo not ready.
func TestOnlySomeMayPost(t *testing.T) {
	t.Parallel()
	defer http.DefaultClient.CloseIdleConnections()
	p := newPractice(t)
	p.configure("environments:\n", "alerts: { token: \"${ALERT_TOKEN}\" }\nenvironments:\n")
	p.variables = map[string]string{"ALERT_TOKEN": "alert-token"}
	p.watch = eager
	p.start()
	p.ready(200, `"reasons":[]`)
	p.slack.Fail("chat.postMessage", "restricted_action", 1<<20)
	p.fires("HighErrorRate", "production")
	p.ready(503, "gonogo can't post in the on-call channel: the channel does not let the bot post; ask the workspace's administrators")
	if got := p.metric(`gonogo_trouble{kind="on_call_channel"}`); got != "1" {
		t.Errorf("gonogo_trouble is %q, want 1", got)
	}
}

// TestRecordAheadOfTheClock starts on a ledger that was written while the clock was an
// hour ahead: what it has may count for too long.
func TestRecordAheadOfTheClock(t *testing.T) {
	t.Parallel()
	defer http.DefaultClient.CloseIdleConnections()
	p := newPractice(t)
	p.watch = eager
	p.earlier(-time.Hour, event.ReleaseOpened{Version: "19.0.1"})
	p.start()
	p.ready(503, "ahead of the clock, so what was recorded may count for too long; check the clock of gonogo's host")
	if got := p.metric(`gonogo_trouble{kind="clock"}`); got != "1" {
		t.Errorf("gonogo_trouble is %q, want 1", got)
	}
	p.standsIn("C0ONCALL", "gonogo has a problem", "ahead of the clock")
}

// TestRevokedBotToken has the token revoked while the sockets stay open. Slack can't
// carry that, so the outside webhook is notified, once; Slack is told once it is over.
func TestRevokedBotToken(t *testing.T) {
	t.Parallel()
	defer http.DefaultClient.CloseIdleConnections()
	p := newPractice(t)
	p.watch = eager
	notices := make(chan string, 16)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		notices <- body.String()
	}))
	t.Cleanup(hook.Close)
	p.configure("environments:\n", "escalate: { after: 5m, to: [technical_lead], webhook: \""+hook.URL+"\" }\nenvironments:\n")
	p.start()
	p.ready(200, `"reasons":[]`)
	for _, method := range []string{"auth.test", "chat.postMessage", "chat.update", "conversations.info"} {
		p.slack.Fail(method, "token_revoked", 1<<20)
	}
	p.ready(503, "Slack rejects the bot token (token_revoked)")
	about := func() string { // a busy machine may connect so late that there is a notice about that as well
		for {
			select {
			case notice := <-notices:
				if strings.Contains(notice, `"trouble":"bot_token"`) {
					return notice
				}
			case <-p.ctx.Done():
				t.Fatalf("the webhook was not notified; the bot logged:\n%s", p.logs)
			}
		}
	}
	if notice := about(); !strings.Contains(notice, `"kind":"gonogo"`) {
		t.Errorf("the webhook was sent %s", notice)
	}
	for _, method := range []string{"auth.test", "chat.postMessage", "chat.update", "conversations.info"} {
		p.slack.ClearFaults(method)
	}
	p.ready(200, `"reasons":[]`)
	p.eventually("that it is over is recorded", func() bool { return strings.Contains(p.export(), "gonogo.mended") })
	for len(notices) > 0 {
		if notice := <-notices; strings.Contains(notice, `"trouble":"bot_token"`) {
			t.Errorf("the webhook was notified again: %s", notice)
		}
	}
}

// TestCredentialsRefused has the platform and GitHub reject gonogo's tokens. Without
// the platform gonogo is not ready; without GitHub it is, and says so all the same.
func TestCredentialsRefused(t *testing.T) {
	t.Parallel()
	defer http.DefaultClient.CloseIdleConnections()
	p := newPractice(t)
	p.watch = eager
	platform := p.newCloud()
	refuse := p.inFrontOfGitHub()
	p.configure("connections:\n", "connections:\n  repo: { github: { repository: insightpulse/insightpulse-odoo } }\n")
	p.start()
	p.ready(200, `"reasons":[]`)

	refuse.Store(true)
	p.ready(200, "the token is wrong or has expired")
	p.eventually("the metric", func() bool { return p.metric(`gonogo_trouble{kind="github"}`) == "1" })
	p.standsIn("C0ONCALL", "gonogo has a problem", "issues can't be kept")
	refuse.Store(false)
	p.eventually("over", func() bool { return p.metric(`gonogo_trouble{kind="github"}`) == "0" })

	platform.OnCall(func(digitalocean.Call) digitalocean.Fault { return digitalocean.Fault{Status: http.StatusUnauthorized} })
	observe := func() { // a plan asks the platform now, whatever it then shows
		if err := p.slack.Say("U0DEV", "C0RELEASES", "", "/deploy staging next"); err != nil {
			t.Fatal(err)
		}
	}
	observe()
	p.ready(503, "gonogo can't deploy or roll back staging")
	p.standsIn("C0ONCALL", "gonogo has a problem", "can't deploy or roll back staging")
	platform.OnCall(nil)
	observe()
	p.ready(200, `"reasons":[]`)
	p.standsIn("C0ONCALL", "Resolved: gonogo had a problem", "can't deploy or roll back staging")
}

// inFrontOfGitHub has every call to GitHub refused while a switch is on.
func (p *practice) inFrontOfGitHub() (refuse *atomic.Bool) {
	p.t.Helper()
	address, _ := p.environ("GITHUB_API_URL")
	to, err := url.Parse(address)
	if err != nil {
		p.t.Fatal(err)
	}
	refuse = &atomic.Bool{}
	transport := &http.Transport{}
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse.Load() {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}`))
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	p.t.Cleanup(func() { server.Close(); transport.CloseIdleConnections() })
	if p.variables == nil {
		p.variables = map[string]string{}
	}
	p.variables["GITHUB_API_URL"] = server.URL + to.Path
	return refuse
}

// export is the ledger of the running bot.
func (p *practice) export() string {
	p.t.Helper()
	var out bytes.Buffer
	if code := p.command(p.ctx, &out, "ledger", "export", "--config", p.config); code != 0 {
		p.t.Fatalf("ledger export ended with %d:\n%s", code, p.logs)
	}
	return out.String()
}

// TestTroublesFromMemory has what platforms and runs say of themselves.
func TestTroublesFromMemory(t *testing.T) {
	t.Parallel()
	cfg := &config.Config{Environments: map[string]deploy.Environment{"production": {}, "staging": {}, "test": {}}}
	state := history.NewState()
	for _, said := range []event.PlatformObserved{
		{Environment: "production", App: "a", Problem: "it rejected the token (401)", Refused: true},
		{Environment: "staging", App: "b", Problem: "it doesn't respond"},
		{Environment: "test", App: "c"}, {Environment: "gone", App: "d", Problem: "it is not in the configuration any more"},
	} {
		state.Apply(time.Now(), said)
	}
	want := []watch.Trouble{
		{Kind: event.TroublePlatformDenied, Why: "gonogo can't deploy or roll back production: it rejected the token (401)"},
		{Kind: event.TroublePlatformSilent, Why: "it is not known what is live on staging: it doesn't respond"},
		{Kind: event.TroubleRuns, Why: "run r1: “2.0 to staging” waits until the ledger can be written"},
	}
	got := append(platformTroubles(cfg, state), stalledTroubles(map[string]string{"r1": "“2.0 to staging” waits until the ledger can be written."})...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	state = state.Next()
	state.Apply(time.Now(), event.PlatformObserved{Environment: "production", App: "a"})
	if got := platformTroubles(cfg, state); len(got) != 1 {
		t.Errorf("once production answers: %v", got)
	}
}

// Where two gonogos report each other, each message says who reports.
func TestReportedBy(t *testing.T) {
	got := reportedBy("gonogo 0.2.0 on shop, process 7", []watch.Trouble{
		{Kind: event.TroubleClock, Why: "the clock is behind"},
		{Kind: event.TroubleOtherProcess, Why: "another process uses the token; stop it"}})
	want := []watch.Trouble{{Kind: event.TroubleClock, Why: "the clock is behind"},
		{Kind: event.TroubleOtherProcess, Why: "another process uses the token; stop it. Reported by gonogo 0.2.0 on shop, process 7; if that is the one you stop, this message stays as it is"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
