package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"gonogo/bot/chat/render"
	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs"
	"gonogo/runs/runbook"
)

// pings are texts that would mention somebody, or lead somewhere, if any renderer took
// them for more than text. The IDs are tried alone too: what is a text is no person.
var pings = []string{
	"<!channel> <!here> <!everyone> <@U0EVIL> <#C0EVIL> <!subteam^S0EVIL|x> @channel @here @everyone <https://evil.example|x> https://evil.example www.evil.example [x](https://evil.example) evil@evil.example &lt;!here&gt; #17 GH-17 acme/shop#17 @octocat",
	"U0EVIL", "S0EVIL", "C0EVIL",
}

// hostileState is a state in which every text of every kind of event is a ping: commit
// messages, labels and annotations of alerts, silences, reasons, comments, what
// platforms and runbooks say, titles.
func hostileState(t *testing.T, ping string) *history.State {
	t.Helper()
	file, err := os.Open("../readiness/event/testdata/events.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	state, now := history.NewState(), time.Now().UTC().Add(-time.Hour)
	state.Apply(now, event.ReleaseOpened{Version: "19.0.1", Commit: "c0ffee", By: "U0PM"})
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for n := 0; lines.Scan(); n++ {
		var line struct {
			Kind string          `json:"kind"`
			Data json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		e, err := event.Decode(line.Kind, line.Data)
		if err != nil {
			t.Fatal(err)
		}
		switch e.(type) {
		case event.ReleaseClosed, event.IncidentClosed, event.FalseAlarmDeclared, event.AnchorPosted, event.PostIntended, event.TriggerCleared:
			continue // they would take away what there is to see
		}
		state.Apply(now.Add(time.Duration(n)*time.Second), event.Clean(e, func(string) string { return ping }))
	}
	return state
}

// hostileList is a checklist whose titles are pings.
func hostileList(ping string) *checklist.Checklist {
	section := checklist.Section{ID: "all", Title: ping, Figures: []checklist.Figure{{Label: ping, Value: ping}, {Label: "b", Value: "c"}}}
	for _, id := range []string{"suite", "modules", "login", "oca"} {
		section.Items = append(section.Items, &checklist.Item{ID: id, Title: ping, Section: "all", Blocks: []string{"staging", "production"}, Environments: []string{"staging"},
			Gate: &checklist.Gate{Kind: "http", Settings: "8f2d"}, Figures: section.Figures, Owner: "lead"})
	}
	section.Items = append(section.Items, &checklist.Item{ID: "docs", Title: ping, Section: "all", Blocks: []string{"production"}, Manual: &checklist.Manual{By: []string{"lead"}, Evidence: "note"}})
	return (&checklist.Checklist{Project: ping, Sections: []checklist.Section{section}, Environments: []checklist.Environment{{Name: "staging"}, {Name: "production", After: []string{"staging"}}},
		Roles: []checklist.Role{{ID: "lead", Title: ping, Users: []string{"U0TL"}}}, Permissions: map[string][]string{"run": {"lead"}, "waive": {"lead"}, "rollback": {"lead"}, "alerts": {"lead"}, "deploy": {"lead"}},
		SignOffs: []checklist.SignOffRule{{Environment: "production", Roles: []string{"lead"}}}, Milestones: []checklist.Milestone{{ID: "m", Title: ping, Sections: []string{"all"}}}}).Index()
}

// replies are all cards, and everything that can be looked at.
func replies(bot *commands.Bot, state *history.State) map[string]reply.Reply {
	all := map[string]reply.Reply{"Home": bot.Home("U0TL")}
	for _, card := range bot.Cards(time.Now()) {
		all["card "+card.Subject] = card.Reply
	}
	looks := []string{"/ready status", "/ready status all", "/ready status failed", "/ready status unchecked", "/ready status sections", "/ready report", "/ready timeline", "/ready history", "/ready help", "/ready nudge suite", "/ready waive suite", "/ready check docs",
		"/ready skip docs", "/deploy status", "/deploy status staging", "/deploy lift", "/deploy lock staging", "/rollback status", "/rollback", "/rollback ack", "/rollback close", "/ready @here", "/ready status <!channel>"}
	for item := range map[string]bool{"suite": true, "docs": true, "login": true, "oca": true} {
		looks = append(looks, "/ready status "+item)
	}
	for _, look := range looks {
		all[look] = bot.Handle(context.Background(), commands.Request{Text: look, User: "U0TL"})
	}
	return all
}

// markupTag is what Slack makes something of within a text.
var markupTag = regexp.MustCompile(`<[^<>]*>`)

// evil is what no tag, link or element may hold.
var evil = regexp.MustCompile(`EVIL|evil|!channel|!here|!everyone`)

// pinged looks through what Slack is sent for what would ping or lead somebody there.
func pinged(v any) (found []string) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			found = append(found, pinged(e)...)
		}
	case map[string]any:
		text, _ := v["text"].(string)
		switch v["type"] {
		case "mrkdwn":
			if v["verbatim"] != true {
				found = append(found, "not verbatim: "+text)
			}
			found = append(found, tagged(text)...)
		case "user", "usergroup", "channel", "link", "broadcast", "button", "image":
			raw, _ := json.Marshal([]any{v["user_id"], v["usergroup_id"], v["channel_id"], v["url"], v["range"], v["image_url"]})
			if evil.Match(raw) {
				found = append(found, fmt.Sprint(v))
			}
		case "markdown":
			found = append(found, "a block of Markdown: "+text)
		}
		for _, e := range v {
			found = append(found, pinged(e)...)
		}
	}
	return found
}

