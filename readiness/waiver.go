package readiness

import (
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
}

// Counts reports whether the waiver counts at a moment.
func (w Waiver) Counts(now time.Time) bool { return now.Before(w.Until) }

// name tells a waiver from another of the same item and environment.
func (w Waiver) name() string { return fmt.Sprintf("%s %d", w.By, w.At.Unix()) }

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

// Waivers lists the waivers of the open release that concern an environment,
// by the checklist's order. Those that have ended are among them.
func (v View) Waivers(environment string) []Waiver {
	var all []Waiver
	for _, section := range v.Checklist.Sections {
		for _, it := range section.Items {
			if w, ok := v.Waiver(it.ID, environment); ok {
				all = append(all, w)
			}
		}
	}
	return all
}

// StandingFor judges one answer of an item as it counts for an environment.
func (v View) StandingFor(it *Item, key Key, environment string) Standing {
	s := v.bare(it, key)
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
	case it.Gate != nil && s.Verdict() == "" && s.Stale != "":
		return "its evidence is stale, so that nobody knows what would be waived; run it again first"
	case it.Gate != nil && s.Verdict() == "":
		return "it was not measured yet, so that nobody knows what would be waived; run it first"
	}
	return ""
}

func (s *State) waive(at time.Time, e WaiverGiven) {
	if r := s.changeRelease(e.Release); r != nil {
		r.Waivers[Key{e.Item, e.Environment}] = Waiver{Item: e.Item, Environment: e.Environment, By: e.By, Reason: e.Reason, At: at, Until: e.Until}
	}
}
