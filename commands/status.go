package commands

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/readiness"
)

// How much of a long checklist the overview names before it counts the rest.
const (
	shownBlockers = 8  // of one environment
	shownSections = 12 // the ones with most to do
	shownPlaces   = 6  // where figures disagree
)

func statusVerb() verb {
	return verb{words: []string{"ready", "status"}, usage: "[SECTION|ITEM|sections]", look: true, release: true,
		about: "score, decision, what blocks and how to mend it", do: (*Bot).status}
}

// status shows the release, a section of it, or one item, from memory.
func (b *Bot) status(ctx context.Context, c call) Reply {
	word := c.item()
	if word == "" {
		reply := b.recentOverview(c.view)
		if news := newsPart(c.view, c.User); news != nil && len(reply.Parts) > 0 {
			reply.Parts = slices.Insert(slices.Clone(reply.Parts), 1, news)
		}
		b.looked(ctx, c)
		return reply
	}
	if word == "sections" {
		return Reply{Title: "All sections", Parts: []Part{sectionTable("", c.view.Score().Sections), Actions{{Label: "Whole release", Act: say("ready status")}}}}
	}
	if section, ok := c.view.Checklist.Section(strings.ToLower(word)); ok {
		return b.sectionStatus(c.view, section)
	}
	id, _, _ := strings.Cut(word, "@")
	if it, ok := c.view.Checklist.Item(id); ok {
		return b.itemStatus(c.view, it)
	}
	return c.unknownPlace(word)
}

// versionNamed takes the word after a look at the status as a release's version,
// where nothing of the checklist has that name.
func (c *call) versionNamed() {
	word := c.item()
	if c.act.Verb == "ready status" && c.act.Release == "" && len(c.act.Items) == 1 && !c.names(itemsName, word) && c.view.State.Releases[word] != nil {
		c.act.Release, c.act.Items = word, nil
	}
}

// unknownPlace answers a name that nothing has, with those that come nearest.
func (c call) unknownPlace(name string) Reply {
	var sections, names []string
	for _, section := range allSections(c.view.Checklist) {
		sections = append(sections, section.ID)
	}
	names = append(append(names, sections...), itemNames(c.view.Checklist)...)
	names = append(names, slices.Sorted(maps.Keys(c.view.State.Releases))...)
	line := Say("No section, item or release is called ", Typed(short(name, 60)))
	near := nearby(name, names)
	title := "No such name"
	if len(near) == 0 {
		return refuse(title, slices.Concat(line, Say("; the sections are "), typedList(sections), Say(".")))
	}
	if best, ok := nearest(name, names); ok {
		title = "Did you mean " + best + "?"
	}
	var buttons Actions
	for _, other := range near {
		act := Act{Verb: "ready status", Release: other}
		if c.names(itemsName, other) {
			act = say("ready status", other)
		}
		buttons = append(buttons, Button{Label: other, Act: act})
	}
	return Reply{Title: title, Refused: true, Parts: []Part{Lines{append(line, Say("; the closest: ", Typed(strings.Join(near, " ")), ".")...)}, buttons}}
}

// overview is the whole release on one page, and what it was computed from.
type overview struct {
	state  *readiness.State
	about  string // version of the release; empty: the newest
	second int64  // in which it was computed: evidence and estimates age
	reply  Reply
}

// recentOverview computes the overview once a second at most while nothing
// happens: when it matters, everybody asks at once.
func (b *Bot) recentOverview(v readiness.View) Reply {
	second := v.Now.Unix()
	if o := b.latest.Load(); o != nil && o.state == v.State && o.about == v.Version && o.second == second {
		return o.reply
	}
	o := &overview{v.State, v.Version, second, b.wholeRelease(v)}
	b.latest.Store(o)
	return o.reply
}

// wholeRelease is the overview of a release.
func (b *Bot) wholeRelease(v readiness.View) Reply {
	release := v.Release()
	if release == nil {
		return noRelease()
	}
	v = v.Cached()
	score := v.Score()
	title := fmt.Sprintf("%s %s is %s ready", v.Checklist.Project, release.Version, percent(score.Percent))
	fields := Fields{
		{"Release", Say(Bold(release.Version), ", commit ", Typed(shortCommit(release.Commit)), ", opened ", Time(release.Opened))},
		{"Score", Say(Bold(percent(score.Percent)), ", "+itemsMet(score))},
	}
	summary, offered := []string{title}, map[readiness.Key]bool{}
	var parts []Part
	for _, env := range v.Checklist.Environments {
		d := v.Decide(env.Name)
		fields = append(fields, Field{strings.ToUpper(env.Name[:1]) + env.Name[1:], verdictText(d)})
		summary = append(summary, env.Name+": "+verdictText(d).raw())
		parts = append(parts, b.blockerParts(d, offered)...)
		if waived := waiverLines(v, env.Name); len(waived) > 0 {
			parts = append(parts, append(Lines{Say(Bold("Waived for " + env.Name))}, waived...))
		}
	}
	parts = append([]Part{fields, unopenedLines(release), tagLines(release)}, parts...)
	parts = append(parts, sectionParts(score)...)
	parts = append(parts, dutyLines(v), staleSoonLines(v), b.running(v))
	parts = append(parts, b.signOffLines(v), etaFields(v), mismatchNote(v.Checklist), b.notYetNote())
	parts = append(parts, b.overviewActions(v, score))
	return Reply{Title: title, Summary: strings.Join(summary, ". ") + ".", Parts: nonEmpty(parts)}
}

