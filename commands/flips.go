package commands

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/readiness"
)

// flipCards tell the releases channel, once, of answers that scheduled checks
// found changed.
func (b *Bot) flipCards(v readiness.View) []Card {
	release := v.Release()
	if release == nil {
		return nil
	}
	var cards []Card
	for key, said := range release.Said {
		it, ok := v.Checklist.Item(key.Item)
		if !ok || v.Now.Sub(said.At) >= keptTrue {
			continue
		}
		cards = append(cards, Card{Subject: fmt.Sprintf("%s/%d", readiness.FlipSubject(release.Version, key), said.At.Unix()),
			Channel: b.Releases, Reply: b.flipReply(v, it, key, said), Final: true})
	}
	slices.SortFunc(cards, func(x, y Card) int { return strings.Compare(x.Subject, y.Subject) })
	return cards
}

func (b *Bot) flipReply(v readiness.View, it *readiness.Item, key readiness.Key, said readiness.Said) Reply {
	title := "✗ " + it.Title + " is no longer met"
	switch {
	case said.Through:
		title = "✓ " + it.Title + " is met again"
	case said.Verdict != readiness.Failed:
		title = "⚠ " + it.Title + " can no longer be measured"
	}
	if key.Environment != "" {
		title += " on " + key.Environment
	}
	lines := Lines{Say(sentence(short(said.Summary, 300)), "Found by a scheduled check ", Time(said.At), ".")}
	if role, ok := v.Checklist.Role(it.Owner); ok && !said.Through {
		lines = append(lines, append(Say("Owner: ", role.Title), b.wearers(role)...))
	}
	if issue := v.State.Issues[key]; issue.URL != "" && !said.Through {
		lines = append(lines, Say("Issue: ", LinkTo(issue.URL, fmt.Sprintf("#%d", issue.Number))))
	}
	actions := Actions{{Label: "Run again", Command: "ready run " + key.String()}, {Label: "Details", Command: "ready status " + key.Item}}
	return Reply{Title: short(title, 150), Summary: title + ".", Public: true, Parts: present([]Part{lines, actions})}
}
