package looking

import (
	"context"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
)

// Share is /ready share.
func Share() verb.Verb {
	return verb.Verb{Words: []string{"ready", "share"}, Release: true,
		About: "posts the status, as it is now, for everyone in the channel", Do: share}
}

// share posts the status in the channel. The message says when it was true, and doesn't
// change afterwards.
func share(_ context.Context, c verb.Call) reply.Reply {
	glance, ok := c.Glance(c.View)
	if !ok {
		return cards.NoRelease()
	}
	r := glance.For(c.User, true)
	r.Public = true
	r.Parts = append(r.Parts, reply.Note(reply.Say("As it was ", reply.Time(c.View.Now), ", shared", reply.By(c.User), ".")))
	return r
}
