package history

import (
	"slices"
	"time"

	"gonogo/readiness/answer"
)

// keptFixTimes is how many fix times are remembered for an item, the newest.
const keptFixTimes = 9

// noteFixTime notes how long an answer took from its first failure until it passed. An
// answer that couldn't be measured counts as neither.
func (s *State) noteFixTime(at time.Time, r *Release, key answer.Key, verdict answer.Verdict) {
	since, failing := r.Failing[key]
	switch {
	case verdict == answer.Failed && !failing:
		r.Failing[key] = at
	case failing && verdict == answer.NotApplicable:
		delete(r.Failing, key)
	case failing && verdict.LetsThrough():
		delete(r.Failing, key)
		ownMap(&s.FixTimes, &s.own.fixTimes)
		took := append(slices.Clone(s.FixTimes[key.Item]), at.Sub(since))
		s.FixTimes[key.Item] = took[max(0, len(took)-keptFixTimes):]
	}
}
