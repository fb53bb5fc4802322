package verb

import (
	"slices"

	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness/history"
)

// OfRelease determines the release that a call is about: the one that it names,
// otherwise the newest of its channel, otherwise the newest. If the call would change
// something, names no release and several are open, it asks which, unless the call is
// wrong, or has the same effect, for each of them.
func (c Call) OfRelease() (Call, *reply.Reply) {
	c.versionNamed()
	state, named := c.View.State, c.Act.Release
	switch {
	case !c.Verb.Release:
	case named == "" && len(state.Opens) > 1 && !c.Verb.Look:
		return c.ofWhichever()
	case named == "":
		c.View = c.View.Of(newestIn(state, c.Channel))
	case state.IsOpen(named), c.Verb.Look && state.Releases[named] != nil:
		c.View = c.View.Of(named)
	case c.Act.Digest == "" && c.Verb.Words[0] == "ready": // a card's button and a plan say more themselves
		refused := reply.Refuse(named+" is not open", reply.Say("Nothing was done. ", reply.Typed("/ready release "+named), " opens it; its answers are kept."))
		return c, &refused
	}
	return c, nil
}

// ofWhichever handles a call that names none of several open releases. What is wrong
// for each of them is reported first: an unknown name, a missing role.
func (c Call) ofWhichever() (Call, *reply.Reply) {
	c.View = c.View.Of(newestIn(c.View.State, c.Channel))
	if c.Verb.Amiss != nil {
		if refused := c.Verb.Amiss(c); refused != nil {
			return c, refused
		}
	}
	if version, ok := c.shared(); ok {
		c.View = c.View.Of(version)
		return c, nil
	}
	r := c.WhichOpen()
	return c, &r
}

// shared finds the release to record an act under whose answers carry over, and which
// is therefore the same for every open release: the one with the answer, otherwise the
// newest. ok is false if the release makes a difference.
func (c Call) shared() (version string, ok bool) {
	switch c.Act.Verb {
	case "ready check", "ready uncheck", "ready run":
	default: // a skip is for one release
		return "", false
	}
	version = c.View.Version
	holders := map[string]bool{}
	for _, name := range c.Act.Items {
		it, key, refused := c.Answer(name)
		if refused != nil || !it.Scope.CarriesOver() {
			return "", false
		}
		for _, open := range c.View.State.Opens {
			if _, answered := c.View.State.Releases[open].Evidence[key]; answered {
				holders[open], version = true, open
			}
		}
	}
	return version, len(c.Act.Items) > 0 && (c.Act.Verb != "ready uncheck" || len(holders) < 2)
}

// AmissItems reports what is wrong with the items that a person wants to answer,
// whichever release is meant; nil: nothing.
func (c Call) AmissItems() *reply.Reply {
	for _, name := range c.Act.Items {
		if _, section := c.View.Checklist.Section(name); section || name == "all" {
			continue
		}
		it, _, refused := c.Answer(name)
		switch {
		case refused != nil:
			return refused
		case c.Verb.Permission != "" || c.Act.Verb == "ready nudge":
			continue
		}
		if denied, ok := c.PermitRoles(c.Roster().Checkers(it)); !ok && (it.Manual != nil || c.Act.Verb == "ready skip") {
			return &denied
		}
	}
	return nil
}

// WhichOpen asks which of the open releases is meant.
func (c Call) WhichOpen() reply.Reply {
	var buttons reply.Actions
	for _, version := range slices.Backward(c.View.State.Opens) {
		buttons = append(buttons, reply.Button{Label: version, Act: c.Again(func(a *reply.Act) { a.Release = version })})
	}
	return reply.Reply{Title: "For which release?", Refused: true, Parts: []reply.Part{
		reply.Lines{reply.Say(phrase.Count(len(buttons), "release"), " are open. Press one, or name it: ", reply.Typed("/"+c.Grammar.AsTyped(buttons[0].Act)), ".")}, buttons}}
}

// newestIn is the open release that was opened last in a channel, or "" if none was;
// then the newest of all is meant.
func newestIn(s *history.State, channel string) string {
	for _, version := range slices.Backward(s.Opens) {
		if s.Releases[version].Channel == channel {
			return version
		}
	}
	return ""
}

// Others adds to an answer which release it is about, if several are open.
func (c Call) Others(r reply.Reply) reply.Reply {
	release := c.View.Release()
	if !c.Verb.Release || !c.Verb.Look || release == nil || r.Refused {
		return r
	}
	opens := slices.DeleteFunc(slices.Clone(c.View.State.Opens), func(version string) bool { return version == release.Version })
	note, also := reply.Say("This is about ", reply.Bold(release.Version), "."), " is open, too: "
	switch open := c.View.State.IsOpen(release.Version); {
	case open && len(opens) == 0:
		return r
	case !open:
		note, also = reply.Say("This is about ", reply.Bold(release.Version), ", which is no longer open."), " is open: "
	}
	for _, version := range opens {
		note = append(note, reply.Say(" ", version, also, reply.Typed("/"+c.Grammar.AsTyped(c.Again(func(a *reply.Act) { a.Release = version }))), ".")...)
	}
	r.Parts = append(slices.Clip(r.Parts), reply.Note(note))
	return r
}
