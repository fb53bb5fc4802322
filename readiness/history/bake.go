package history

import (
	"time"

	"gonogo/readiness/work"
)

// Baking reports whether a deployment to an environment has gone live and watches the
// triggers now, and until when it does so at least.
func (s *State) Baking(environment string) (until time.Time, baking bool) {
	run := s.Changing(environment)
	if run == nil {
		return time.Time{}, false
	}
	return run.Baking()
}

// noteBaked notes what a deployment that succeeded has baked, if that is still live.
func (s *State) noteBaked(run *work.Run) {
	if run.Change == nil || !run.Baked() {
		return
	}
	live := s.Live[run.Change.Environment]
	if live.Run != run.ID {
		return
	}
	live.Baked = true
	ownMap(&s.Live, &s.own.live)
	s.Live[run.Change.Environment] = live
}