// unopenedLines say of the release that opens by itself that it is none yet, and
// how to open one.
func unopenedLines(release *readiness.Release) Part {
	if release.Version != firstRelease || release.OpenedBy != "" {
		return nil
	}
	return Lines{Say("No release is open. ", Bold(firstRelease), " collects answers until one is; those about the project and its places carry over. ",
		Typed("/ready release VERSION [COMMIT]"), " opens a release.")}
}

// sectionParts shows the sections with most to do, and counts the others.
func sectionParts(score readiness.Score) []Part {
	open := unmet(score)
	shown := open[:min(len(open), shownSections)]
	if len(score.Sections) <= shownSections {
		return []Part{sectionTable("Sections", score.Sections)}
	}
	note := Note(Say(count(len(score.Sections)-len(open), "section"), " complete, ", count(len(open)-len(shown), "more"), " with something open. ", Typed("/ready status sections"), " shows all."))
	if len(shown) == 0 {
		return []Part{note}
	}
	return []Part{sectionTable("Sections with most to do", shown), note}
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

func sectionTable(title string, tallies []readiness.Tally) Part {
	t := Table{Title: title, Header: []string{"Section", "Met", "State", "Name"}}
	for _, tally := range tallies {
		t.Rows = append(t.Rows, []Text{
			Say(tally.Section.Title), Say(fmt.Sprintf("%d/%d", tally.Through, tally.Items)), Say(tallyWord(tally)), Say(Typed(tally.Section.ID)),
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

// staleSoonLines name what is met now and will not be for long.
func staleSoonLines(v readiness.View) Part {
	soon := v.StaleSoon(staleSoon)
	if len(soon) == 0 {
		return nil
	}
	lines := Lines{Say(Bold("Goes stale soon"))}
	for i, s := range soon {
		if i == 5 {
			lines = append(lines, Say("… and ", count(len(soon)-i, "more"), "."))
			break
		}
		again := "/ready run "
		if s.Item.Manual != nil {
			again = "/ready check "
		}
		lines = append(lines, Say("⌛ ", s.Item.Title, ": counts until ", Time(s.Until), ". ", Typed(again+s.Key.String())))
	}
	return lines
}

func (b *Bot) running(v readiness.View) Part {
	open := v.State.OpenRuns()
	if len(open) == 0 {
		return nil
	}
	lines := Lines{Say(Bold("Running"))}
	for _, run := range open {
		lines = append(lines, Say(run.Title, fmt.Sprintf(": %d of %d done, since ", run.Done(), len(run.Path())), Time(run.Started), by(run.By)))
	}
	return lines
}

func (b *Bot) signOffLines(v readiness.View) Part {
	if len(v.Checklist.SignOffs) == 0 {
		return nil
	}
	lines := Lines{Say(Bold("Sign-offs"))}
	for _, rule := range v.Checklist.SignOffs {
		lines = append(lines, Say(rule.Environment, ": ", v.Approval(rule.Environment).Summary()))
	}
	return lines
}

func etaFields(v readiness.View) Part {
	fields := Fields{}
	for _, m := range v.Timeline().Milestones {
		value := Say("reached")
		if !m.Reached {
			value = Say(readiness.Span(m.Remaining), ", ", Time(m.At))
			if m.Unestimated > 0 {
				value = append(Say("at least "), value...)
			}
		}
		fields = append(fields, Field{m.Title, value})
	}
	if len(fields) == 0 {
		return nil
	}
	return fields
}

// mismatchNote names what the checklist says in more than one way.
func mismatchNote(c *readiness.Checklist) Part {
	var places []string
	for _, section := range allSections(c) {
		if readiness.Mismatch(section.Figures) {
			places = append(places, section.ID)
		}
		for _, it := range section.Items {
			if readiness.Mismatch(it.Figures) {
				places = append(places, it.ID)
			}
		}
	}
	if len(places) == 0 {
		return nil
	}
	shown := places[:min(len(places), shownPlaces)]
	note := Say("⚠ The checklist's own figures disagree in ", count(len(places), "place"), ": ", Typed(strings.Join(shown, " ")))
	if more := len(places) - len(shown); more > 0 {
		note = append(note, Say(" and ", count(more, "more"))...)
	}
	return Note(append(note, Say(". ", Typed("/ready status NAME"), " shows both.")...))
}

func (b *Bot) notYetNote() Part {
	if len(b.NotYet) == 0 {
		return nil
	}
	return Note(Say("Named in the configuration, not working yet: ", strings.Join(b.NotYet, ", "), "."))
}

func (b *Bot) overviewActions(v readiness.View, score readiness.Score) Part {
	actions := Actions{{Label: "Run all gates", Act: say("ready run", "all"), Style: Primary}}
	for _, rule := range v.Checklist.SignOffs {
		actions = append(actions, Button{Label: "Ask for sign-off: " + rule.Environment, Act: on("ready signoff", rule.Environment)})
	}
	for i, tally := range unmet(score) {
		if i == 4 {
			break
		}
		actions = append(actions, Button{Label: tally.Section.Title, Act: say("ready status", tally.Section.ID)})
	}
	return append(actions, Button{Label: "All sections", Act: say("ready status", "sections")}, Button{Label: "Share", Act: say("ready share")}, Button{Label: "Help", Act: say("ready help")})
}
