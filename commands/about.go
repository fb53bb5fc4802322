package commands

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/readiness"
)

// ofRelease makes a call one about a release: the one that it names, else the
// newest of its channel, else the newest. What would change something and names
// none is asked back where several are open.
func (b *Bot) ofRelease(c call) (call, *Reply) {
	state, named := c.view.State, c.act.Release
	switch {
	case !c.verb.release:
	case named == "" && len(state.Opens) > 1 && !c.verb.look:
		reply := c.whichOpen()
		return c, &reply
	case named == "":
		c.view = c.view.Of(newestIn(state, c.Channel))
	case state.IsOpen(named), c.verb.look && state.Releases[named] != nil:
		c.view = c.view.Of(named)
	case c.act.Digest == "" && c.verb.words[0] == "ready": // a card's button and a plan say more themselves
		reply := refuse(named+" is not open", Say("Nothing was done. ", Typed("/ready release "+named), " opens it; its answers are kept."))
		return c, &reply
	}
	return c, nil
}

// whichOpen asks which of the open releases is meant.
func (c call) whichOpen() Reply {
	var buttons Actions
	for _, version := range slices.Backward(c.view.State.Opens) {
		buttons = append(buttons, Button{Label: version, Act: c.again(func(a *Act) { a.Release = version })})
	}
	return Reply{Title: "For which release?", Refused: true, Parts: []Part{
		Lines{Say(count(len(buttons), "release"), " are open. Press one, or name it: ", Typed("/"+buttons[0].Act.Typed()), ".")}, buttons}}
}

// newestIn is the open release that was opened last in a channel, or "" where
// none was: the newest of all is meant then.
func newestIn(s *readiness.State, channel string) string {
	for _, version := range slices.Backward(s.Opens) {
		if s.Releases[version].Channel == channel {
			return version
		}
	}
	return ""
}

// others says which release an answer is about, where it is not the only one
// that is open.
func (c call) others(r Reply) Reply {
	release := c.view.Release()
	if !c.verb.release || !c.verb.look || release == nil || r.Refused {
		return r
	}
	opens := slices.DeleteFunc(slices.Clone(c.view.State.Opens), func(version string) bool { return version == release.Version })
	note, also := Say("This is about ", Bold(release.Version), "."), " is open, too: "
	switch open := c.view.State.IsOpen(release.Version); {
	case open && len(opens) == 0:
		return r
	case !open:
		note, also = Say("This is about ", Bold(release.Version), ", which is no longer open."), " is open: "
	}
	for _, version := range opens {
		note = append(note, Say(" ", version, also, Typed("/"+c.again(func(a *Act) { a.Release = version }).Typed()), ".")...)
	}
	r.Parts = append(slices.Clip(r.Parts), Note(note))
	return r
}

// pinned is a reply whose buttons carry the release of the view, which it is
// about, so that they neither change nor show another one, however old the
// message is. Where several releases are open, its commands name it, too.
func pinned(v readiness.View, r Reply) Reply {
	release := v.Release()
	if release == nil {
		return r
	}
	parts := slices.Clone(r.Parts)
	for i, part := range parts {
		if len(v.State.Opens) > 1 {
			parts[i] = withSpans(part, func(s Span) Span { return s.about(release.Version) })
		}
		if actions, ok := part.(Actions); ok {
			actions = slices.Clone(actions)
			for j := range actions {
				actions[j].Act = actions[j].Act.pinned(release.Version)
			}
			parts[i] = actions
		}
	}
	r.Parts = parts
	if r.Form != nil {
		form := *r.Form
		form.Act = form.Act.pinned(release.Version)
		r.Form = &form
	}
	return r
}

// pinned is an act about a release, if its verb is about one.
func (a Act) pinned(version string) Act {
	if v, ok := verbNamed(a.Verb); ok && v.release && a.Release == "" {
		a.Release = version
	}
	return a
}

// kindLines say that a release is asked less than the whole checklist, and who
// opened it so; nil where it is not.
func kindLines(v readiness.View, env string) Part {
	release := v.Release()
	kind, ok := v.Checklist.Kind(release.Kind)
	if !ok {
		return nil
	}
	text := Say("⚠ Opened as ", Bold(kind.Title), by(release.KindBy), fmt.Sprintf(": asks for %d of %s", len(v.Sections()), count(len(v.Checklist.Sections), "section")))
	rule, _ := v.SignOffRule(env)
	if usual, asked := v.Checklist.SignOff(env); asked {
		text = append(text, Say(fmt.Sprintf(" and %d of %s for ", len(rule.Roles), count(len(usual.Roles), "sign-off")), Bold(env))...)
	}
	return Lines{append(text, Say(".")...)}
}

// about is a span that names a release in the command that is shown, if that is
// about a release and names none.
func (s Span) about(version string) Span {
	text, command := strings.CutPrefix(s.Text, "/")
	words := scan(text)
	v, n, ok := match(words)
	if s.Kind != Code || !command || !ok || !v.release {
		return s
	}
	switch rest, ready := strings.CutPrefix(text, "ready "); {
	case ready:
		s.Text = "/ready " + version + " " + rest
	case v.name() == "deploy" && len(words) == n+1: // an environment follows
		s.Text += " " + version
	}
	return s
}

// withSpans is a part with each span of its text changed.
func withSpans(part Part, change func(Span) Span) Part {
	text := func(t Text) Text {
		t = slices.Clone(t)
		for i := range t {
			t[i] = change(t[i])
		}
		return t
	}
	switch p := part.(type) {
	case Lines:
		p = slices.Clone(p)
		for i := range p {
			p[i] = text(p[i])
		}
		return p
	case Fields:
		p = slices.Clone(p)
		for i := range p {
			p[i].Value = text(p[i].Value)
		}
		return p
	case Note:
		return Note(text(Text(p)))
	}
	return part
}

// pinnedCards are cards that carry their release, that of the view.
func pinnedCards(v readiness.View, cards []Card) []Card {
	for i := range cards {
		cards[i].Reply = pinned(v, cards[i].Reply)
	}
	return cards
}
