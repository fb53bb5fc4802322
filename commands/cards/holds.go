package cards

import (
	"strings"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/event"
)

// This file shows holds. A hold reads the same in the status, a plan, a card and the
// report: what holds and why, since and until when, who may lift it, and what to type.

// Holds name what holds the release back on an environment.
func (b Builder) Holds(v readiness.View, env string) reply.Lines {
	var lines reply.Lines
	for _, h := range v.Holds(env) {
		lines = append(lines, append(reply.Say("✗ "), b.Hold(v, h)...))
	}
	return lines
}

// AllHoldLines name what holds the release back anywhere, each hold once.
func (b Builder) AllHoldLines(v readiness.View) reply.Lines {
	var lines reply.Lines
	for _, h := range AllHolds(v, v.Holds) {
		lines = append(lines, append(reply.Say("✗ "), b.Hold(v, h)...))
	}
	return lines
}

// AllHolds gathers the holds of all environments. A version that was rolled
// back is held in several, by one hold.
func AllHolds(v readiness.View, of func(environment string) []readiness.Hold) []readiness.Hold {
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

// Hold is a hold with all its details.
func (b Builder) Hold(v readiness.View, h readiness.Hold) reply.Text {
	text := reply.Say(reply.Bold(h.What))
	if h.Reason != "" {
		text = append(text, reply.Say(": ", reply.Shorten(h.Reason, 160))...)
	}
	text = append(text, reply.Say(". Since ", reply.Time(h.Since), reply.By(h.By), ", until ")...)
	if h.Until.IsZero() {
		text = append(text, reply.Say(h.Ends)...)
	} else {
		text = append(text, reply.Time(h.Until))
	}
	roles := b.Checklist.Permissions[h.Permission]
	if len(roles) == 0 {
		return append(text, reply.Say(". Nobody may lift it: ", reply.Typed("permissions"), " gives ", reply.Typed(h.Permission), " to no role.")...)
	}
	return append(text, reply.Say(". Who may lift it: ", b.RolesText(roles), ". ", reply.Typed(LiftCommand(v, h)))...)
}

// LiftCommand is what ends a hold, as people type it.
func LiftCommand(v readiness.View, h readiness.Hold) string {
	switch h.Kind {
	case event.HeldByLock:
		return "/deploy unlock " + h.Environment
	case event.HeldByFreeze:
		return liftTyped(h) + " until TIME REASON"
	case event.HeldByPin:
		return "/rollback keep " + h.Environment
	}
	run := v.State.Runs[h.Run]
	switch {
	case !h.Open(v.State):
		return liftTyped(h) + " REASON"
	case run.Asked == nil:
		return "/deploy status " + h.Environment
	case h.Kind == event.HeldByRollback:
		return "/rollback keep " + h.Environment
	}
	return "/deploy continue " + h.Environment
}

// liftTyped is the beginning of what lifts a hold.
func liftTyped(h readiness.Hold) string {
	return strings.TrimSpace("/deploy lift " + h.ID + " " + Lift(h).Release)
}

// Lift lifts a hold for the version that it holds.
func Lift(h readiness.Hold) reply.Act {
	act := reply.Act{Verb: "deploy lift", Hold: h.ID}
	if h.Kind != event.HeldByInterrupted && h.Kind != event.HeldByLock {
		act.Release = h.For
	}
	return act
}

// HoldActions end a hold.
func HoldActions(v readiness.View, h readiness.Hold) reply.Actions {
	switch {
	case h.Kind == event.HeldByLock:
		return LockActions(v, h.Environment)
	case h.Kind == event.HeldByPin:
		return SettleActions(v, h.Environment)
	case !h.Open(v.State):
		return reply.Actions{{Label: "Lift: " + string(h.Kind), Act: Lift(h)}}
	case v.State.Runs[h.Run].Asked == nil:
		return reply.Actions{{Label: "Status", Act: reply.DoOn("deploy status", h.Environment)}}
	}
	return QuestionActions(v.State.Runs[h.Run])
}

// Lifted name the holds that somebody lifted for the release.
func (b Builder) Lifted(v readiness.View, env string) reply.Lines {
	var lines reply.Lines
	for _, h := range v.LiftedHolds(env) {
		line := reply.Say("⚑ ", h.What, wording.Because(h.Reason), ". Lifted ", reply.Time(h.Lift.At), b.ByDeputy(h.Lift.By, h.Lift.Deputy))
		if !h.Lift.Until.IsZero() {
			line = append(line, reply.Say(", until ", reply.Time(h.Lift.Until))...)
		}
		lines = append(lines, append(line, reply.Say(wording.Because(h.Lift.Reason), ".")...))
	}
	return lines
}
