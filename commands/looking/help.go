package looking

import (
	"context"

	"gonogo/commands/reply"
	"gonogo/commands/verb"
)

// Help is /ready help.
func Help() verb.Verb {
	return verb.Verb{Words: []string{"ready", "help"}, Look: true, About: "what you can say", Do: help}
}

// help lists what this person can use, and what needs another role.
func help(_ context.Context, c verb.Call) reply.Reply {
	can, cannot := reply.Lines{reply.Say(reply.Bold("You can say"))}, reply.Lines{reply.Say(reply.Bold("Takes another role"))}
	for _, v := range c.Verbs {
		line := reply.Say(reply.Typed(v.Command().Typed()), " ", v.About)
		if v.Permission == "" || c.User == "" {
			can = append(can, line)
			continue
		}
		roles := c.Checklist.Permissions[v.Permission]
		if held, _ := c.Roster().Held(c.User, roles); len(held) > 0 {
			can = append(can, line)
			continue
		}
		if len(roles) == 0 {
			cannot = append(cannot, append(line, reply.Say(": nobody may, by the configuration")...))
			continue
		}
		cannot = append(cannot, append(append(line, reply.Say(": ")...), c.Roster().RolesText(roles)...))
	}
	parts := []reply.Part{can}
	if len(cannot) > 1 {
		parts = append(parts, cannot)
	}
	parts = append(parts, reply.Note(reply.Say("An item asked per environment is named ", reply.Typed("ITEM@ENV"), ". In a thread, where slash commands don't work, mention gonogo and type the same.")))
	return reply.Reply{Title: "What you can type", Parts: parts}
}
