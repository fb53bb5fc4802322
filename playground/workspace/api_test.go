package workspace_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"gonogo/playground/workspace"
)

// send sends any request to the Web API.
func (w *world) send(method, kind, authorization, body string) (*http.Response, map[string]any) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.server.URL+"/api/"+method, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	answer, err := w.server.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	var told map[string]any
	if err := json.Unmarshal(data, &told); err != nil {
		w.t.Fatalf("%s answered %q, which is no JSON", method, data)
	}
	return answer, told
}

const (
	form = "application/x-www-form-urlencoded"
	body = "application/json; charset=utf-8"
)

func TestWhoMayCall(t *testing.T) {
	w := newWorld(t, workspace.Options{Scopes: []string{"chat:write"}})
	bot, app := "Bearer "+w.BotToken(), "Bearer "+w.AppToken()
	for name, test := range map[string]struct {
		method, kind, authorization, body string
		want                              string
	}{
		"token in the header":           {"auth.test", form, bot, "", ""},
		"token in the form":             {"auth.test", form, "", "token=" + w.BotToken(), ""},
		"token in a JSON body":          {"auth.test", body, "", `{"token":"` + w.BotToken() + `"}`, "not_authed"},
		"no token":                      {"auth.test", form, "", "", "not_authed"},
		"an unknown token":              {"auth.test", form, "Bearer xoxb-other", "", "invalid_auth"},
		"the app's token":               {"auth.test", form, app, "", "not_allowed_token_type"},
		"a scope that is missing":       {"users.info", form, bot, "user=U0PO", "missing_scope"},
		"an unknown method":             {"chat.shout", form, bot, "", "unknown_method"},
		"a body that is no JSON":        {"chat.postMessage", body, bot, "{", "invalid_json"},
		"a body that is a list":         {"chat.postMessage", body, bot, "[]", "json_not_object"},
		"a body of another type":        {"chat.postMessage", "text/plain", bot, "x", "invalid_post_type"},
		"a body without a type":         {"chat.postMessage", "", bot, "x", "missing_post_type"},
		"api.test needs no token":       {"api.test", form, "", "", ""},
		"api.test with an error":        {"api.test", form, "", "error=my_error", "my_error"},
		"a socket":                      {"apps.connections.open", form, app, "", ""},
		"a socket, token in the form":   {"apps.connections.open", form, "", "token=" + w.AppToken(), "not_authed"},
		"a socket with the bot's token": {"apps.connections.open", form, bot, "", "not_allowed_token_type"},
		"a socket with another token":   {"apps.connections.open", form, "Bearer xapp-other", "", "invalid_auth"},
	} {
		t.Run(name, func(t *testing.T) {
			answer, told := w.send(test.method, test.kind, test.authorization, test.body)
			got, _ := told["error"].(string)
			if got != test.want || told["ok"] != (test.want == "") {
				t.Errorf("answer = %v, want error %q", told, test.want)
			}
			if answer.StatusCode != http.StatusOK {
				t.Errorf("status = %d, want 200: Slack tells errors in the body", answer.StatusCode)
			}
		})
	}
	_, missing := w.send("users.info", form, bot, "user=U0PO")
	if missing["needed"] != "users:read" || missing["provided"] != "chat:write" {
		t.Errorf("answer = %v, want the scope that is needed and those that are there", missing)
	}
}

