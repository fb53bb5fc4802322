package readiness

import (
	"maps"

	"gonogo/readiness/history"
)

// unobserved says why it is not known what is live on an environment whose
// platform or site gonogo asks, or "".
func (v View) unobserved(environment string) string {
	env, _ := v.Checklist.Environment(environment)
	o, asked := v.State.Observed[environment]
	switch {
	case env.App == "" && !env.Site:
		return ""
	case !asked && env.Site:
		return "its site has not been asked yet"
	case !asked || o.App != env.App:
		return "its platform has not been asked yet"
	case o.Problem != "":
		return o.Problem
	}
	return ""
}

// LiveOn is what is recorded as live on an environment. A record about another app than
// the configured one doesn't count.
func (v View) LiveOn(environment string) history.Live {
	live := v.State.Live[environment]
	if env, known := v.Checklist.Environment(environment); known && live.App != env.App {
		return history.Live{}
	}
	return live
}

// AsLastObserved is the view as if each platform that doesn't answer now gave its last
// answer again. Approvals use it: a platform that can't be reached makes NO-GO, but
// doesn't invalidate approvals.
func (v View) AsLastObserved() View {
	observed := maps.Clone(v.State.Observed)
	away := false
	for env, o := range observed {
		if o.Problem != "" && !o.At.IsZero() {
			o.Problem, away = "", true
			observed[env] = o
		}
	}
	if !away {
		return v
	}
	state := *v.State
	state.Observed = observed
	v.State = &state
	return v
}

// platformBlockers block a deployment while its platform doesn't say what is live.
func (v View) platformBlockers(environment string) []Blocker {
	why := v.unobserved(environment)
	if why == "" {
		return nil
	}
	return []Blocker{{Kind: BlockedByPlatform, Environment: environment, Title: "What is live on " + environment + " is not known", Reason: why}}
}
