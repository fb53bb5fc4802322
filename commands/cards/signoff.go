package cards

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/history"
)

// signOffCard asks the roles of an environment, and shows who has spoken.
func (b Builder) signOffCard(v readiness.View, release *history.Release, env string) Card {
	card := Card{Subject: "signoff/" + release.Version + "/" + env, Channel: b.Releases}
	if v = v.Of(release.Version); !v.State.IsOpen(release.Version) {
		title := fmt.Sprintf("Sign-off of %s for %s is closed", release.Version, env)
		card.Reply, card.Final = reply.Reply{Title: title, Public: true, Parts: []reply.Part{reply.Lines{reply.Say(reply.Bold(release.Version), " is no longer open.")}}}, true
		return card
	}
	approval := v.Approval(env)
	title := fmt.Sprintf("Sign-off: %s for %s, %d of %d", release.Version, env, approval.Count(), len(approval.Roles))
	asked := release.Asked[env]
	parts := []reply.Part{
		reply.Lines{reply.Say("Asked ", reply.Time(asked.At), reply.By(asked.By), ". Commit ", reply.Typed(wording.ShortCommit(release.Commit)), ".")},
		Tag(release), Kind(v, env), b.basisLines(v, env), b.Approvals(approval), SignOffActions(v, env, approval),
	}
	if approval.Complete() {
		parts = append(parts, reply.Note(reply.Say("There is no Approve since every role has approved. Whoever approved can take it back with ", reply.Typed("/ready signoff revoke "+env), ".")))
	}
	if until := approval.Expiry(); !until.IsZero() {
		parts = append(parts, reply.Note(reply.Say("The first approval expires ", reply.Time(until), ".")))
	}
	if rule := approval.Rule; !rule.SelfApproval {
		parts = append(parts, reply.Note(reply.Say("Whoever approves cannot be the one who deploys.")))
	}
	card.Reply = reply.Reply{Title: title, Summary: title + ": " + approval.Summary() + ".", Public: true, Parts: reply.NonEmpty(parts)}
	return card
}

// basisLines say what the roles are asked to approve.
func (b Builder) basisLines(v readiness.View, env string) reply.Part {
	score := v.Score()
	lines := reply.Lines{reply.Say("Score ", reply.Bold(reply.Percent(score.Percent)), ", "+wording.ItemsMet(score)+".")}
	open, d := 0, v.Decide(env)
	for _, blocker := range d.Blockers {
		if blocker.Kind == readiness.BlockedByItem {
			open++
		}
	}
	switch {
	case open > 0:
		lines = append(lines, reply.Say("⚠ ", phrase.Count(open, "blocking item"), " not met yet. An approval given now counts as long as nothing gets worse."))
	case len(d.Overridden) == 0:
		lines = append(lines, reply.Say("✓ Every blocking item is met."))
	}
	lines = append(lines, Overridden(d)...)
	lines = append(lines, b.Holds(v, env)...)
	if lifted := b.Lifted(v, env); len(lifted) > 0 {
		lines = append(lines, lifted...)
	}
	if skipped := skipped(v); len(skipped) > 0 {
		lines = append(lines, reply.Say(reply.Bold("Declared not applicable")))
		lines = append(lines, skipped...)
	}
	if waived := Waivers(v, env); len(waived) > 0 {
		lines = append(lines, reply.Say(reply.Bold("Waived")))
		lines = append(lines, waived...)
	}
	return lines
}

func skipped(v readiness.View) reply.Lines {
	var lines reply.Lines
	release := v.Release()
	for _, section := range v.Sections() {
		for _, it := range section.Items {
			for _, key := range it.Keys() {
				if ev, ok := release.Evidence[key]; ok && ev.Verdict == answer.NotApplicable {
					lines = append(lines, reply.Say("• ", it.Title, ": ", ev.Summary, reply.By(ev.By)))
				}
			}
		}
	}
	if more := len(lines) - 10; more > 0 {
		lines = append(lines[:10], reply.Say("… and ", phrase.Count(more, "more", "more"), "."))
	}
	return lines
}

// Approvals shows who has spoken and who is missing.
func (b Builder) Approvals(a readiness.Approval) reply.Part {
	t := reply.Table{Title: "Roles", Header: []string{"Role", "Decision", "Who"}}
	for _, r := range a.Roles {
		word, who := reply.Say("○ missing"), b.HoldersText(r.Role)
		switch {
		case r.Rejected():
			word, who = reply.Say("✗ rejected: ", r.SignOff.Comment), reply.Say(reply.User(r.SignOff.By), b.deputyOf(r), ", ", reply.Time(r.SignOff.At))
		case r.Approved():
			word, who = reply.Say("✓ approved"), reply.Say(reply.User(r.SignOff.By), b.deputyOf(r), ", ", reply.Time(r.SignOff.At))
		case r.SignOff != nil:
			word, who = reply.Say("⚠ approved, no longer counts: ", reply.Shorten(WhyStale(r), 200)), reply.Say(reply.User(r.SignOff.By), b.deputyOf(r))
		default:
			who = trimParens(who)
		}
		t.Rows = append(t.Rows, []reply.Text{reply.Say(r.Role.Title), word, who})
	}
	return t
}

// deputyOf says that a role's word is a deputy's.
func (b Builder) deputyOf(r readiness.RoleApproval) reply.Text {
	if !r.SignOff.Deputy {
		return nil
	}
	return b.AsDeputy(r.Role.ID)
}

// WhyStale says why an approval no longer counts, and what changed if that is known.
func WhyStale(r readiness.RoleApproval) string {
	if len(r.Changes) > 0 {
		return strings.Join(r.Changes, "; ")
	}
	return r.Stale
}

// trimParens removes the brackets around a list of people that is a text of its own.
func trimParens(t reply.Text) reply.Text {
	out := slices.Clone(t)
	for i := range out {
		if out[i].Kind == reply.PlainText {
			out[i].Text = strings.Trim(out[i].Text, "()")
		}
	}
	if len(out) > 0 && out[0].Kind == reply.PlainText {
		out[0].Text = strings.TrimLeft(out[0].Text, " (")
	}
	return out
}

// SignOffActions are the buttons of a sign-off.
func SignOffActions(v readiness.View, env string, a readiness.Approval) reply.Part {
	digest := v.Basis(env).Digest()
	pinned := func(verb string) reply.Act {
		return reply.Act{Verb: verb, Environment: env, Release: v.Release().Version, Digest: digest}
	}
	actions := reply.Actions{}
	if !a.Complete() {
		actions = append(actions, reply.Button{Label: "Approve", Act: pinned("ready approve"), Style: reply.Primary})
	}
	return append(actions,
		reply.Button{Label: "Reject", Act: pinned("ready reject"), Style: reply.Danger},
		reply.Button{Label: "Status", Act: reply.Act{Verb: "ready status", Release: v.Release().Version}})
}
