// Package preparing has the verbs that make a release ready: open it, run its gates,
// check, skip or waive its items, fix what fails with runbooks, and sign off. All of
// them are under /ready.
//
// Each exported function is one verb, and package commands lists it. What a person
// says becomes an event in the ledger under the request's key; gates and runbooks are
// runs of package runs, which this package starts and stops. If something is missing,
// a form asks for it, and nothing is recorded until it is submitted.
package preparing

import (
	"context"
	"net/url"
	"regexp"
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
)

// Check is /ready check.
func Check() verb.Verb {
	return verb.Verb{Words: []string{"ready", "check"}, Usage: "ITEM|SECTION… [NOTE]", Release: true,
		About: "checks manual items; the note may be a link, or a file's SHA-256 and name", Amiss: verb.Call.AmissItems, Do: check, Validate: validateCheck}
}

// check answers a manual item for a person, with the evidence that the item requires. A
// form asks for evidence that is missing.
func check(ctx context.Context, c verb.Call) reply.Reply {
	if len(c.Act.Items) == 0 {
		return pickItem(c, "Check which item?", "Nothing that you may check is open.", func(s readiness.Standing) bool { return !s.Through })
	}
	if r := nearNote(c); r != nil {
		return *r
	}
	if bulk(c) {
		return checkAll(ctx, c)
	}
	it, key, refused := c.Answer(c.Item())
	if refused != nil {
		return *refused
	}
	if it.Manual == nil {
		return reply.Reply{Title: "A gate measures that", Refused: true, Parts: []reply.Part{
			reply.Lines{reply.Say(reply.Bold(it.Title), " is measured, not checked by hand.")},
			reply.Actions{{Label: "Run it", Act: reply.Do("ready run", key.String())}},
		}}
	}
	if denied, ok := c.PermitRoles(c.Roster().Checkers(it)); !ok {
		return denied
	}
	if waiting := c.View.Standing(it, key).Waiting; waiting != "" {
		return reply.Refuse("Not deployed yet", reply.Say(reply.Bold(it.Title), ": ", waiting, "."))
	}
	ev, missing := offered(c, it)
	if len(missing) > 0 {
		return checkForm(c, it, key, missing)
	}
	ev.Verdict, ev.By = answer.Passed, c.User
	return answerItem(ctx, c, it, key, ev, "checked")
}

var sha256Hex = regexp.MustCompile(`^(?:sha256:)?([0-9a-f]{64})$`)

// offered reads the evidence from what was typed or filled in. missing says, by input,
// what the item requires and wasn't given.
func offered(c verb.Call, it *checklist.Item) (ev answer.Evidence, missing map[string]string) {
	missing = map[string]string{}
	note := c.Act.Text
	ev.Note = note
	switch it.Manual.Evidence {
	case checklist.NeedsNote:
		if note == "" {
			missing["note"] = "Explain in a few words how you know."
		}
	case checklist.NeedsLink:
		ev.Link, ev.Note = link(c, note)
		if ev.Link == "" {
			missing["link"] = "Enter the URL of the evidence, beginning with https:// or http://."
		}
	case checklist.NeedsFile:
		ev.File, ev.Note = file(c, note)
		if ev.File == nil {
			missing["sha256"] = "Enter the file's SHA-256: 64 hex digits, as printed by sha256sum."
		}
	}
	return ev, missing
}

// link takes the address from a form, or the first one from the typed words.
func link(c verb.Call, note string) (link, rest string) {
	if c.Form != nil {
		return asLink(c.Form["link"]), note
	}
	var others []string
	for _, word := range grammar.Split(note) {
		if found := asLink(word); found != "" && link == "" {
			link = found
			continue
		}
		others = append(others, word)
	}
	return link, grammar.Join(others)
}

// asLink is the address in a word; Slack writes <https://a|a>.
func asLink(word string) string {
	word = strings.TrimSpace(word)
	word = strings.TrimSuffix(strings.TrimPrefix(word, "<"), ">")
	word, _, _ = strings.Cut(word, "|")
	u, err := url.Parse(word)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return ""
	}
	return word
}

// file takes a file's hash and name from a form or from the typed words.
func file(c verb.Call, note string) (*answer.File, string) {
	words := grammar.Split(note)
	if c.Form != nil {
		words = append([]string{c.Form["sha256"]}, grammar.Split(c.Form["file"])...)
	}
	for i, word := range words {
		if m := sha256Hex.FindStringSubmatch(strings.ToLower(strings.TrimSpace(word))); m != nil {
			name := grammar.Join(append(append([]string{}, words[:i]...), words[i+1:]...))
			if name == "" {
				name = "unnamed file"
			}
			if c.Form == nil {
				note = ""
			}
			return &answer.File{Name: name, SHA256: m[1]}, note
		}
	}
	return nil, note
}

