package preparing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gonogo/commands/cards"
	"gonogo/commands/grammar"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/spelling"
)

// mostBulk is how many lines one form checks: with two inputs each, they stay below the
// 100 blocks that a form in Slack may have.
const mostBulk = 40

// answered is one of several lines that are answered at once.
type answered struct {
	item *checklist.Item
	key  answer.Key
}

// title names a line, and the environment that its item is asked for. If it is too
// long, the item's title is cut, not the environment.
func (l answered) title(letters int) string {
	if l.key.Environment == "" {
		return reply.Shorten(l.item.Title, letters)
	}
	on := " on " + l.key.Environment
	return reply.Shorten(l.item.Title, max(letters-len(on), 20)) + on
}

// bulk reports whether a call names more than one item.
func bulk(c verb.Call) bool {
	if len(c.Act.Items) > 1 {
		return true
	}
	return namesSection(c)
}

// namesSection reports whether one of the names is that of a section.
func namesSection(c verb.Call) bool {
	return slices.ContainsFunc(c.Act.Items, func(name string) bool {
		_, item := c.View.Checklist.Item(name)
		_, section := c.View.Checklist.Section(name)
		return section && !item
	})
}

// bulkLines are the lines that a call names: items, and those items of a section that
// are fit and that the person may answer.
func bulkLines(c verb.Call, fit func(readiness.Standing) bool) (lines []answered, refused *reply.Reply) {
	add := func(line answered) {
		if !slices.ContainsFunc(lines, func(l answered) bool { return l.key == line.key }) {
			lines = append(lines, line)
		}
	}
	for _, name := range c.Act.Items {
		section, ok := c.View.Checklist.Section(name)
		if _, item := c.View.Checklist.Item(name); item || !ok {
			it, key, refused := c.Answer(name)
			if refused != nil {
				return nil, refused
			}
			add(answered{it, key})
			continue
		}
		for _, it := range section.Items {
			if held, _ := c.Roster().Held(c.User, c.Roster().Checkers(it)); it.Manual == nil || it.Off || len(held) == 0 {
				continue
			}
			for _, s := range c.View.Standings(it) {
				if s.Waiting == "" && fit(s) {
					add(answered{it, s.Key})
				}
			}
		}
	}
	return lines, nil
}

// lineOf is a call for one of several lines: with its own evidence, and the note that
// is for all of them.
func lineOf(c verb.Call, l answered) verb.Call {
	c.Act.Items = []string{l.key.String()}
	if c.Form == nil {
		return c
	}
	own := map[string]string{}
	for name, value := range c.Form {
		if input, key, ok := strings.Cut(name, ":"); ok && key == l.key.String() {
			own[input] = value
		}
	}
	if note := strings.TrimSpace(own["note"]); note != "" {
		c.Act.Text = note
	}
	c.Form = own
	return c
}

// checkAll checks several lines at once, all or none. In a form each line that requires
// evidence has its own input; a line whose input is left empty stays open.
func checkAll(ctx context.Context, c verb.Call) reply.Reply {
	lines, refused := bulkLines(c, func(s readiness.Standing) bool { return !s.Through })
	if refused != nil {
		return *refused
	}
	for _, l := range lines {
		if refused := checkable(lineOf(c, l), l); refused != nil {
			return *refused
		}
	}
	if len(lines) == 0 {
		return reply.Refuse("Nothing that you may check is open there", reply.Say(reply.Typed("/ready status "+c.Item()), " shows its items."))
	}
	if len(lines) == 1 && c.Form == nil { // from a section
		_, missing := offered(lineOf(c, lines[0]), lines[0].item)
		return checkForm(c, lines[0].item, lines[0].key, missing)
	}
	given, open := evidence(c, lines)
	if c.Form == nil && (len(open) > 0 || namesSection(c)) || len(given) == 0 {
		return bulkForm(c, lines)
	}
	return recordAll(ctx, c, given, open)
}

// checkable refuses a line that this person can't check now.
func checkable(c verb.Call, l answered) *reply.Reply {
	var r reply.Reply
	switch waiting := c.View.Standing(l.item, l.key).Waiting; {
	case l.item.Manual == nil:
		r = reply.Refuse("A gate measures that", reply.Say(reply.Bold(l.title(200)), " is measured, not checked by hand. Nothing was checked. ", reply.Typed("/ready run "+l.key.String())))
	case waiting != "":
		r = reply.Refuse("Not deployed yet", reply.Say(reply.Bold(l.title(200)), ": ", waiting, ". Nothing was checked."))
	default:
		denied, ok := c.PermitRoles(c.Roster().Checkers(l.item))
		if ok {
			return nil
		}
		r = denied
	}
	return &r
}

