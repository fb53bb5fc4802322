package readiness

import (
	"cmp"
	"slices"

	"gonogo/readiness/history"
)

// Stranded is something in the ledger about an environment that the checklist of
// a view does not have: what a configuration that renames or removes it leaves
// behind.
type Stranded struct {
	Environment string
	What        string // "the run “19.0.2 to production”", "the lock by U0DEV"
	Then        string // what happens to it when that configuration is loaded, and what to do before
}

// Stranded lists the open runs, locks, freezes, pins, rollbacks of open releases
// and open incidents on environments that the checklist does not have, environment
// by environment.
func (v View) Stranded() []Stranded {
	all := slices.Concat(v.strandedRuns(), v.strandedLocks(), v.strandedPins(), v.strandedFreezes(), v.strandedRollbacks(), v.strandedIncidents())
	all = slices.DeleteFunc(all, func(s Stranded) bool {
		_, known := v.Checklist.Environment(s.Environment)
		return known || s.Environment == ""
	})
	slices.SortStableFunc(all, func(a, b Stranded) int { return cmp.Compare(a.Environment, b.Environment) })
	return all
}

func (v View) strandedRuns() []Stranded {
	var all []Stranded
	for _, run := range v.State.OpenRuns() {
		what := "the run “" + run.Title + "”"
		if run.Change != nil {
			all = append(all, Stranded{run.Change.Environment, what, "it can't continue, and asks whether to abandon it; let it end before the restart"})
			continue
		}
		all = append(all, Stranded{run.Environment, what, "it ends as interrupted; let it end before the restart"})
	}
	return all
}

func (v View) strandedLocks() []Stranded {
	var all []Stranded
	for env, lock := range v.State.Locks {
		for l := &lock; l != nil; l = l.Under {
			if l.Run == "" && l.Claim != history.PinClaim(env) {
				all = append(all, Stranded{env, "the lock" + doneBy(l.By) + inBrackets(l.Reason), "it holds nothing, and comes back with an environment of this name; unlock it before the restart"})
			}
		}
	}
	return all
}

func (v View) strandedPins() []Stranded {
	pinned := map[string]bool{}
	for env := range v.State.Locks {
		pinned[env] = v.State.Pinned(env)
	}
	for env, o := range v.State.Observed {
		pinned[env] = pinned[env] || o.Pinned
	}
	var all []Stranded
	for env, is := range pinned {
		if is && v.State.Changing(env) == nil {
			all = append(all, Stranded{env, "the platform's pin", "the platform keeps it, and gonogo can't release it; choose Keep or Return before the restart"})
		}
	}
	return all
}

func (v View) strandedFreezes() []Stranded {
	var all []Stranded
	for env, f := range v.State.Frozen {
		if v.Now.Before(f.Until) {
			all = append(all, Stranded{env, "the freeze" + doneBy(f.By) + inBrackets(f.Reason), "it holds nothing; freeze the environment that replaces it"})
		}
	}
	return all
}

// strandedRollbacks are the holds on versions that may go out again.
func (v View) strandedRollbacks() []Stranded {
	var all []Stranded
	for place, w := range v.State.RolledBack {
		if v.State.IsOpen(place.Version) {
			all = append(all, Stranded{place.Environment, "the rollback from " + place.Version + doneBy(w.By), "it no longer holds " + place.Version + " back; close that release if it must not go out"})
		}
	}
	return sortedByWhat(all)
}

func (v View) strandedIncidents() []Stranded {
	var all []Stranded
	for _, i := range v.State.Incidents {
		if !i.Firing() {
			continue
		}
		what, then := "the incident “"+i.Title+"”", "it stays open, but holds no release, and nothing can be rolled back from its card"
		if i.Trigger != "" {
			then = "it is closed, since nothing watches its trigger"
		}
		all = append(all, Stranded{i.Environment, what, then})
		for _, environment := range otherPlaces(i) {
			all = append(all, Stranded{environment, what, "its alerts on this environment no longer hold a release"})
		}
	}
	return sortedByWhat(all)
}

// otherPlaces lists the environments other than its own that an incident's firing
// alerts name.
func otherPlaces(i *history.Incident) []string {
	var named []string
	for print, record := range i.Records {
		if i.Fires(print) && record.Place != "" && record.Place != i.Environment {
			named = append(named, record.Place)
		}
	}
	slices.Sort(named)
	return slices.Compact(named)
}

func sortedByWhat(all []Stranded) []Stranded {
	slices.SortFunc(all, func(a, b Stranded) int { return cmp.Compare(a.What, b.What) })
	return all
}

func doneBy(user string) string {
	if user == "" {
		return ""
	}
	return " by " + user
}

func inBrackets(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}
