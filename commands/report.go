package commands

import (
	"context"
	"fmt"
	"strconv"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
)

func reportVerb() verb {
	return verb{words: []string{"ready", "report"}, usage: "[PAGE]", look: true, release: true,
		about: "the whole checklist with its evidence, a page at a time", do: report}
}

// report shows every item of the checklist with its evidence. A terminal, where
// nobody's identity is known, takes the whole document; a message takes a page.
func report(_ context.Context, c call) reply.Reply {
	switch {
	case c.view.Release() == nil:
		return cards.NoRelease()
	case c.User == "":
		return c.cards().Report(c.view)
	}
	return reportPage(c)
}

// reportPage is one page of the items, and the way to the pages beside it.
func reportPage(c call) reply.Reply {
	pages, n := cards.ReportPages(c.view), 1
	if c.act.Page != "" {
		said, err := strconv.Atoi(c.act.Page)
		if err != nil || said < 1 || said > len(pages) {
			return reply.Refuse("There is no such page", reply.Say(fmt.Sprintf("The report has %s. ", reply.Count(len(pages), "page")), reply.Typed("/ready report"), " shows the first."))
		}
		n = said
	}
	score, title := c.view.Score(), cards.ReportTitle(c.view)
	head := reply.Lines{reply.Say(reply.Bold(reply.Percent(score.Percent)), ", "+cards.ItemsMet(score)+", as it is ", reply.Time(c.view.Now), fmt.Sprintf(". Page %d of %d.", n, len(pages)))}
	actions := reply.Actions{}
	for _, way := range []struct {
		label string
		page  int
	}{{"Next page", n + 1}, {"Previous page", n - 1}} {
		if way.page >= 1 && way.page <= len(pages) {
			actions = append(actions, reply.Button{Label: way.label, Act: reply.Act{Verb: "ready report", Page: strconv.Itoa(way.page)}})
		}
	}
	return reply.Reply{Title: title, Summary: fmt.Sprintf("%s, page %d of %d.", title, n, len(pages)), Parts: []reply.Part{head,
		reply.Table{Header: []string{"Section", "Item", "State"}, Rows: pages[n-1]},
		append(actions, reply.Button{Label: "Status", Act: reply.Do("ready status")}),
		reply.Note(reply.Say("The whole report as one Markdown file: ", reply.Typed("gonogo report > report.md"), " where gonogo runs."))}}
}
