package event

import "time"

// The events of automatic rollbacks, before their run. What starts one is the incident
// of a trigger.

// AutoRollbackPlanned begins the countdown of an automatic rollback.
type AutoRollbackPlanned struct {
	Environment string    `json:"environment"`
	Incident    string    `json:"incident"`
	From        string    `json:"from"` // version that is live
	To          string    `json:"to"`
	Due         time.Time `json:"due"`
}

// AutoRollbackStopped ends such a countdown before its time.
type AutoRollbackStopped struct {
	Environment string `json:"environment"`
	Incident    string `json:"incident"`
	By          string `json:"by,omitempty"`  // empty: gonogo itself, since the reasons no longer hold
	Why         string `json:"why,omitempty"` // the end of a sentence, if gonogo stopped it

	MembershipAsOf time.Time `json:"membership_as_of,omitzero"` // as in RunCancelAsked
}

// AutoRollbackLeft says that gonogo leaves a rollback to people, and why.
type AutoRollbackLeft struct {
	Environment string `json:"environment"`
	Incident    string `json:"incident"`
	Why         string `json:"why"` // the end of a sentence
}
