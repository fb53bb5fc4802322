package readiness

import (
	"slices"
	"time"

	"gonogo/readiness/checklist"
)

// enoughFixTimes is how many measured cases it takes to replace an estimate.
const enoughFixTimes = 3

// Estimate is how long an item takes to get done: the median time from its first
// failure until it passed, once there are three such cases, and before that the
// checklist's estimate. cases is how many there are; 0: it is the checklist's estimate.
func (v View) Estimate(it *checklist.Item) (takes time.Duration, cases int) {
	took := v.State.FixTimes[it.ID]
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
