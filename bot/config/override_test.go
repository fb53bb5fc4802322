package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/checklist"
)

// TestOverride builds who may have a release go out past which items. Without the setting,
// nobody may.
func TestOverride(t *testing.T) {
	c, err := Parse("gonogo.yml", []byte(with("environments: { staging: {}, production: { override: { roles: [lead], second: [ops, dev], items: [one] } } }")), variables)
	if err != nil {
		t.Fatal(err)
	}
	want := &checklist.Override{Roles: []string{"lead"}, Second: []string{"ops", "dev"}, Items: []string{"one"}}
	if diff := cmp.Diff(want, c.Checklist.Environments[1].Override); diff != "" {
		t.Errorf("the override of production (-want +got):\n%s", diff)
	}
	if c.Checklist.Environments[0].Override != nil {
		t.Error("staging has an override that nobody wrote")
	}
}

// An override takes two people. Where the configuration has only one of them, that is
// warned of.
func TestOverrideWarnings(t *testing.T) {
	const roles = "roles: { lead: { users: [U0TL] }, dev: { users: [U0DEV, U0DEV2] }, ops: { usergroup: S0OPS }, twin: { users: [U0TL] }, ghost: {} }\n"
	for name, tt := range map[string]struct{ roles, second, want string }{
		"two roles":                         {"lead", "dev", ""},
		"one role of two people":            {"dev", "dev", ""},
		"one role of a user group":          {"ops", "ops", ""},
		"a user group as the second":        {"lead", "ops", ""},
		"one person in both roles":          {"lead", "twin", "only U0TL could ask for an override of production, and nobody else could confirm it; add another person to one of the roles"},
		"one person in both, and others":    {"lead", "twin, dev", ""},
		"one role of one person":            {"lead", "lead", "only U0TL could ask for an override of production, and nobody else could confirm it; add another person to one of the roles"},
		"nobody may ask":                    {"ghost", "lead", "an override of production takes two people, and nobody is in ghost; add users or a usergroup"},
		"nobody may confirm":                {"lead", "ghost", "an override of production takes two people, and nobody is in ghost; add users or a usergroup"},
		"nobody may ask, a group confirms":  {"ghost", "ops", "an override of production takes two people, and nobody is in ghost; add users or a usergroup"},
		"nobody but a group asks, and none": {"ops", "ghost", "an override of production takes two people, and nobody is in ghost; add users or a usergroup"},
	} {
		t.Run(name, func(t *testing.T) {
			text := with(roles + "environments: { staging: {}, production: { override: { roles: [" + tt.roles + "], second: [" + tt.second + "], items: [one] } } }")
			c, err := Parse("gonogo.yml", []byte(text), variables)
			if err != nil {
				t.Fatal(err)
			}
			var got string
			for _, w := range c.Warnings {
				if strings.Contains(w, "override") {
					got += w
				}
			}
			if got != tt.want {
				t.Errorf("warned: %q, want %q", got, tt.want)
			}
		})
	}
}
