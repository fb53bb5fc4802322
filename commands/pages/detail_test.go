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
	"gonogo/readiness/history"
)

// What the source of a checklist claims is shown, and passes nothing.
func TestClaimedItem(t *testing.T) {
	it := &checklist.Item{ID: "backups", Title: "Backups are made", Claimed: "checklist.md:7", Manual: &checklist.Manual{}}
	list := (&checklist.Checklist{Sections: []checklist.Section{{ID: "ready", Items: []*checklist.Item{it}}}}).Index()
	v := readiness.View{Checklist: list, State: history.NewState(), Now: time.Unix(0, 0)}
	v.State.Releases["1.0"], v.State.Open = &history.Release{Version: "1.0"}, "1.0"
	b := cards.Builder{Roster: roster.Roster{Checklist: list}}
	for _, page := range []struct {
		name string
		page reply.Reply
		want string
	}{
		{"item", Item(b, v, it), "It is ticked in `checklist.md:7`. That is a claim of the file, and passes nothing."},
		{"section", Section(b, v, list.Sections[0]), "open; ticked in checklist.md:7, which passes nothing"},
		{"report", Report(b, v), "ticked in `checklist.md:7`, which passes nothing"},
	} {
		var shown strings.Builder
		page.page.Markdown(&shown, time.UTC)
		if !strings.Contains(shown.String(), page.want) {
			t.Errorf("the page of the %s is:\n%s", page.name, &shown)
		}
	}
	if row := ReportPages(v)[0][0]; !strings.Contains(row[2].Raw(), "ticked in checklist.md:7, which passes nothing") {
		t.Errorf("the report in a message has %s", row[2].Raw())
	}
	if s := v.Standings(it)[0]; s.Through || s.Evidence.Verdict == answer.Passed {
		t.Errorf("it counts as %+v", s)
	}
}
