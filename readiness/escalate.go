package readiness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// EscalationRule says to whom goes what nobody takes.
type EscalationRule struct {
	After   time.Duration // how long something waits for each; 0: nothing is escalated
	To      []string      // roles, in order
	Webhook bool          // an outside address is told as well, along with the first role
}

// UnansweredKind is what waits for a person.
type UnansweredKind string

// The kinds of what waits.
const (
	UnansweredAlert       UnansweredKind = "alert"           // a critical alert, or a trigger over its limit
	UnansweredFailure     UnansweredKind = "rollback_failed" // a rollback that failed
	UnansweredInterrupted UnansweredKind = "interrupted"     // a run of which it is not known what it did
	UnansweredDecision    UnansweredKind = "decision"        // keep the version that a rollback brought back, or return
)

// Unanswered is something that waits for a person: nobody has acknowledged,
// answered or decided it, or acted on it otherwise.
type Unanswered struct {
	ID          string // the same as long as it waits, and of nothing else
	Kind        UnansweredKind
	Subject     string // of its card
	Title       string
	Environment string // empty: none is known
	Incident    string // for an alert
	Run         string // for a run
	Since       time.Time
}

// Escalation is where something went that nobody took in time.
type Escalation struct {
	Unanswered
	Steps []EscalationStep // oldest first
	Page  Page
}

// EscalationStep is a role that something went to.
type EscalationStep struct {
	Role string // empty: to the webhook alone
	At   time.Time
}

// Page is what the outside webhook was told of an escalation.
type Page struct {
	Asked   time.Time   // when it was to be told; zero: it is not
	Outcome PageOutcome // empty: not known yet
	Status  int         // of HTTP, where there was an answer
	Why     string      // why it was not told, in a sentence
	At      time.Time   // of the outcome
}

// PageOutcome is how telling the webhook went.
type PageOutcome string

// The outcomes. A page that is delayed is tried again.
const (
	PageDelivered PageOutcome = "delivered"
	PageDelayed   PageOutcome = "delayed"
	PageRefused   PageOutcome = "refused" // for good
)

// Pending reports whether the webhook is still to be told.
func (p Page) Pending() bool {
	return !p.Asked.IsZero() && p.Outcome != PageDelivered && p.Outcome != PageRefused
}

// Unanswered lists what waits for a person, the oldest first.
func (v View) Unanswered() []Unanswered {
	var all []Unanswered
	for _, i := range v.State.Incidents {
		if since, waits := v.alertWaits(i); waits {
			all = append(all, unanswered(UnansweredAlert, "incident/"+i.ID, since, Unanswered{Title: i.Title, Environment: i.Environment, Incident: i.ID}))
		}
	}
	for _, run := range v.State.Runs {
		if kind, since, waits := v.runWaits(run); waits {
			u := Unanswered{Title: run.Title, Run: run.ID}
			if run.Change != nil {
				u.Environment = run.Change.Environment
			}
			all = append(all, unanswered(kind, "run/"+run.ID, since, u))
		}
	}
	slices.SortFunc(all, func(a, b Unanswered) int { return cmp.Or(a.Since.Compare(b.Since), strings.Compare(a.ID, b.ID)) })
	return all
}

// unanswered completes what waits. Its ID is below its card's subject, so that
// the messages about it are forgotten with the card.
func unanswered(kind UnansweredKind, subject string, since time.Time, u Unanswered) Unanswered {
	u.Kind, u.Subject, u.Since = kind, subject, since
	u.ID = fmt.Sprintf("%s/escalated/%d", subject, since.UnixMilli())
	return u
}

// Waits reports whether a card's subject waits for a person, and with what.
func (v View) Waits(subject string) (Unanswered, bool) {
	all := v.Unanswered()
	i := slices.IndexFunc(all, func(u Unanswered) bool { return u.Subject == subject })
	if i < 0 {
		return Unanswered{}, false
	}
	return all[i], true
}

