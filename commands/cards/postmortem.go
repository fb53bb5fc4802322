package cards

import (
	"fmt"
	"maps"
	"slices"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/history"
)

// postmortemCards ask, below a rollback that has ended, when its postmortem is, and remind
// on-call of it on the day.
func (b Builder) postmortemCards(v readiness.View) []Card {
	var cards []Card
	for _, id := range slices.Sorted(maps.Keys(v.State.Postmortems)) {
		r := v.State.Postmortems[id]
		run, ended := v.State.Runs[r.Rollback], !r.Ended.IsZero()
		if ask := (Card{Subject: "postmortem/" + r.Rollback, Parent: "run/" + r.Rollback, Channel: b.alertChannel(), Final: ended}); run != nil && !run.Open() && b.unsettled(v, ask) {
			ask.Reply = postmortemReply(v, r, "Postmortem of the rollback of "+r.Environment)
			cards = append(cards, ask)
		}
		due := wording.PostmortemDue(v, r)
		remind := Card{Subject: fmt.Sprintf("postmortem/%s/%d", r.Rollback, due.Unix()), Channel: b.alertChannel(), Final: ended}
		if _, told := v.State.Anchors[remind.Subject]; !due.IsZero() && !due.After(v.Now) && (!ended || told) && b.unsettled(v, remind) {
			remind.Reply = postmortemReply(v, r, "The postmortem of the rollback of "+r.Environment+" is due")
			cards = append(cards, remind)
		}
	}
	return cards
}

func postmortemReply(v readiness.View, r history.Postmortem, title string) reply.Reply {
	actions := reply.Actions{}
	if r.Ended.IsZero() {
		actions = reply.Actions{{Label: "Set the date", Act: reply.Act{Verb: "rollback postmortem-date", Environment: r.Environment, Run: r.Rollback}},
			{Label: "Done", Act: reply.Act{Verb: "rollback postmortem-done", Environment: r.Environment, Run: r.Rollback}}}
	}
	return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: reply.NonEmpty([]reply.Part{wording.Postmortem(v, r), actions})}
}
