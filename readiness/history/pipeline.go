package history

import (
	"slices"
	"time"

	"gonogo/readiness/build"
)

// keptPipelined is how many deployments by pipelines the state remembers of an
// environment; the ledger remembers all.
const keptPipelined = 500

// Pipelined is a deployment that a team's own pipeline made: gonogo found that it had
// succeeded.
type Pipelined struct {
	build.Build
	From   build.Build // what was live before
	Review string      // ID of the review with which gonogo let it through; empty: somebody else did
	Back   bool        // it brought back what From had followed
	Began  time.Time
	At     time.Time // when gonogo found it
}

// pipelined notes a deployment of a pipeline, before what is live changes.
func (s *State) pipelined(environment string, p Pipelined) {
	live := s.Live[environment]
	if p.Deployment == "" || live.Deployment == p.Deployment {
		return
	}
	if p.Began.IsZero() || p.Began.After(p.At) {
		p.Began = p.At
	}
	before := s.Pipelined[environment]
	p.From, p.Back = live.Build, bringsBack(before, live.Build, p.Build)
	ownMap(&s.Pipelined, &s.own.pipelined)
	s.Pipelined[environment] = slices.Concat(before[max(0, len(before)+1-keptPipelined):], []Pipelined{p})
}

// bringsBack reports whether a build went live earlier than the one that it replaces.
func bringsBack(before []Pipelined, from, to build.Build) bool {
	var order []build.Build
	for i, p := range before {
		if i == 0 {
			order = append(order, p.From)
		}
		order = append(order, p.Build)
	}
	first := func(b build.Build) int {
		return slices.IndexFunc(order, func(o build.Build) bool { return sameBuild(o, b) })
	}
	earlier, later := first(to), first(from)
	return earlier >= 0 && (later < 0 || earlier < later)
}

// sameBuild reports whether two builds are the same one, as far as is known.
func sameBuild(a, b build.Build) bool {
	if a.Commit != "" && b.Commit != "" {
		return build.SameCommit(a.Commit, b.Commit)
	}
	return a.Version == b.Version && a.Version != ""
}

// LastPipelined is the newest deployment of an environment that a pipeline had begun by a
// time: a possible cause of an incident.
func (s *State) LastPipelined(environment string, by time.Time) (last Pipelined, ok bool) {
	for _, p := range s.Pipelined[environment] {
		if !p.Began.After(by) && (!ok || !p.Began.Before(last.Began)) {
			last, ok = p, true
		}
	}
	return last, ok
}

// PipelinedKeptSince is when the oldest of an environment's deployments by a pipeline was
// found that the state remembers. It is zero if none was forgotten.
func (s *State) PipelinedKeptSince(environment string) time.Time {
	all := s.Pipelined[environment]
	if len(all) < keptPipelined {
		return time.Time{}
	}
	return all[0].At
}
