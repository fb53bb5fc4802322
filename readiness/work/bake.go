package work

import "time"

// Baking reports whether a deployment has gone live and watches the triggers now, and
// until when it does so at least.
func (r *Run) Baking() (until time.Time, baking bool) {
	began := r.BakeBegan()
	for _, step := range r.Steps {
		if step.Role == RoleBake {
			until, baking = began.Add(step.Lasts), step.Ended.IsZero()
		}
	}
	if !r.Open() || began.IsZero() || !baking {
		return time.Time{}, false
	}
	return until, true
}

// Bakes lists how long after its bake begins a deployment looks at the triggers; none:
// it doesn't bake.
func (r *Run) Bakes() []time.Duration {
	var all []time.Duration
	for _, step := range r.Steps {
		if step.Role == RoleBake {
			all = append(all, step.Lasts)
		}
	}
	return all
}

// BakeBegan is when a deployment began to bake; zero: not yet.
func (r *Run) BakeBegan() time.Time {
	step, _ := r.StepOf(RoleBake)
	return step.Started
}

// Baked reports whether a deployment baked as long as planned, and then succeeded.
func (r *Run) Baked() bool {
	baked := r.What == Deployment && r.Outcome == Completed && len(r.Bakes()) > 0
	for _, step := range r.Steps {
		baked = baked && (step.Role != RoleBake || step.Evidence.Verdict.LetsThrough())
	}
	return baked
}
