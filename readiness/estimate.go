package readiness

import (
	"slices"
	"time"

	"gonogo/readiness/checklist"
)

// enoughFixTimes is after how many cases they say more than an estimate.
const enoughFixTimes = 3

// Estimate is how long an item takes to get done: the median of how long it
// took from its first failure until it let through, once there are three such
// cases, and what the checklist says before. cases is how many there are; 0:
// it is the checklist's word.
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
