package readiness

import (
	"slices"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// Overridden is an item that doesn't pass, and that a deployment goes out past because
// two people agreed on it.
type Overridden struct {
	Blocker
	By history.Override
}

// Override is what was overridden for a decision, as a deployment records it; nil:
// nothing.
func (d Decision) Override() *work.Override {
	if len(d.Overridden) == 0 {
		return nil
	}
	by := d.Overridden[0].By
	o := &work.Override{ID: by.ID, By: by.By, ConfirmedBy: by.ConfirmedBy, Reason: by.Reason}
	for _, b := range d.Overridden {
		key := b.Answer().Key
		o.Items = append(o.Items, work.OverriddenItem{Item: key.Item, Environment: key.Environment, Title: b.Title, Why: b.Reason})
	}
	return o
}

// Overridable lists the blockers of an environment that two people may pass over, as an
// override would cover them. It doesn't say whether anything else blocks.
func (v View) Overridable(environment string) []event.Overridden {
	var all []event.Overridden
	for _, b := range v.coverable(environment) {
		key := b.Answer().Key
		all = append(all, event.Overridden{Item: key.Item, Environment: key.Environment, Why: b.Reason, Shown: v.ToWaive(b.Item, b.Answer())})
	}
	return all
}

// coverable are the blockers that an override may cover, also those that one covers now.
func (v View) coverable(environment string) []Blocker {
	env, _ := v.Checklist.Environment(environment)
	d := v.Decide(environment)
	var all []Blocker
	for _, o := range d.Overridden {
		all = append(all, o.Blocker)
	}
	for _, b := range d.Blockers {
		if b.overridable(env) {
			all = append(all, b)
		}
	}
	return all
}

// overridable reports whether two people may pass over a blocker of an environment.
func (b Blocker) overridable(env checklist.Environment) bool {
	return b.Item != nil && env.Override.Covers(b.Item)
}

// OnlyOverridable reports whether a decision is NO-GO, and two people could make it GO.
func (v View) OnlyOverridable(d Decision) bool {
	env, _ := v.Checklist.Environment(d.Environment)
	return !d.Go && !slices.ContainsFunc(d.Blockers, func(b Blocker) bool { return !b.overridable(env) })
}

// NotAsked is what has changed for the worse since an override was asked for: the first
// blocker that may be passed over and that the override doesn't cover. left is false if
// nothing is left to pass over.
func (v View) NotAsked(o history.Override) (other *Blocker, left bool) {
	all := v.coverable(o.Environment)
	for i := range all {
		if !covered(o, all[i]) {
			return &all[i], true
		}
	}
	return nil, len(all) > 0
}

// overridden takes out of an environment's blockers those that an override counts for.
func (v View) overridden(env checklist.Environment, blockers []Blocker) (left []Blocker, over []Overridden) {
	release := v.Release()
	o, ok := v.State.OverrideOn(env.Name, release.Version, v.Now)
	if !ok || o.Commit != "" && o.Commit != release.Commit {
		return blockers, nil
	}
	for _, b := range blockers {
		if b.overridable(env) && covered(o, b) {
			over = append(over, Overridden{Blocker: b, By: o})
			continue
		}
		left = append(left, b)
	}
	return left, over
}

// covered reports whether a blocker is what the two people saw, and no worse.
func covered(o history.Override, b Blocker) bool {
	s := b.Answer()
	i := slices.IndexFunc(o.Items, func(of event.Overridden) bool {
		return answer.Key{Item: of.Item, Environment: of.Environment} == s.Key
	})
	if i < 0 || o.Items[i].Shown == nil {
		return false
	}
	shown := o.Items[i].Shown
	if shown.Verdict != s.Verdict() || shown.Definition.Changed(b.Item.Definition) != "" {
		return false
	}
	return !slices.ContainsFunc(s.Evidence.Measures, func(m answer.Measure) bool { return shown.Worse(m) != "" })
}
