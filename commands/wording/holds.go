package wording

import (
	"strings"
	"time"

	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// HoldNames names what blocks the release on an environment.
func HoldNames(v readiness.View, env string) reply.Text {
	var names []string
	for _, h := range v.Holds(env) {
		names = append(names, h.ID)
	}
	if len(names) == 0 {
		return reply.Say("none")
	}
	return reply.Say("✗ ", strings.Join(names, ", "))
}

// PassedHold says which hold a rollback ignores, and whose it is.
func PassedHold(p work.PassedHold) reply.Text {
	text := reply.Say("⚠ It overrides a hold: ", p.What)
	if p.Reason != "" {
		text = append(text, reply.Say(", ", reply.Shorten(p.Reason, 160))...)
	}
	return append(text, reply.Say(", since ", reply.Time(p.Since), reply.By(p.By), ".")...)
}

// LiftedWhat says what was lifted, where, and for which version.
func LiftedWhat(e event.HoldLifted) string {
	what := "Hold lifted on " + e.Environment
	if e.Version != "" {
		what += " for " + e.Version
	}
	return what + ": " + holdWord(e.Hold)
}

// LiftedText describes a lift.
func LiftedText(e event.HoldLifted) reply.Text {
	text := reply.Say(LiftedWhat(e))
	if !e.Until.IsZero() {
		text = append(text, reply.Say(" until ", reply.Time(e.Until))...)
	}
	return append(text, reply.Say(Because(e.Reason))...)
}

// holdWord names the source of holds of a kind.
func holdWord(kind event.HoldKind) string {
	switch kind {
	case event.HeldByReturn:
		return "rolled-back version"
	case event.HeldByAlert:
		return "firing alert"
	case event.HeldByInterrupted:
		return "interrupted run"
	case event.HeldByRollback:
		return "undecided rollback"
	case event.HeldByPin:
		return "platform's pin"
	}
	return string(kind)
}

// Because is a reason after what was done, if there is one.
func Because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reply.Shorten(reason, 200)
}

// WaiverLine describes a waiver, the same wherever its item is shown.
func WaiverLine(w history.Waiver, now time.Time) reply.Text {
	if w.Suspended != "" && !w.Over(now) {
		return reply.Say("⚠ The waiver for ", w.Environment, reply.By(w.By), " does not count now: ", w.Suspended, ". It counts again once that has passed. ", reply.Shorten(w.Reason, 200))
	}
	if !w.Counts(now) {
		return reply.Say("⌛ The waiver for ", w.Environment, reply.By(w.By), " ended ", reply.Time(w.Until), " and no longer counts: ", reply.Shorten(w.Reason, 200))
	}
	return reply.Say("⚑ Waived for ", reply.Bold(w.Environment), reply.By(w.By), " until ", reply.Time(w.Until), ": ", reply.Shorten(w.Reason, 200))
}
