package pages

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// How much of the report one message shows. Together they stay below Slack's limit for
// one table, however wide the letters are.
const (
	reportRows    = 30
	reportLetters = 3600
)

func ReportTitle(v readiness.View) string {
	return fmt.Sprintf("Readiness report of %s %s", v.Checklist.Project, v.Release().Version)
}

// ReportPages divides the items into pages that each fit one message. There is always a
// first page.
func ReportPages(v readiness.View) [][][]reply.Text {
	pages, letters := [][][]reply.Text{nil}, 0
	for _, section := range v.Checklist.AllSections() {
		for _, it := range section.Items {
			for _, s := range v.Standings(it) {
				row := []reply.Text{reply.Say(reply.Shorten(section.Title, 60)), reply.Say(reply.Shorten(it.Title, 150)), reply.Say(wording.Mark(s), " ", reply.Shorten(answerName(s)+standingLine(it, s)+wording.Bulk(s.Evidence), 150))}
				size := 0
				for _, cell := range row {
					size += utf8.RuneCountInString(cell.Raw())
				}
				if last := pages[len(pages)-1]; len(last) == reportRows || len(last) > 0 && letters+size > reportLetters {
					pages, letters = append(pages, nil), 0
				}
				pages[len(pages)-1] = append(pages[len(pages)-1], row)
				letters += size
			}
		}
	}
	return pages
}

// answerName is an answer's name, with the environment if its item has several.
func answerName(s readiness.Standing) string {
	if s.Key.Environment == "" {
		return ""
	}
	return s.Key.Environment + ", "
}

// Report is the release with all its details.
func Report(b cards.Builder, v readiness.View) reply.Reply {
	release, score := v.Release(), v.Score()
	fields := reply.Fields{
		{Name: "Release", Value: reply.Say(reply.Bold(release.Version), ", commit ", reply.Typed(wording.OrUnknown(release.Commit)), opened(release), reply.By(release.OpenedBy))},
		{Name: "As it is", Value: reply.Say(reply.Time(v.Now))},
		{Name: "Score", Value: reply.Say(reply.Bold(reply.Percent(score.Percent)), ", "+wording.ItemsMet(score))},
	}
	parts := []reply.Part{}
	for _, env := range v.Checklist.Environments {
		d := v.Decide(env.Name)
		fields = append(fields, reply.Field{Name: reply.Capital(env.Name), Value: append(wording.Decision(d), reply.Say("; live: ", wording.Live(v, env.Name))...)})
		if t := blockersTable(b, v, d); len(t.Rows) > 0 {
			parts = append(parts, t)
		}
		if over := cards.Overridden(d); len(over) > 0 {
			parts = append(parts, over)
		}
		if lifted := b.Lifted(v, env.Name); len(lifted) > 0 {
			parts = append(parts, lifted)
		}
	}
	parts = append([]reply.Part{fields}, parts...)
	if t := signOffsTable(v); len(t.Rows) > 0 {
		parts = append(parts, t)
	}
	if t := overridesTable(v); len(t.Rows) > 0 {
		parts = append(parts, t)
	}
	parts = append(parts, Delivery(v)...)
	for _, section := range v.Sections() {
		parts = append(parts, reportSection(v, section, "met"))
	}
	for _, section := range v.Checklist.Afterwards {
		parts = append(parts, reportSection(v, section, "met after the deployment"))
	}
	return reply.Reply{Title: ReportTitle(v), Summary: ReportTitle(v) + ".", Parts: append(parts, reportNotes(b, v)...)}
}

// blockersTable lists all blockers of a deployment, first what a person can act on.
func blockersTable(b cards.Builder, v readiness.View, d readiness.Decision) reply.Table {
	t := reply.Table{Title: "What blocks " + d.Environment, Header: []string{"Blocker, and how to clear it"}}
	for _, blocker := range cards.Foremost(d.Blockers) {
		t.Rows = append(t.Rows, []reply.Text{b.BlockerLine(v, d.Environment, blocker)})
	}
	return t
}

