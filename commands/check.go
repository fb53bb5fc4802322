package commands

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"gonogo/readiness"
)

func checkVerb() verb {
	return verb{words: []string{"ready", "check"}, usage: "ITEM|SECTION… [NOTE]", release: true,
		about: "checks manual items; the note may be a link, or a file's SHA-256 and name", amiss: (*Bot).amissItems, do: (*Bot).check, validate: (*Bot).validateCheck}
}

// check answers a manual item on a person's word, with the evidence that the
// item demands. What is missing is asked for in a form.
func (b *Bot) check(ctx context.Context, c call) Reply {
	if len(c.act.Items) == 0 {
		return b.pickItem(c, "Check which item?", "Nothing that you may check is open.", func(s readiness.Standing) bool { return !s.Through })
	}
	if reply := c.nearNote(); reply != nil {
		return *reply
	}
	if c.bulk() {
		return b.checkAll(ctx, c)
	}
	it, key, refused := c.answer(c.item())
	if refused != nil {
		return *refused
	}
	if it.Manual == nil {
		return Reply{Title: "A gate measures that", Refused: true, Parts: []Part{
			Lines{Say(Bold(it.Title), " is measured, not checked by hand.")},
			Actions{{Label: "Run it", Act: say("ready run", key.String())}},
		}}
	}
	if denied, ok := b.permitRoles(c, b.checkers(it)); !ok {
		return denied
	}
	if waiting := c.view.Standing(it, key).Waiting; waiting != "" {
		return refuse("Not deployed yet", Say(Bold(it.Title), ": ", waiting, "."))
	}
	ev, missing := c.offered(it)
	if len(missing) > 0 {
		return c.checkForm(it, key, missing)
	}
	ev.Verdict, ev.By = readiness.Passed, c.User
	return b.answerItem(ctx, c, it, key, ev, "is checked")
}

// checkers lists the roles that may answer an item by hand.
func (b *Bot) checkers(it *readiness.Item) []string {
	if it.Manual != nil && len(it.Manual.By) > 0 {
		return it.Manual.By
	}
	return b.Checklist.Permissions["check"]
}

var sha256Hex = regexp.MustCompile(`^(?:sha256:)?([0-9a-f]{64})$`)

// offered reads the evidence out of what was typed or filled in. missing says
// by input what the item demands and is not there.
func (c call) offered(it *readiness.Item) (ev readiness.Evidence, missing map[string]string) {
	missing = map[string]string{}
	note := c.act.Text
	ev.Note = note
	switch it.Manual.Evidence {
	case readiness.NeedsNote:
		if note == "" {
			missing["note"] = "Say in a few words how you know."
		}
	case readiness.NeedsLink:
		ev.Link, ev.Note = c.link(note)
		if ev.Link == "" {
			missing["link"] = "Give the address of the evidence, beginning with https:// or http://."
		}
	case readiness.NeedsFile:
		ev.File, ev.Note = c.file(note)
		if ev.File == nil {
			missing["sha256"] = "Give the file's SHA-256: 64 hex digits, as sha256sum prints them."
		}
	}
	return ev, missing
}

// link takes the address out of a form, or the first one out of typed words.
func (c call) link(note string) (link, rest string) {
	if c.Form != nil {
		return asLink(c.Form["link"]), note
	}
	var others []string
	for _, word := range splitWords(note) {
		if found := asLink(word); found != "" && link == "" {
			link = found
			continue
		}
		others = append(others, word)
	}
	return link, join(others)
}

// asLink is the address that a word holds; Slack writes <https://a|a>.
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

// file takes a file's hash and name out of a form or out of typed words.
func (c call) file(note string) (*readiness.File, string) {
	words := splitWords(note)
	if c.Form != nil {
		words = append([]string{c.Form["sha256"]}, splitWords(c.Form["file"])...)
	}
	for i, word := range words {
		if m := sha256Hex.FindStringSubmatch(strings.ToLower(strings.TrimSpace(word))); m != nil {
			name := join(append(append([]string{}, words[:i]...), words[i+1:]...))
			if name == "" {
				name = "unnamed file"
			}
			if c.Form == nil {
				note = ""
			}
			return &readiness.File{Name: name, SHA256: m[1]}, note
		}
	}
	return nil, note
}

