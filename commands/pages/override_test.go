package pages

import (
	"strings"
	"testing"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/roster"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// What two people override is on every page that says what blocks, and is not met on any.
func TestOverriddenItem(t *testing.T) {
	it := &checklist.Item{ID: "backups", Title: "Backups are made", Blocks: []string{"production"}, Manual: &checklist.Manual{}}
	list := (&checklist.Checklist{Project: "Shop", Sections: []checklist.Section{{ID: "ready", Title: "Ready", Weight: 1, Items: []*checklist.Item{it}}},
		Environments: []checklist.Environment{{Name: "production", Override: &checklist.Override{Items: []string{"backups"}}}}}).Index()
	v := readiness.View{Checklist: list, State: history.NewState(), Now: time.Unix(0, 0)}
	v.State.Releases["1.0"], v.State.Open = &history.Release{Version: "1.0"}, "1.0"
	v.State.Overrides = map[string]history.Override{"a": {ID: "a", Environment: "production", Version: "1.0", By: "U0TL", ConfirmedBy: "U0SEC", Reason: "the shop is down",
		Confirmed: v.Now.Add(-time.Minute), Until: v.Now.Add(time.Hour),
		Items: []event.Overridden{{Item: "backups", Why: "nobody has checked it yet", Shown: &answer.Shown{Definition: it.Definition}}}}}
	b := cards.Builder{Roster: roster.Roster{Checklist: list}}
	for _, page := range []struct {
		name string
		page reply.Reply
		want []string
	}{
		{"overview", Release(b, v), []string{"**GO**, 1 item overridden", "0 of 1 item met", "⚠ **Backups are made**: nobody has checked it yet; overridden by U0TL and U0SEC: the shop is down."}},
		{"item", Item(b, v, it), []string{"○ **open**", "For the deployment to production it is overridden by U0TL and U0SEC: the shop is down."}},
		{"report", Report(b, v), []string{"**GO**, 1 item overridden", "0 of 1 item met", "⚠ **Backups are made**: nobody has checked it yet; overridden by U0TL and U0SEC: the shop is down.",
			"| production | backups (nobody has checked it yet) | the shop is down | U0TL and U0SEC |", "| confirmed |"}},
	} {
		var shown strings.Builder
		page.page.Markdown(&shown, time.UTC)
		for _, want := range page.want {
			if !strings.Contains(shown.String(), want) {
				t.Errorf("the page of the %s lacks %q:\n%s", page.name, want, &shown)
			}
		}
	}
}
