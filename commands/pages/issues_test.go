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

// TestIssuesThatMovedAway looks for issues that were transferred, locked or deleted on
// a person's page, in the status and on the item's page, while their gates fail.
func TestIssuesThatMovedAway(t *testing.T) {
	list := &checklist.Checklist{Project: "shop"}
	for _, id := range []string{"moved", "locked", "deleted", "second", "passes", "open"} {
		it := &checklist.Item{ID: id, Title: "Item " + id, Section: "all", Gate: &checklist.Gate{Kind: "http", Settings: "s"}}
		if len(list.Sections) == 0 {
			list.Sections = []checklist.Section{{ID: "all", Title: "All"}}
		}
		list.Sections[0].Items = append(list.Sections[0].Items, it)
	}
	list.Index()
	state, now := history.NewState(), time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)
	state.Apply(now, event.ReleaseOpened{Version: "1.0"})
	for id, away := range map[string]event.IssueAway{"moved": event.IssueMoved, "locked": event.IssueLocked, "deleted": event.IssueDeleted, "second": event.IssueMoved, "passes": event.IssueMoved, "open": ""} {
		verdict, url := answer.Failed, "https://git.example/"+id
		if id == "passes" {
			verdict = answer.Passed
		}
		if id == "second" {
			url = "https://git.example/moved" // it is listed in the same issue
		}
		state.Apply(now, event.EvidenceRecorded{Release: "1.0", Item: id, Evidence: answer.Evidence{Verdict: verdict, Summary: "status is 500", Settings: "s", At: now}})
		state.Apply(now, event.IssueWritten{Item: id, Act: event.UpdateIssue, Number: 7, URL: url, Open: away == "", Away: away})
	}
	v := readiness.View{Checklist: list, State: state, Now: now}
	b := cards.Builder{Roster: roster.Roster{Checklist: list}}
	moved, _ := list.Item("moved")
	pages := map[string]reply.Reply{"Home": Home(b, v, "U0DEV"), "the status": Release(b, v)}
	for place, page := range pages {
		text := markdown(page)
		for _, want := range []string{
			"**Item moved**: [its issue](https://git.example/moved) moved away (transferred); the next failure opens another.",
			"**Item locked**: [its issue](https://git.example/locked) moved away (locked); the next failure opens another.",
			"**Item deleted**: its issue moved away (deleted); the next failure opens another.",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", place, want, text)
			}
		}
		if n := strings.Count(text, "moved away"); n != 3 {
			t.Errorf("%s has %d issues that moved away, want 3:\n%s", place, n, text)
		}
	}
	if text := markdown(Item(b, v, moved)); !strings.Contains(text, "[its issue](https://git.example/moved) moved away (transferred)") {
		t.Errorf("the item's page: %s", text)
	}
}

func markdown(r reply.Reply) string {
	var out strings.Builder
	r.Markdown(&out, time.UTC)
	return out.String()
}
