package guide

import (
	"slices"
	"testing"
)

// world is what has happened in a world.
type world struct {
	shows, told map[string]string
	at          map[string]string
}

func (w world) Shows(channel, text string) bool { return w.shows[channel] == text }
func (w world) Told(person, text string) bool   { return w.told[person] == text }
func (w world) Position(id string) string       { return w.at[id] }

// TestDone ticks steps in whichever order they happen, and keeps them ticked when the world no longer shows it.
func TestDone(t *testing.T) {
	g := &Guide{Steps: []Step{
		{ID: "open", Signs: []Sign{{Channel: "C1", Text: "is open"}}},
		{ID: "ask", Signs: []Sign{{Person: "U1", Text: "NO-GO"}, {Channel: "C1", Text: "GO"}}},
		{ID: "turn", Signs: []Sign{{Turned: &Turn{Switch: "site", State: "down"}}}},
	}}
	var done []string
	for _, c := range []struct {
		name string
		world
		want []string
	}{
		{"nothing yet", world{}, []string{}},
		{"somebody else is told", world{told: map[string]string{"U2": "NO-GO"}}, []string{}},
		{"the second first", world{told: map[string]string{"U1": "NO-GO"}}, []string{"ask"}},
		{"which is dismissed, and a switch", world{at: map[string]string{"site": "down"}}, []string{"ask", "turn"}},
		{"and the first last", world{shows: map[string]string{"C1": "is open"}, at: map[string]string{"site": "up"}}, []string{"open", "ask", "turn"}},
	} {
		if done = g.Done(done, c.world); !slices.Equal(done, c.want) {
			t.Errorf("%s: %q are done, want %q", c.name, done, c.want)
		}
	}
	if !g.Has("turn") || g.Has("bake") {
		t.Error("the guide has turn and no bake")
	}
}
