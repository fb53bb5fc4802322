package verb

import (
	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/readiness"
)

// Effect says where the release stands now, in one line an environment.
func (c Call) Effect() reply.Lines { return c.EffectOn(c.Latest().Of(c.View.Version)) }

func (d *Desk) EffectOn(v readiness.View) reply.Lines {
	var lines reply.Lines
	for _, env := range v.Checklist.Environments {
		lines = append(lines, reply.Say(env.Name, ": ", cards.Decision(v.Decide(env.Name))))
	}
	return lines
}
