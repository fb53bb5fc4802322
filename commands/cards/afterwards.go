package cards

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
)

// shownDuties is how many open answers of a part the status names.
const shownDuties = 5

// Duties groups the open items that are due after the deployment, by release and
// section. The group that is due first comes first.
func Duties(v readiness.View) [][]readiness.Due {
	var groups [][]readiness.Due
	for _, d := range v.Afterwards() {
		i := slices.IndexFunc(groups, func(g []readiness.Due) bool { return g[0].Section.ID == d.Section.ID && g[0].Release == d.Release })
		if i < 0 {
			groups = append(groups, []readiness.Due{d})
			continue
		}
		groups[i] = append(groups[i], d)
	}
	return groups
}

// DutyLines list what is still open after the deployments, for the status.
func DutyLines(v readiness.View) reply.Part {
	var lines reply.Lines
	for _, group := range Duties(v) {
		if len(lines) == 0 {
			lines = reply.Lines{reply.Say(reply.Bold("After the deployment"))}
		}
		lines = append(lines, append(DutyLine(v, group), reply.Say(". ", reply.Typed(showDuty(v, group[0])))...))
	}
	return lines
}

// showDuty is the command that shows a part, which may be another release's.
func showDuty(v readiness.View, d readiness.Due) string {
	if release := v.Release(); release != nil && release.Version != d.Release {
		return "/ready " + d.Release + " status " + d.Section.ID
	}
	return "/ready status " + d.Section.ID
}

// DutyLine is a section in one line, "Day 1 of 2.0.0: 3 items open, due …".
func DutyLine(v readiness.View, group []readiness.Due) reply.Text {
	first := group[0]
	mark := "○ "
	if first.Overdue(v.Now) {
		mark = "✗ "
	}
	return append(reply.Say(mark, reply.Bold(first.Section.Title), " of ", first.Release, ": ", phrase.Count(len(group), "item"), " open"), dueText(v, first)...)
}

func dueText(v readiness.View, d readiness.Due) reply.Text {
	switch {
	case d.At.IsZero():
		return nil
	case d.Overdue(v.Now):
		return reply.Say(", ", reply.Bold("overdue"), " since ", reply.Time(d.At))
	}
	return reply.Say(", due ", reply.Time(d.At))
}

// Overdue name what is overdue, in every plan.
func Overdue(v readiness.View) reply.Lines {
	var lines reply.Lines
	for _, group := range Duties(v) {
		if group[0].Overdue(v.Now) {
			lines = append(lines, DutyLine(v, group))
		}
	}
	return lines
}

// dutyCards remind the releases channel of each section once when it comes due and once
// when it is overdue. A reminder says so when all items are met.
func (b Builder) dutyCards(v readiness.View) []Card {
	cards := b.reminders(v)
	for subject := range v.State.Anchors {
		if !slices.ContainsFunc(cards, func(c Card) bool { return c.Subject == subject }) {
			r, ok := settledDuty(v, subject)
			if card := (Card{Subject: subject, Channel: b.Releases, Reply: r, Final: true}); ok && b.unsettled(v, card) {
				cards = append(cards, card)
			}
		}
	}
	slices.SortFunc(cards, func(x, y Card) int { return strings.Compare(x.Subject, y.Subject) })
	return cards
}

// settledDuty is what a reminder says once all its items are met, or the next reminder
// has replaced it.
func settledDuty(v readiness.View, subject string) (reply.Reply, bool) {
	parts := strings.Split(subject, "/")
	if len(parts) != 4 || parts[0] != "due" && parts[0] != "overdue" {
		return reply.Reply{}, false
	}
	section, ok := v.Checklist.Section(parts[2])
	at, err := strconv.ParseInt(parts[3], 10, 64)
	if !ok || err != nil {
		return reply.Reply{}, false
	}
	title := fmt.Sprintf("%s of %s is settled", section.Title, parts[1])
	if slices.ContainsFunc(Duties(v), func(g []readiness.Due) bool { return g[0].Section.ID == section.ID && g[0].Release == parts[1] }) {
		title = fmt.Sprintf("%s of %s was due", section.Title, parts[1])
	}
	return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: []reply.Part{reply.Lines{reply.Say("Due ", reply.Time(time.Unix(at, 0).UTC()), ".")}}}, true
}

func (b Builder) reminders(v readiness.View) []Card {
	var cards []Card
	for _, group := range Duties(v) {
		first := group[0]
		if first.At.IsZero() || v.Now.Before(first.Soon()) {
			continue
		}
		subject := fmt.Sprintf("due/%s/%s/%d", first.Release, first.Section.ID, first.At.Unix())
		if first.Overdue(v.Now) {
			subject = "over" + subject
		}
		cards = append(cards, Card{Subject: subject, Channel: b.Releases, Reply: b.dutyReply(v, group)})
	}
	return cards
}

func (b Builder) dutyReply(v readiness.View, group []readiness.Due) reply.Reply {
	first := group[0]
	title := fmt.Sprintf("%s of %s is due soon", first.Section.Title, first.Release)
	if first.Overdue(v.Now) {
		title = fmt.Sprintf("%s of %s is overdue", first.Section.Title, first.Release)
	}
	lines := reply.Lines{reply.Say(phrase.Count(len(group), "item"), " open", dueText(v, first), ". ", first.Release, " has been live on ", first.Section.Live, " since ", reply.Time(first.Opened), ".")}
	for i, d := range group {
		if i == shownDuties {
			lines = append(lines, reply.Say("… and ", phrase.Count(len(group)-i, "more", "more"), "."))
			break
		}
		lines = append(lines, reply.Say(wording.Mark(d.Answer), " ", d.Item.Title, b.askedOf(d.Item)))
	}
	return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: []reply.Part{lines,
		reply.Actions{{Label: "Show them", Act: reply.Act{Verb: "ready status", Items: []string{first.Section.ID}, Release: first.Release}, Style: reply.Primary}}}}
}

// askedOf names the roles that can complete an item.
func (b Builder) askedOf(it *checklist.Item) reply.Text {
	roles := b.Checkers(it)
	if it.Owner != "" {
		roles = []string{it.Owner}
	}
	if len(roles) == 0 || it.Gate != nil && it.Owner == "" {
		return nil
	}
	return append(reply.Say(" · "), b.RolesText(roles)...)
}
