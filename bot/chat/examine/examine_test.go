package examine

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"gonogo/bot/chat/scopes"
	"gonogo/bot/doctor/finding"
	"gonogo/playground/workspace"
	"gonogo/readiness/checklist"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// practice serves a practice workspace, and says how to ask it.
func practice(t *testing.T, opts workspace.Options) (*workspace.Workspace, Access) {
	t.Helper()
	var handler atomic.Pointer[http.Handler]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*handler.Load()).ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	opts.BaseURL = func() string { return server.URL }
	w := workspace.New(opts)
	h := w.Handler()
	handler.Store(&h)
	return w, Access{BotToken: w.BotToken(), AppToken: w.AppToken(), APIURL: server.URL + "/api"}
}

// needed are all the scopes that gonogo asks for.
func needed() []string { return append(append([]string(nil), scopes.Needed...), scopes.History...) }

var roles = []checklist.Role{
	{ID: "po", Title: "Product Owner", Users: []string{"U0PO", "U0GUEST", "U0NOBODY"}},
	{ID: "on-call", Usergroup: "S0ONCALL"},
	{ID: "lost", Usergroup: "S0LOST"},
}

// summary is each finding's subject, level and the start of what it says.
func summary(found []finding.Finding, words int) (all []string) {
	for _, f := range found {
		said := strings.Fields(f.Says)
		all = append(all, f.Subject+": "+string(f.Level)+": "+strings.Join(said[:min(len(said), words)], " "))
	}
	return all
}

// Every thing is looked at once, and what is amiss is said of the thing itself. A look
// opens no socket.
func TestWorkspace(t *testing.T) {
	w, access := practice(t, workspace.Options{Scopes: needed()})
	got := summary(Workspace(t.Context(), access, []string{"C0RELEASES", "C0GENERAL", "C0NOWHERE"}, roles), 5)
	want := []string{
		"SLACK_BOT_TOKEN: ok: gonogo is gonogo in InsightPulse",
		"scopes: ok: all 9 are granted",
		"SLACK_APP_TOKEN: ok: Slack accepts Socket Mode connections",
		"channel C0RELEASES: ok: the bot is in #releases",
		"channel C0GENERAL: fault: the bot isn't in #general;",
		"channel C0NOWHERE: fault: the channel doesn't exist, or",
		"person U0PO: ok: priya is Product Owner",
		"person U0GUEST: fault: gus is a guest, and",
		"person U0NOBODY: fault: the workspace has no member",
		"user group S0ONCALL: ok: its only member is on-call",
		"user group S0LOST: fault: the user group doesn't exist,",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if n := w.Sockets(); n != 0 {
		t.Errorf("%d sockets were opened", n)
	}
}

// A disabled user group is called so by its name, whether Slack gives it no members or
// no existence.
func TestDisabledGroup(t *testing.T) {
	w, access := practice(t, workspace.Options{Scopes: needed()})
	if err := w.Admin().DisableGroup("S0ONCALL", true); err != nil {
		t.Fatal(err)
	}
	found := Workspace(t.Context(), access, nil, roles[1:2])
	want := finding.Fault("user group S0ONCALL", "@on-call is disabled, so nobody is on-call; enable it in Slack, or configure another user group")
	if got := found[len(found)-1]; got != want {
		t.Errorf("found %+v, want %+v", got, want)
	}
}

// Scopes that lack, and those that are too many, are named with what to do.
func TestScopes(t *testing.T) {
	for _, tt := range []struct {
		name    string
		granted []string
		level   finding.Level
		says    string
	}{
		{"one lacks", scopes.Without(needed(), []string{"users:read"}), finding.Faulty, "the token lacks users:read; add them"},
		{"without history", scopes.Needed, finding.Warning, "without channels:history and groups:history"},
		{"one too many", append(needed(), "files:read"), finding.Warning, "remove files:read"},
	} {
		_, access := practice(t, workspace.Options{Scopes: tt.granted})
		hit := false
		for _, f := range Workspace(t.Context(), access, nil, nil) {
			hit = hit || f.Subject == "scopes" && f.Level == tt.level && strings.Contains(f.Says, tt.says)
		}
		if !hit {
			t.Errorf("%s: no finding of level %q says %q", tt.name, tt.level, tt.says)
		}
	}
}

// A token that is not one is called so before Slack is asked, and nothing else is looked
// at without a bot token that works.
func TestTokens(t *testing.T) {
	_, access := practice(t, workspace.Options{})
	for _, tt := range []struct {
		bot, app string
		want     []string
	}{
		{"", access.AppToken, []string{"SLACK_BOT_TOKEN: fault: it isn't set;", "SLACK_APP_TOKEN: ok: Slack accepts Socket", "Slack's channels, user groups and people: not checked: the bot token"}},
		{"xapp-1", "xoxb-1", []string{"SLACK_BOT_TOKEN: fault: it isn't a", "SLACK_APP_TOKEN: fault: it isn't an", "Slack's channels, user groups and people: not checked: the bot token"}},
		{"xoxb-1", "", []string{"SLACK_BOT_TOKEN: fault: Slack responded with", "SLACK_APP_TOKEN: fault: it isn't set;", "Slack's channels, user groups and people: not checked: the bot token"}},
	} {
		got := summary(Workspace(t.Context(), Access{tt.bot, tt.app, access.APIURL}, []string{"C0RELEASES"}, roles), 3)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q and %q (-want +got):\n%s", tt.bot, tt.app, diff)
		}
	}
}