// evidence is what was given for each line, and the lines that lack required evidence.
func evidence(c verb.Call, lines []answered) (given map[answered]answer.Evidence, open []answered) {
	given = map[answered]answer.Evidence{}
	for _, l := range lines {
		own := lineOf(c, l)
		if c.Form == nil && l.item.Manual.Evidence != checklist.NeedsNothing && l.item.Manual.Evidence != checklist.NeedsNote {
			own.Act.Text = "" // a link or a hash is for one line, and a form asks for which
		}
		ev, missing := offered(own, l.item)
		if len(missing) > 0 {
			open = append(open, l)
			continue
		}
		given[l] = ev
	}
	return given, open
}

// bulkForm asks for all lines in one form.
func bulkForm(c verb.Call, lines []answered) reply.Reply {
	shown := lines[:min(len(lines), mostBulk)]
	for {
		c.Act.Items = nil
		for _, l := range shown {
			c.Act.Items = append(c.Act.Items, l.key.String())
		}
		carried := c.Act
		carried.Text = "" // an input has the text
		if _, ok := carried.Encode(); ok || len(shown) == 1 {
			break
		}
		shown = shown[:len(shown)/2]
	}
	of := ""
	if release := c.View.Release(); release != nil && len(c.View.State.Opens) > 1 {
		of = " of " + release.Version
	}
	intro := []reply.Text{reply.Say(phrase.Count(len(shown), "item"), of, " in one press:")}
	if len(shown) < len(lines) {
		intro[0] = reply.Say(fmt.Sprintf("%d of %d open items%s; the rest comes after these:", len(shown), len(lines), of))
	}
	links, note := linksFor(shown, c.Act.Text)
	inputs := []reply.Input{}
	for _, l := range shown {
		intro = append(intro, reply.Say("• ", l.title(120)))
		inputs = append(inputs, lineInputs(l, links[l])...)
	}
	inputs = append(inputs, reply.Input{Name: "note", Label: "Note for all", Kind: reply.LongText, Optional: true, Initial: note})
	return reply.Reply{Title: "Check " + phrase.Count(len(shown), "item"), Refused: true, Parts: []reply.Part{reply.Lines(intro)},
		Form: &reply.Form{Title: "Check several items", Submit: "Check", Act: c.Act, Intro: intro, Inputs: inputs}}
}

// linksFor gives each line that requires a link one of the links in a text: a single
// link goes to all of them, several are assigned in the order of the lines. note is the
// rest of the text; if another line may need it, the whole text.
func linksFor(lines []answered, text string) (links map[answered]string, note string) {
	demand := slices.DeleteFunc(slices.Clone(lines), func(l answered) bool { return l.item.Manual.Evidence != checklist.NeedsLink })
	var found, others []string
	for _, word := range grammar.Split(text) {
		if link := asLink(word); link != "" && len(found) < len(demand) {
			found = append(found, link)
			continue
		}
		others = append(others, word)
	}
	links = map[answered]string{}
	for i, l := range demand {
		if len(found) == 1 {
			links[l] = found[0]
		} else if i < len(found) {
			links[l] = found[i]
		}
	}
	if len(found) == 0 || len(demand) < len(lines) {
		return links, text
	}
	return links, grammar.Join(others)
}

// lineInputs ask for the evidence that a line requires. link is the one that was typed.
func lineInputs(l answered, link string) []reply.Input {
	name, label := l.key.String(), l.title(100)
	switch l.item.Manual.Evidence {
	case checklist.NeedsLink:
		return []reply.Input{{Name: "link:" + name, Label: label + ": link", Kind: reply.URL, Optional: true, Initial: link, Hint: "Left empty, it stays open."}}
	case checklist.NeedsFile:
		return []reply.Input{{Name: "sha256:" + name, Label: label + ": SHA-256 of the file", Kind: reply.ShortText, Optional: true, Hint: "Left empty, it stays open."},
			{Name: "file:" + name, Label: label + ": name of the file", Kind: reply.ShortText, Optional: true}}
	case checklist.NeedsNote:
		return []reply.Input{{Name: "note:" + name, Label: label + ": how you know", Kind: reply.ShortText, Optional: true, Hint: "Left empty, the note for all counts; without one it stays open."}}
	}
	return nil
}

