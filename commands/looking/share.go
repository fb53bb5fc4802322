package looking

import (
	"context"

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
	r := c.Overview(c.View)
	if r.Refused {
		return r
	}
	r.Public = true
	r.Parts = append(r.Parts[:len(r.Parts):len(r.Parts)], reply.Note(reply.Say("As it was ", reply.Time(c.View.Now), ", shared", reply.By(c.User), ".")))
	return r
}
