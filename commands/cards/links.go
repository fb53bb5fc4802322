package cards

import (
	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/readiness/work"
)

// Thread points to the message that shows a subject, itself or in its storm.
func (b Builder) Thread(v readiness.View, subject, channel string) reply.Span {
	if b.Links != nil {
		if a, ok := v.State.Anchors[v.OnCall().CardOf(subject)]; ok {
			if link := b.Links(a.Channel, a.TS); link != "" {
				return reply.LinkTo(link, "its thread")
			}
		}
	}
	return reply.InChannel(channel)
}

// ChannelOf is the channel in which a run is shown: a rollback in on-call's.
func (b Builder) ChannelOf(run *work.Run) string {
	if run.What == work.Rollback && b.OnCall != "" {
		return b.OnCall
	}
	return b.Releases
}
