package commands_test

import (
	"strings"
	"testing"

	"gonogo/commands"
	"gonogo/commands/roster"
	"gonogo/readiness/checklist"
)

// disabled is Slack with the user groups of every role disabled.
type disabled struct{}

func (disabled) Members(role checklist.Role) ([]string, error) {
	return nil, &roster.Unknown{Why: "the user group @deployers (S0DEP) is disabled, so nobody is " + role.Title}
}

// Whoever is refused because it is not known who has a role is told why.
func TestRefusalNamesTheDisabledGroup(t *testing.T) {
	s := newStage(t, "permit")
	opts := *s.bot.Options()
	opts.Members = disabled{}
	reply := commands.New(opts).Handle(t.Context(), commands.Request{Key: "k", User: "U0DEV", Text: "ready release 2.0.0"})
	got, want := show(reply), "Nothing was done: the user group @deployers (S0DEP) is disabled, so nobody is Deployer."
	if !reply.Refused || !strings.Contains(got, want) {
		t.Errorf("the refusal says\n%s\nwant %s", got, want)
	}
}
