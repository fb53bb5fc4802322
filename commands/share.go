package commands

import "context"

func shareVerb() verb {
	return verb{words: []string{"ready", "share"}, release: true,
		about: "posts the status, as it is now, for everyone in the channel", do: (*Bot).share}
}

// share posts the status in the channel. It is what was so at that moment, and
// says so; it does not change afterwards.
func (b *Bot) share(_ context.Context, c call) Reply {
	reply := b.recentOverview(c.view)
	if reply.Refused {
		return reply
	}
	reply.Public = true
	reply.Parts = append(reply.Parts[:len(reply.Parts):len(reply.Parts)], Note(Say("As it was ", Time(c.view.Now), ", shared", by(c.User), ".")))
	return reply
}
