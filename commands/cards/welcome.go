package cards

import (
	"gonogo/commands/reply"
	"gonogo/readiness"
)

// welcomeCards say what gonogo is for, until people open a release. A message that is
// there stays.
func (b Builder) welcomeCards(v readiness.View) []Card {
	card := Card{Subject: "welcome", Channel: b.Releases, Final: true}
	_, posted := v.State.Anchors[card.Subject]
	if !b.Welcome || v.State.Open != FirstRelease || posted && !b.unsettled(v, card) {
		return nil
	}
	card.Reply = reply.Reply{Title: "gonogo is here", Summary: "gonogo is here: type /ready to begin.", Public: true, Parts: []reply.Part{
		reply.Lines{
			reply.Say("It says whether a release is ready, takes it out, and brings the last good version back."),
			reply.Say("• ", reply.Typed("/ready release VERSION"), " opens a release, and ", reply.Typed("/ready"), " says what still blocks it."),
			reply.Say("• ", reply.Typed("/deploy ENVIRONMENT"), " shows the plan before anything is done."),
			reply.Say("• ", reply.Typed("/rollback ENVIRONMENT"), " goes back, whatever blocks a deployment."),
		},
		reply.Actions{{Label: "Status", Act: reply.Act{Verb: "ready status"}}},
	}}
	return []Card{card}
}
