package readiness

import (
	"maps"
	"slices"
	"strings"

	"gonogo/readiness/answer"
)

// Ending is a recorded answer, waiver or approval that no longer counts under the
// checklist of a view: something that a new configuration would end.
type Ending struct {
	Release string
	What    string // "docs", "login@staging", "waiver of suite for production", "approval of production by Technical Lead"
	Why     string
}

// Endings lists which answers, waivers and approvals of the open releases the checklist
// ends, release by release.
func Endings(v View) []Ending {
	var all []Ending
	for _, version := range v.State.Opens {
		of := v.Of(version)
		all = append(all, of.endedAnswers()...)
		all = append(all, of.endedWaivers()...)
		all = append(all, of.endedApprovals()...)
	}
	return all
}

func (v View) endedAnswers() []Ending {
	var ended []Ending
	answers := maps.Clone(v.State.Carried)
	if answers == nil {
		answers = map[answer.Key]answer.Evidence{}
	}
	maps.Copy(answers, v.Release().Evidence)
	for _, key := range slices.SortedFunc(maps.Keys(answers), func(a, b answer.Key) int { return strings.Compare(a.String(), b.String()) }) {
		if why := v.endedBy(key, answers[key]); why != "" {
			ended = append(ended, Ending{v.Release().Version, key.String(), why})
		}
	}
	return ended
}

// endedBy says why the checklist has no use for an answer; "" if it has.
func (v View) endedBy(key answer.Key, ev answer.Evidence) string {
	it, ok := v.Checklist.Item(key.Item)
	switch {
	case !ok:
		return "the item is gone"
	case !slices.Contains(it.Keys(), key):
		return "it is no longer asked so"
	case it.Gate != nil && ev.Verdict != answer.NotApplicable && ev.Settings != it.Gate.SettingsFor(key.Environment):
		return "the gate's settings have changed since"
	}
	return v.answers(it, key, ev)
}

func (v View) endedWaivers() []Ending {
	var ended []Ending
	for _, env := range v.Checklist.Environments {
		for _, w := range v.Waivers(env.Name) {
			it, _ := v.Checklist.Item(w.Item)
			if w.Shown == nil || w.Over(v.Now) {
				continue
			}
			if why := w.Shown.Definition.Changed(it.Definition); why != "" {
				ended = append(ended, Ending{v.Release().Version, "waiver of " + w.Item + " for " + w.Environment, why})
			}
		}
	}
	return ended
}

func (v View) endedApprovals() []Ending {
	var ended []Ending
	for _, env := range v.Checklist.Environments {
		for _, r := range v.Approval(env.Name).Roles {
			if r.SignOff != nil && len(r.Changes) > 0 {
				ended = append(ended, Ending{v.Release().Version, "approval of " + env.Name + " by " + r.Role.Title, strings.Join(r.Changes, "; ")})
			}
		}
	}
	return ended
}