// overridesTable lists the confirmed overrides of the release, and what became of them.
func overridesTable(v readiness.View) reply.Table {
	t := reply.Table{Title: "Overrides", Header: []string{"Environment", "Items", "Reason", "By", "When", "Outcome"}}
	for _, o := range cards.OverridesOf(v, v.Release().Version) {
		var items []string
		for _, of := range o.Items {
			items = append(items, answer.Key{Item: of.Item, Environment: of.Environment}.String()+" ("+reply.Shorten(of.Why, 160)+")")
		}
		_, ended := o.Ended(v.Now)
		t.Rows = append(t.Rows, []reply.Text{reply.Say(o.Environment), reply.Say(strings.Join(items, "; ")), reply.Say(o.Reason),
			reply.Say(reply.User(o.By), " and ", reply.User(o.ConfirmedBy)), reply.Say(reply.Time(o.Confirmed)), reply.Say(wording.Override(o, ended))})
	}
	return t
}

// signOffsTable lists the word of each role.
func signOffsTable(v readiness.View) reply.Table {
	t := reply.Table{Title: "Sign-offs", Header: []string{"Environment", "Role", "Decision", "By", "When"}}
	for _, rule := range v.Checklist.SignOffs {
		for _, role := range v.Approval(rule.Environment).Roles {
			row := []reply.Text{reply.Say(rule.Environment), reply.Say(role.Role.Title), reply.Say("○ missing"), reply.Say("–"), reply.Say("–")}
			if given := role.SignOff; given != nil {
				row[2], row[3], row[4] = roleWord(role), reply.Say(reply.User(given.By)), reply.Say(reply.Time(given.At))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// roleWord is what a role decided, and whether it still counts.
func roleWord(role readiness.RoleApproval) reply.Text {
	word := reply.Say("✓ approved")
	switch {
	case role.Rejected():
		word = reply.Say("✗ rejected")
	case role.Stale != "":
		word = reply.Say("⚠ approved, and no longer counts: ", role.Stale)
	}
	if comment := role.SignOff.Comment; comment != "" {
		word = append(word, reply.Say(", ", comment)...)
	}
	return word
}

func reportSection(v readiness.View, section checklist.Section, met string) reply.Table {
	tally := v.Tally(section)
	t := reply.Table{Title: fmt.Sprintf("%s: %d of %d %s", section.Title, tally.Through, tally.Items, met), Header: []string{"State", "Item", "Evidence", "Name"}}
	for _, it := range section.Items {
		for _, s := range v.Standings(it) {
			t.Rows = append(t.Rows, []reply.Text{reply.Say(wording.Mark(s), " ", wording.Standing(s)), reply.Say(it.Title), reportEvidence(v, it, s), reply.Say(reply.Typed(s.Key.String()))})
		}
	}
	return t
}

// reportEvidence is the evidence of an answer in one cell: what was found or said, the
// proof, who and when, who waived it why, and what the source of the checklist claims.
func reportEvidence(v readiness.View, it *checklist.Item, s readiness.Standing) reply.Text {
	var text reply.Text
	add := func(parts ...any) {
		if len(text) > 0 {
			text = append(text, reply.Say("; ")...)
		}
		text = append(text, reply.Say(parts...)...)
	}
	ev := s.Evidence
	if ev.Summary != "" {
		add(ev.Summary)
	}
	if ev.Note != "" && !strings.Contains(ev.Summary, ev.Note) {
		add(ev.Note)
	}
	if ev.Link != "" {
		add(reply.LinkTo(ev.Link, ""))
	}
	if ev.File != nil {
		add(ev.File.Name, ", SHA-256 ", reply.Typed(ev.File.SHA256))
	}
	if from := v.CarriedFrom(s); from != "" {
		add("carried over from ", from)
	}
	if s.Waiting != "" {
		add(s.Waiting)
	}
	if s.Stale != "" {
		add("no longer counts: ", s.Stale)
	}
	if !ev.At.IsZero() {
		add(reply.Time(ev.At), reply.By(ev.By), wording.Bulk(ev))
	}
	for _, w := range s.Waivers {
		add(wording.WaiverLine(w, v.Now))
	}
	if it.Claimed != "" {
		add("ticked in ", reply.Typed(it.Claimed), ", which passes nothing")
	}
	return text
}

// reportNotes are what a reader of the figures should know in addition.
func reportNotes(b cards.Builder, v readiness.View) []reply.Part {
	return reply.NonEmpty([]reply.Part{mismatchNote(v.Checklist), notYetNote(b)})
}
