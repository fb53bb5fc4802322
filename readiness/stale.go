package readiness

import (
	"slices"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// StaleItem is an answer whose evidence counts only until a time.
type StaleItem struct {
	Item  *checklist.Item
	Key   answer.Key
	Until time.Time
}

// StaleSoon lists the answers that pass now and expire within a while, the first to
// expire first.
func StaleSoon(v View, within time.Duration) []StaleItem {
	var soon []StaleItem
	for _, section := range v.Sections() {
		for _, it := range section.Items {
			for _, s := range v.Standings(it) {
				if s.Through && !s.Until.IsZero() && s.Until.Sub(v.Now) <= within {
					soon = append(soon, StaleItem{it, s.Key, s.Until})
				}
			}
		}
	}
	slices.SortStableFunc(soon, func(a, b StaleItem) int { return a.Until.Compare(b.Until) })
	return soon
}
