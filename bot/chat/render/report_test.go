package render

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/suite"
)

// stillLedger shows one state.
type stillLedger struct {
	commands.Ledger
	state *history.State
}

func (l stillLedger) State() *history.State { return l.state }

// TestReportFitsItsPages leafs through the report of 1,000 items whose names and
// evidence are as long and as odd as people make them: every page fits a
// message, and every item stands on one page.
func TestReportFitsItsPages(t *testing.T) {
	suite.LeftToFull(t)
	nonsense := []string{"plain", strings.Repeat("🎉", 400), strings.Repeat("&<|*`", 300), strings.Repeat("long ", 400), "\x00\xff\n\n"}
	list := &checklist.Checklist{Project: "P"}
	state := history.NewState()
	state.Apply(time.Unix(1, 0), event.ReleaseOpened{Version: "1.0"})
	for s := range 20 {
		section := checklist.Section{ID: fmt.Sprint("s", s), Title: nonsense[s%len(nonsense)], Weight: 1}
		for i := range 50 {
			it := &checklist.Item{ID: fmt.Sprintf("s%d-%d", s, i), Title: fmt.Sprintf("«%d»%s", s*50+i, nonsense[i%len(nonsense)]), Manual: &checklist.Manual{}}
			section.Items = append(section.Items, it)
			state.Apply(time.Unix(2, 0), event.EvidenceRecorded{Release: "1.0", Item: it.ID,
				Evidence: answer.Evidence{Verdict: answer.Passed, Summary: nonsense[(i+s)%len(nonsense)]}})
		}
		list.Sections = append(list.Sections, section)
	}
	bot := commands.New(commands.Options{Ledger: stillLedger{state: state}, Checklist: list.Index(), Now: func() time.Time { return time.Unix(3, 0) }, Log: slog.New(slog.DiscardHandler)})

	shown := map[int]int{}
	for next := `{"verb":"ready report"}`; next != ""; {
		r := bot.Handle(context.Background(), commands.Request{User: "U0PO", Pressed: next})
		blocks := inUTC.blocks(r, Full)
		for _, at := range []Fidelity{Full, Sections} {
			if problem := refused(inUTC.blocks(r, at)); problem != "" {
				t.Fatalf("%s at fidelity %d: %s", next, at, problem)
			}
		}
		wire, err := json.Marshal(blocks)
		if err != nil {
			t.Fatal(err)
		}
		for id := range 1000 {
			shown[id] += strings.Count(string(wire), fmt.Sprintf("«%d»", id))
		}
		next = pressed(r, "Next page")
	}
	for id := range 1000 {
		if shown[id] != 1 {
			t.Errorf("item %d stands in %d places, want 1", id, shown[id])
		}
	}
}

// pressed is what a button carries, "" where the reply has none of the name.
func pressed(r reply.Reply, label string) string {
	for _, part := range r.Parts {
		if actions, ok := part.(reply.Actions); ok {
			for _, b := range actions {
				if b.Label == label {
					value, _ := b.Act.Encode()
					return value
				}
			}
		}
	}
	return ""
}