func TestAuthTestTellsTheScopes(t *testing.T) {
	w := newWorld(t, workspace.Options{Scopes: []string{"chat:write", "commands"}})
	who, err := w.api.AuthTestContext(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{who.Team, who.TeamID, who.User, who.UserID, who.BotID, who.Header.Get("X-OAuth-Scopes")}
	want := []string{"InsightPulse", "T0PRACTICE", "gonogo", "U0GONOGO", "B0GONOGO", "chat:write,commands"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("auth.test (-want +got):\n%s", diff)
	}
}

func TestPeopleAndGroups(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	guest, err := w.api.GetUserInfoContext(w.ctx, "U0GUEST")
	if err != nil {
		t.Fatal(err)
	}
	if !guest.IsRestricted || guest.RealName != "Gus Visitor" || guest.TeamID != "T0PRACTICE" {
		t.Errorf("users.info = %+v, want the guest", guest)
	}
	users, err := w.api.GetUsersContext(w.ctx, slack.GetUsersOptionLimit(4))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(users), 9; got != want {
		t.Errorf("users.list told %d members over its pages, want %d", got, want)
	}
	members, err := w.api.GetUserGroupMembersContext(w.ctx, "S0ONCALL")
	if diff := cmp.Diff([]string{"U0ONCALL"}, members); err != nil || diff != "" {
		t.Errorf("usergroups.users.list: error %v (-want +got):\n%s", err, diff)
	}
	if err := w.Admin().SetGroup("S0ONCALL", "U0DEV", "U0TL"); err != nil {
		t.Fatal(err)
	}
	groups, err := w.api.GetUserGroupsContext(w.ctx, slack.GetUserGroupsOptionIncludeUsers(true))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"U0DEV", "U0TL"}, groups[1].Users); diff != "" {
		t.Errorf("usergroups.list (-want +got):\n%s", diff)
	}
}

