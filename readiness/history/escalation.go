package history

import (
	"slices"
	"time"

	"gonogo/readiness/alert"
	"gonogo/readiness/event"
)

// Unanswered is something that waits for a person: nobody has acknowledged, answered,
// decided or otherwise acted on it.
type Unanswered struct {
	ID          string // unique, and the same for as long as it waits
	Kind        event.UnansweredKind
	Subject     string // the subject of its card
	Title       string
	Environment string // empty: not known
	Incident    string // for an alert
	Run         string // for a run
	Since       time.Time
}

// Escalation records to whom something was escalated.
type Escalation struct {
	Unanswered
	Steps []EscalationStep // oldest first
	Page  Page
}

// EscalationStep is a role that something was escalated to.
type EscalationStep struct {
	Role string // empty: only the webhook
	At   time.Time
}

// Page is the call of the outside webhook for an escalation.
type Page struct {
	Asked   time.Time         // when it was requested; zero: it wasn't
	Outcome alert.PageOutcome // empty: not known yet
	Status  int               // of HTTP, if there was a response
	Why     string            // why it failed, in a sentence
	At      time.Time         // of the outcome
}

// Pending reports whether the webhook still has to be called.
func (p Page) Pending() bool {
	return !p.Asked.IsZero() && p.Outcome != alert.PageDelivered && p.Outcome != alert.PageRefused
}

// EscalationsOf lists the escalations of a card's subject, the oldest first.
func (s *State) EscalationsOf(subject string) []Escalation {
	var all []Escalation
	for _, e := range s.Escalations {
		if e.Subject == subject {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b Escalation) int { return a.Since.Compare(b.Since) })
	return all
}

// applyEscalation folds the events about escalations.
func (s *State) applyEscalation(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.Escalated:
		known := s.Escalations[e.ID]
		known.Unanswered = Unanswered{ID: e.ID, Kind: e.About, Subject: e.Subject, Title: e.Title, Environment: e.Environment, Incident: e.Incident, Run: e.Run, Since: e.Since}
		known.Steps = append(slices.Clip(known.Steps), EscalationStep{e.Role, at})
		s.setEscalation(known)
	case event.PageIntended:
		if known, ok := s.Escalations[e.Escalation]; ok {
			known.Page = Page{Asked: at}
			s.setEscalation(known)
		}
	case event.PageAnswered:
		if known, ok := s.Escalations[e.Escalation]; ok {
			known.Page.Outcome, known.Page.Status, known.Page.Why, known.Page.At = e.Outcome, e.Status, e.Why, at
			s.setEscalation(known)
		}
	}
}

func (s *State) setEscalation(e Escalation) {
	ownMap(&s.Escalations, &s.own.escalations)
	s.Escalations[e.ID] = e
}
