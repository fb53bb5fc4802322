package deploying

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// takeStorm says who looks after the alerts of a storm that its card showed. What came
// or changed since then waits on: whoever pressed has not seen it.
func takeStorm(ctx context.Context, c verb.Call) reply.Reply {
	storm, ok := c.View.OnCall().Storm(c.Act.Storm)
	if !ok {
		return noStorm()
	}
	seen, ok := numberSeen(c.Act, storm)
	if !ok {
		return askSeen(c.Act, storm)
	}
	receipt, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		storm, ok := v.OnCall().Storm(c.Act.Storm)
		if !ok {
			return nil, verb.Refusal(noStorm())
		}
		var events []event.Event
		for _, i := range seenOf(storm, seen) {
			events = append(events, event.IncidentAcknowledged{Incident: i.ID, By: c.User, Deputy: c.Deputy, MembershipAsOf: c.AsOf})
		}
		if len(events) == 0 {
			return nil, verb.Refusal(nothingSeenWaits(storm))
		}
		return events, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	lines := reply.Lines{reply.Say(cardSays(c, history.StormSubject(c.Act.Storm)))}
	storm, _ = c.Latest().OnCall().Storm(c.Act.Storm)
	later := len(storm.Waits) - len(seenOf(storm, seen))
	if later > 0 {
		lines = append(lines, reply.Say(laterText(later)))
	}
	return reply.Reply{Title: "You acknowledged " + phrase.Count(len(receipt.Events), "alert"), Parts: reply.NonEmpty([]reply.Part{append(lines, verb.AsOfLines(c.AsOf)...), actionsAfter(storm, later)})}
}

// numberSeen is the number that a card showed; ok is false if none can have shown it. One
// that is too large would acknowledge alerts that nobody has seen.
func numberSeen(act reply.Act, storm readiness.Storm) (seen int, ok bool) {
	seen, err := strconv.Atoi(act.Seen)
	return seen, err == nil && seen >= 1 && seen <= storm.News
}

// seenOf are the alerts of a storm that wait and were there when its card was shown.
func seenOf(storm readiness.Storm, seen int) []*history.Incident {
	for n, i := range storm.Waits { // the newest first
		if i.News <= seen {
			return storm.Waits[n:]
		}
	}
	return nil
}

// laterText says in one sentence what was not acknowledged.
func laterText(later int) string {
	if later == 1 {
		return "1 alert fired or changed after the card that you saw, so it isn't acknowledged."
	}
	return fmt.Sprint(later) + " alerts fired or changed after the card that you saw, so they aren't acknowledged."
}

// actionsAfter are the buttons for what is left.
func actionsAfter(storm readiness.Storm, later int) reply.Actions {
	if later == 0 {
		return nil
	}
	return cards.StormActions(storm)
}

func noStorm() reply.Reply {
	return reply.Refuse("There is no alert storm of that name", reply.Say(reply.Typed("/rollback status"), " shows what is firing."))
}

// askSeen asks back where it is not said what the person has seen.
func askSeen(act reply.Act, storm readiness.Storm) reply.Reply {
	if len(storm.Waits) == 0 {
		return nothingSeenWaits(storm)
	}
	why := reply.Say("Nothing was acknowledged yet, since ", reply.Typed("--seen"), " doesn't say which of them you have seen. ")
	if act.Seen != "" {
		why = reply.Say("Nothing was acknowledged yet, since no card of this storm shows ", reply.Typed("--seen="+reply.Shorten(act.Seen, 40)), ". ")
	}
	return reply.Reply{Title: "Acknowledge " + phrase.Count(len(storm.Waits), "alert") + "?", Refused: true, Parts: []reply.Part{
		reply.Lines{append(why, reply.Say("The button acknowledges those that wait now; ", reply.Typed("/rollback status --storm="+storm.ID), " lists them.")...)}, cards.StormActions(storm)}}
}

// nothingSeenWaits says that nothing is left to acknowledge of what was seen.
func nothingSeenWaits(storm readiness.Storm) reply.Reply {
	if later := len(storm.Waits); later > 0 {
		return reply.Reply{Title: "What you saw no longer waits", Parts: []reply.Part{reply.Lines{reply.Say(laterText(later))}, cards.StormActions(storm)}}
	}
	return reply.Reply{Title: "They are already acknowledged", Parts: []reply.Part{reply.Lines{reply.Say("No alert of this storm waits to be acknowledged.")}}}
}

// stormSince is since when all that somebody acknowledges of a storm has waited: the
// newest counts, since a deputy may take none that has not waited long enough.
func stormSince(c verb.Call) time.Time {
	storm, _ := c.View.OnCall().Storm(c.Act.Storm)
	seen, _ := numberSeen(c.Act, storm)
	var since time.Time
	for _, i := range seenOf(storm, seen) {
		if i.Heard.After(since) {
			since = i.Heard
		}
	}
	return since
}

// stormPage is how many alerts of a storm one reply lists.
const stormPage = 30

// listStorm lists what fires of a storm, a page at a time, the newest first.
func listStorm(c verb.Call) reply.Reply {
	storm, ok := c.View.OnCall().Storm(c.Act.Storm)
	if !ok {
		return noStorm()
	}
	firing := slices.Concat(storm.Waits, storm.Taken, storm.Dismissed)
	slices.SortFunc(firing, func(a, b *history.Incident) int { return b.News - a.News })
	if c.Act.Before != "" {
		before, err := strconv.Atoi(c.Act.Before)
		if err != nil || before < 1 {
			return reply.Refuse("Before which alert?", reply.Say("The button Older shows the alerts before these; ", reply.Typed("/rollback status --storm="+storm.ID), " begins with the newest."))
		}
		firing = slices.DeleteFunc(firing, func(i *history.Incident) bool { return i.News >= before })
	}
	lines := reply.Lines{c.Cards().StormSummary(c.View, storm)}
	page := firing[:min(len(firing), stormPage)]
	for _, i := range page {
		lines = append(lines, c.Cards().StormLine(i))
	}
	if len(page) > 0 {
		lines = append(lines, cards.StormHint)
	}
	actions := cards.StormActions(storm)
	if more := len(firing) - len(page); more > 0 {
		lines = append(lines, reply.Say("… and ", phrase.Count(more, "older one"), "."))
		actions = append(actions, reply.Button{Label: "Older", Act: reply.Act{Verb: "rollback status", Storm: storm.ID, Before: fmt.Sprint(page[len(page)-1].News)}})
	}
	return reply.Reply{Title: "Alert storm", Parts: reply.NonEmpty([]reply.Part{lines, actions})}
}
