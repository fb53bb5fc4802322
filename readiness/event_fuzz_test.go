package readiness

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// FuzzEvents folds whatever events a ledger may hold, one a line, and looks at the
// outcome in every way. The state is the same after it was written and read.
func FuzzEvents(f *testing.F) {
	kept := lines(f, "event/testdata/events.jsonl")
	for i := range kept {
		f.Add(bytes.Join(kept[i:min(i+3, len(kept))], []byte("\n")))
	}
	old := lines(f, "../bot/testdata/ledger-before-scopes.jsonl")
	for i := 0; i < len(old); i += 20 {
		f.Add(bytes.Join(old[:min(i+20, len(old))], []byte("\n")))
	}
	list := (&checklist.Checklist{
		Environments: []checklist.Environment{{Name: "staging"}, {Name: "production"}},
		Sections:     []checklist.Section{{ID: "all", Items: []*checklist.Item{measured("suite"), asked("reviewed"), asked("login", "suite")}}},
	}).Index()
	f.Fuzz(func(t *testing.T, text []byte) {
		events := eventsOf(text)
		state := fold(history.NewState(), 0, events)
		if diff := cmp.Diff(state, thaw(t, state), sameState); diff != "" {
			t.Errorf("the state that was read (-written +read):\n%s", diff)
		}
		now := monday
		if n := len(events); n > 0 {
			now = now.AddDate(0, 0, n)
		}
		look(View{Checklist: list, State: state, Now: now})
	})
}

// look asks a view all there is to ask.
func look(v View) {
	for _, e := range v.Checklist.Environments {
		v.Decide(e.Name)
		v.DecideStart(e.Name, "U0DEV")
		v.Basis(e.Name)
		v.Approval(e.Name)
		v.LiftedHolds(e.Name)
		v.LiveOn(e.Name)
		v.State.WayBack(e.Name)
	}
	for _, u := range v.OnCall().Unanswered() {
		v.OnCall().NextStep(u)
	}
	v.Score()
	Endings(v)
	v.Stranded()
	v.Afterwards()
	Bind(v)
	v.News(monday)
	v.AsLastObserved().Score()
}

// eventsOf reads events, each a line of JSON with its kind and data; what a ledger
// could not hold is left out.
func eventsOf(text []byte) (events []event.Event) {
	for line := range bytes.Lines(text) {
		var r struct {
			Kind string          `json:"kind"`
			Data json.RawMessage `json:"data"`
		}
		if json.Unmarshal(line, &r) != nil {
			continue
		}
		if e, err := event.Decode(r.Kind, r.Data); err == nil {
			events = append(events, e)
		}
	}
	return events
}

// lines are the lines of a file, without hashes.
func lines(f *testing.F, name string) (all [][]byte) {
	file, err := os.Open(name)
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	for scan := bufio.NewScanner(file); scan.Scan(); {
		line, _, sealed := strings.Cut(scan.Text(), `,"prev":`)
		if sealed {
			line += "}"
		}
		all = append(all, []byte(line))
	}
	return all
}