func tagged(text string) (found []string) {
	for _, tag := range markupTag.FindAllString(text, -1) {
		reference, _, _ := strings.Cut(tag, "|") // behind it is a label
		if evil.MatchString(reference) {
			found = append(found, tag)
		}
	}
	return found
}

// TestNobodyIsPinged renders everything that there is to show, of a state and a
// checklist in which every text is a mention or a link, in each form that Slack is sent
// and as Markdown.
func TestNobodyIsPinged(t *testing.T) {
	t.Parallel()
	slackForms := render.Renderer{Location: time.UTC}
	for _, ping := range pings {
		state := hostileState(t, ping)
		list := hostileList(ping)
		work := runs.New(runs.Options{Checklist: list, Obstacles: map[string]string{"staging": ping}, Runbooks: []runbook.Runbook{{ID: "install", Title: ping}}, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		bot := commands.New(commands.Options{Ledger: frozen{state}, Runs: work, Checklist: list, Members: written{}, Releases: "C0RELEASES", OnCall: "C0ONCALL", Zone: time.UTC,
			Obstacles: map[string]string{"staging": ping}, NotYet: []string{ping}, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		all, shown := replies(bot, state), 0
		for place, r := range all {
			var sent []any
			for _, at := range []render.Fidelity{render.Full, render.Sections, render.TextOnly} {
				text, blocks := slackForms.Message(r, at)
				for _, tag := range tagged(text) {
					t.Errorf("%s, text: %s", place, tag)
				}
				sent = append(sent, asJSON(t, blocks))
			}
			sent = append(sent, asJSON(t, slackForms.Home(r)))
			if r.Form != nil {
				modal, _ := slackForms.Modal(r.Form, "C0RELEASES", "key")
				sent = append(sent, asJSON(t, modal))
			}
			for _, what := range pinged(sent) {
				t.Errorf("%s: %s", place, what)
			}
			var page strings.Builder
			r.Markdown(&page, time.UTC)
			for _, what := range linked(page.String()) {
				t.Errorf("%s, in Markdown: %s", place, what)
			}
			raw, _ := json.Marshal(sent)
			shown += strings.Count(string(raw), "EVIL")
		}
		if len(all) < 30 || shown < 100 {
			t.Errorf("%d replies show the text %d times; there is more to look at", len(all), shown)
		}
	}
}

// alive is what Markdown, or GitHub's, makes a link, a mention or HTML of.
var alive = regexp.MustCompile(`(?:^|[^\\])(?:\]\([^)]*evil|<[!@#a-z][^>]*>|https?://evil|www\.evil|@octocat|#17|GH-17)`)

// linked finds that in a page. What stands in code is shown as it is.
func linked(page string) []string {
	return alive.FindAllString(regexp.MustCompile("`[^`\n]*`").ReplaceAllString(page, ""), -1)
}

func asJSON(t *testing.T, blocks any) any {
	t.Helper()
	raw, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
