package commands

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/commands/grammar"
	"gonogo/commands/reply"
	"gonogo/readiness"
)

// names reports whether a word is the name of an item or section, of an
// environment or nearly one, or of a version that gonogo knows.
func (c call) names(name, word string) bool {
	switch name {
	case "VERSION":
		return knownVersion(c.view.State, word)
	case "ENV":
		return slices.Contains(environmentNames(c.view.Checklist), word)
	case grammar.NearlyEnvironment:
		return len(grammar.Nearby(word, environmentNames(c.view.Checklist))) > 0
	}
	id, _, _ := strings.Cut(word, "@")
	_, item := c.view.Checklist.Item(id)
	_, section := c.view.Checklist.Section(word)
	return item || section
}

// answer finds the answer that a word names: an item, or item@environment. An
// item that is asked per environment and named without one is asked back.
func (c call) answer(word string) (*readiness.Item, readiness.Key, *reply.Reply) {
	id, env, _ := strings.Cut(word, "@")
	it, ok := c.view.Checklist.Item(id)
	if !ok {
		r := c.unknownItem(word)
		return nil, readiness.Key{}, &r
	}
	keys := it.Keys()
	if env == "" && len(keys) == 1 {
		return it, keys[0], nil
	}
	if key := (readiness.Key{Item: id, Environment: env}); slices.Contains(keys, key) {
		return it, key, nil
	}
	r := c.whichEnvironment(it, word)
	return nil, readiness.Key{}, &r
}

// instead is the same act with another name in a name's place.
func (c call) instead(word, other string) reply.Act {
	return c.again(func(a *reply.Act) {
		a.Items = slices.Clone(a.Items)
		if i := slices.Index(a.Items, word); i >= 0 {
			a.Items[i] = other
		}
	})
}

func (c call) whichEnvironment(it *readiness.Item, word string) reply.Reply {
	var buttons reply.Actions
	for _, key := range it.Keys() {
		buttons = append(buttons, reply.Button{Label: key.String(), Act: c.instead(word, key.String())})
	}
	return reply.Reply{Title: "For which environment?", Refused: true, Parts: []reply.Part{
		reply.Lines{reply.Say(reply.Bold(it.Title), " is asked once per environment.")}, buttons,
	}}
}

func (c call) unknownItem(word string) reply.Reply {
	id, _, _ := strings.Cut(word, "@")
	lines := []reply.Text{reply.Say("The checklist has no item ", reply.Typed(id), ".")}
	if near, ok := grammar.Nearest(id, itemNames(c.view.Checklist)); ok {
		return reply.Reply{Title: "Did you mean " + near + "?", Refused: true, Parts: []reply.Part{reply.Lines(lines),
			reply.Actions{{Label: near, Act: c.instead(word, near+strings.TrimPrefix(word, id))}}}}
	}
	lines = append(lines, reply.Say(reply.Typed("/ready status SECTION"), " shows the items of a section by name."))
	return reply.Refuse("No such item", lines...)
}

func itemNames(c *readiness.Checklist) []string {
	var ids []string
	for _, section := range c.AllSections() {
		for _, it := range section.Items {
			ids = append(ids, it.ID)
		}
	}
	return ids
}

// withOpenRuns are the environments that a run can be answered on: those of the
// configuration, and those that it lost while a run was under way there.
func (c call) withOpenRuns() []string {
	names := environmentNames(c.view.Checklist)
	for _, run := range c.view.State.OpenRuns() {
		if run.Change != nil && !slices.Contains(names, run.Change.Environment) {
			names = append(names, run.Change.Environment)
		}
	}
	return names
}

// environment finds the environment that was named among those of a kind, or
// asks which. A word that is no environment may have been the first of a reason.
func (c call) environment(known []string) (string, *reply.Reply) {
	word := c.act.Environment
	switch {
	case slices.Contains(known, word):
		return word, nil
	case word == "" && len(known) == 1:
		return known[0], nil
	case len(known) == 0:
		refused := reply.Refuse("No environment asks for that", reply.Say("The configuration names none."))
		return "", &refused
	}
	title := "For which environment?"
	if word != "" {
		title = fmt.Sprintf("There is no environment %q here", word)
	}
	_, near := grammar.Nearest(word, known)
	var buttons reply.Actions
	for _, env := range known {
		buttons = append(buttons, reply.Button{Label: env, Act: c.again(func(a *reply.Act) {
			if a.Environment = env; !near && c.takes("REASON") {
				a.Text = strings.TrimSpace(word + " " + a.Text)
			}
		})})
	}
	return "", &reply.Reply{Title: title, Refused: true, Parts: []reply.Part{buttons}}
}

func environmentNames(c *readiness.Checklist) []string {
	names := make([]string, len(c.Environments))
	for i, e := range c.Environments {
		names[i] = e.Name
	}
	return names
}

// knownVersion reports whether a word names a release, or what was rolled back.
func knownVersion(s *readiness.State, word string) bool {
	if _, released := s.Releases[word]; released {
		return true
	}
	for place := range s.RolledBack {
		if place.Version == word {
			return true
		}
	}
	return false
}

// noEnvironment says that there is no environment of a name, and offers the act
// with each one that there is.
func (c call) noEnvironment(word string, instead func(a *reply.Act, name string)) *reply.Reply {
	buttons := reply.Actions{}
	for _, name := range environmentNames(c.view.Checklist) {
		buttons = append(buttons, reply.Button{Label: name, Act: c.again(func(a *reply.Act) { instead(a, name) })})
	}
	return &reply.Reply{Title: fmt.Sprintf("There is no environment %q here", word), Refused: true, Parts: []reply.Part{buttons}}
}

// versionNamed takes the word after a look at the status as a release's version,
// where nothing of the checklist has that name.
func (c *call) versionNamed() {
	word := c.item()
	if c.act.Verb == "ready status" && c.act.Release == "" && len(c.act.Items) == 1 && !c.names(grammar.Items, word) && c.view.State.Releases[word] != nil {
		c.act.Release, c.act.Items = word, nil
	}
}