func validateCheck(c verb.Call) map[string]string {
	if len(c.Act.Items) == 0 {
		return nil
	}
	if bulk(c) {
		return validateAll(c)
	}
	it, _, refused := c.Answer(c.Item())
	if refused != nil || it.Manual == nil {
		return nil
	}
	_, missing := offered(c, it)
	return missing
}

// checkForm asks for the evidence that an item requires.
func checkForm(c verb.Call, it *checklist.Item, key answer.Key, missing map[string]string) reply.Reply {
	typed := c.Form
	note := reply.Input{Name: "note", Label: "Note", Kind: reply.LongText, Optional: true, Initial: c.Act.Text, Hint: "What you looked at, and what you saw."}
	var inputs []reply.Input
	switch it.Manual.Evidence {
	case checklist.NeedsLink:
		inputs = append(inputs, reply.Input{Name: "link", Label: "Link to the evidence", Kind: reply.URL, Hint: missing["link"], Initial: typed["link"]})
	case checklist.NeedsFile:
		inputs = append(inputs, reply.Input{Name: "file", Label: "Name of the file", Kind: reply.ShortText, Initial: typed["file"]},
			reply.Input{Name: "sha256", Label: "SHA-256 of the file", Kind: reply.ShortText, Hint: missing["sha256"], Initial: typed["sha256"]})
	case checklist.NeedsNote:
		note.Optional = false
	}
	return reply.Reply{Title: "Evidence is missing", Refused: true,
		Parts: []reply.Part{reply.Lines{reply.Say(reply.Bold(it.Title), " requires evidence (", string(it.Manual.Evidence), ").")}},
		Form: &reply.Form{Title: "Check an item", Submit: "Check", Act: c.Again(func(a *reply.Act) { a.Items = []string{key.String()} }),
			Intro: []reply.Text{reply.Say(reply.Bold(it.Title))}, Inputs: append(inputs, note)}}
}

// answerItem records a person's answer and confirms it.
func answerItem(ctx context.Context, c verb.Call, it *checklist.Item, key answer.Key, ev answer.Evidence, done string) reply.Reply {
	receipt, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		if v.Release() == nil {
			return nil, verb.Refusal(cards.NoRelease())
		}
		return []event.Event{event.EvidenceRecorded{Release: v.Release().Version, Item: key.Item, Environment: key.Environment, Evidence: v.Stamp(it, key, ev)}}, nil
	})
	if err != nil {
		return c.Failed(err)
	}
	lines := reply.Lines{reply.Say(reply.Bold(it.Title), ": ", done, ", ", reply.Time(receipt.At), ".")}
	return reply.Reply{Title: key.String() + " is " + done, Summary: it.Title + ": " + done + ".", Parts: []reply.Part{
		append(lines, c.Effect()...),
		reply.Actions{{Label: "Take it back", Act: reply.Do("ready uncheck", key.String())}, {Label: "Status", Act: reply.Do("ready status")}},
	}}
}

// Uncheck is /ready uncheck.
func Uncheck() verb.Verb {
	return verb.Verb{Words: []string{"ready", "uncheck"}, Usage: "ITEM|SECTION…", Release: true,
		About: "withdraws manual answers", Amiss: verb.Call.AmissItems, Do: uncheck}
}

// uncheck takes back a person's check or skip. What a gate measured can't be taken
// back, only measured again.
func uncheck(ctx context.Context, c verb.Call) reply.Reply {
	if len(c.Act.Items) == 0 {
		return pickItem(c, "Take back which item?", "Nobody has checked anything.", func(s readiness.Standing) bool { return s.Evidence.Verdict != "" })
	}
	if bulk(c) {
		return uncheckAll(ctx, c)
	}
	it, key, refused := c.Answer(c.Item())
	if refused != nil {
		return *refused
	}
	if denied, ok := c.PermitRoles(c.Roster().Checkers(it)); !ok {
		return denied
	}
	_, err := c.Once(ctx, func(v readiness.View) ([]event.Event, error) {
		happened, err := uncheckEvent(v, answered{it, key}, c.User)
		return []event.Event{happened}, err
	})
	if err != nil {
		return c.Failed(err)
	}
	return reply.Reply{Title: key.String() + " is open again", Parts: []reply.Part{append(reply.Lines{reply.Say(reply.Bold(it.Title), " counts as unanswered.")}, c.Effect()...)}}
}

