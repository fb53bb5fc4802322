package looking

import (
	"context"
	"fmt"
	"strconv"

	"gonogo/commands/cards"
	"gonogo/commands/pages"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/phrase"
)

// Report is /ready report.
func Report() verb.Verb {
	return verb.Verb{Words: []string{"ready", "report"}, Usage: "[PAGE]", Look: true, Release: true,
		About: "the whole checklist with its evidence, a page at a time", Do: report}
}

// report shows every item of the checklist with its evidence. A terminal, where
// nobody's identity is known, takes the whole document; a message takes a page.
func report(_ context.Context, c verb.Call) reply.Reply {
	switch {
	case c.View.Release() == nil:
		return cards.NoRelease()
	case c.User == "":
		return pages.Report(c.Cards(), c.View)
	}
	return reportPage(c)
}

// reportPage is one page of the items, with links to the pages before and after it.
func reportPage(c verb.Call) reply.Reply {
	all, n := pages.ReportPages(c.View), 1
	if c.Act.Page != "" {
		said, err := strconv.Atoi(c.Act.Page)
		if err != nil || said < 1 || said > len(all) {
			return reply.Refuse("There is no such page", reply.Say(fmt.Sprintf("The report has %s. ", phrase.Count(len(all), "page")), reply.Typed("/ready report"), " shows the first."))
		}
		n = said
	}
	score, title := c.View.Score(), pages.ReportTitle(c.View)
	head := reply.Lines{reply.Say(reply.Bold(reply.Percent(score.Percent)), ", "+wording.ItemsMet(score)+", as it is ", reply.Time(c.View.Now), fmt.Sprintf(". Page %d of %d.", n, len(all)))}
	actions := reply.Actions{}
	for _, way := range []struct {
		label string
		page  int
	}{{"Next page", n + 1}, {"Previous page", n - 1}} {
		if way.page >= 1 && way.page <= len(all) {
			actions = append(actions, reply.Button{Label: way.label, Act: reply.Act{Verb: "ready report", Page: strconv.Itoa(way.page)}})
		}
	}
	return reply.Reply{Title: title, Summary: fmt.Sprintf("%s, page %d of %d.", title, n, len(all)), Parts: []reply.Part{head,
		reply.Table{Header: []string{"Section", "Item", "State"}, Rows: all[n-1]},
		append(actions, reply.Button{Label: "Status", Act: reply.Do("ready status")}),
		reply.Note(reply.Say("The whole report as one Markdown file: ", reply.Typed("gonogo report > report.md"), " where gonogo runs."))}}
}