func (b *Bot) validateCheck(c call) map[string]string {
	if len(c.act.Items) == 0 {
		return nil
	}
	if c.bulk() {
		return b.validateAll(c)
	}
	it, _, refused := c.answer(c.item())
	if refused != nil || it.Manual == nil {
		return nil
	}
	_, missing := c.offered(it)
	return missing
}

// checkForm asks for the evidence that an item demands.
func (c call) checkForm(it *readiness.Item, key readiness.Key, missing map[string]string) Reply {
	typed := c.Form
	note := Input{Name: "note", Label: "Note", Kind: LongText, Optional: true, Initial: c.act.Text, Hint: "What you looked at, and what you saw."}
	var inputs []Input
	switch it.Manual.Evidence {
	case readiness.NeedsLink:
		inputs = append(inputs, Input{Name: "link", Label: "Link to the evidence", Kind: URL, Hint: missing["link"], Initial: typed["link"]})
	case readiness.NeedsFile:
		inputs = append(inputs, Input{Name: "file", Label: "Name of the file", Kind: ShortText, Initial: typed["file"]},
			Input{Name: "sha256", Label: "SHA-256 of the file", Kind: ShortText, Hint: missing["sha256"], Initial: typed["sha256"]})
	case readiness.NeedsNote:
		note.Optional = false
	}
	return Reply{Title: "Evidence is missing", Refused: true,
		Parts: []Part{Lines{Say(Bold(it.Title), " demands evidence (", string(it.Manual.Evidence), ").")}},
		Form: &Form{Title: "Check an item", Submit: "Check", Act: c.again(func(a *Act) { a.Items = []string{key.String()} }),
			Intro: []Text{Say(Bold(it.Title))}, Inputs: append(inputs, note)}}
}

// answerItem records a person's answer and says so.
func (b *Bot) answerItem(ctx context.Context, c call, it *readiness.Item, key readiness.Key, ev readiness.Evidence, done string) Reply {
	receipt, err := b.once(ctx, c, func(v readiness.View) ([]readiness.Event, error) {
		if v.Release() == nil {
			return nil, refusal{noRelease()}
		}
		return []readiness.Event{readiness.EvidenceRecorded{Release: v.Release().Version, Item: key.Item, Environment: key.Environment, Evidence: v.Stamp(it, key, ev)}}, nil
	})
	if err != nil {
		return b.failed(err)
	}
	lines := Lines{Say(Bold(it.Title), " ", done, ", ", Time(receipt.At), ".")}
	return Reply{Title: key.String() + " " + done, Summary: it.Title + " " + done + ".", Parts: []Part{
		append(lines, b.effect(c)...),
		Actions{{Label: "Take it back", Act: say("ready uncheck", key.String())}, {Label: "Status", Act: say("ready status")}},
	}}
}

// effect says where the release stands now, in one line an environment.
func (b *Bot) effect(c call) Lines { return b.effectOn(b.View().Of(c.view.Version)) }

func (b *Bot) effectOn(v readiness.View) Lines {
	var lines Lines
	for _, env := range v.Checklist.Environments {
		lines = append(lines, Say(env.Name, ": ", verdictText(v.Decide(env.Name))))
	}
	return lines
}

func noRelease() Reply {
	return refuse("No release is open", Say("Open one with ", Typed("/ready release VERSION [COMMIT]"), "."))
}

func uncheckVerb() verb {
	return verb{words: []string{"ready", "uncheck"}, usage: "ITEM|SECTION…", release: true,
		about: "takes back what a person said of items", amiss: (*Bot).amissItems, do: (*Bot).uncheck}
}

// uncheck takes back a person's check or skip. What a gate measured stays: it
// can only be measured again.
func (b *Bot) uncheck(ctx context.Context, c call) Reply {
	if len(c.act.Items) == 0 {
		return b.pickItem(c, "Take back which item?", "Nobody has checked anything.", func(s readiness.Standing) bool { return s.Evidence.Verdict != "" })
	}
	if c.bulk() {
		return b.uncheckAll(ctx, c)
	}
	it, key, refused := c.answer(c.item())
	if refused != nil {
		return *refused
	}
	if denied, ok := b.permitRoles(c, b.checkers(it)); !ok {
		return denied
	}
	_, err := b.once(ctx, c, func(v readiness.View) ([]readiness.Event, error) {
		event, err := uncheckEvent(v, answered{it, key}, c.User)
		return []readiness.Event{event}, err
	})
	if err != nil {
		return b.failed(err)
	}
	return Reply{Title: key.String() + " is open again", Parts: []Part{append(Lines{Say(Bold(it.Title), " counts as unanswered.")}, b.effect(c)...)}}
}

