package cards

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// shownBlockers is how many blockers of one environment are named before the rest
// is counted.
const shownBlockers = 8

// Blockers shows an environment's blockers, each with the command that clears it.
// Missing sign-offs share one line, since one card asks for all of them.
//
// The first blockers have buttons, each item once: offered are the items that have
// buttons already.
func (b Builder) Blockers(v readiness.View, d readiness.Decision, offered map[answer.Key]bool) []reply.Part {
	if d.Go {
		return nil
	}
	lines, parts := reply.Lines{reply.Say(reply.Bold("What blocks " + d.Environment + shortened(d.Blockers)))}, []reply.Part(nil)
	shown, sets, silent, waiting := 0, 0, []string(nil), map[string]int{}
	for _, blocker := range Foremost(d.Blockers) {
		switch {
		case blocker.Kind == readiness.BlockedBySignOff && blocker.Role.SignOff == nil:
			silent = append(silent, blocker.Title)
		case blocker.Answer().Waiting != "":
			waiting[blocker.Answer().Key.Environment]++
		case shown < shownBlockers:
			lines = append(lines, b.BlockerLine(v, d.Environment, blocker))
			shown++
			if buttons := b.blockerButtons(v, blocker); sets < offeredBlockers && len(buttons) > 0 && !offered[subject(blocker)] {
				parts, lines, sets, offered[subject(blocker)] = append(parts, lines, buttons), nil, sets+1, true
			}
		}
	}
	waits := 0
	for _, env := range slices.Sorted(maps.Keys(waiting)) {
		waits += waiting[env]
		lines = append(lines, reply.Say("○ ", reply.Bold(phrase.Count(waiting[env], "item")), " can't be answered before this release is live on ", env, ". ", b.wayTo(env)))
	}
	if len(silent) > 0 {
		lines = append(lines, reply.Say("○ ", reply.Bold("Sign-off"), " missing from ", strings.Join(silent, ", "), ". ", reply.Typed("/ready signoff "+d.Environment)))
	}
	if rest := len(d.Blockers) - shown - len(silent) - waits; rest > 0 {
		lines = append(lines, reply.Say("… and ", phrase.Count(rest, "more", "more"), ". ", reply.Typed("/ready report"), " has all."))
	}
	if len(silent) > 0 {
		return append(parts, lines, reply.Actions{{Label: "Nudge who is missing", Act: reply.Do("ready nudge", d.Environment)}})
	}
	return append(parts, lines)
}

// shortened says how many of the blockers are named, where not all are.
func shortened(blockers []readiness.Blocker) string {
	lines := 0
	for _, blocker := range blockers {
		if blocker.Answer().Waiting == "" && (blocker.Kind != readiness.BlockedBySignOff || blocker.Role.SignOff != nil) {
			lines++
		}
	}
	if lines <= shownBlockers {
		return ""
	}
	return fmt.Sprintf(": %d of %d", len(blockers)-lines+shownBlockers, len(blockers))
}

// subject is what a blocker's buttons are about.
func subject(b readiness.Blocker) answer.Key {
	if b.Hold != nil {
		return answer.Key{Item: b.Hold.ID}
	}
	return b.Answer().Key
}

// offeredBlockers is how many blockers of an environment have buttons: those
// that a person can act on first.
const offeredBlockers = 3

// blockerButtons fix a blocking item, ask those who can, or lift a hold.
func (b Builder) blockerButtons(v readiness.View, blocker readiness.Blocker) reply.Actions {
	it := blocker.Item
	if blocker.Kind == readiness.BlockedByHold {
		return HoldActions(v, *blocker.Hold)
	}
	if blocker.Kind != readiness.BlockedByItem || len(blocker.Waits) > 0 || blocker.Answer().Waiting != "" || it.Gate != nil && it.Gate.Condition != nil {
		return nil
	}
	return slices.Concat(FixButton(it, blocker.Answer().Key), reply.Actions{AnswerButton(it, blocker.Answer()), {Label: "Nudge", Act: reply.Do("ready nudge", blocker.Answer().Key.String())}})
}

// Foremost orders blockers by what a person can act on: holds, then failures, then what
// couldn't be measured, then sign-offs and environments, then open items. Items that
// wait for others, or sum them up, come last.
func Foremost(blockers []readiness.Blocker) []readiness.Blocker {
	rank := func(b readiness.Blocker) int {
		switch {
		case b.Kind == readiness.BlockedByHold:
			return -1
		case b.Kind != readiness.BlockedByItem:
			return 2
		case len(b.Waits) > 0, sums(b.Item):
			return 4
		case b.Answer().Verdict() == answer.Failed:
			return 0
		case b.Answer().Verdict() != "":
			return 1
		}
		return 3
	}
	sorted := slices.Clone(blockers)
	slices.SortStableFunc(sorted, func(a, b readiness.Blocker) int { return rank(a) - rank(b) })
	return sorted
}

