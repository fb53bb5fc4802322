package answer

import (
	"time"
)

// Evidence is what was found, by whom, under which settings. The fold adds the ledger's
// time.
type Evidence struct {
	Verdict  Verdict       `json:"verdict"`
	Summary  string        `json:"summary,omitempty"` // one line for people
	Measures []Measure     `json:"measures,omitempty"`
	Details  []string      `json:"details,omitempty"` // further lines, the most important first
	Note     string        `json:"note,omitempty"`    // what a person wrote
	Link     string        `json:"link,omitempty"`
	File     *File         `json:"file,omitempty"`
	Settings string        `json:"settings,omitempty"` // hash of the gate's settings
	Took     time.Duration `json:"took,omitempty"`     // nanoseconds
	By       string        `json:"by,omitempty"`       // Slack user ID; empty: gonogo itself

	Bulk       int        `json:"bulk,omitempty"`       // how many lines one press answered; 0: only this one
	Definition Definition `json:"definition,omitempty"` // the question it answers; empty: recorded before questions had one
	Scope      Scope      `json:"scope,omitempty"`      // what it counts for; empty: ReleaseScope
	Subject    Subject    `json:"subject,omitzero"`     // what it was measured on

	// Measured is when it was measured, where it was recorded later than that:
	// because the disk was full, say. Zero: at the moment when it was recorded.
	Measured time.Time `json:"measured,omitzero"`

	// Misdated says that it was recorded while the clock was ahead, so that its age
	// isn't known. At is then no earlier than it really was.
	Misdated bool `json:"-"`

	At time.Time `json:"-"` // from when it counts: when it was measured, or else recorded
}

// Since is from when evidence counts that was recorded at a moment.
func (e Evidence) Since(recorded time.Time) time.Time {
	if !e.Measured.IsZero() && e.Measured.Before(recorded) {
		return e.Measured
	}
	return recorded
}

// Measure is one number or word that a gate compared, with its limit as the
// configuration writes it.
type Measure struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Unit  string `json:"unit,omitempty"`
	Limit string `json:"limit,omitempty"`
	OK    bool   `json:"ok"`
}

// File is evidence that stays outside: a name and the SHA-256 of the content.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // 64 lower-case hex digits
}
