package commands

import (
	"slices"

	"gonogo/commands/reply"
	"gonogo/readiness"
)

// ofRelease makes a call one about a release: the one that it names, else the
// newest of its channel, else the newest. What would change something and names
// none is asked back where several are open, unless it is wrong or the same
// whichever is meant.
func (c call) ofRelease() (call, *reply.Reply) {
	c.versionNamed()
	state, named := c.view.State, c.act.Release
	switch {
	case !c.verb.release:
	case named == "" && len(state.Opens) > 1 && !c.verb.look:
		return c.ofWhichever()
	case named == "":
		c.view = c.view.Of(newestIn(state, c.Channel))
	case state.IsOpen(named), c.verb.look && state.Releases[named] != nil:
		c.view = c.view.Of(named)
	case c.act.Digest == "" && c.verb.words[0] == "ready": // a card's button and a plan say more themselves
		refused := reply.Refuse(named+" is not open", reply.Say("Nothing was done. ", reply.Typed("/ready release "+named), " opens it; its answers are kept."))
		return c, &refused
	}
	return c, nil
}

// ofWhichever is a call that names none of several open releases. What is wrong
// with it for each of them is said first: a name that nothing has, a role that
// the person lacks.
func (c call) ofWhichever() (call, *reply.Reply) {
	c.view = c.view.Of(newestIn(c.view.State, c.Channel))
	if c.verb.amiss != nil {
		if refused := c.verb.amiss(c); refused != nil {
			return c, refused
		}
	}
	if version, ok := c.shared(); ok {
		c.view = c.view.Of(version)
		return c, nil
	}
	r := c.whichOpen()
	return c, &r
}

// shared finds the release to record an act under whose answers carry over, so
// that it is the same for every open release: the one that holds the answer,
// else the newest. ok is false where the release makes a difference.
func (c call) shared() (version string, ok bool) {
	switch c.act.Verb {
	case "ready check", "ready uncheck", "ready run":
	default: // a skip is of one release
		return "", false
	}
	version = c.view.Version
	holders := map[string]bool{}
	for _, name := range c.act.Items {
		it, key, refused := c.answer(name)
		if refused != nil || !it.Scope.CarriesOver() {
			return "", false
		}
		for _, open := range c.view.State.Opens {
			if _, answered := c.view.State.Releases[open].Evidence[key]; answered {
				holders[open], version = true, open
			}
		}
	}
	return version, len(c.act.Items) > 0 && (c.act.Verb != "ready uncheck" || len(holders) < 2)
}

// amissItems says what is wrong with items that a person would answer, whichever
// release is meant; nil: nothing.
func (c call) amissItems() *reply.Reply {
	for _, name := range c.act.Items {
		if _, section := c.view.Checklist.Section(name); section || name == "all" {
			continue
		}
		it, _, refused := c.answer(name)
		switch {
		case refused != nil:
			return refused
		case c.verb.permission != "" || c.act.Verb == "ready nudge":
			continue
		}
		if denied, ok := c.permitRoles(c.roster().Checkers(it)); !ok && (it.Manual != nil || c.act.Verb == "ready skip") {
			return &denied
		}
	}
	return nil
}

// whichOpen asks which of the open releases is meant.
func (c call) whichOpen() reply.Reply {
	var buttons reply.Actions
	for _, version := range slices.Backward(c.view.State.Opens) {
		buttons = append(buttons, reply.Button{Label: version, Act: c.again(func(a *reply.Act) { a.Release = version })})
	}
	return reply.Reply{Title: "For which release?", Refused: true, Parts: []reply.Part{
		reply.Lines{reply.Say(reply.Count(len(buttons), "release"), " are open. Press one, or name it: ", reply.Typed("/"+c.grammar.AsTyped(buttons[0].Act)), ".")}, buttons}}
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
func (c call) others(r reply.Reply) reply.Reply {
	release := c.view.Release()
	if !c.verb.release || !c.verb.look || release == nil || r.Refused {
		return r
	}
	opens := slices.DeleteFunc(slices.Clone(c.view.State.Opens), func(version string) bool { return version == release.Version })
	note, also := reply.Say("This is about ", reply.Bold(release.Version), "."), " is open, too: "
	switch open := c.view.State.IsOpen(release.Version); {
	case open && len(opens) == 0:
		return r
	case !open:
		note, also = reply.Say("This is about ", reply.Bold(release.Version), ", which is no longer open."), " is open: "
	}
	for _, version := range opens {
		note = append(note, reply.Say(" ", version, also, reply.Typed("/"+c.grammar.AsTyped(c.again(func(a *reply.Act) { a.Release = version }))), ".")...)
	}
	r.Parts = append(slices.Clip(r.Parts), reply.Note(note))
	return r
}
