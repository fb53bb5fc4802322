package commands

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/commands/reply"
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
func (b *Bot) status(ctx context.Context, c call) reply.Reply {
	word := c.item()
	if word == "" {
		r := b.recentOverview(c.view)
		if news := newsPart(c.view, c.User); news != nil && len(r.Parts) > 0 {
			r.Parts = slices.Insert(slices.Clone(r.Parts), 1, news)
		}
		b.looked(ctx, c)
		return r
	}
	if word == "sections" {
		return reply.Reply{Title: "All sections", Parts: []reply.Part{sectionTable("", c.view.Score().Sections), reply.Actions{{Label: "Whole release", Act: reply.Do("ready status")}}}}
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
func (c call) unknownPlace(name string) reply.Reply {
	var sections, names []string
	for _, section := range allSections(c.view.Checklist) {
		sections = append(sections, section.ID)
	}
	names = append(append(names, sections...), itemNames(c.view.Checklist)...)
	names = append(names, slices.Sorted(maps.Keys(c.view.State.Releases))...)
	line := reply.Say("No section, item or release is called ", reply.Typed(reply.Shorten(name, 60)))
	near := nearby(name, names)
	title := "No such name"
	if len(near) == 0 {
		return reply.Refuse(title, slices.Concat(line, reply.Say("; the sections are "), reply.TypedList(sections), reply.Say(".")))
	}
	if best, ok := nearest(name, names); ok {
		title = "Did you mean " + best + "?"
	}
	var buttons reply.Actions
	for _, other := range near {
		act := reply.Act{Verb: "ready status", Release: other}
		if c.names(itemsName, other) {
			act = reply.Do("ready status", other)
		}
		buttons = append(buttons, reply.Button{Label: other, Act: act})
	}
	return reply.Reply{Title: title, Refused: true, Parts: []reply.Part{reply.Lines{append(line, reply.Say("; the closest: ", reply.Typed(strings.Join(near, " ")), ".")...)}, buttons}}
}

// overview is the whole release on one page, and what it was computed from.
type overview struct {
	state  *readiness.State
	about  string // version of the release; empty: the newest
	second int64  // in which it was computed: evidence and estimates age
	reply  reply.Reply
}

// recentOverview computes the overview once a second at most while nothing
// happens: when it matters, everybody asks at once.
func (b *Bot) recentOverview(v readiness.View) reply.Reply {
	second := v.Now.Unix()
	if o := b.latest.Load(); o != nil && o.state == v.State && o.about == v.Version && o.second == second {
		return o.reply
	}
	o := &overview{v.State, v.Version, second, b.wholeRelease(v)}
	b.latest.Store(o)
	return o.reply
}

// wholeRelease is the overview of a release.
func (b *Bot) wholeRelease(v readiness.View) reply.Reply {
	release := v.Release()
	if release == nil {
		return noRelease()
	}
	v = v.Cached()
	score := v.Score()
	title := fmt.Sprintf("%s %s is %s ready", v.Checklist.Project, release.Version, reply.Percent(score.Percent))
	fields := reply.Fields{
		{Name: "Release", Value: reply.Say(reply.Bold(release.Version), ", commit ", reply.Typed(shortCommit(release.Commit)), ", opened ", reply.Time(release.Opened))},
		{Name: "Score", Value: reply.Say(reply.Bold(reply.Percent(score.Percent)), ", "+itemsMet(score))},
	}
	summary, offered := []string{title}, map[readiness.Key]bool{}
	var parts []reply.Part
	for _, env := range v.Checklist.Environments {
		d := v.Decide(env.Name)
		fields = append(fields, reply.Field{Name: strings.ToUpper(env.Name[:1]) + env.Name[1:], Value: verdictText(d)})
		summary = append(summary, env.Name+": "+verdictText(d).Raw())
		parts = append(parts, b.cards().blockerParts(v, d, offered)...)
		if waived := waiverLines(v, env.Name); len(waived) > 0 {
			parts = append(parts, append(reply.Lines{reply.Say(reply.Bold("Waived for " + env.Name))}, waived...))
		}
	}
	parts = append([]reply.Part{fields, unopenedLines(release), tagLines(release)}, parts...)
	parts = append(parts, sectionParts(score)...)
	parts = append(parts, dutyLines(v), staleSoonLines(v), b.running(v))
	parts = append(parts, b.signOffLines(v), etaFields(v), mismatchNote(v.Checklist), b.notYetNote())
	parts = append(parts, b.overviewActions(v, score))
	return reply.Reply{Title: title, Summary: strings.Join(summary, ". ") + ".", Parts: reply.NonEmpty(parts)}
}

// unopenedLines say of the release that opens by itself that it is none yet, and
// how to open one.
func unopenedLines(release *readiness.Release) reply.Part {
	if release.Version != firstRelease || release.OpenedBy != "" {
		return nil
	}
	return reply.Lines{reply.Say("No release is open. ", reply.Bold(firstRelease), " collects answers until one is; those about the project and its places carry over. ",
		reply.Typed("/ready release VERSION [COMMIT]"), " opens a release.")}
}

// sectionParts shows the sections with most to do, and counts the others.
func sectionParts(score readiness.Score) []reply.Part {
	open := unmet(score)
	shown := open[:min(len(open), shownSections)]
	if len(score.Sections) <= shownSections {
		return []reply.Part{sectionTable("Sections", score.Sections)}
	}
	note := reply.Note(reply.Say(reply.Count(len(score.Sections)-len(open), "section"), " complete, ", reply.Count(len(open)-len(shown), "more"), " with something open. ", reply.Typed("/ready status sections"), " shows all."))
	if len(shown) == 0 {
		return []reply.Part{note}
	}
	return []reply.Part{sectionTable("Sections with most to do", shown), note}
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

func sectionTable(title string, tallies []readiness.Tally) reply.Part {
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

// staleSoonLines name what is met now and will not be for long.
func staleSoonLines(v readiness.View) reply.Part {
	soon := v.StaleSoon(staleSoon)
	if len(soon) == 0 {
		return nil
	}
	lines := reply.Lines{reply.Say(reply.Bold("Goes stale soon"))}
	for i, s := range soon {
		if i == 5 {
			lines = append(lines, reply.Say("… and ", reply.Count(len(soon)-i, "more"), "."))
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

func (b *Bot) running(v readiness.View) reply.Part {
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

func (b *Bot) signOffLines(v readiness.View) reply.Part {
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

// mismatchNote names what the checklist says in more than one way.
func mismatchNote(c *readiness.Checklist) reply.Part {
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
	note := reply.Say("⚠ The checklist's own figures disagree in ", reply.Count(len(places), "place"), ": ", reply.Typed(strings.Join(shown, " ")))
	if more := len(places) - len(shown); more > 0 {
		note = append(note, reply.Say(" and ", reply.Count(more, "more"))...)
	}
	return reply.Note(append(note, reply.Say(". ", reply.Typed("/ready status NAME"), " shows both.")...))
}

func (b *Bot) notYetNote() reply.Part {
	if len(b.NotYet) == 0 {
		return nil
	}
	return reply.Note(reply.Say("Named in the configuration, not working yet: ", strings.Join(b.NotYet, ", "), "."))
}

func (b *Bot) overviewActions(v readiness.View, score readiness.Score) reply.Part {
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
