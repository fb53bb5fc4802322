package looking

import (
	"context"

	"gonogo/commands/pages"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
)

// Timeline is /ready timeline.
func Timeline() verb.Verb {
	return verb.Verb{Words: []string{"ready", "timeline"}, Look: true, Release: true,
		About: "when each milestone is reached, and what takes longest on the way", Do: timeline}
}

func timeline(_ context.Context, c verb.Call) reply.Reply { return pages.Timeline(c.View) }
