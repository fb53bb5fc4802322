package commands

import "context"

func helpVerb() verb {
	return verb{words: []string{"ready", "help"}, look: true, about: "what you can say", do: (*Bot).help}
}

// help lists what this person can say, and what takes another role.
func (b *Bot) help(_ context.Context, c call) Reply {
	can, cannot := Lines{Say(Bold("You can say"))}, Lines{Say(Bold("Takes another role"))}
	for _, v := range list() {
		line := Say(Typed(usage(v)), " ", v.about)
		if v.permission == "" || c.User == "" {
			can = append(can, line)
			continue
		}
		roles := b.Checklist.Permissions[v.permission]
		if worn, _ := b.worn(c.User, roles); len(worn) > 0 {
			can = append(can, line)
			continue
		}
		if len(roles) == 0 {
			cannot = append(cannot, append(line, Say(": nobody may, by the configuration")...))
			continue
		}
		cannot = append(cannot, append(append(line, Say(": ")...), b.rolesText(roles)...))
	}
	parts := []Part{can}
	if len(cannot) > 1 {
		parts = append(parts, cannot)
	}
	parts = append(parts, Note(Say("An item asked per environment is named ", Typed("ITEM@ENV"), ". In a thread, where slash commands don't work, mention gonogo and say the same.")))
	return Reply{Title: "What you can say to gonogo", Parts: parts}
}

func usage(v verb) string {
	text := "/" + join(v.words)
	if v.usage != "" {
		text += " " + v.usage
	}
	return text
}
