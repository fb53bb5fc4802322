package readiness

import (
	"cmp"
	"fmt"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
)

// answers says why an answer doesn't belong to an item; "" if it does. Once a ledger is
// bound, an answer to an unknown question never does.
func (v View) answers(it *checklist.Item, key answer.Key, ev answer.Evidence) string {
	if ev.Definition == "" && v.State.Bound {
		return "the question it answered is not known"
	}
	return ev.Definition.Changed(it.Asks(key))
}

// Stamp adds to an answer what it belongs to, according to the view when the answer is
// given.
func (v View) Stamp(it *checklist.Item, key answer.Key, ev answer.Evidence) answer.Evidence {
	ev.Definition, ev.Scope = it.Asks(key), it.Scope
	if ev.Verdict == answer.NotApplicable {
		ev.Scope = answer.ReleaseScope // given for this release
	}
	if release := v.Release(); release != nil {
		ev.Subject = answer.Subject{Release: release.Version, Commit: release.Commit}
	}
	live := v.LiveOn(key.Environment)
	switch {
	case key.Environment == "" || ev.Verdict == answer.NotApplicable || it.Scope.CarriesOver():
	case it.Scope == answer.DeploymentScope:
		ev.Subject.Arrival = live.Arrival
	case it.Manual != nil:
		ev.Subject.Build = build.Build{Version: live.Version, Commit: live.Commit}
	}
	return ev
}

// isLive reports whether the release of the view is live on an environment, as far as
// is known: a build without a commit may be it.
func (v View) isLive(environment string) bool {
	release, live := v.Release(), v.LiveOn(environment)
	return release != nil && live.Version == release.Version && (live.Commit == "" || !build.OtherCommit(release.Commit, live.Commit))
}

// takenElsewhere says why an answer was measured on something else than what counts; ""
// if it wasn't.
func (v View) takenElsewhere(it *checklist.Item, key answer.Key, ev answer.Evidence) string {
	if ev.Verdict == answer.NotApplicable || key.Environment == "" || it.Scope.CarriesOver() || it.Scope != answer.DeploymentScope && it.Manual == nil {
		return ""
	}
	if why := v.unobserved(key.Environment); why != "" {
		return fmt.Sprintf("what is live on %s is not known: %s", key.Environment, why)
	}
	live := v.LiveOn(key.Environment)
	switch {
	case it.Scope == answer.DeploymentScope && ev.Scope == answer.DeploymentScope && ev.Subject.Arrival == live.Arrival:
		return ""
	case it.Scope == answer.DeploymentScope:
		return fmt.Sprintf("it was taken before %s went live on %s", live.Version, key.Environment)
	case ev.Subject.Release == "":
		return ""
	case ev.Subject.Build.Version != live.Version || build.OtherCommit(ev.Subject.Build.Commit, live.Commit):
		return fmt.Sprintf("it was checked while %s was live on %s, and %s is now", orNothing(ev.Subject.Build.Version), key.Environment, orNothing(live.Version))
	}
	return ""
}

func orNothing(version string) string { return cmp.Or(version, "nothing known") }
