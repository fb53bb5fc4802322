package commands

import (
	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/readiness"
)

// effect says where the release stands now, in one line an environment.
func (c call) effect() reply.Lines { return c.effectOn(c.View().Of(c.view.Version)) }

func (d *desk) effectOn(v readiness.View) reply.Lines {
	var lines reply.Lines
	for _, env := range v.Checklist.Environments {
		lines = append(lines, reply.Say(env.Name, ": ", cards.Decision(v.Decide(env.Name))))
	}
	return lines
}