// recordAll records the lines in one decision. A line that somebody has answered
// meanwhile is left as it is.
func recordAll(ctx context.Context, c verb.Call, given map[answered]answer.Evidence, open []answered) reply.Reply {
	lines := answeredLines(given)
	receipt, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		if v.Release() == nil {
			return nil, verb.Refusal(cards.NoRelease())
		}
		todo := slices.DeleteFunc(slices.Clone(lines), func(l answered) bool { return v.Standing(l.item, l.key).Through })
		if len(todo) == 0 {
			return nil, verb.Refusal(reply.Refuse("They are already answered", reply.Say("Nothing was changed. ", reply.Typed("/ready check "+lines[0].key.String()), " renews one.")))
		}
		var events []event.Event
		for _, l := range todo {
			ev := given[l]
			ev.Verdict, ev.By, ev.Bulk = answer.Passed, c.User, len(todo)
			events = append(events, event.EvidenceRecorded{Release: v.Release().Version, Item: l.key.Item, Environment: l.key.Environment, Evidence: v.Stamp(l.item, l.key, ev)})
		}
		return events, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	said, again := reply.Lines{}, []string{}
	for _, happened := range receipt.Events {
		e := happened.(event.EvidenceRecorded)
		name := answer.Key{Item: e.Item, Environment: e.Environment}.String()
		again = append(again, name)
		said = append(said, reply.Say("✓ ", wording.ItemTitle(c.Checklist, name)))
	}
	for _, l := range open {
		said = append(said, reply.Say("○ ", l.title(200), " stays open: it requires evidence (", string(l.item.Manual.Evidence), "). ", reply.Typed("/ready check "+l.key.String())))
	}
	actions := reply.Actions{{Label: "Status", Act: reply.Do("ready status")}}
	if back := reply.Do("ready uncheck", again...); len(again) <= mostBulk {
		actions = append(reply.Actions{{Label: "Take them back", Act: back}}, actions...)
	}
	return reply.Reply{Title: phrase.Count(len(again), "item") + " checked", Parts: []reply.Part{append(said, c.Effect()...), actions}}
}

// answeredLines are lines sorted by name.
func answeredLines(given map[answered]answer.Evidence) []answered {
	var lines []answered
	for l := range given {
		lines = append(lines, l)
	}
	slices.SortFunc(lines, func(x, y answered) int { return strings.Compare(x.key.String(), y.key.String()) })
	return lines
}

// uncheckAll takes several answers back, all or none.
func uncheckAll(ctx context.Context, c verb.Call) reply.Reply {
	lines, refused := bulkLines(c, func(s readiness.Standing) bool { return s.Evidence.Verdict != "" })
	if refused != nil {
		return *refused
	}
	for _, l := range lines {
		if denied, ok := c.PermitRoles(c.Roster().Checkers(l.item)); !ok {
			return denied
		}
	}
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		var events []event.Event
		for _, l := range lines {
			event, err := uncheckEvent(v, l, c.User)
			if err != nil {
				return nil, err
			}
			events = append(events, event)
		}
		if len(events) == 0 {
			return nil, verb.Refusal(reply.Refuse("Nothing to take back", reply.Say("Nobody has checked anything there.")))
		}
		return events, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: phrase.Count(len(lines), "item") + " open again", Parts: []reply.Part{c.Effect()}}
}

// nearNote asks about a note whose first word is close to the name of an item and may
// have been meant as one.
func nearNote(c verb.Call) *reply.Reply {
	words := grammar.Scan(c.Act.Text).Words
	if len(words) == 0 || c.Pressed != "" || c.Form != nil || strings.Contains(c.Text, " -- ") || !grammar.BeginsWithName(c.Act.Text) {
		return nil
	}
	word := words[0].Text
	near, ok := grammar.Nearest(word, verb.ItemNames(c.View.Checklist))
	if !ok || spelling.Distance(strings.ToLower(word), near) > 1+min(1, len(near)/6) {
		return nil
	}
	rest := strings.TrimSpace(strings.TrimPrefix(c.Act.Text, word))
	return &reply.Reply{Title: "Did you mean " + near + "?", Refused: true, Parts: []reply.Part{
		reply.Lines{reply.Say(reply.Typed(word), " is no item; it may begin a note. Nothing was done.")},
		reply.Actions{{Label: "Check " + near + " too", Act: c.Again(func(a *reply.Act) { a.Items, a.Text = append(slices.Clone(a.Items), near), rest })},
			{Label: "It is a note", Act: c.Act}}}}
}

// validateAll finds inputs that aren't valid evidence, and a form in which nothing was
// filled in.
func validateAll(c verb.Call) map[string]string {
	faults := map[string]string{}
	lines, refused := bulkLines(c, func(s readiness.Standing) bool { return !s.Through })
	if refused != nil {
		return nil
	}
	given, open := evidence(c, lines)
	for _, l := range open {
		_, missing := offered(lineOf(c, l), l.item)
		for input, fault := range missing {
			if name := input + ":" + l.key.String(); strings.TrimSpace(c.Form[name]) != "" || len(given) == 0 {
				faults[name] = fault
			}
		}
	}
	return faults
}