// uncheckEvent takes back the answer of one line, or says why it cannot be.
func uncheckEvent(v readiness.View, l answered, user string) (readiness.Event, error) {
	release := v.Release()
	if release == nil {
		return nil, refusal{noRelease()}
	}
	given, known := release.Evidence[l.key]
	switch {
	case !known:
		return nil, refusal{refuse("Nothing to take back", Say(Bold(l.item.Title), " has no answer yet."))}
	case l.item.Gate != nil && given.Verdict != readiness.NotApplicable:
		return nil, refusal{refuse("A gate measured that", Say("Run it again instead: ", Typed("/ready run "+l.key.String()), "."))}
	}
	return readiness.ItemUnchecked{Release: release.Version, Item: l.key.Item, Environment: l.key.Environment, By: user}, nil
}

func skipVerb() verb {
	return verb{words: []string{"ready", "skip"}, usage: "ITEM REASON", release: true,
		about: "declares an item not applicable to this release", amiss: (*Bot).amissItems, do: (*Bot).skip, validate: (*Bot).validateSkip}
}

// skip declares an item not applicable, with a reason that is shown wherever
// the item is.
func (b *Bot) skip(ctx context.Context, c call) Reply {
	if len(c.act.Items) == 0 {
		return b.pickItem(c, "Skip which item?", "Every item is answered.", func(s readiness.Standing) bool { return !s.Through })
	}
	it, key, refused := c.answer(c.item())
	if refused != nil {
		return *refused
	}
	if denied, ok := b.permitRoles(c, b.checkers(it)); !ok {
		return denied
	}
	reason := c.act.Text
	if reason == "" {
		return Reply{Title: "A reason is missing", Refused: true, Parts: []Part{Lines{Say("Say why ", Bold(it.Title), " does not apply to this release.")}},
			Form: &Form{Title: "Skip an item", Submit: "Skip", Act: say("ready skip", key.String()), Intro: []Text{Say(Bold(it.Title))},
				Inputs: []Input{{Name: "reason", Label: "Why it does not apply to this release", Kind: LongText}}}}
	}
	ev := readiness.Evidence{Verdict: readiness.NotApplicable, Summary: reason, By: c.User}
	return b.answerItem(ctx, c, it, key, ev, "is skipped")
}

func (b *Bot) validateSkip(c call) map[string]string {
	if len(c.act.Items) > 0 && c.act.Text == "" {
		return map[string]string{"reason": "A reason is needed; it is shown wherever the item is."}
	}
	return nil
}

// pickItem offers the items that a person may answer and that are fit for the
// verb, as buttons for the first few and by name for the rest.
func (b *Bot) pickItem(c call, title, none string, fit func(readiness.Standing) bool) Reply {
	const offered = 20
	var buttons Actions
	more := 0
	for _, section := range allSections(c.view.Checklist) {
		for _, it := range section.Items {
			if worn, _ := b.worn(c.User, b.checkers(it)); len(worn) == 0 || it.Off || (it.Manual == nil && c.verb.words[1] == "check") {
				continue
			}
			for _, s := range c.view.Standings(it) {
				switch {
				case !fit(s), s.Waiting != "":
				case len(buttons) < offered:
					buttons = append(buttons, Button{Label: itemTitle(c.view.Checklist, s.Key.String()), Act: say(c.act.Verb, s.Key.String())})
				default:
					more++
				}
			}
		}
	}
	if len(buttons) == 0 {
		return refuse(title, Say(none))
	}
	parts := []Part{buttons}
	if more > 0 {
		parts = append(parts, Note(Say("… and ", count(more, "more"), ". Name it: ", Typed("/"+join(c.verb.words)+" ITEM"), "; ", Typed("/ready status SECTION"), " lists items by name.")))
	}
	return Reply{Title: title, Refused: true, Parts: parts}
}
