package roster

import (
	"errors"
	"gonogo/readiness/checklist"
	"testing"
)

// members are who holds roles, or that nobody knows.
type members struct {
	held map[string][]string
	err  error
}

func (m members) Members(role checklist.Role) ([]string, error) { return m.held[role.ID], m.err }

// A call reaches whom the configuration names, also before Slack was asked about
// them; who lost their say is not called.
func TestCalling(t *testing.T) {
	lead := checklist.Role{ID: "lead", Users: []string{"U0TL", "U0GONE"}}
	group := checklist.Role{ID: "on_call", Usergroup: "S0ONCALL", Users: []string{"U0TL"}}
	for _, tt := range []struct {
		name string
		members
		want string
	}{
		{"known", members{held: map[string][]string{"lead": {"U0TL"}}}, "U0TL S0ONCALL"},
		{"not known", members{err: errors.New("Slack was not asked yet")}, "U0TL U0GONE S0ONCALL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list := (&checklist.Checklist{Roles: []checklist.Role{lead, group}}).Index()
			p := Roster{Checklist: list, Members: tt.members}
			if got := p.Calling([]checklist.Role{lead, group}).Raw(); got != tt.want {
				t.Errorf("%q is called, want %q", got, tt.want)
			}
		})
	}
}