// uncheckEvent takes back the answer of one line, or says why that isn't possible.
func uncheckEvent(v readiness.View, l answered, user string) (event.Event, error) {
	release := v.Release()
	if release == nil {
		return nil, verb.Refusal(cards.NoRelease())
	}
	given, known := release.Evidence[l.key]
	switch {
	case !known:
		return nil, verb.Refusal(reply.Refuse("Nothing to take back", reply.Say(reply.Bold(l.item.Title), " has no answer yet.")))
	case l.item.Gate != nil && given.Verdict != answer.NotApplicable:
		return nil, verb.Refusal(reply.Refuse("A gate measured that", reply.Say("Run it again instead: ", reply.Typed("/ready run "+l.key.String()), ".")))
	}
	return event.ItemUnchecked{Release: release.Version, Item: l.key.Item, Environment: l.key.Environment, By: user}, nil
}

// Skip is /ready skip.
func Skip() verb.Verb {
	return verb.Verb{Words: []string{"ready", "skip"}, Usage: "ITEM REASON", Release: true,
		About: "declares an item not applicable to this release", Amiss: verb.Call.AmissItems, Do: skip, Validate: validateSkip}
}

// skip declares an item not applicable, with a reason that is shown wherever the item
// is.
func skip(ctx context.Context, c verb.Call) reply.Reply {
	if len(c.Act.Items) == 0 {
		return pickItem(c, "Skip which item?", "Every item is answered.", func(s readiness.Standing) bool { return !s.Through })
	}
	it, key, refused := c.Answer(c.Item())
	if refused != nil {
		return *refused
	}
	if denied, ok := c.PermitRoles(c.Roster().Checkers(it)); !ok {
		return denied
	}
	reason := c.Act.Text
	if reason == "" {
		return reply.Reply{Title: "A reason is missing", Refused: true, Parts: []reply.Part{reply.Lines{reply.Say("Say why ", reply.Bold(it.Title), " does not apply to this release.")}},
			Form: &reply.Form{Title: "Skip an item", Submit: "Skip", Act: reply.Do("ready skip", key.String()), Intro: []reply.Text{reply.Say(reply.Bold(it.Title))},
				Inputs: []reply.Input{{Name: "reason", Label: "Why it does not apply to this release", Kind: reply.LongText}}}}
	}
	ev := answer.Evidence{Verdict: answer.NotApplicable, Summary: reason, By: c.User}
	return answerItem(ctx, c, it, key, ev, "skipped")
}

func validateSkip(c verb.Call) map[string]string {
	if len(c.Act.Items) > 0 && c.Act.Text == "" {
		return map[string]string{"reason": "A reason is needed; it is shown wherever the item is."}
	}
	return nil
}

// pickItem offers the items that a person may answer and that are fit for the verb: the
// first few as buttons, the others by name.
func pickItem(c verb.Call, title, none string, fit func(readiness.Standing) bool) reply.Reply {
	const offered = 20
	var buttons reply.Actions
	more := 0
	for _, section := range c.View.Checklist.AllSections() {
		for _, it := range section.Items {
			if held, _ := c.Roster().Held(c.User, c.Roster().Checkers(it)); len(held) == 0 || it.Off || (it.Manual == nil && c.Verb.Words[1] == "check") {
				continue
			}
			for _, s := range c.View.Standings(it) {
				switch {
				case !fit(s), s.Waiting != "":
				case len(buttons) < offered:
					buttons = append(buttons, reply.Button{Label: wording.ItemTitle(c.View.Checklist, s.Key.String()), Act: reply.Do(c.Act.Verb, s.Key.String())})
				default:
					more++
				}
			}
		}
	}
	if len(buttons) == 0 {
		return reply.Refuse(title, reply.Say(none))
	}
	parts := []reply.Part{buttons}
	if more > 0 {
		parts = append(parts, reply.Note(reply.Say("… and ", phrase.Count(more, "more", "more"), ". Name it: ", reply.Typed("/"+grammar.Join(c.Verb.Words)+" ITEM"), "; ", reply.Typed("/ready status SECTION"), " lists items by name.")))
	}
	return reply.Reply{Title: title, Refused: true, Parts: parts}
}
