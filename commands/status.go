package commands

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"gonogo/readiness"
)

// How much of a long checklist the overview names before it counts the rest.
const (
	shownBlockers = 8  // of one environment
	shownSections = 12 // the ones with most to do
	shownPlaces   = 6  // where figures disagree
)

func statusVerb() verb {
	return verb{words: []string{"ready", "status"}, usage: "[SECTION, ITEM or sections]", look: true,
		about: "score, decision, what blocks and how to mend it", do: (*Bot).status}
}

// status shows the release, a section of it, or one item, from memory.
func (b *Bot) status(_ context.Context, c call) Reply {
	if len(c.args) == 0 {
		return b.recentOverview(c.view)
	}
	if c.args[0] == "sections" {
		return Reply{Title: "All sections", Parts: []Part{sectionTable("", c.view.Score().Sections), Actions{{Label: "Whole release", Command: "ready status"}}}}
	}
	if section, ok := c.view.Checklist.Section(strings.ToLower(c.args[0])); ok {
		return b.sectionStatus(c.view, section)
	}
	id, _, _ := strings.Cut(c.args[0], "@")
	if it, ok := c.view.Checklist.Item(id); ok {
		return b.itemStatus(c.view, it)
	}
	return c.unknownPlace(c.args[0])
}

func (c call) unknownPlace(name string) Reply {
	var ids []string
	for _, section := range allSections(c.view.Checklist) {
		ids = append(ids, section.ID)
		for _, it := range section.Items {
			ids = append(ids, it.ID)
		}
	}
	if near, ok := nearest(name, ids); ok {
		return Reply{Title: "Did you mean " + near + "?", Refused: true, Parts: []Part{Actions{{Label: near, Command: "ready status " + near}}}}
	}
	var sections []string
	for _, s := range allSections(c.view.Checklist) {
		sections = append(sections, s.ID)
	}
	return refuse("No such section or item", Say("The sections are ", Typed(strings.Join(sections, " ")), "."))
}

// overview is the whole release on one page, and what it was computed from.
type overview struct {
	state  *readiness.State
	second int64 // in which it was computed: evidence and estimates age
	reply  Reply
}

// recentOverview computes the overview once a second at most while nothing
// happens: when it matters, everybody asks at once.
func (b *Bot) recentOverview(v readiness.View) Reply {
	second := v.Now.Unix()
	if o := b.latest.Load(); o != nil && o.state == v.State && o.second == second {
		return o.reply
	}
	o := &overview{v.State, second, b.wholeRelease(v)}
	b.latest.Store(o)
	return o.reply
}

// wholeRelease is the overview of a release.
func (b *Bot) wholeRelease(v readiness.View) Reply {
	release := v.Release()
	if release == nil {
		return noRelease()
	}
	score := v.Score()
	title := fmt.Sprintf("%s %s is %s ready", v.Checklist.Project, release.Version, percent(score.Percent))
	fields := Fields{
		{"Release", Say(Bold(release.Version), ", commit ", Typed(orUnknown(release.Commit)), ", opened ", Time(release.Opened))},
		{"Score", Say(Bold(percent(score.Percent)), fmt.Sprintf(", %d of %d items met", score.Through, score.Items))},
	}
	summary := []string{title}
	var parts []Part
	for _, env := range v.Checklist.Environments {
		d := v.Decide(env.Name)
		fields = append(fields, Field{strings.ToUpper(env.Name[:1]) + env.Name[1:], verdictText(d)})
		summary = append(summary, env.Name+": "+plain(verdictText(d)))
		parts = append(parts, blockerParts(d)...)
	}
	parts = append([]Part{fields}, parts...)
	parts = append(parts, sectionParts(score)...)
	parts = append(parts, b.running(v))
	parts = append(parts, b.signOffLines(v), etaFields(v), mismatchNote(v.Checklist), b.notYetNote())
	parts = append(parts, b.overviewActions(v, score))
	return Reply{Title: title, Summary: strings.Join(summary, ". ") + ".", Parts: present(parts)}
}

