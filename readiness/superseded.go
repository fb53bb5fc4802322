package readiness

import (
	"gonogo/readiness/history"
)

// Superseded lists the open releases that opening another one closes: those that gonogo
// opened by itself, unless a workflow run waits for them, and those that have been
// deployed everywhere.
func Superseded(v View, by string) []string {
	var over []string
	for _, version := range v.State.Opens {
		r := v.State.Releases[version]
		if version != by && (r.OpenedBy == "" && !v.State.Reviewed(version) || v.isOut(r)) {
			over = append(over, version)
		}
	}
	return over
}

// isOut reports whether a release has gone live on every environment that none comes
// after.
func (v View) isOut(r *history.Release) bool {
	last := 0
	for _, env := range v.Checklist.Environments {
		if len(v.Checklist.ComesAfter(env.Name)) > 0 {
			continue
		}
		if _, live := r.WentLive[env.Name]; !live {
			return false
		}
		last++
	}
	return last > 0
}
