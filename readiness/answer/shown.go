package answer

import (
	"fmt"
	"slices"
)

// Shown is what a waiver covers: the question, and the answer as it was shown to the
// person who waived it.
type Shown struct {
	Definition Definition        `json:"definition,omitempty"`
	Verdict    Verdict           `json:"verdict,omitempty"` // empty: nobody had answered
	Measures   []Measure         `json:"measures,omitempty"`
	Ceilings   map[string]string `json:"ceilings,omitempty"` // by measure: how bad it may get, if not as shown
	// Passing are the item's answers, by Key.String(), that were met and that the waiver
	// doesn't cover. Absent in events of older versions of gonogo.
	Passing []string `json:"passing,omitempty"`
}

// Worse says how a measure has become worse than what was waived; "" if it hasn't.
func (w *Shown) Worse(m Measure) string {
	if m.OK {
		return ""
	}
	i := slices.IndexFunc(w.Measures, func(shown Measure) bool { return shown.Name == m.Name })
	if i < 0 {
		return m.Name + " was not over its limit when it was waived"
	}
	ceiling := w.Measures[i]
	if raised, ok := w.Ceilings[m.Name]; ok {
		ceiling.Value, ceiling.Unit, ceiling.OK = raised, "", false
	}
	switch {
	case ceiling.OK:
		return m.Name + " met its limit when it was waived"
	case m.worseThan(ceiling):
		return fmt.Sprintf("%s is %s now, and was waived at %s", m.Name, m.Amount(), ceiling.Amount())
	}
	return ""
}
