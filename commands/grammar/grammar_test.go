package grammar

import (
	"strings"
	"testing"
)

// A usage that names a parameter which no act keeps fails at start, not when
// somebody types the command.
func TestUnknownParameterIsAFault(t *testing.T) {
	defer func() {
		if why, _ := recover().(string); !strings.Contains(why, `/ready run names "COLOUR"`) {
			t.Errorf("panicked with %q", why)
		}
	}()
	New([]Command{{Words: []string{"ready", "run"}, Usage: "[ITEM] [in COLOUR]"}})
}
