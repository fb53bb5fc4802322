package event

import (
	"time"

	"gonogo/readiness/alert"
)

// The events of what nobody responded to in time.

// UnansweredKind is what waits for a person.
type UnansweredKind string

// The kinds of what waits.
const (
	UnansweredAlert       UnansweredKind = "alert"           // a critical alert, or a trigger over its limit
	UnansweredFailure     UnansweredKind = "rollback_failed" // a rollback that failed
	UnansweredInterrupted UnansweredKind = "interrupted"     // it isn't known what the run did
	UnansweredDecision    UnansweredKind = "decision"        // keep the version that a rollback brought back, or return
)

// Escalated says that a role was notified of something that nobody responded to.
type Escalated struct {
	ID          string         `json:"id"` // of what waits, see [history.Unanswered]
	About       UnansweredKind `json:"about"`
	Subject     string         `json:"subject"`
	Title       string         `json:"title"`
	Environment string         `json:"environment,omitempty"`
	Incident    string         `json:"incident,omitempty"`
	Run         string         `json:"run,omitempty"`
	Since       time.Time      `json:"since"`
	Role        string         `json:"role,omitempty"` // empty: to the webhook alone
}

// PageIntended is the intent to notify the outside webhook of an escalation.
type PageIntended struct {
	Escalation string `json:"escalation"` // its ID
}

// PageAnswered is how that went.
type PageAnswered struct {
	Escalation string            `json:"escalation"`
	Outcome    alert.PageOutcome `json:"outcome"`
	Status     int               `json:"status,omitempty"` // of HTTP, if there was a response
	Why        string            `json:"why,omitempty"`    // why it was not told
}
