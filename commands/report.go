package commands

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"gonogo/readiness"
)

// How much of the report one message shows. Both together stay below what
// Slack takes in one table, however wide the letters are.
const (
	reportRows    = 30
	reportLetters = 3600
)

func reportVerb() verb {
	return verb{words: []string{"ready", "report"}, usage: "[PAGE]", look: true, release: true,
		about: "the whole checklist with its evidence, a page at a time", do: (*Bot).report}
}

// report shows every item of the checklist with its evidence. A terminal, where
// nobody's identity is known, takes the whole document; a message takes a page.
func (b *Bot) report(_ context.Context, c call) Reply {
	switch {
	case c.view.Release() == nil:
		return noRelease()
	case c.User == "":
		return b.wholeReport(c.view)
	}
	return reportPage(c)
}

func reportTitle(v readiness.View) string {
	return fmt.Sprintf("Readiness report of %s %s", v.Checklist.Project, v.Release().Version)
}

// reportPage is one page of the items, and the way to the pages beside it.
func reportPage(c call) Reply {
	pages, n := reportPages(c.view), 1
	if c.act.Page != "" {
		said, err := strconv.Atoi(c.act.Page)
		if err != nil || said < 1 || said > len(pages) {
			return refuse("There is no such page", Say(fmt.Sprintf("The report has %s. ", count(len(pages), "page")), Typed("/ready report"), " shows the first."))
		}
		n = said
	}
	score, title := c.view.Score(), reportTitle(c.view)
	head := Lines{Say(Bold(percent(score.Percent)), ", "+itemsMet(score)+", as it is ", Time(c.view.Now), fmt.Sprintf(". Page %d of %d.", n, len(pages)))}
	actions := Actions{}
	for _, way := range []struct {
		label string
		page  int
	}{{"Next page", n + 1}, {"Previous page", n - 1}} {
		if way.page >= 1 && way.page <= len(pages) {
			actions = append(actions, Button{Label: way.label, Act: Act{Verb: "ready report", Page: strconv.Itoa(way.page)}})
		}
	}
	return Reply{Title: title, Summary: fmt.Sprintf("%s, page %d of %d.", title, n, len(pages)), Parts: []Part{head,
		Table{Header: []string{"Section", "Item", "State"}, Rows: pages[n-1]},
		append(actions, Button{Label: "Status", Act: say("ready status")}),
		Note(Say("The whole report as one Markdown file: ", Typed("gonogo report > report.md"), " where gonogo runs."))}}
}

