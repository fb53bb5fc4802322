package commands

import (
	"context"

	"gonogo/commands/reply"
)

func shareVerb() verb {
	return verb{words: []string{"ready", "share"}, release: true,
		about: "posts the status, as it is now, for everyone in the channel", do: share}
}

// share posts the status in the channel. It is what was so at that moment, and
// says so; it does not change afterwards.
func share(_ context.Context, c call) reply.Reply {
	r := c.recentOverview(c.view)
	if r.Refused {
		return r
	}
	r.Public = true
	r.Parts = append(r.Parts[:len(r.Parts):len(r.Parts)], reply.Note(reply.Say("As it was ", reply.Time(c.view.Now), ", shared", reply.By(c.User), ".")))
	return r
}
