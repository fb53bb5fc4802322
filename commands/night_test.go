package commands_test

import (
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/runs/incidents"
	"gonogo/storage"
	"log/slog"
	"testing"
	"time"
)

// nightShift has what nobody takes go to two roles.
func (s *stage) nightShift(t testing.TB, list *checklist.Checklist, ledger *storage.Ledger) {
	list.Escalation = checklist.EscalationRule{After: 5 * time.Minute, To: []string{"technical_lead", "security_officer"}}
	runInBackground(t, incidents.NewEscalation(incidents.EscalationOptions{Ledger: ledger, Checklist: list, Now: s.clock.now, Log: slog.New(slog.DiscardHandler)}).Run)
}

// deputise gives two roles a deputy.
func (s *stage) deputise(list *checklist.Checklist) {
	deputies := map[string]*checklist.Deputies{
		"technical_lead": {After: 30 * time.Minute, Users: []string{"U0DEP"}, Roles: []string{"product_owner"}},
		"on_call":        {After: 20 * time.Minute, Users: []string{"U0DEP"}},
	}
	for i := range list.Roles {
		list.Roles[i].Deputies = deputies[list.Roles[i].ID]
	}
	list.Index()
	s.members["technical_lead/deputies"], s.members["on_call/deputies"] = []string{"U0DEP"}, []string{"U0DEP"}
}

// night lets time pass, wakes whoever watches the ledger, and waits until
// something more was escalated.
func (s *stage) night(t *testing.T, duration string) {
	d, err := time.ParseDuration(duration)
	if err != nil {
		t.Fatal(err)
	}
	steps := func(state *history.State) (n int) {
		for _, e := range state.Escalations {
			n += len(e.Steps)
		}
		return n
	}
	before := steps(s.ledger.State())
	s.clock.add(d)
	s.happened(t, event.StatusSeen{By: "U0NIGHT"})
	s.await(t, func(state *history.State) bool { return steps(state) > before })
}

// silences records what became of all silences in Alertmanager.
func (s *stage) silences(t *testing.T, became func(history.Silence) event.Event) {
	for _, x := range s.ledger.State().Silences {
		s.happened(t, became(x))
	}
}
