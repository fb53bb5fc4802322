package readiness

import (
	"slices"
	"time"

	"gonogo/readiness/work"
)

// mostUsual is how many deployments say what is usual.
const mostUsual = 3

// Usual is how long deployments to an environment usually take: the median of the last
// three that were completed. of is how many there are; 0: it isn't known.
func (v View) Usual(environment string) (takes time.Duration, of int) {
	var done []*work.Run
	for _, run := range v.State.Runs {
		if run.What == work.Deployment && run.Outcome == work.Completed && run.Change != nil && run.Change.Environment == environment {
			done = append(done, run)
		}
	}
	slices.SortFunc(done, func(a, b *work.Run) int { return b.Ended.Compare(a.Ended) })
	var took []time.Duration
	for _, run := range done[:min(len(done), mostUsual)] {
		took = append(took, run.Ended.Sub(run.Started))
	}
	if len(took) == 0 {
		return 0, 0
	}
	slices.Sort(took)
	return took[(len(took)-1)/2], len(took)
}