// reportPages divides the items among pages that each fit one message. There
// is always a first page.
func reportPages(v readiness.View) [][][]Text {
	pages, letters := [][][]Text{nil}, 0
	for _, section := range allSections(v.Checklist) {
		for _, it := range section.Items {
			for _, s := range v.Standings(it) {
				row := []Text{Say(short(section.Title, 60)), Say(short(it.Title, 150)), Say(mark(s), " ", short(answerName(s)+standingLine(it, s)+bulkWord(s.Evidence), 150))}
				size := 0
				for _, cell := range row {
					size += utf8.RuneCountInString(cell.raw())
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

// answerName tells the answers of an item that is asked once per environment
// apart.
func answerName(s readiness.Standing) string {
	if s.Key.Environment == "" {
		return ""
	}
	return s.Key.Environment + ", "
}

// wholeReport is the release with all there is to know of it.
func (b *Bot) wholeReport(v readiness.View) Reply {
	release, score := v.Release(), v.Score()
	fields := Fields{
		{"Release", Say(Bold(release.Version), ", commit ", Typed(orUnknown(release.Commit)), ", opened ", Time(release.Opened), by(release.OpenedBy))},
		{"As it is", Say(Time(v.Now))},
		{"Score", Say(Bold(percent(score.Percent)), ", "+itemsMet(score))},
	}
	parts := []Part{}
	for _, env := range v.Checklist.Environments {
		d := v.Decide(env.Name)
		fields = append(fields, Field{capital(env.Name), append(verdictText(d), Say("; live: ", liveText(v, env.Name))...)})
		if t := b.blockersTable(d); len(t.Rows) > 0 {
			parts = append(parts, t)
		}
		if lifted := b.liftedLines(v, env.Name); len(lifted) > 0 {
			parts = append(parts, lifted)
		}
	}
	parts = append([]Part{fields}, parts...)
	if t := signOffsTable(v); len(t.Rows) > 0 {
		parts = append(parts, t)
	}
	for _, section := range v.Sections() {
		parts = append(parts, reportSection(v, section, "met"))
	}
	for _, section := range v.Checklist.Afterwards {
		parts = append(parts, reportSection(v, section, "met after the deployment"))
	}
	return Reply{Title: reportTitle(v), Summary: reportTitle(v) + ".", Parts: append(parts, b.reportNotes(v)...)}
}

// blockersTable lists all that holds a deployment back, first what a person
// can act on.
func (b *Bot) blockersTable(d readiness.Decision) Table {
	t := Table{Title: "What blocks " + d.Environment, Header: []string{"Blocker, and how to clear it"}}
	for _, blocker := range foremost(d.Blockers) {
		t.Rows = append(t.Rows, []Text{b.blockerLine(d.Environment, blocker)})
	}
	return t
}

// signOffsTable lists the word of each role.
func signOffsTable(v readiness.View) Table {
	t := Table{Title: "Sign-offs", Header: []string{"Environment", "Role", "Decision", "By", "When"}}
	for _, rule := range v.Checklist.SignOffs {
		for _, role := range v.Approval(rule.Environment).Roles {
			row := []Text{Say(rule.Environment), Say(role.Role.Title), Say("○ missing"), Say("–"), Say("–")}
			if given := role.SignOff; given != nil {
				row[2], row[3], row[4] = roleWord(role), Say(User(given.By)), Say(Time(given.At))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// roleWord is what a role said, and whether it still counts.
func roleWord(role readiness.RoleApproval) Text {
	word := Say("✓ approved")
	switch {
	case role.Rejected():
		word = Say("✗ rejected")
	case role.Stale != "":
		word = Say("⚠ approved, and no longer counts: ", role.Stale)
	}
	if comment := role.SignOff.Comment; comment != "" {
		word = append(word, Say(", ", comment)...)
	}
	return word
}

func reportSection(v readiness.View, section readiness.Section, met string) Table {
	tally := v.Tally(section)
	t := Table{Title: fmt.Sprintf("%s: %d of %d %s", section.Title, tally.Through, tally.Items, met), Header: []string{"State", "Item", "Evidence", "Name"}}
	for _, it := range section.Items {
		for _, s := range v.Standings(it) {
			t.Rows = append(t.Rows, []Text{Say(mark(s), " ", standingWord(s)), Say(it.Title), reportEvidence(v, s), Say(Typed(s.Key.String()))})
		}
	}
	return t
}

// reportEvidence is all that an answer rests on, in one cell: what was found or
// said, what stands for it, who and when, and who waived it why.
func reportEvidence(v readiness.View, s readiness.Standing) Text {
	var text Text
	add := func(parts ...any) {
		if len(text) > 0 {
			text = append(text, Say("; ")...)
		}
		text = append(text, Say(parts...)...)
	}
	ev := s.Evidence
	if ev.Summary != "" {
		add(ev.Summary)
	}
	if ev.Note != "" && !strings.Contains(ev.Summary, ev.Note) {
		add(ev.Note)
	}
	if ev.Link != "" {
		add(LinkTo(ev.Link, ""))
	}
	if ev.File != nil {
		add(ev.File.Name, ", SHA-256 ", Typed(ev.File.SHA256))
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
		add(Time(ev.At), by(ev.By), bulkWord(ev))
	}
	for _, w := range s.Waivers {
		add(waiverLine(w, v.Now))
	}
	return text
}

// reportNotes are what a reader of the figures should know besides.
func (b *Bot) reportNotes(v readiness.View) []Part {
	return nonEmpty([]Part{mismatchNote(v.Checklist), b.notYetNote()})
}
