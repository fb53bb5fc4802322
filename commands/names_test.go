package commands_test

import (
	"slices"
	"strings"
	"testing"

	"gonogo/commands"
)

// TestVerbsAreOneList holds what follows from the list of verbs to it: help and
// reserved names have every verb.
func TestVerbsAreOneList(t *testing.T) {
	s := newStage(t, "readiness")
	help, reserved := s.say(t, "U0DEV: /ready help"), commands.Reserved()
	for _, name := range commands.Verbs() {
		if !strings.Contains(help, "/"+name+" ") {
			t.Errorf("the help lacks /%s", name)
		}
		for _, word := range strings.Fields(name) {
			if !slices.Contains(reserved, word) {
				t.Errorf("%s of /%s is not reserved", word, name)
			}
		}
	}
}
