package odoo

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a module needs is told with what that needs in turn, each once, and a circle ends.
func TestNeeds(t *testing.T) {
	tier, server, base := Module{Name: "tier", State: "uninstalled"}, Module{Name: "server"}, Module{Name: "approvals", State: "to install"}
	m := Modules{Unmet: map[string][]Module{"approvals": {tier, server}, "tier": {server, base}}}
	if diff := cmp.Diff([]Module{tier, server}, m.Needs("approvals")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := m.Needs("core"); len(got) > 0 {
		t.Errorf("core needs %v", got)
	}
}

func TestStanding(t *testing.T) {
	for state, want := range map[string]string{"": "unknown to Odoo", "installed": "installed", "to upgrade": "left waiting to upgrade"} {
		if got := (Module{State: state}).Standing(); got != want {
			t.Errorf("%q: got %s, want %s", state, got, want)
		}
	}
}
