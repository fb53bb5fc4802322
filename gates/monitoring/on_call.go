package monitoring

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/gates/oncall"
	"gonogo/phrase"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// OnCall is the kind on_call.
var OnCall = gates.Kind{
	Name: "on_call", About: "whether somebody is on call: how many active people the roles have that handle alerts", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:        "every role has as many active people as it must",
		Warned:        "the same, but a role's number is outside the warning limit",
		Failed:        "a role has fewer, such as none, because its user group is empty or everybody in it was deactivated",
		Errored:       "Slack can't be asked who is in a role, its user group is disabled or doesn't exist, or the app may not see who is active (scope users:read); or gonogo isn't connected to Slack where the gate runs, as in gonogo check",
		NotConfigured: "no role is named, here or under permissions.alerts",
	},
	Notes: `Without ` + "`roles`" + ` the gate looks at the roles under ` + "`permissions.alerts`" + `, whose user groups a card of an alert mentions. Each role is judged for
itself, so a full one doesn't hide an empty one. Whoever is listed or is a member of the user group counts once. Guests, bots, deactivated people and
those of other workspaces don't count, nor do deputies.

The members of the user group are at most a minute old, and whether they are active at most ten minutes. What Slack doesn't tell is errored.

The gate can't tell whether these people are awake or available, nor who is next on a rotation: if a tool for that keeps the user group up to date,
this is its present state.`,
	Example: `roles: [on_call]
people: ">= 1"
warn: ">= 2"`,
	New: newOnCall,
}

// onCallSettings are the settings of kind on_call.
type onCallSettings struct {
	Roles  []string    `yaml:"roles" from:"1"` // the roles that must have people; default: those under permissions.alerts
	People limit.Count `yaml:"people"`         // how many active people each role must have; default: >= 1
	Warn   limit.Count `yaml:"warn"`           // how many each should have: outside of it the gate warns
}

type onCallGate struct {
	roster   *oncall.Roster
	roles    []checklist.Role
	settings onCallSettings
}

func newOnCall(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	var s onCallSettings
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	if !s.People.Set() {
		s.People = limit.MustCount(">= 1")
	}
	roster, names := deps.OnCall, s.Roles
	if roster == nil {
		roster = &oncall.Roster{}
	}
	if len(names) == 0 {
		names = roster.Alerted()
	}
	g, faults := &onCallGate{roster: roster, settings: s}, s.faults()
	for i, id := range names {
		role, ok := roster.Role(id)
		if !ok && deps.OnCall != nil && len(s.Roles) > 0 { // what permissions.alerts names is checked there
			faults = append(faults, gates.Fault{Field: fmt.Sprintf("roles.[%d]", i), Problem: fmt.Sprintf("there is no role %q; %s", id, insteadOfRole(id, roster.Names()))})
		}
		g.roles = append(g.roles, role)
	}
	if err := faults.OrNil(); err != nil {
		return gates.Built{}, err
	}
	return gates.Built{Gate: g, Settings: gates.SettingsHash("on_call", s, held(g.roles))}, nil
}

// faults is what is wrong with the settings alone.
func (s *onCallSettings) faults() (faults gates.Faults) {
	if s.Roles != nil && len(s.Roles) == 0 {
		faults = append(faults, gates.Fault{Field: "roles", Problem: "roles is empty; name at least one role, or remove it"})
	}
	for i, id := range s.Roles {
		if slices.Contains(s.Roles[:i], id) {
			faults = append(faults, gates.Fault{Field: fmt.Sprintf("roles.[%d]", i), Problem: fmt.Sprintf("role %q is in this list twice; keep one", id)})
		}
	}
	faults = append(faults, gates.NeverWarns("warn", s.Warn.Limit, s.People.Limit)...)
	if s.People.Allows(0) {
		faults = append(faults, gates.Fault{Field: "people", Problem: fmt.Sprintf("%s lets a role pass that nobody holds; write at least one, as in >= 1", s.People.Text)})
	}
	return faults
}

// insteadOfRole says which role was probably meant, or which there are.
func insteadOfRole(id string, there []string) string {
	if near := gates.Nearest(id, there); near != "" {
		return "did you mean " + near + "?"
	}
	if len(there) == 0 {
		return "the configuration has no roles"
	}
	return "the roles are " + strings.Join(there, ", ")
}

// held is what makes people hold roles: when it changes, evidence is of others.
func held(roles []checklist.Role) (by [][]string) {
	for _, role := range roles {
		by = append(by, append([]string{role.ID, role.Usergroup}, role.Users...))
	}
	return by
}

// Check implements [gates.Gate].
func (g *onCallGate) Check(ctx context.Context, _ gates.Scope) answer.Evidence {
	if len(g.roles) == 0 {
		return answer.Evidence{Verdict: answer.NotConfigured, Summary: "no role handles alerts; name one under permissions.alerts, or in the gate's roles"}
	}
	var parts []answer.Evidence
	for _, role := range g.roles {
		users, err := g.roster.Present(ctx, role)
		switch {
		case ctx.Err() != nil:
			return gates.Errored("cut off while it asked Slack who is on call")
		case err != nil:
			parts = append(parts, gates.Errored("%s", err))
		default:
			parts = append(parts, g.judge(role, len(users)))
		}
	}
	return gates.Joined(parts)
}

// judge judges how many active people a role has.
func (g *onCallGate) judge(role checklist.Role, n int) answer.Evidence {
	name := cmp.Or(strings.TrimSpace(role.Title), role.ID)
	m := gates.CountMeasure("active people in "+name, n, g.settings.People)
	ev := gates.Judged([]answer.Measure{m}, fmt.Sprintf("%s has %s", name, phrase.Count(n, "active person", "active people")))
	if n == 0 {
		ev.Summary = fmt.Sprintf("nobody is in %s; add somebody who is active to %s", name, place(role))
	}
	warn := g.settings.Warn
	return gates.Warned(ev, !warn.Set() || warn.Allows(float64(n)), fmt.Sprintf("%s, warning limit %s", ev.Summary, warn.Text))
}

// place is where people are added to a role.
func place(role checklist.Role) string {
	if role.Usergroup != "" {
		return "its user group in Slack, " + role.Usergroup
	}
	return "it in the configuration"
}
