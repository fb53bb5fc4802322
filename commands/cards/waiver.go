package cards

import (
	"fmt"
	"time"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
)

// endTold is how long after the end of a waiver it is still news.
const endTold = 24 * time.Hour

// waiverCards inform the releases channel, once, of waivers that have ended.
func (b Builder) waiverCards(v readiness.View) []Card {
	var cards []Card
	for _, env := range v.Checklist.Environments {
		for _, w := range v.Waivers(env.Name) {
			it, ok := v.Checklist.Item(w.Item)
			if ok && w.Over(v.Now) && v.Now.Sub(w.Until) < endTold {
				cards = append(cards, Card{Subject: fmt.Sprintf("waiver/%s/%s/%s/%d", v.State.Open, w.Item, w.Environment, w.Until.Unix()),
					Channel: b.Releases, Reply: b.waiverEnded(v, it, w)})
			}
		}
	}
	return cards
}

// waiverEnded says what the end of a waiver means now.
func (b Builder) waiverEnded(v readiness.View, it *checklist.Item, w history.Waiver) reply.Reply {
	title := fmt.Sprintf("The waiver of %s for %s has ended", it.ID, w.Environment)
	lines := reply.Lines{reply.Say(reply.Bold(it.Title), ". ", wording.WaiverLine(w, v.Now))}
	if v.Through(it) {
		lines = append(lines, reply.Say("✓ It is met now."))
		return reply.Reply{Title: title, Public: true, Parts: []reply.Part{lines}}
	}
	lines = append(lines, reply.Say("✗ It is not met, so it blocks ", w.Environment, " again. ", w.Environment, ": ", wording.Decision(v.Decide(w.Environment)), "."))
	key := it.Keys()[0]
	if len(it.Environments) > 0 {
		key = answer.Key{Item: it.ID, Environment: w.Environment}
	}
	actions := append(reply.Actions{AnswerButton(it, v.Standing(it, key))}, FixButton(it, key)...)
	return reply.Reply{Title: title, Public: true, Parts: []reply.Part{lines, append(actions, reply.Button{Label: "Waive again", Act: reply.Do("ready waive", key.String())}, reply.Button{Label: "Details", Act: reply.Do("ready status", it.ID)})}}
}

// Waivers lists the waivers of an environment, with the items they are of.
func Waivers(v readiness.View, env string) reply.Lines {
	var lines reply.Lines
	for _, w := range v.Waivers(env) {
		it, ok := v.Checklist.Item(w.Item)
		if !ok {
			continue
		}
		line := append(reply.Say(reply.Bold(it.Title), ". "), wording.WaiverLine(w, v.Now)...)
		lines = append(lines, line)
	}
	if more := len(lines) - 10; more > 0 {
		lines = append(lines[:10], reply.Say("… and ", phrase.Count(more, "more", "more"), "."))
	}
	return lines
}

// Waivable lists the environments for which an item can be waived.
func Waivable(it *checklist.Item, key answer.Key) []string {
	return it.HeldBack(key)
}

// Unwaive takes the waiver of an item for an environment back.
func Unwaive(it *checklist.Item, env string) reply.Act {
	if len(it.Environments) > 0 {
		return reply.Do("ready unwaive", answer.Key{Item: it.ID, Environment: env}.String())
	}
	return reply.Act{Verb: "ready unwaive", Items: []string{it.ID}, Environment: env}
}
