package event

import (
	"cmp"
	"time"

	"gonogo/readiness/alert"
)

// The events of incidents: alerts, triggers, and what people say about them.

// AlertsReceived is news about a group of alerts.
type AlertsReceived struct {
	Incident    string         `json:"incident"`
	Environment string         `json:"environment,omitempty"` // that its labels name, if any
	Title       string         `json:"title"`
	Delivery    alert.Delivery `json:"delivery"`
	// Means says what each of the delivery's alerts means, by fingerprint. It
	// is absent in events of a gonogo that judged them while folding.
	Means map[string]alert.Meaning `json:"means,omitzero"`
	After string                   `json:"after,omitempty"` // an incident whose end was never sent: its alerts began again
	// Places are the environments that alerts name, by fingerprint, if they differ.
	// Absent in events of older versions of gonogo.
	Places map[string]string `json:"places,omitempty"`
}

// PlaceOf is the environment that an alert of the delivery names; empty: none.
func (e AlertsReceived) PlaceOf(print string) string { return cmp.Or(e.Places[print], e.Environment) }

// AlertsHeard says that messages about incidents came which say nothing new.
type AlertsHeard struct {
	Incidents []string `json:"incidents"`
}

// AlertsDecided is the decision about alerts whose message was held because it might
// have been a late copy.
type AlertsDecided struct {
	Held         string   `json:"held"`               // the incident after whose end it came
	Fingerprints []string `json:"fingerprints"`       // of the alerts
	Incident     string   `json:"incident,omitempty"` // in which they fire; empty: it was a late copy
	Environment  string   `json:"environment,omitempty"`
	Title        string   `json:"title,omitempty"`
	Listed       bool     `json:"listed,omitempty"` // Alertmanager was asked and lists them; otherwise no message came in time
}

// AlertsLookedUp is what Alertmanager said of an incident's alerts when it was
// asked, as far as that is new.
type AlertsLookedUp struct {
	Incident string                `json:"incident"`
	Listed   []string              `json:"listed,omitempty"` // alerts that it has, by fingerprint
	Gone     []string              `json:"gone,omitempty"`   // alerts that it had and no longer lists
	Named    []string              `json:"named,omitempty"`  // groups of which it has no alert that the incident does not name
	Muted    map[string]alert.Mute `json:"muted,omitempty"`  // alerts by fingerprint; an empty Mute: not muted any more
}

// AlertsRefused says that a delivery of alerts was too large to be read.
type AlertsRefused struct {
	Bytes int64 `json:"bytes"` // its size, or the limit if its sender didn't say
	Limit int64 `json:"limit"` // what it may have
}

// AlertSourceFailed says that an Alertmanager which is asked what still fires
// stopped answering.
type AlertSourceFailed struct {
	Source   string    `json:"source"`            // its host
	Since    time.Time `json:"since"`             // when it was asked and gave no answer
	Answered time.Time `json:"answered,omitzero"` // when it last answered; zero: not since gonogo started
	Problem  string    `json:"problem"`           // a sentence, with the next step
}

// AlertSourceAnswered says that such an Alertmanager answers again, or is not
// asked any more.
type AlertSourceAnswered struct {
	Source string `json:"source"`
}

// TriggerTripped says that a trigger found an environment in a bad way.
type TriggerTripped struct {
	Incident    string               `json:"incident"`
	Environment string               `json:"environment"`
	Trigger     string               `json:"trigger"`
	Title       string               `json:"title"`
	Problem     alert.TriggerProblem `json:"problem"`
	Reading     string               `json:"reading,omitempty"`
	Limit       string               `json:"limit,omitempty"`
	Samples     int                  `json:"samples"`            // how many in a row
	By          string               `json:"by,omitempty"`       // who declared it, with Reading as the reason; empty: gonogo measured it
	Hard        bool                 `json:"hard,omitempty"`     // an automatic rollback doesn't wait for anybody
	Measured    bool                 `json:"measured,omitempty"` // at least one of them was measured, and not only missing
}

// TriggerRead is what a firing trigger measures now.
type TriggerRead struct {
	Incident string `json:"incident"`
	Reading  string `json:"reading"`
	Measured bool   `json:"measured,omitempty"` // it is a breach that was measured, the first of the incident
}

// TriggerCleared says that a trigger no longer fires.
type TriggerCleared struct {
	Incident string `json:"incident"`
	Reading  string `json:"reading,omitempty"`
}

// IncidentAcknowledged says who looks after an incident.
type IncidentAcknowledged struct {
	Incident string `json:"incident"`
	By       string `json:"by"`
	Deputy   string `json:"deputy,omitempty"` // role for which By acted as a deputy

	MembershipAsOf time.Time `json:"membership_as_of,omitzero"` // as in RunCancelAsked
}

// IncidentSnoozed says that an incident isn't escalated until a time, or until it gets worse.
type IncidentSnoozed struct {
	Incident string    `json:"incident"`
	Until    time.Time `json:"until"`
	By       string    `json:"by"`
	Deputy   string    `json:"deputy,omitempty"` // role for which By acted as a deputy

	MembershipAsOf time.Time `json:"membership_as_of,omitzero"` // as in RunCancelAsked
}

// IncidentClosed ends an incident on a person's word, since no message about its end
// came.
type IncidentClosed struct {
	Incident string `json:"incident"`
	By       string `json:"by"`
}

// FalseAlarmDeclared says that an incident was a false alarm: what it holds is
// released.
type FalseAlarmDeclared struct {
	Incident string `json:"incident"`
	By       string `json:"by"`
	Reason   string `json:"reason"`
}
