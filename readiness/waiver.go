package readiness

import (
	"cmp"
	"fmt"
	"slices"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
)

// suspends says why a waiver doesn't count for the current answer. It counts again once
// that has passed.
func (s Standing) suspends(w history.Waiver, it *checklist.Item) string {
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

func verdictWords(v answer.Verdict) string {
	switch v {
	case "":
		return "unanswered"
	case answer.Errored:
		return "not measurable"
	case answer.NotConfigured:
		return "not configured"
	}
	return string(v)
}

// waiverName distinguishes the waivers of the same item and environment.
func waiverName(w history.Waiver) string { return fmt.Sprintf("%s %d", w.By, w.At.Unix()) }

// Waiver is the newest waiver of an item for an environment, whether or not it
// still counts.
func (v View) Waiver(item, environment string) (history.Waiver, bool) {
	release := v.Release()
	if release == nil {
		return history.Waiver{}, false
	}
	w, ok := release.Waivers[answer.Key{Item: item, Environment: environment}]
	return w, ok
}

// ToWaive is what a waiver of an answer would cover now.
func (v View) ToWaive(it *checklist.Item, s Standing) *answer.Shown {
	shown := &answer.Shown{Definition: it.Definition, Verdict: s.Verdict(), Measures: s.Evidence.Measures}
	for _, key := range it.Keys() {
		if v.unwaived(it, key).Through {
			shown.Passing = append(shown.Passing, key.String())
		}
	}
	return shown
}

// Waivers lists the waivers of the open release that concern an environment,
// by the checklist's order. Those that have ended are among them.
func (v View) Waivers(environment string) []history.Waiver {
	var all []history.Waiver
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

// StandingFor is the state of one answer of an item as it counts for an environment.
func (v View) StandingFor(it *checklist.Item, key answer.Key, environment string) Standing {
	s := v.unwaived(it, key)
	return v.waived(s, it, []string{environment})
}

// waived makes an answer that is not met pass if a waiver counts for each of some
// environments.
func (v View) waived(s Standing, it *checklist.Item, environments []string) Standing {
	if s.Through || len(environments) == 0 {
		return s
	}
	for _, environment := range environments {
		if w, ok := v.Waiver(it.ID, environment); ok {
			w.Suspended = s.suspends(w, it)
			s.Waivers = append(s.Waivers, w)
		}
	}
	s.Waived = len(s.Waivers) == len(environments) && !slices.ContainsFunc(s.Waivers, func(w history.Waiver) bool { return !w.Counts(v.Now) })
	s.Through = s.Waived
	return s
}

// Waivable says why an answer cannot be waived, or "".
func (s Standing) Waivable(it *checklist.Item) string {
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
