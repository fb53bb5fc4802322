package cards

import (
	"gonogo/commands/reply"
	"gonogo/commands/roster"
	"gonogo/readiness"
	"gonogo/readiness/history"
)

// autoLines say what gonogo does about an incident by itself: a countdown, why it ended,
// or why gonogo leaves it to people.
func autoLines(v readiness.View, i *history.Incident) []reply.Text {
	if !i.Firing() || i.Rollback != "" {
		return nil
	}
	var lines []reply.Text
	switch plan, _ := v.State.AutoOf(i); {
	case counting(v, i):
		lines = append(lines, reply.Say("⏱ ", reply.Bold("gonogo rolls "+i.Environment+" back to "+plan.To+" at "), reply.Time(plan.Due), ", unless somebody stops it."))
	case plan.StoppedBy != "":
		lines = append(lines, reply.Say("The automatic rollback was stopped ", reply.Time(plan.StoppedAt), reply.By(plan.StoppedBy), roster.AsOf(plan.AsOf), "."))
	case i.Left != "":
		lines = append(lines, reply.Say("gonogo doesn't roll back by itself: ", reply.Shorten(i.Left, 300), "."))
	}
	return lines
}

// counting reports whether an incident's automatic rollback is about to begin.
func counting(v readiness.View, i *history.Incident) bool {
	plan, _ := v.State.Auto(i.Environment)
	return plan.Counts() && plan.Incident == i.ID
}
