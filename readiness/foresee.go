package readiness

import (
	"slices"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/event"
)

// Foreseen is the decision on starting a deployment at a later time, as far as it can be
// told now: approvals, waivers, lifts and people's answers have expired that do until
// then, and freezes have begun or ended. Gates are measured again before, so those that
// pass now are taken to pass then, and those that aren't measured now don't count; nor
// does a platform that doesn't answer now.
func (v View) Foreseen(environment, deployer string, at time.Time) Decision {
	d := v.at(environment, at).DecideStart(environment, deployer)
	d.Blockers = slices.DeleteFunc(d.Blockers, func(b Blocker) bool {
		return b.Kind == BlockedByPlatform || b.unmeasured()
	})
	d.Go = len(d.Blockers) == 0
	return d
}

// unmeasured reports whether a gate blocks only until it is measured.
func (b Blocker) unmeasured() bool {
	return b.Item != nil && b.Item.Gate != nil && b.Item.Gate.Condition == nil && b.Answer().Verdict() == "" && b.Answer().Waiting == ""
}

// ExpiringBy lists what doesn't block the start of a deployment now and will at a later
// time.
func (v View) ExpiringBy(environment, deployer string, at time.Time) []Blocker {
	now := v.DecideStart(environment, deployer).Blockers
	return slices.DeleteFunc(v.Foreseen(environment, deployer, at).Blockers, func(later Blocker) bool {
		return slices.ContainsFunc(now, func(b Blocker) bool { return b.same(later) })
	})
}

// same reports whether two blockers are about the same thing, whatever they say of it.
func (b Blocker) same(other Blocker) bool {
	holds := func(b Blocker) string {
		if b.Hold == nil {
			return ""
		}
		return b.Hold.ID + " " + b.Hold.Claim
	}
	return b.Kind == other.Kind && b.Environment == other.Environment && b.Title == other.Title && b.Answer().Key == other.Answer().Key && holds(b) == holds(other)
}

// at is the view of a later time, if the gates that block an environment have the same
// results then.
func (v View) at(environment string, at time.Time) View {
	release := v.Release()
	later := View{Checklist: v.Checklist, State: v.State.Next(), Now: at, Version: v.Version}
	if release == nil {
		return later
	}
	for it := range v.blocking(environment) {
		for _, key := range it.KeysFor(environment) {
			ev, measured := release.Evidence[key]
			if it.Gate == nil || it.Gate.Condition != nil || !measured || ev.Verdict == answer.NotApplicable || v.StandingFor(it, key, environment).Stale != "" {
				continue
			}
			ev.Measured = time.Time{}
			later.State.Apply(at, event.EvidenceRecorded{Release: release.Version, Item: key.Item, Environment: key.Environment, Evidence: ev})
		}
	}
	return later
}
