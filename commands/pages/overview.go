// Package pages writes the full answers that people ask for: the release at a glance
// ([Glance]) or with all that blocks it ([Release]), what failed or is unchecked, a section
// or an item ([Section], [Item]), the report, the timeline, what is new to a person
// ([News]), and a person's own page ([Home]).
//
// Like a card, a page is a pure function: the same [readiness.View] gives the same
// page. A [cards.Builder] has what a View doesn't, such as the channels and who holds
// which role. Pages take the parts that they share with cards from package cards, which
// doesn't know about pages. Package looking decides who is asking, and about which
// release.
package pages

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
)

// How much of a long checklist the overview names before it counts the rest.
const (
	shownSections = 12 // the ones with most to do
	shownPlaces   = 6  // where figures disagree
)

// Release is the overview of a release with all that blocks it.
func Release(b cards.Builder, v readiness.View) reply.Reply {
	release := v.Release()
	if release == nil {
		return cards.NoRelease()
	}
	v = v.Cached()
	score := v.Score()
	title := Readiness(v)
	fields := reply.Fields{
		{Name: "Release", Value: reply.Say(reply.Bold(release.Version), ", commit ", reply.Typed(wording.ShortCommit(release.Commit)), opened(release))},
		{Name: "Score", Value: reply.Say(reply.Bold(reply.Percent(score.Percent)), ", "+wording.ItemsMet(score))},
	}
	summary, offered := []string{title}, map[answer.Key]bool{}
	var parts []reply.Part
	for _, env := range v.Checklist.Environments {
		d := v.Decide(env.Name)
		fields = append(fields, reply.Field{Name: strings.ToUpper(env.Name[:1]) + env.Name[1:], Value: slices.Concat(wording.Decision(d), bakingText(v, env.Name), wording.Scheduled(v, env.Name))})
		summary = append(summary, env.Name+": "+wording.Decision(d).Raw())
		parts = append(parts, b.Blockers(v, d, offered)...)
		parts = append(parts, cards.Overridden(d))
		if waived := cards.Waivers(v, env.Name); len(waived) > 0 {
			parts = append(parts, append(reply.Lines{reply.Say(reply.Bold("Waived for " + env.Name))}, waived...))
		}
	}
	parts = append([]reply.Part{fields, unopenedLines(release), cards.Tag(release)}, parts...)
	parts = append(parts, sectionParts(score)...)
	parts = append(parts, cards.DutyLines(v), staleSoonLines(v), running(b, v), awayLines(v))
	parts = append(parts, signOffLines(b, v), etaFields(v), mismatchNote(v.Checklist), notYetNote(b))
	parts = append(parts, overviewActions(b, v, score))
	return reply.Reply{Title: title, Summary: strings.Join(summary, ". ") + ".", Parts: reply.NonEmpty(parts)}
}

// bakingText names what is live on an environment while it bakes there.
func bakingText(v readiness.View, env string) reply.Text {
	baking := wording.Baking(v, env)
	if baking == nil {
		return nil
	}
	return append(reply.Say("; ", reply.Bold(v.LiveOn(env).Name()), " is live"), baking...)
}

// unopenedLines say that the release that opens by itself isn't open yet, and how to
// open one.
func unopenedLines(release *history.Release) reply.Part {
	if !unopened(release) {
		return nil
	}
	return reply.Lines{reply.Say("No release is open. ", reply.Bold(cards.FirstRelease), " collects answers until one is; those about the project and its places carry over. ",
		reply.Typed("/ready release VERSION [COMMIT]"), " opens a release.")}
}

// sectionParts shows the sections with most to do, and counts the others.
func sectionParts(score readiness.Score) []reply.Part {
	open := unmet(score)
	shown := open[:min(len(open), shownSections)]
	if len(score.Sections) <= shownSections {
		return []reply.Part{Sections("Sections", score.Sections)}
	}
	note := reply.Note(reply.Say(phrase.Count(len(score.Sections)-len(open), "section"), " complete, ", phrase.Count(len(open)-len(shown), "more", "more"), " with something open. ", reply.Typed("/ready status sections"), " shows all."))
	if len(shown) == 0 {
		return []reply.Part{note}
	}
	return []reply.Part{Sections("Sections with most to do", shown), note}
}

// unmet lists the sections that are not complete: those where something failed
// first, then those where something could not be measured.
func unmet(score readiness.Score) []readiness.Tally {
	var open []readiness.Tally
	for _, tally := range score.Sections {
		if tally.Through < tally.Items {
			open = append(open, tally)
		}
	}
	slices.SortStableFunc(open, func(a, b readiness.Tally) int {
		return cmp.Or(min(b.Failed, 1)-min(a.Failed, 1), min(b.Broken, 1)-min(a.Broken, 1))
	})
	return open
}

func Sections(title string, tallies []readiness.Tally) reply.Part {
	t := reply.Table{Title: title, Header: []string{"Section", "Met", "State", "Name"}}
	for _, tally := range tallies {
		t.Rows = append(t.Rows, []reply.Text{
			reply.Say(tally.Section.Title), reply.Say(fmt.Sprintf("%d/%d", tally.Through, tally.Items)), reply.Say(tallyWord(tally)), reply.Say(reply.Typed(tally.Section.ID)),
		})
	}
	return t
}