// blockerParts shows an environment's blockers, each with the command that
// mends it. Missing sign-offs stand in one line, since one card asks them all.
func blockerParts(d readiness.Decision) []Part {
	if d.Go {
		return nil
	}
	lines := Lines{Say(Bold("What blocks " + d.Environment))}
	shown, silent := 0, []string(nil)
	for _, blocker := range foremost(d.Blockers) {
		switch {
		case blocker.Kind == readiness.BlockedBySignOff && blocker.Role.SignOff == nil:
			silent = append(silent, blocker.Title)
		case shown < shownBlockers:
			lines = append(lines, blockerLine(d.Environment, blocker))
			shown++
		}
	}
	if len(silent) > 0 {
		lines = append(lines, Say("○ ", Bold("Sign-off"), " missing from ", strings.Join(silent, ", "), ". ", Typed("/ready signoff "+d.Environment)))
	}
	if rest := len(d.Blockers) - shown - len(silent); rest > 0 {
		lines = append(lines, Say("… and ", count(rest, "more"), "; the sections below show all."))
	}
	return []Part{lines}
}

// foremost orders blockers by what a person can act on: what failed, then what
// could not be measured, then sign-offs and environments, then what is open;
// what waits for other items, or sums them up, comes last.
func foremost(blockers []readiness.Blocker) []readiness.Blocker {
	rank := func(b readiness.Blocker) int {
		switch {
		case b.Kind != readiness.BlockedByItem:
			return 2
		case len(b.Waits) > 0, sums(b.Item):
			return 4
		case b.Answer.Verdict() == readiness.Failed:
			return 0
		case b.Answer.Verdict() != "":
			return 1
		}
		return 3
	}
	sorted := slices.Clone(blockers)
	slices.SortStableFunc(sorted, func(a, b readiness.Blocker) int { return rank(a) - rank(b) })
	return sorted
}

func blockerLine(env string, blocker readiness.Blocker) Text {
	switch blocker.Kind {
	case readiness.BlockedBySignOff:
		return Say("✗ ", Bold(blocker.Title), " ", blocker.Reason, ". ", Typed("/ready approve "+env))
	case readiness.BlockedByItem:
		text := Say(mark(blocker.Answer), " ", Bold(blocker.Title), ": ", sentence(short(blocker.Reason, 160)), Typed(mend(blocker)))
		if len(blocker.Waits) > 0 {
			text = append(text, Say(" after ", strings.Join(blocker.Waits, ", "))...)
		}
		return text
	case readiness.BlockedByEarlier:
		return Say("○ ", Bold(blocker.Title), ": ", blocker.Reason, ". ", Typed("/deploy adopt "+blocker.Environment), " once it is out")
	}
	return Say("○ ", Bold(blocker.Title), ": ", blocker.Reason)
}

// sums reports whether an item only sums other items up.
func sums(it *readiness.Item) bool {
	return it.Gate != nil && it.Gate.Condition != nil && it.Gate.Condition.Section != ""
}

