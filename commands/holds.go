package commands

import (
	"strings"

	"gonogo/readiness"
)

// This file shows holds. Wherever one stands, in the status, a plan, a card or
// the report, it says the same: what holds and why, since when, until when, who
// may lift it, and what they type.

// holdLines name what holds the release back on an environment.
func (b *Bot) holdLines(v readiness.View, env string) Lines {
	var lines Lines
	for _, h := range v.Holds(env) {
		lines = append(lines, append(Say("✗ "), b.holdText(h)...))
	}
	return lines
}

// allHoldLines name what holds the release back anywhere, each hold once.
func (b *Bot) allHoldLines(v readiness.View) Lines {
	var lines Lines
	for _, h := range allHolds(v, v.Holds) {
		lines = append(lines, append(Say("✗ "), b.holdText(h)...))
	}
	return lines
}

// allHolds gathers the holds of all environments. A version that was rolled
// back is held in several, by one hold.
func allHolds(v readiness.View, of func(environment string) []readiness.Hold) []readiness.Hold {
	var all []readiness.Hold
	seen := map[string]bool{}
	for _, env := range v.Checklist.Environments {
		for _, h := range of(env.Name) {
			if id := h.ID + " " + h.Claim; !seen[id] {
				seen[id] = true
				all = append(all, h)
			}
		}
	}
	return all
}

// holdText says all there is to know of a hold.
func (b *Bot) holdText(h readiness.Hold) Text {
	text := Say(Bold(h.What))
	if h.Reason != "" {
		text = append(text, Say(": ", short(h.Reason, 160))...)
	}
	text = append(text, Say(". Since ", Time(h.Since), by(h.By), ", until ")...)
	if h.Until.IsZero() {
		text = append(text, Say(h.Ends)...)
	} else {
		text = append(text, Time(h.Until))
	}
	roles := b.Checklist.Permissions[h.Permission]
	if len(roles) == 0 {
		return append(text, Say(". Nobody may lift it: ", Typed("permissions"), " gives ", Typed(h.Permission), " to no role.")...)
	}
	return append(text, Say(". Who may lift it: ", b.rolesText(roles), ". ", Typed(liftCommand(b.View(), h)))...)
}

// liftCommand is what ends a hold, as people type it.
func liftCommand(v readiness.View, h readiness.Hold) string {
	switch h.Kind {
	case readiness.HeldByLock:
		return "/deploy unlock " + h.Environment
	case readiness.HeldByFreeze:
		return "/" + AsTyped(liftAct(h)) + " until TIME REASON"
	case readiness.HeldByPin:
		return "/rollback keep " + h.Environment
	}
	run := v.State.Runs[h.Run]
	switch {
	case !h.Open(v.State):
		return "/" + AsTyped(liftAct(h)) + " REASON"
	case run.Asked == nil:
		return "/deploy status " + h.Environment
	case h.Kind == readiness.HeldByRollback:
		return "/rollback keep " + h.Environment
	}
	return "/deploy continue " + h.Environment
}

// liftAct lifts a hold for the version that it holds.
func liftAct(h readiness.Hold) Act {
	act := Act{Verb: "deploy lift", Hold: h.ID}
	if h.Kind != readiness.HeldByInterrupted && h.Kind != readiness.HeldByLock {
		act.Release = h.For
	}
	return act
}

// holdButtons end a hold.
func holdButtons(v readiness.View, h readiness.Hold) Actions {
	switch {
	case h.Kind == readiness.HeldByLock:
		return Actions{{Label: "Unlock", Act: on("deploy unlock", h.Environment)}}
	case h.Kind == readiness.HeldByPin:
		return settleButtons(v, h.Environment)
	case !h.Open(v.State):
		return Actions{{Label: "Lift: " + string(h.Kind), Act: liftAct(h)}}
	case v.State.Runs[h.Run].Asked == nil:
		return Actions{{Label: "Status", Act: on("deploy status", h.Environment)}}
	}
	return questionActions(v.State.Runs[h.Run])
}

// holdNames are the names of what holds the release back on an environment.
func holdNames(v readiness.View, env string) Text {
	var names []string
	for _, h := range v.Holds(env) {
		names = append(names, h.ID)
	}
	if len(names) == 0 {
		return Say("none")
	}
	return Say("✗ ", strings.Join(names, ", "))
}

// liftedLines name the holds that somebody lifted for the release.
func (b *Bot) liftedLines(v readiness.View, env string) Lines {
	var lines Lines
	for _, h := range v.LiftedHolds(env) {
		line := Say("⚑ ", h.What, because(h.Reason), ". Lifted ", Time(h.Lift.At), b.byDeputy(h.Lift.By, h.Lift.Deputy))
		if !h.Lift.Until.IsZero() {
			line = append(line, Say(", until ", Time(h.Lift.Until))...)
		}
		lines = append(lines, append(line, Say(because(h.Lift.Reason), ".")...))
	}
	return lines
}

// liftedWhat says what was lifted, where, and for which version.
func liftedWhat(e readiness.HoldLifted) string {
	what := "Hold lifted on " + e.Environment
	if e.Version != "" {
		what += " for " + e.Version
	}
	return what + ": " + holdWord(e.Hold)
}

// holdWord names what holds of a kind come from.
func holdWord(kind readiness.HoldKind) string {
	switch kind {
	case readiness.HeldByReturn:
		return "rolled-back version"
	case readiness.HeldByAlert:
		return "firing alert"
	case readiness.HeldByInterrupted:
		return "interrupted run"
	case readiness.HeldByRollback:
		return "undecided rollback"
	case readiness.HeldByPin:
		return "platform's pin"
	}
	return string(kind)
}

// liftedText tells of a lift.
func liftedText(e readiness.HoldLifted) Text {
	text := Say(liftedWhat(e))
	if !e.Until.IsZero() {
		text = append(text, Say(" until ", Time(e.Until))...)
	}
	return append(text, Say(because(e.Reason))...)
}

// because is a reason that follows what was done, if there is one.
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + short(reason, 200)
}

// passedLine says which hold a rollback goes past, and whose.
func passedLine(p readiness.PassedHold) Text {
	text := Say("⚠ It goes past a hold: ", p.What)
	if p.Reason != "" {
		text = append(text, Say(", ", short(p.Reason, 160))...)
	}
	return append(text, Say(", since ", Time(p.Since), by(p.By), ".")...)
}
