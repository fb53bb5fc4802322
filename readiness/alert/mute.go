package alert

import (
	"time"
)

// Mute is why Alertmanager sends no notifications about a firing alert.
type Mute struct {
	Silences   []Silence `json:"silences,omitempty"`
	Inhibitors []string  `json:"inhibitors,omitempty"` // names of the alerts that inhibit it
	Intervals  []string  `json:"intervals,omitempty"`  // mute time intervals of its route
}

// Silence is a silence of Alertmanager.
type Silence struct {
	ID      string    `json:"id"`
	By      string    `json:"by,omitempty"`
	Comment string    `json:"comment,omitempty"`
	Ends    time.Time `json:"ends,omitzero"`
}

// Muted reports whether there is such a reason.
func (m Mute) Muted() bool { return len(m.Silences)+len(m.Inhibitors)+len(m.Intervals) > 0 }
