package readiness

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Waiver is a named person's word that one item which is not met counts as met
// for one environment, until a moment, with a reason. It belongs to one
// release.
type Waiver struct {
	Item        string
	Environment string
	By, Reason  string
	At, Until   time.Time
	Shown       *Shown // what was waived; nil: it was not recorded

	Suspended string // why it does not count now, besides its end; empty: it does
}

// Shown is what a waiver lets count as met: the question, and the answer as it
// was shown to whoever waived it.
type Shown struct {
	Definition Definition        `json:"definition,omitempty"`
	Verdict    Verdict           `json:"verdict,omitempty"` // empty: nobody had answered
	Measures   []Measure         `json:"measures,omitempty"`
	Ceilings   map[string]string `json:"ceilings,omitempty"` // by measure: how bad it may get, where that is not what was shown
	// Passing are the item's answers, by Key.String(), that were met: the waiver
	// is not about them. Absent in events of older versions of gonogo.
	Passing []string `json:"passing,omitempty"`
}

// Counts reports whether the waiver counts at a moment.
func (w Waiver) Counts(now time.Time) bool { return w.Suspended == "" && now.Before(w.Until) }

// Over reports whether the waiver has ended for good.
func (w Waiver) Over(now time.Time) bool { return !now.Before(w.Until) }

// suspends says why a waiver does not count for an answer as it stands now. It
// counts again once that has passed.
func (s Standing) suspends(w Waiver, it *Item) string {
	switch {
	case s.Waiting != "":
		return s.Waiting
	case it.Gate != nil && s.Stale != "":
		return "its evidence is stale"
	case it.Gate != nil && s.Verdict() == "":
		return "it is not measured"
	}
	if w.Shown == nil {
		return ""
	}
	if slices.Contains(w.Shown.Passing, s.Key.String()) {
		return "this answer was met when another of the item was waived"
	}
	if why := w.Shown.Definition.Changed(it.Definition); why != "" {
		return why
	}
	if was, is := w.Shown.Verdict, s.Verdict(); was != is && is != "" {
		return fmt.Sprintf("it was %s when it was waived, and is %s now", verdictWords(was), verdictWords(is))
	}
	for _, m := range s.Evidence.Measures {
		if worse := w.Shown.Worse(m); worse != "" {
			return worse
		}
	}
	return ""
}

// Worse says how a measure has passed what was waived; "" when it has not.
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

func verdictWords(v Verdict) string {
	switch v {
	case "":
		return "unanswered"
	case Errored:
		return "not measurable"
	case NotConfigured:
		return "not configured"
	}
	return string(v)
}

// waiverName tells a waiver from another of the same item and environment.
func waiverName(w Waiver) string { return fmt.Sprintf("%s %d", w.By, w.At.Unix()) }

// Waiver is the newest waiver of an item for an environment, whether or not it
// still counts.
func (v View) Waiver(item, environment string) (Waiver, bool) {
	release := v.Release()
	if release == nil {
		return Waiver{}, false
	}
	w, ok := release.Waivers[Key{item, environment}]
	return w, ok
}

// ToWaive is what a waiver of an answer would let count as met now.
func (v View) ToWaive(it *Item, s Standing) *Shown {
	shown := &Shown{Definition: it.Definition, Verdict: s.Verdict(), Measures: s.Evidence.Measures}
	for _, key := range it.Keys() {
		if v.unwaived(it, key).Through {
			shown.Passing = append(shown.Passing, key.String())
		}
	}
	return shown
}

// Waivers lists the waivers of the open release that concern an environment,
// by the checklist's order. Those that have ended are among them.
func (v View) Waivers(environment string) []Waiver {
	var all []Waiver
	for _, section := range v.Sections() {
		for _, it := range section.Items {
			if w, ok := v.Waiver(it.ID, environment); ok {
				for _, key := range it.KeysFor(environment) {
					if s := v.unwaived(it, key); !s.Through {
						w.Suspended = cmp.Or(w.Suspended, s.suspends(w, it))
					}
				}
				all = append(all, w)
			}
		}
	}
	return all
}

// StandingFor judges one answer of an item as it counts for an environment.
func (v View) StandingFor(it *Item, key Key, environment string) Standing {
	s := v.unwaived(it, key)
	return v.waived(s, it, []string{environment})
}

// waived lets an answer that is not met through where a waiver counts for each
// of some environments.
func (v View) waived(s Standing, it *Item, environments []string) Standing {
	if s.Through || len(environments) == 0 {
		return s
	}
	for _, environment := range environments {
		if w, ok := v.Waiver(it.ID, environment); ok {
			w.Suspended = s.suspends(w, it)
			s.Waivers = append(s.Waivers, w)
		}
	}
	s.Waived = len(s.Waivers) == len(environments) && !slices.ContainsFunc(s.Waivers, func(w Waiver) bool { return !w.Counts(v.Now) })
	s.Through = s.Waived
	return s
}

// Waivable says why an answer cannot be waived, or "".
func (s Standing) Waivable(it *Item) string {
	switch {
	case s.Through && !s.Waived:
		return "it is met"
	case s.Waiting != "":
		return s.Waiting
	case it.Gate != nil && s.Verdict() == "" && s.Stale != "":
		return "its evidence is stale, so that nobody knows what would be waived; run it again first"
	case it.Gate != nil && s.Verdict() == "":
		return "it was not measured yet, so that nobody knows what would be waived; run it first"
	}
	return ""
}

func (s *State) waive(at time.Time, e WaiverGiven) {
	if r := s.changeRelease(e.Release); r != nil {
		r.Waivers[Key{e.Item, e.Environment}] = Waiver{Item: e.Item, Environment: e.Environment, By: e.By, Reason: e.Reason, At: at, Until: e.Until, Shown: e.Shown}
	}
}
