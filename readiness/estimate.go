package readiness

import (
	"slices"
	"time"
)

// keptFixTimes is how many cases of an item are remembered, the newest.
const keptFixTimes = 9

// enoughFixTimes is after how many cases they say more than an estimate.
const enoughFixTimes = 3

// Estimate is how long an item takes to get done: the median of how long it
// took from its first failure until it let through, once there are three such
// cases, and what the checklist says before. cases is how many there are; 0:
// it is the checklist's word.
func (v View) Estimate(it *Item) (takes time.Duration, cases int) {
	took := v.State.Mendings[it.ID]
	if len(took) < enoughFixTimes {
		return it.Estimate, 0
	}
	sorted := slices.Sorted(slices.Values(took))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2, len(sorted)
	}
	return sorted[middle], len(sorted)
}

// noteFixTime notes how long an answer took from its first failure until it let
// through. What could not be measured says nothing about either.
func (s *State) noteFixTime(at time.Time, r *Release, key Key, verdict Verdict) {
	since, failing := r.Failing[key]
	switch {
	case verdict == Failed && !failing:
		r.Failing[key] = at
	case failing && verdict == NotApplicable:
		delete(r.Failing, key)
	case failing && verdict.LetsThrough():
		delete(r.Failing, key)
		ownMap(&s.Mendings, &s.own.mendings)
		took := append(slices.Clone(s.Mendings[key.Item]), at.Sub(since))
		s.Mendings[key.Item] = took[max(0, len(took)-keptFixTimes):]
	}
}