// alertWaits reports since when a severe incident waits for somebody. Alerts
// that Alertmanager notifies nobody of were silenced by a person, or on purpose.
func (v View) alertWaits(i *Incident) (since time.Time, waits bool) {
	began := v.State.Runs[i.Rollback]
	if !i.Firing() || i.AckBy != "" || i.Dismissed() || began != nil && began.By != "" {
		return time.Time{}, false
	}
	if i.Trigger != "" {
		return i.Heard, i.Problem == OverLimit
	}
	severities := append(slices.Clone(v.Checklist.Severities()), DefaultSeverity)
	loud := func(print string) bool { return !i.Records[print].Mute.Muted() }
	severe := i.Undismissed(i.Severe(severities))
	if !slices.ContainsFunc(severe, loud) {
		return time.Time{}, false
	}
	if i.FalseAlarm != nil {
		return firstTold(i, severe), true
	}
	for _, w := range i.Worsened {
		if slices.Contains(severities, strings.ToLower(w.Severity)) {
			return w.At, true
		}
	}
	return i.Heard, true
}

// firstTold is when the first of some alerts was told.
func firstTold(i *Incident, prints []string) time.Time {
	first := slices.MinFunc(prints, func(a, b string) int { return i.Records[a].Told.Compare(i.Records[b].Told) })
	return i.Records[first].Told
}

// runWaits reports whether a run waits for somebody, for what, and since when.
func (v View) runWaits(run *Run) (kind UnansweredKind, since time.Time, waits bool) {
	asked := run.Asked
	switch {
	case run.Taken != nil:
		return "", time.Time{}, false
	case asked != nil && asked.Interrupted:
		return UnansweredInterrupted, asked.At, true
	case asked != nil && run.What == RunRollback && slices.Contains(asked.Choices, ChooseKeep):
		return UnansweredDecision, asked.At, true
	case run.What == RunRollback && run.Outcome == Unsuccessful && run.Change != nil && run.Change.Settles == "":
		return UnansweredFailure, run.Ended, !v.State.ActedSince(run.Change.Environment, run.Ended)
	}
	return "", time.Time{}, false
}

// ActedSince reports whether somebody has done something about an environment
// since a moment: begun a run there, or said what is live.
func (s *State) ActedSince(environment string, at time.Time) bool {
	for _, run := range s.Runs {
		if run.Change != nil && run.Change.Environment == environment && !run.Started.Before(at) {
			return true
		}
	}
	return s.AdoptedSince(environment, at)
}

// NextStep is the role that something goes to next, and when; ok is false when
// there is none left. Each role has its time, counted from when the one before
// was asked: what gonogo slept through does not go to all of them at once.
func (v View) NextStep(u Unanswered) (role string, at time.Time, ok bool) {
	rule, steps := v.Checklist.Escalation, v.State.Escalations[u.ID].Steps
	from := u.Since
	if n := len(steps); n > 0 {
		from = steps[n-1].At
	}
	switch {
	case rule.After == 0:
		return "", time.Time{}, false
	case len(steps) < len(rule.To):
		role = rule.To[len(steps)]
	case len(steps) > 0 || !rule.Webhook:
		return "", time.Time{}, false
	}
	return role, from.Add(rule.After), true
}

// EscalationsOf lists where a card's subject went, the oldest first.
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

// applyEscalation folds what became of things that nobody took.
func (s *State) applyEscalation(at time.Time, event Event) {
	switch e := event.(type) {
	case Escalated:
		known := s.Escalations[e.ID]
		known.Unanswered = Unanswered{ID: e.ID, Kind: e.About, Subject: e.Subject, Title: e.Title, Environment: e.Environment, Incident: e.Incident, Run: e.Run, Since: e.Since}
		known.Steps = append(slices.Clip(known.Steps), EscalationStep{e.Role, at})
		s.setEscalation(known)
	case PageIntended:
		if known, ok := s.Escalations[e.Escalation]; ok {
			known.Page = Page{Asked: at}
			s.setEscalation(known)
		}
	case PageAnswered:
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
