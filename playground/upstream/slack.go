package upstream

// The user group of those on call, and who is in it, in the practice workspace.
const (
	onCallGroup  = "S0ONCALL"
	onCallPerson = "U0ONCALL"
	onCallNobody = "nobody"
)

// newSlack has the switches of the workspace, which isn't an upstream itself.
func newSlack(p Place) (*Upstream, error) {
	fill := func(state string) error {
		if state == onCallNobody {
			return p.SetGroup(onCallGroup)
		}
		return p.SetGroup(onCallGroup, onCallPerson)
	}
	s := (&Switch{
		ID: "on-call", Title: "Who is on call", Help: "The members of the user group @on-call, whom alerts mention.",
		States: []State{
			{ID: "omar", Title: "Omar Castillo", Good: true},
			{ID: onCallNobody, Title: "Nobody"},
		},
		effect: fill,
	}).restore(p)
	if s.is(onCallNobody) { // the workspace begins with Omar
		if err := fill(onCallNobody); err != nil {
			return nil, err
		}
	}
	return &Upstream{Title: "Slack", Switches: []*Switch{s}}, nil
}