func TestChannels(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	channels, _, err := w.api.GetConversationsContext(w.ctx, &slack.GetConversationsParameters{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, c := range channels {
		got[c.Name] = c.IsMember
	}
	if diff := cmp.Diff(map[string]bool{"releases": true, "on-call": true, "general": false}, got); diff != "" {
		t.Errorf("conversations.list, with the bot's membership (-want +got):\n%s", diff)
	}
	if _, _, _, err := w.api.JoinConversationContext(w.ctx, "C0GENERAL"); err != nil {
		t.Fatal(err)
	}
	info, err := w.api.GetConversationInfoContext(w.ctx, &slack.GetConversationInfoInput{ChannelID: "C0GENERAL"})
	if err != nil || !info.IsMember {
		t.Errorf("conversations.info = %+v, %v, want the bot a member after joining", info, err)
	}
	members, _, err := w.api.GetUsersInConversationContext(w.ctx, &slack.GetUsersInConversationParameters{ChannelID: "C0GENERAL"})
	if err != nil || len(members) != 9 {
		t.Errorf("conversations.members = %v, %v, want all nine", members, err)
	}
	direct, _, _, err := w.api.OpenConversationContext(w.ctx, &slack.OpenConversationParameters{Users: []string{"U0PO"}, ReturnIM: true})
	if err != nil || direct.ID != "D0PO" || direct.User != "U0PO" {
		t.Errorf("conversations.open = %+v, %v, want the conversation with U0PO", direct, err)
	}
}

func TestErrorsOfPeopleAndChannels(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	for _, test := range []struct {
		method string
		fields map[string]string
		want   string
	}{
		{"users.info", map[string]string{"user": "U0NOBODY"}, "user_not_found"},
		{"usergroups.users.list", map[string]string{"usergroup": "S0NONE"}, "no_such_subteam"},
		{"bots.info", map[string]string{"bot": "B0OTHER"}, "bot_not_found"},
		{"team.info", map[string]string{"team": "T0OTHER"}, "team_not_found"},
		{"conversations.info", map[string]string{"channel": "C0NONE"}, "channel_not_found"},
		{"conversations.members", map[string]string{"channel": "C0NONE"}, "channel_not_found"},
		{"conversations.history", map[string]string{"channel": "C0GENERAL"}, "not_in_channel"},
		{"conversations.replies", map[string]string{"channel": "C0RELEASES", "ts": "1.2"}, "thread_not_found"},
		{"conversations.open", nil, "users_list_not_supplied"},
		{"conversations.open", map[string]string{"users": "U0NOBODY"}, "user_not_found"},
		{"conversations.open", map[string]string{"users": "U0GONOGO"}, "cannot_dm_bot"},
		{"conversations.join", map[string]string{"channel": "C0NONE"}, "channel_not_found"},
		{"conversations.join", map[string]string{"channel": "D0NONE"}, "channel_not_found"},
		{"views.publish", map[string]string{"user_id": "U0NOBODY"}, "user_not_found"},
	} {
		if got := w.call(test.method, test.fields)["error"]; got != test.want {
			t.Errorf("%s %v = %v, want %s", test.method, test.fields, got, test.want)
		}
	}
}

func TestRateLimits(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	post := map[string]string{"channel": "C0RELEASES", "text": "x"}
	for range 10 {
		w.call("chat.postMessage", post)
	}
	answer, told := w.send("chat.postMessage", form, "Bearer "+w.BotToken(), "channel=C0RELEASES&text=x")
	if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") != "1" || told["error"] != "ratelimited" {
		t.Errorf("the eleventh message at once: status %d, Retry-After %q, %v", answer.StatusCode, answer.Header.Get("Retry-After"), told)
	}
	if got := w.call("chat.postMessage", map[string]string{"channel": "C0ONCALL", "text": "x"})["ok"]; got != true {
		t.Error("another channel was limited too")
	}
	w.pass(time.Second)
	if got := w.call("chat.postMessage", post)["ok"]; got != true {
		t.Error("a message a second was limited")
	}
}

func TestUnlimited(t *testing.T) {
	w := newWorld(t, workspace.Options{Unlimited: true})
	for range 200 {
		if got := w.call("usergroups.list", nil); got["ok"] != true {
			t.Fatalf("answer = %v, want no limit", got)
		}
	}
	if got, want := w.Calls("usergroups.list"), 200; got != want {
		t.Errorf("calls = %d, want %d", got, want)
	}
}

func TestPlannedFaults(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	w.RateLimit("auth.test", 1, 30*time.Second)
	w.Fail("auth.test", "fatal_error", 2)
	_, err := w.api.AuthTestContext(w.ctx)
	if limited, ok := err.(*slack.RateLimitedError); !ok || limited.RetryAfter != 30*time.Second {
		t.Errorf("first call: %v, want a rate limit of 30 s", err)
	}
	for range 2 {
		if _, err := w.api.AuthTestContext(w.ctx); err == nil || err.Error() != "fatal_error" {
			t.Errorf("next call: %v, want fatal_error", err)
		}
	}
	if _, err := w.api.AuthTestContext(w.ctx); err != nil {
		t.Errorf("after the faults: %v", err)
	}
}

// TestLostAnswers posts messages that arrive though the caller is told otherwise,
// or nothing for a while.
func TestLostAnswers(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	post := func() error {
		_, _, err := w.api.PostMessageContext(w.ctx, "C0RELEASES", slack.MsgOptionText("here", false))
		return err
	}
	w.Lose("chat.postMessage", 1)
	var status slack.StatusCodeError
	if err := post(); !errors.As(err, &status) || status.Code != http.StatusInternalServerError {
		t.Errorf("a lost answer is %v, want a 500", err)
	}
	until := make(chan struct{})
	done, answered := w.Hold("chat.postMessage", until), make(chan error)
	go func() { answered <- post() }()
	<-done
	if n := len(w.Messages("C0RELEASES")); n != 2 {
		t.Errorf("%d messages before the second answer, want 2", n)
	}
	close(until)
	if err := <-answered; err != nil {
		t.Errorf("the answer that was kept back is %v", err)
	}
	if err := post(); err != nil || len(w.Messages("C0RELEASES")) != 3 {
		t.Errorf("the next call: %v, %d messages", err, len(w.Messages("C0RELEASES")))
	}
}

// TestSlow lets a call that is given up before its time have no effect.
func TestSlow(t *testing.T) {
	w := newWorld(t, workspace.Options{})
	w.Slow(time.Hour)
	ctx, stop := context.WithCancel(w.ctx)
	answered := make(chan error)
	go func() {
		_, _, err := w.api.PostMessageContext(ctx, "C0RELEASES", slack.MsgOptionText("late", false))
		answered <- err
	}()
	stop()
	if err := <-answered; !errors.Is(err, context.Canceled) {
		t.Errorf("the call that is held up: %v", err)
	}
	w.Slow(0)
	if _, _, err := w.api.PostMessageContext(w.ctx, "C0RELEASES", slack.MsgOptionText("now", false)); err != nil {
		t.Error(err)
	}
	if n := len(w.Messages("C0RELEASES")); n != 1 {
		t.Errorf("%d messages, want the one that was not given up", n)
	}
}
