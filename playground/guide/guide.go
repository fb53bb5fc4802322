// Package guide leads a newcomer through a story in the practice world, beside the channels of the page: what to type
// and press next, and as whom. It ticks a step once the world shows that it has happened, in whichever order people
// take them.
package guide

import "slices"

// A Guide is a story in steps. It is data for the page, which draws it, and for a test, which follows it literally.
type Guide struct {
	Name  string   `json:"name"` // of the guide in the world's state
	Title string   `json:"title"`
	Steps []Step   `json:"steps"`
	After []string `json:"after"` // what to try when every step is done
}

// A Step is one thing to do.
type Step struct {
	ID      string   `json:"id"`                // unique in the guide
	Chapter string   `json:"chapter,omitempty"` // what begins with this step
	Title   string   `json:"title"`
	About   string   `json:"about"`           // what happens then, in one or two sentences
	As      []string `json:"as"`              // the people who do it, each in turn
	Channel string   `json:"channel"`         // where
	Type    string   `json:"type,omitempty"`  // what to type
	Press   []Press  `json:"press,omitempty"` // what to press, after typing
	Turn    *Turn    `json:"turn,omitempty"`  // the switch of the panel to turn
	Signs   []Sign   `json:"-"`               // any of these shows that it is done
}

// A Press is a press on a button.
type Press struct {
	Under string `json:"under"` // a text of the message that has it
	Label string `json:"label"`
	Own   bool   `json:"own,omitempty"` // the message is one that only this person sees
}

// A Turn is the switch that a step needs, and the state that it ends in.
type Turn struct {
	Switch string `json:"switch"`
	State  string `json:"state"`
}

// A Sign is what the world shows once a step is done: a text in a channel, a text that only one person sees, or a switch in a
// state. Exactly one of its first three fields is set.
type Sign struct {
	Channel string
	Person  string
	Turned  *Turn
	Text    string // for Channel and Person
}

// World is what signs are looked for in.
type World interface {
	// Shows reports whether a message in a channel has a text in it.
	Shows(channel, text string) bool
	// Told reports whether a message that only one person sees has a text in it.
	Told(person, text string) bool
	// Position is the state of a switch.
	Position(id string) string
}

// Done are the IDs of the steps that are done: those that were done before, and those whose sign the world shows now. They
// are in the order of the story.
func (g *Guide) Done(before []string, w World) []string {
	done := []string{}
	for _, s := range g.Steps {
		if slices.Contains(before, s.ID) || s.shown(w) {
			done = append(done, s.ID)
		}
	}
	return done
}

// Has reports whether the guide has a step with an ID.
func (g *Guide) Has(id string) bool {
	return slices.ContainsFunc(g.Steps, func(s Step) bool { return s.ID == id })
}

func (s Step) shown(w World) bool {
	return slices.ContainsFunc(s.Signs, func(one Sign) bool { return one.shown(w) })
}

func (s Sign) shown(w World) bool {
	switch {
	case s.Turned != nil:
		return w.Position(s.Turned.Switch) == s.Turned.State
	case s.Person != "":
		return w.Told(s.Person, s.Text)
	}
	return w.Shows(s.Channel, s.Text)
}
