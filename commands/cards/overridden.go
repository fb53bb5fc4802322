package cards

import (
	"cmp"
	"slices"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// This file shows, where a decision or a deployment is shown, what was overridden for it.

// Overridden lists what would block an environment if two people had not agreed.
func Overridden(d readiness.Decision) reply.Lines {
	if len(d.Overridden) == 0 {
		return nil
	}
	lines := reply.Lines{reply.Say(reply.Bold("Overridden for " + d.Environment))}
	for i, o := range d.Overridden {
		if i == shownBlockers {
			return append(lines, reply.Say("… and ", phrase.Count(len(d.Overridden)-i, "more", "more"), "."))
		}
		lines = append(lines, append(reply.Say("⚠ ", reply.Bold(o.Title), ": ", reply.Shorten(o.Reason, 160), "; "), append(wording.OverriddenBy(o.By), reply.Say(".")...)...))
	}
	return lines
}

// OverridesOf lists the confirmed overrides of a release, the newest first.
func OverridesOf(v readiness.View, version string) []history.Override {
	var all []history.Override
	for _, o := range v.State.Overrides {
		if o.Version == version && !o.Confirmed.IsZero() {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(x, y history.Override) int {
		return cmp.Or(y.At.Compare(x.At), cmp.Compare(x.ID, y.ID))
	})
	return all
}

// overrideLines say what was overridden for a deployment.
func overrideLines(o *work.Override) []reply.Text {
	if o == nil {
		return nil
	}
	lines := []reply.Text{reply.Say("⚠ ", reply.Capital(phrase.Count(len(o.Items), "item")), " overridden by ", reply.User(o.By), " and ", reply.User(o.ConfirmedBy), ": ", reply.Shorten(o.Reason, 300), ".")}
	for i, it := range o.Items {
		if i == shownBlockers {
			return append(lines, reply.Say("… and ", phrase.Count(len(o.Items)-i, "more", "more"), "."))
		}
		lines = append(lines, reply.Say("• ", reply.Bold(it.Title), ": ", reply.Shorten(it.Why, 160)))
	}
	return lines
}

// OverriddenOn says for which environments an answer is overridden now, by whom and why.
func OverriddenOn(v readiness.View, s readiness.Standing) reply.Lines {
	var lines reply.Lines
	if s.Through {
		return nil
	}
	for _, env := range v.Checklist.Environments {
		if env.Override == nil {
			continue
		}
		for _, o := range v.Decide(env.Name).Overridden {
			if o.Answer().Key == s.Key {
				lines = append(lines, append(reply.Say("For the deployment to ", env.Name, " it is "), append(wording.OverriddenBy(o.By), reply.Say(".")...)...))
			}
		}
	}
	return lines
}
