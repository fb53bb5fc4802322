package deploy

import "time"

// Auto says when gonogo rolls an environment back by itself. Package runs does it.
type Auto struct {
	Countdown    time.Duration // how long people may stop it, unless the trigger is a hard one
	Within       time.Duration // how long after a version went live it may be left
	TargetMaxAge time.Duration // how long ago the version that comes back may have gone live
	Control      Sampler       // an address outside; only while it answers is a breach not gonogo's own network
}