func (b Builder) BlockerLine(v readiness.View, env string, blocker readiness.Blocker) reply.Text {
	switch blocker.Kind {
	case readiness.BlockedBySignOff:
		sign := "✗ "
		if blocker.Role.SignOff == nil { // nobody has said no
			sign = "○ "
		}
		return reply.Say(sign, reply.Bold(blocker.Title), " ", blocker.Reason, ". ", reply.Typed("/ready approve "+env))
	case readiness.BlockedByItem:
		text := reply.Say(wording.Mark(blocker.Answer()), " ", reply.Bold(blocker.Title), ": ", reply.Sentence(reply.Shorten(blocker.Reason, 160)), reply.Typed(b.nextCommand(blocker)))
		if len(blocker.Waits) > 0 {
			text = append(text, reply.Say(" after ", strings.Join(blocker.Waits, ", "))...)
		}
		return append(text, b.concern(v, blocker)...)
	case readiness.BlockedByEarlier:
		return reply.Say("○ ", reply.Bold(blocker.Title), ": ", blocker.Reason, ". ", b.wayTo(blocker.Environment))
	case readiness.BlockedByHold:
		return append(reply.Say("✗ "), b.Hold(v, *blocker.Hold)...)
	case readiness.BlockedByRun:
		return reply.Say("○ ", reply.Bold(blocker.Title), " is under way since ", reply.Time(blocker.Run.Started), reply.By(blocker.Run.By), ". ", reply.Typed("/deploy status "+env))
	case readiness.BlockedBySelfApproval:
		return reply.Say("✗ ", reply.Bold("Self-approval"), ": ", reply.Sentence(blocker.Reason), "Let another deployer press Start, or ", reply.Typed("/ready signoff revoke "+env))
	}
	return reply.Say("○ ", reply.Bold(blocker.Title), ": ", blocker.Reason)
}

// Settles is the command that clears a blocker of an environment, or that leads to the
// one that does; "" if there is none.
func (b Builder) Settles(v readiness.View, env string, blocker readiness.Blocker) string {
	switch blocker.Kind {
	case readiness.BlockedBySignOff:
		return "/ready approve " + env
	case readiness.BlockedByItem:
		return b.nextCommand(blocker)
	case readiness.BlockedByEarlier:
		return b.wayTo(blocker.Environment).Text
	case readiness.BlockedByHold:
		return LiftCommand(v, *blocker.Hold)
	case readiness.BlockedByRun:
		return "/deploy status " + env
	case readiness.BlockedBySelfApproval:
		return "/ready signoff revoke " + env
	}
	return ""
}

// concern says whose a blocker is, and which issue is open for it.
func (b Builder) concern(v readiness.View, blocker readiness.Blocker) reply.Text {
	var text reply.Text
	if role, ok := b.Checklist.Role(blocker.Item.Owner); ok {
		text = reply.Say(" · ", role.Title)
	}
	if issue := v.State.Issues[blocker.Answer().Key]; issue.Open && issue.URL != "" {
		text = append(text, reply.Say(" · ", reply.LinkTo(issue.URL, fmt.Sprintf("#%d", issue.Number)))...)
	}
	return text
}

// wayTo is the command that deploys to an environment or, if gonogo can't deploy,
// records that others have.
func (b Builder) wayTo(env string) reply.Span {
	if slices.Contains(b.Deploys, env) {
		return reply.Typed("/deploy " + env)
	}
	return reply.Typed("/deploy adopt " + env)
}

// sums reports whether an item only sums other items up.
func sums(it *checklist.Item) bool {
	return it.Gate != nil && it.Gate.Condition != nil && it.Gate.Condition.Section != ""
}

// nextCommand is the command that gets an item its answer, or that leads to what it depends
// on.
func (b Builder) nextCommand(blocker readiness.Blocker) string {
	it := blocker.Item
	switch {
	case blocker.Answer().Waiting != "":
		return b.wayTo(blocker.Answer().Key.Environment).Text
	case it.Manual != nil:
		return "/ready check " + blocker.Answer().Key.String()
	case it.Gate.Condition == nil:
		return "/ready run " + blocker.Answer().Key.String()
	case it.Gate.Condition.Section != "":
		return "/ready status " + it.Gate.Condition.Section
	case it.Gate.Condition.SignedOff != "":
		return "/ready signoff " + it.Gate.Condition.SignedOff
	case it.Gate.Condition.Rehearsed != "":
		return "/rollback " + it.Gate.Condition.Rehearsed + " --rehearsal"
	}
	return b.wayTo(it.Gate.Condition.Deployed).Text
}