// mend is the command that gets an item its answer, or that leads on to what
// it reads.
func mend(blocker readiness.Blocker) string {
	it := blocker.Item
	switch {
	case it.Manual != nil:
		return "/ready check " + blocker.Answer.Key.String()
	case it.Gate.Condition == nil:
		return "/ready run " + blocker.Answer.Key.String()
	case it.Gate.Condition.Section != "":
		return "/ready status " + it.Gate.Condition.Section
	case it.Gate.Condition.SignedOff != "":
		return "/ready signoff " + it.Gate.Condition.SignedOff
	}
	return "/deploy adopt " + it.Gate.Condition.Deployed
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

func (b *Bot) running(v readiness.View) Part {
	open := v.State.OpenRuns()
	if len(open) == 0 {
		return nil
	}
	lines := Lines{Say(Bold("Running"))}
	for _, run := range open {
		lines = append(lines, Say(run.Title, fmt.Sprintf(": %d of %d done, since ", run.Done(), len(run.Steps)), Time(run.Started), by(run.By)))
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
	actions := Actions{{Label: "Run all gates", Command: "ready run all", Style: Primary}}
	for _, rule := range v.Checklist.SignOffs {
		actions = append(actions, Button{Label: "Ask for sign-off: " + rule.Environment, Command: "ready signoff " + rule.Environment})
	}
	for i, tally := range unmet(score) {
		if i == 4 {
			break
		}
		actions = append(actions, Button{Label: tally.Section.Title, Command: "ready status " + tally.Section.ID})
	}
	return append(actions, Button{Label: "All sections", Command: "ready status sections"}, Button{Label: "Help", Command: "ready help"})
}

// sectionStatus lists a section's items.
func (b *Bot) sectionStatus(v readiness.View, section readiness.Section) Reply {
	tally := v.Tally(section)
	title := fmt.Sprintf("%s: %d of %d met", section.Title, tally.Through, tally.Items)
	t := Table{Header: []string{"", "Item", "State", "Name"}}
	actions := Actions{}
	for _, it := range section.Items {
		for _, s := range v.Standings(it) {
			t.Rows = append(t.Rows, []Text{Say(mark(s)), Say(it.Title), Say(short(standingLine(it, s), 120)), Say(Typed(s.Key.String()))})
			if !s.Through && it.Manual != nil && len(actions) < 8 {
				actions = append(actions, Button{Label: "Check: " + it.Title, Command: "ready check " + s.Key.String()})
			}
		}
	}
	parts := []Part{t, figuresLines(section.Figures)}
	if slices.ContainsFunc(section.Items, func(it *readiness.Item) bool { return it.Gate != nil && !it.Off }) {
		actions = append(Actions{{Label: "Run these gates", Command: "ready run " + section.ID, Style: Primary}}, actions...)
	}
	return Reply{Title: title, Summary: title + ".", Parts: present(append(parts, actions, Actions{{Label: "Whole release", Command: "ready status"}}))}
}

// standingLine says in one line where an answer stands and why.
func standingLine(it *readiness.Item, s readiness.Standing) string {
	word := standingWord(s)
	switch {
	case s.Stale != "":
		return word + ": " + s.Stale
	case s.Evidence.Verdict == "" || s.Evidence.Summary == "":
		return word
	}
	return word + ": " + s.Evidence.Summary
}

// itemStatus shows all there is to know of one item.
func (b *Bot) itemStatus(v readiness.View, it *readiness.Item) Reply {
	parts := []Part{b.itemFields(v, it)}
	var actions Actions
	summary := it.Title
	for _, s := range v.Standings(it) {
		parts = append(parts, answerLines(s))
		summary += ". " + standingLine(it, s)
		actions = append(actions, answerActions(it, s)...)
	}
	parts = append(parts, figuresLines(it.Figures), actions)
	return Reply{Title: it.Title, Summary: summary + ".", Parts: present(parts)}
}

func (b *Bot) itemFields(v readiness.View, it *readiness.Item) Fields {
	fields := Fields{{"Name", Say(Typed(it.ID))}, {"Section", Say(it.Section)}}
	if it.Gate != nil {
		fields = append(fields, Field{"Measured by", Say("gate ", Typed(it.Gate.Kind))})
	} else {
		fields = append(fields, Field{"Checked by", b.rolesText(b.checkers(it))}, Field{"Evidence", Say(string(it.Manual.Evidence))})
	}
	if len(it.Blocks) > 0 {
		fields = append(fields, Field{"Blocks", Say(strings.Join(it.Blocks, ", "))})
	} else {
		fields = append(fields, Field{"Blocks", Say("nothing")})
	}
	if len(it.Needs) > 0 {
		fields = append(fields, Field{"Needs", Say(Typed(strings.Join(it.Needs, " ")))})
	}
	if it.MaxAge > 0 {
		fields = append(fields, Field{"Counts for", Say(readiness.Span(it.MaxAge))})
	}
	if it.Estimate > 0 {
		fields = append(fields, Field{"Estimate", Say(readiness.Span(it.Estimate))})
	}
	if role, ok := v.Checklist.Role(it.Owner); ok {
		fields = append(fields, Field{"Owner", append(Say(role.Title), b.wearers(role)...)})
	}
	return fields
}

// answerLines shows the evidence of one answer.
func answerLines(s readiness.Standing) Lines {
	head := Say(mark(s), " ", Bold(standingWord(s)))
	if s.Key.Environment != "" {
		head = append(head, Say(" on ", s.Key.Environment)...)
	}
	if s.Evidence.Summary != "" {
		head = append(head, Say(": ", s.Evidence.Summary)...)
	}
	lines := Lines{head}
	if s.Stale != "" {
		lines = append(lines, Say("It no longer counts: ", s.Stale, "."))
	}
	if !s.Evidence.At.IsZero() {
		lines = append(lines, Say("Recorded ", Time(s.Evidence.At), by(s.Evidence.By), "."))
	}
	if !s.Until.IsZero() && s.Stale == "" {
		lines = append(lines, Say("Counts until ", Time(s.Until), "."))
	}
	return append(lines, evidenceLines(s.Evidence)...)
}

// evidenceLines shows what evidence holds beyond its summary.
func evidenceLines(ev readiness.Evidence) Lines {
	var lines Lines
	if m := measures(ev.Measures); m != "" {
		lines = append(lines, Say("Measured: ", short(m, 900)))
	}
	for i, detail := range ev.Details {
		if i == 12 {
			lines = append(lines, Say("… and ", count(len(ev.Details)-i, "more"), "."))
			break
		}
		lines = append(lines, Say("• ", short(detail, 300)))
	}
	if ev.Note != "" && !strings.Contains(ev.Summary, ev.Note) {
		lines = append(lines, Say("Note: ", ev.Note))
	}
	if ev.Link != "" {
		lines = append(lines, Say("Evidence: ", LinkTo(ev.Link, "")))
	}
	if ev.File != nil {
		lines = append(lines, Say("Evidence: ", ev.File.Name, ", SHA-256 ", Typed(ev.File.SHA256)))
	}
	return lines
}

func answerActions(it *readiness.Item, s readiness.Standing) Actions {
	name := s.Key.String()
	suffix := ""
	if s.Key.Environment != "" {
		suffix = " on " + s.Key.Environment
	}
	switch {
	case it.Off:
		return nil
	case s.Evidence.Verdict == readiness.NotApplicable:
		return Actions{{Label: "Ask it again" + suffix, Command: "ready uncheck " + name}}
	case it.Gate != nil:
		return Actions{{Label: "Run" + suffix, Command: "ready run " + name, Style: Primary}, {Label: "Skip" + suffix, Command: "ready skip " + name}}
	case s.Through:
		return Actions{{Label: "Uncheck" + suffix, Command: "ready uncheck " + name}}
	}
	return Actions{{Label: "Check" + suffix, Command: "ready check " + name, Style: Primary}, {Label: "Skip" + suffix, Command: "ready skip " + name}}
}

// figuresLines shows figures of the source side by side where they disagree.
func figuresLines(figures []readiness.Figure) Part {
	if !readiness.Mismatch(figures) {
		return nil
	}
	lines := Lines{Say("⚠ ", Bold("The checklist's own figures disagree"))}
	for _, f := range figures {
		lines = append(lines, Say("• ", f.Label, ": ", Bold(f.Value)))
	}
	return lines
}

// present drops the parts that have nothing to show.
func present(parts []Part) []Part {
	var kept []Part
	for _, p := range parts {
		switch p := p.(type) {
		case nil:
			continue
		case Actions:
			if len(p) == 0 {
				continue
			}
		case Lines:
			if len(p) == 0 {
				continue
			}
		case Fields:
			if len(p) == 0 {
				continue
			}
		}
		kept = append(kept, p)
	}
	return kept
}

// plain is a text without its markup.
func plain(t Text) string {
	var b strings.Builder
	for _, span := range t {
		b.WriteString(span.Text)
	}
	return b.String()
}
