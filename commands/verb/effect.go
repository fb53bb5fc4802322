package verb

import (
	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness"
)

// Effect says how the release is doing now, with one line for each environment.
func (c Call) Effect() reply.Lines { return c.EffectOn(c.Latest().Of(c.View.Version)) }

func (d *Desk) EffectOn(v readiness.View) reply.Lines {
	var lines reply.Lines
	for _, env := range v.Checklist.Environments {
		lines = append(lines, reply.Say(env.Name, ": ", wording.Decision(v.Decide(env.Name))))
	}
	return lines
}
