package commands

import (
	"context"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
)

func timelineVerb() verb {
	return verb{words: []string{"ready", "timeline"}, look: true, release: true,
		about: "when each milestone is reached, and what takes longest on the way", do: timeline}
}

func timeline(_ context.Context, c call) reply.Reply { return cards.Timeline(c.view) }
