package verb

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/commands/grammar"
	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
)

// Names reports whether a word is the name of an item or section, the name of an
// environment or close to one, or a version that gonogo knows; name says which of
// these.
func (c Call) Names(name, word string) bool {
	switch name {
	case "VERSION":
		return knownVersion(c.View.State, word)
	case "ENV":
		return slices.Contains(EnvironmentNames(c.View.Checklist), word)
	case grammar.NearlyEnvironment:
		return len(grammar.Nearby(word, EnvironmentNames(c.View.Checklist))) > 0
	}
	id, _, _ := strings.Cut(word, "@")
	_, item := c.View.Checklist.Item(id)
	_, section := c.View.Checklist.Section(word)
	return item || section
}

// Answer finds the answer that a word names: an item, or item@environment. If an item
// that is asked per environment is named without one, it asks which.
func (c Call) Answer(word string) (*checklist.Item, answer.Key, *reply.Reply) {
	id, env, _ := strings.Cut(word, "@")
	it, ok := c.View.Checklist.Item(id)
	if !ok {
		r := c.UnknownItem(word)
		return nil, answer.Key{}, &r
	}
	keys := it.Keys()
	if env == "" && len(keys) == 1 {
		return it, keys[0], nil
	}
	if key := (answer.Key{Item: id, Environment: env}); slices.Contains(keys, key) {
		return it, key, nil
	}
	r := c.whichEnvironment(it, word)
	return nil, answer.Key{}, &r
}

// instead is the same act with one name replaced.
func (c Call) instead(word, other string) reply.Act {
	return c.Again(func(a *reply.Act) {
		a.Items = slices.Clone(a.Items)
		if i := slices.Index(a.Items, word); i >= 0 {
			a.Items[i] = other
		}
	})
}

func (c Call) whichEnvironment(it *checklist.Item, word string) reply.Reply {
	var buttons reply.Actions
	for _, key := range it.Keys() {
		buttons = append(buttons, reply.Button{Label: key.String(), Act: c.instead(word, key.String())})
	}
	return reply.Reply{Title: "For which environment?", Refused: true, Parts: []reply.Part{
		reply.Lines{reply.Say(reply.Bold(it.Title), " is asked once per environment.")}, buttons,
	}}
}

func (c Call) UnknownItem(word string) reply.Reply {
	id, _, _ := strings.Cut(word, "@")
	lines := []reply.Text{reply.Say("The checklist has no item ", reply.Typed(id), ".")}
	if near, ok := grammar.Nearest(id, ItemNames(c.View.Checklist)); ok {
		return reply.Reply{Title: "Did you mean " + near + "?", Refused: true, Parts: []reply.Part{reply.Lines(lines),
			reply.Actions{{Label: near, Act: c.instead(word, near+strings.TrimPrefix(word, id))}}}}
	}
	lines = append(lines, reply.Say(reply.Typed("/ready status SECTION"), " shows the items of a section by name."))
	return reply.Refuse("No such item", lines...)
}

func ItemNames(c *checklist.Checklist) []string {
	var ids []string
	for _, section := range c.AllSections() {
		for _, it := range section.Items {
			ids = append(ids, it.ID)
		}
	}
	return ids
}

// WithOpenRuns are the environments on which a run can be answered: those of the
// configuration, and those that were removed from it during a run.
func (c Call) WithOpenRuns() []string {
	names := EnvironmentNames(c.View.Checklist)
	for _, run := range c.View.State.OpenRuns() {
		if run.Change != nil && !slices.Contains(names, run.Change.Environment) {
			names = append(names, run.Change.Environment)
		}
	}
	return names
}

// Environment finds the environment that was named, among some, or asks which. A word
// that isn't an environment may have been meant as the beginning of a reason.
func (c Call) Environment(known []string) (string, *reply.Reply) {
	word := c.Act.Environment
	switch {
	case slices.Contains(known, word):
		return word, nil
	case word == "" && len(known) == 1:
		return known[0], nil
	case len(known) == 0:
		refused := reply.Refuse("No environment asks for that", reply.Say("The configuration has none."))
		return "", &refused
	}
	title := "For which environment?"
	if word != "" {
		title = fmt.Sprintf("There is no environment %q here", word)
	}
	_, near := grammar.Nearest(word, known)
	var buttons reply.Actions
	for _, env := range known {
		buttons = append(buttons, reply.Button{Label: env, Act: c.Again(func(a *reply.Act) {
			if a.Environment = env; !near && c.Takes("REASON") {
				a.Text = strings.TrimSpace(word + " " + a.Text)
			}
		})})
	}
	parts := []reply.Part{buttons}
	if c.Host != "" { // a terminal shows no buttons
		parts = []reply.Part{reply.Lines{environmentsText(word, known)}}
	}
	return "", &reply.Reply{Title: title, Refused: true, Parts: parts}
}

// environmentsText suggests an environment where no buttons are shown.
func environmentsText(word string, known []string) reply.Text {
	text := reply.Say("The environments are: ", phrase.UpTo(10, known), ".")
	if near, ok := grammar.Nearest(word, known); ok && word != "" {
		return append(reply.Say("Did you mean ", near, "? "), text...)
	}
	return text
}

func EnvironmentNames(c *checklist.Checklist) []string {
	names := make([]string, len(c.Environments))
	for i, e := range c.Environments {
		names[i] = e.Name
	}
	return names
}

// knownVersion reports whether a word is a release's version or one that was rolled
// back.
func knownVersion(s *history.State, word string) bool {
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

// NoEnvironment says that an environment doesn't exist, and offers the act with each
// one that does.
func (c Call) NoEnvironment(word string, instead func(a *reply.Act, name string)) *reply.Reply {
	buttons := reply.Actions{}
	for _, name := range EnvironmentNames(c.View.Checklist) {
		buttons = append(buttons, reply.Button{Label: name, Act: c.Again(func(a *reply.Act) { instead(a, name) })})
	}
	return &reply.Reply{Title: fmt.Sprintf("There is no environment %q here", word), Refused: true, Parts: []reply.Part{buttons}}
}

// versionNamed takes the word after a status command for a release's version, if
// nothing in the checklist has that name.
func (c *Call) versionNamed() {
	word := c.Item()
	if c.Act.Verb == "ready status" && c.Act.Release == "" && len(c.Act.Items) == 1 && !c.Names(grammar.Items, word) && c.View.State.Releases[word] != nil {
		c.Act.Release, c.Act.Items = word, nil
	}
}