func tallyWord(t readiness.Tally) string {
	switch {
	case t.Through == t.Items:
		return "✓ complete"
	case t.Failed > 0 && t.Broken > 0:
		return fmt.Sprintf("✗ %d failed, %d could not be measured", t.Failed, t.Broken)
	case t.Failed > 0:
		return fmt.Sprintf("✗ %d failed", t.Failed)
	case t.Broken > 0:
		return fmt.Sprintf("⚠ %d could not be measured", t.Broken)
	}
	return fmt.Sprintf("○ %d open", t.Items-t.Through)
}

// staleSoon is how far ahead the status looks for evidence that grows old.
const staleSoon = 6 * time.Hour

// staleSoonLines list what passes now but will soon expire.
func staleSoonLines(v readiness.View) reply.Part {
	soon := readiness.StaleSoon(v, staleSoon)
	if len(soon) == 0 {
		return nil
	}
	lines := reply.Lines{reply.Say(reply.Bold("Goes stale soon"))}
	for i, s := range soon {
		if i == 5 {
			lines = append(lines, reply.Say("… and ", phrase.Count(len(soon)-i, "more", "more"), "."))
			break
		}
		again := "/ready run "
		if s.Item.Manual != nil {
			again = "/ready check "
		}
		lines = append(lines, reply.Say("⌛ ", s.Item.Title, ": counts until ", reply.Time(s.Until), ". ", reply.Typed(again+s.Key.String())))
	}
	return lines
}

func running(b cards.Builder, v readiness.View) reply.Part {
	open := v.State.OpenRuns()
	if len(open) == 0 {
		return nil
	}
	lines := reply.Lines{reply.Say(reply.Bold("Running"))}
	for _, run := range open {
		lines = append(lines, reply.Say(run.Title, fmt.Sprintf(": %d of %d done, since ", run.Done(), len(run.Path())), reply.Time(run.Started), reply.By(run.By)))
	}
	return lines
}

func signOffLines(b cards.Builder, v readiness.View) reply.Part {
	if len(v.Checklist.SignOffs) == 0 {
		return nil
	}
	lines := reply.Lines{reply.Say(reply.Bold("Sign-offs"))}
	for _, rule := range v.Checklist.SignOffs {
		lines = append(lines, reply.Say(rule.Environment, ": ", v.Approval(rule.Environment).Summary()))
	}
	return lines
}

func etaFields(v readiness.View) reply.Part {
	fields := reply.Fields{}
	for _, m := range v.Timeline().Milestones {
		value := reply.Say("reached")
		if !m.Reached {
			value = reply.Say(readiness.Span(m.Remaining), ", ", reply.Time(m.At))
			if m.Unestimated > 0 {
				value = append(reply.Say("at least "), value...)
			}
		}
		fields = append(fields, reply.Field{Name: m.Title, Value: value})
	}
	if len(fields) == 0 {
		return nil
	}
	return fields
}

// mismatchNote lists what the checklist says in more than one way.
func mismatchNote(c *checklist.Checklist) reply.Part {
	var places []string
	for _, section := range c.AllSections() {
		if checklist.Mismatch(section.Figures) {
			places = append(places, section.ID)
		}
		for _, it := range section.Items {
			if checklist.Mismatch(it.Figures) {
				places = append(places, it.ID)
			}
		}
	}
	if len(places) == 0 {
		return nil
	}
	shown := places[:min(len(places), shownPlaces)]
	note := reply.Say("⚠ The checklist's own figures disagree in ", phrase.Count(len(places), "place"), ": ", reply.Typed(strings.Join(shown, " ")))
	if more := len(places) - len(shown); more > 0 {
		note = append(note, reply.Say(" and ", phrase.Count(more, "more", "more"))...)
	}
	return reply.Note(append(note, reply.Say(". ", reply.Typed("/ready status NAME"), " shows both.")...))
}

func notYetNote(b cards.Builder) reply.Part {
	if len(b.NotYet) == 0 {
		return nil
	}
	return reply.Note(reply.Say("Configured, but not working yet: ", strings.Join(b.NotYet, ", "), "."))
}

func overviewActions(b cards.Builder, v readiness.View, score readiness.Score) reply.Part {
	actions := reply.Actions{{Label: "Run all gates", Act: reply.Do("ready run", "all"), Style: reply.Primary}}
	for _, rule := range v.Checklist.SignOffs {
		actions = append(actions, reply.Button{Label: "Ask for sign-off: " + rule.Environment, Act: reply.DoOn("ready signoff", rule.Environment)})
	}
	for i, tally := range unmet(score) {
		if i == 4 {
			break
		}
		actions = append(actions, reply.Button{Label: tally.Section.Title, Act: reply.Do("ready status", tally.Section.ID)})
	}
	return append(actions, reply.Button{Label: "All sections", Act: reply.Do("ready status", "sections")}, reply.Button{Label: "Share", Act: reply.Do("ready share")}, reply.Button{Label: "Help", Act: reply.Do("ready help")})
}

// unopened reports whether a release is the one that collects answers until somebody
// opens one.
func unopened(release *history.Release) bool {
	return release.Version == cards.FirstRelease && release.OpenedBy == ""
}

// opened says when a release was opened, to be shown after its version.
func opened(release *history.Release) reply.Text {
	if unopened(release) {
		return reply.Say(", not opened by anybody")
	}
	return reply.Say(", opened ", reply.Time(release.Opened))
}
