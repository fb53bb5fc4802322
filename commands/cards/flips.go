package cards

import (
	"fmt"
	"strings"
	"time"

	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
)

// mostFlips is how many changes one message lists; the status has the others.
const mostFlips = 15

// flipCards inform the releases channel, once, of answers that scheduled checks found
// changed: one message for those that changed within minutes of each other.
func (b Builder) flipCards(v readiness.View) []Card {
	release := v.Release()
	if release == nil {
		return nil
	}
	var cards []Card
	for _, wave := range release.Batches(v.Now, toldOf(v, release)) {
		flips := b.flips(v, release, wave)
		if len(flips) == 0 {
			continue
		}
		r := flips[0].alone(b, v)
		if len(flips) > 1 {
			r = b.flipsReply(v, wave.Began, flips)
		}
		cards = append(cards, Card{Subject: history.FlipSubject(release.Version, wave.Began),
			Channel: b.Releases, Reply: r, Final: wave.Over(v.Now)})
	}
	return cards
}

// toldOf reports whether a message about a group of changes exists.
func toldOf(v readiness.View, release *history.Release) func(history.Batch) bool {
	return func(w history.Batch) bool {
		_, told := v.State.Anchors[history.FlipSubject(release.Version, w.Began)]
		return told
	}
}

// flip is one change of an answer.
type flip struct {
	item *checklist.Item
	key  answer.Key
	said history.Notice
}

func (b Builder) flips(v readiness.View, release *history.Release, wave history.Batch) []flip {
	var flips []flip
	for _, key := range wave.Keys {
		if it, ok := v.Checklist.Item(key.Item); ok {
			flips = append(flips, flip{it, key, release.Notices[key]})
		}
	}
	return flips
}

// The three ways in which an answer changes, the gravest first.
var flipWays = []struct{ mark, one, count string }{
	{"✗", "is no longer met", "no longer met"},
	{"⚠", "can no longer be measured", "no longer measured"},
	{"✓", "is met again", "met again"},
}

// way is the index in flipWays.
func (f flip) way() int {
	switch {
	case f.said.Through:
		return 2
	case f.said.Verdict != answer.Failed:
		return 1
	}
	return 0
}

func (f flip) where() string {
	if f.key.Environment == "" {
		return ""
	}
	return " on " + f.key.Environment
}

// alone is the message about one change.
func (f flip) alone(b Builder, v readiness.View) reply.Reply {
	way := flipWays[f.way()]
	title := way.mark + " " + f.item.Title + " " + way.one + f.where()
	lines := append(reply.Lines{reply.Say(reply.Sentence(reply.Shorten(f.said.Summary, 300)), "Found by a scheduled check ", reply.Time(f.said.At), ".")}, f.owners(b, v)...)
	actions := reply.Actions{{Label: "Run again", Act: reply.Do("ready run", f.key.String())}, {Label: "Details", Act: reply.Do("ready status", f.key.Item)}}
	return reply.Reply{Title: reply.Shorten(title, 150), Summary: title + ".", Public: true, Parts: reply.NonEmpty([]reply.Part{lines, actions})}
}

// owners says who and which issue looks after it if it isn't met.
func (f flip) owners(b Builder, v readiness.View) reply.Lines {
	var lines reply.Lines
	if f.said.Through {
		return nil
	}
	if role, ok := v.Checklist.Role(f.item.Owner); ok {
		lines = append(lines, append(reply.Say("Owner: ", role.Title), b.HoldersText(role)...))
	}
	if issue := v.State.Issues[f.key]; issue.Number != 0 {
		lines = append(lines, reply.Say("Issue: ", reply.LinkTo(issue.URL, fmt.Sprintf("#%d", issue.Number))))
	}
	return lines
}

// line is one change among several.
func (f flip) line(b Builder, v readiness.View) reply.Text {
	way := flipWays[f.way()]
	line := reply.Say(way.mark+" ", reply.Bold(f.item.Title), " "+way.one+f.where()+". ", reply.Sentence(reply.Shorten(f.said.Summary, 150)))
	for _, more := range f.owners(b, v) {
		line = append(append(line, more...), reply.Say(". ")...)
	}
	return line
}

// flipsReply is the message about several changes.
func (b Builder) flipsReply(v readiness.View, since time.Time, flips []flip) reply.Reply {
	title := flipsTitle(flips)
	lines := reply.Lines{reply.Say("Found by scheduled checks since ", reply.Time(since), ".")}
	for _, f := range flips[:min(len(flips), mostFlips)] {
		lines = append(lines, f.line(b, v))
	}
	if more := len(flips) - mostFlips; more > 0 {
		lines = append(lines, reply.Say(fmt.Sprintf("And %d more.", more)))
	}
	return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: reply.NonEmpty([]reply.Part{lines, reply.Actions{{Label: "Status", Act: reply.Do("ready status")}}})}
}

// flipsTitle counts the changes of each way, under the gravest one's mark.
func flipsTitle(flips []flip) string {
	counts := make([]int, len(flipWays))
	for _, f := range flips {
		counts[f.way()]++
	}
	mark, said := "", []string(nil)
	for i, n := range counts {
		if n == 0 {
			continue
		}
		if mark == "" {
			mark = flipWays[i].mark
		}
		said = append(said, fmt.Sprintf("%d %s", n, flipWays[i].count))
	}
	return fmt.Sprintf("%s %d scheduled checks changed: %s", mark, len(flips), strings.Join(said, ", "))
}
