package pages

import (
	"strings"
	"testing"
	"time"

	"gonogo/commands/cards"
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
	var shown strings.Builder
	Item(cards.Builder{Roster: roster.Roster{Checklist: list}}, v, it).Markdown(&shown, time.UTC)
	if !strings.Contains(shown.String(), "It is ticked in `checklist.md:7`. That is a claim of the file, and passes nothing.") {
		t.Errorf("the item's page is:\n%s", &shown)
	}
	if s := v.Standings(it)[0]; s.Through || s.Evidence.Verdict == answer.Passed {
		t.Errorf("it counts as %+v", s)
	}
}
