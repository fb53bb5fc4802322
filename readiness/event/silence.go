package event

import "time"

// The events of silences that gonogo keeps in Alertmanager.

// SilenceAsked says that an alert is to be silenced until a time, or that the alerts of an
// environment are for as long as a run's cutover lasts.
type SilenceAsked struct {
	ID          string            `json:"id"` // gonogo's mark, which the silence's comment has
	Incident    string            `json:"incident,omitempty"`
	Fingerprint string            `json:"fingerprint,omitempty"` // the incident's alert
	Until       time.Time         `json:"until,omitzero"`
	By          string            `json:"by,omitempty"`
	Run         string            `json:"run,omitempty"`
	Environment string            `json:"environment,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"` // of the environment's alerts
}

// SilenceEndAsked says that a silence is to end before its time.
type SilenceEndAsked struct {
	ID string `json:"id"`
	By string `json:"by"`
}

// SilenceIntended says that an Alertmanager is about to be told to create a silence, or to
// end it.
type SilenceIntended struct {
	ID     string `json:"id"`
	Source string `json:"source"` // the Alertmanager's host
	Ends   bool   `json:"ends,omitempty"`
}

// SilenceWritten says that an Alertmanager has a silence.
type SilenceWritten struct {
	ID      string    `json:"id"`
	Source  string    `json:"source"`
	Silence string    `json:"silence"` // its ID there
	Until   time.Time `json:"until"`   // when it ends there
}

// SilenceDelayed says why an Alertmanager could not be told, or asked, the last time.
type SilenceDelayed struct {
	ID      string `json:"id"`
	Source  string `json:"source"`
	Problem string `json:"problem"`
	Refused bool   `json:"refused,omitempty"` // it isn't tried again
}

// SilenceGone says that an Alertmanager no longer has a silence in force.
type SilenceGone struct {
	ID     string `json:"id"`
	Source string `json:"source"`
	Lost   bool   `json:"lost,omitempty"` // before its time, and not by gonogo
}
