package readiness

import (
	"slices"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/work"
)

// mostUsual is how many deployments say what is usual.
const mostUsual = 3

// Usual is how long deployments to an environment usually take: the median of the last
// three that were completed. of is how many there are; 0: it isn't known.
func (v View) Usual(environment string) (takes time.Duration, of int) {
	took := v.LastTook(environment)
	return median(took), len(took)
}

// LastTook is how long the last three completed deployments to an environment took, the
// newest first.
func (v View) LastTook(environment string) (took []time.Duration) {
	for _, run := range v.lastDeployments(environment) {
		took = append(took, run.Ended.Sub(run.Started))
	}
	return took
}

// UsualSteps is how long the steps of a deployment to an environment usually take, by
// their names: the median of those of the last three completed deployments that did them.
func (v View) UsualSteps(environment string) map[string]time.Duration {
	took := map[string][]time.Duration{}
	for _, run := range v.lastDeployments(environment) {
		for _, step := range run.Steps {
			if !step.Started.IsZero() && !step.Ended.IsZero() && step.Evidence.Verdict != answer.NotApplicable {
				took[step.Name] = append(took[step.Name], step.Ended.Sub(step.Started))
			}
		}
	}
	usual := map[string]time.Duration{}
	for name, all := range took {
		usual[name] = median(all)
	}
	return usual
}

// lastDeployments are the last three deployments to an environment that were completed,
// the newest first.
func (v View) lastDeployments(environment string) []*work.Run {
	var done []*work.Run
	for _, run := range v.State.Runs {
		if run.What == work.Deployment && run.Outcome == work.Completed && run.Change != nil && run.Change.Environment == environment {
			done = append(done, run)
		}
	}
	slices.SortFunc(done, func(a, b *work.Run) int { return b.Ended.Compare(a.Ended) })
	return done[:min(len(done), mostUsual)]
}

// median is the middle one, of two in the middle the shorter; 0 if there is none.
func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[(len(sorted)-1)/2]
}
