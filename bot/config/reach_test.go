package config

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gonogo/commands/cards"
)

// reachable is a sound configuration, a line for each field, that nothing is to
// be warned of.
const reachable = `project: P
slack: { releases: C0RELEASES }
roles: { lead: { users: [U0TL] }, dev: { users: [U0DEV, U0DEV2] }, ops: { usergroup: S0OPS } }
permissions: { run: [dev], check: [dev], release: [dev], fix: [dev], waive: [dev], deploy: [dev], lock: [dev], rollback: [dev], alerts: [dev] }
environments: { staging: {}, production: {} }
sign_offs: { production: { roles: [lead, ops] } }
checklist: [{ section: first, items: [{ item: one, manual: {} }] }]
`

// with puts lines in the place of those of the same names.
func with(lines string) string {
	text := reachable
	for line := range strings.Lines(lines) {
		name, _, _ := strings.Cut(line, ":")
		text = regexp.MustCompile("(?m)^"+name+":.*$").ReplaceAllLiteralString(text, strings.TrimSpace(line))
	}
	return text
}

// TestReach changes a line or two of what is within reach.
func TestReach(t *testing.T) {
	for name, tt := range map[string]struct {
		lines string
		want  []string // the warnings that name what is out of reach
	}{
		"as it stands": {"", nil},
		"an item for a role without people": {
			"roles: { lead: { users: [U0TL] }, dev: { users: [U0DEV] }, ops: { usergroup: S0OPS }, ghost: {} }\nchecklist: [{ section: first, items: [{ item: one, manual: { by: [ghost] } }, { item: two, manual: { by: [ghost, dev] } }] }]",
			[]string{"nobody is in the role ghost (line 3); give it users or a usergroup", "nobody may check one; add people to the roles under by, or under permissions.check"}},
		"an item that does not apply": {
			"permissions: { run: [dev], release: [dev], fix: [dev], waive: [dev], deploy: [dev], lock: [dev], rollback: [dev], alerts: [dev] }\nchecklist: [{ section: first, items: [{ item: one, when: false, manual: {} }] }]",
			[]string{"under permissions, nobody is listed for check; add the roles that may do this"}},
		"items without by, and nobody who checks": {
			"permissions: { run: [dev], release: [dev], fix: [dev], waive: [dev], deploy: [dev], lock: [dev], rollback: [dev], alerts: [dev] }\nchecklist: [{ section: first, items: [{ item: one, manual: {} }, { item: two, manual: {} }] }]",
			[]string{"under permissions, nobody is listed for check; add the roles that may do this", "nobody may check one and two; add people to the roles under by, or under permissions.check"}},
		"a sign-off by nobody": {
			"roles: { lead: {}, dev: { users: [U0DEV] }, ops: { usergroup: S0OPS } }\npermissions: { run: [dev], check: [dev], release: [dev], fix: [dev], waive: [dev], deploy: [dev], lock: [dev], rollback: [dev], alerts: [dev] }",
			[]string{"nobody is in the role lead (line 3); give it users or a usergroup", "nobody is in the role lead, so the sign-off for production can never be complete"}},
		"three roles, two people": {
			"roles: { lead: { users: [U0A, U0B] }, dev: { users: [U0B, U0A] }, ops: { users: [U0A, U0B] } }\nsign_offs: { production: { roles: [lead, dev, ops], self_approval: true } }",
			[]string{"the sign-off for production needs lead, dev and ops, and each person counts once: U0A and U0B are too few for it ever to be complete"}},
		"three roles, three people, by one way only": {
			"roles: { lead: { users: [U0A, U0B] }, dev: { users: [U0A] }, ops: { users: [U0B, U0C] } }\nsign_offs: { production: { roles: [lead, dev, ops], self_approval: true } }",
			nil},
		"every deployer has to approve": {
			"permissions: { run: [dev], check: [dev], release: [dev], fix: [dev], waive: [dev], deploy: [lead], lock: [dev], rollback: [dev], alerts: [dev] }",
			[]string{
				"U0TL may approve production as lead and also deploy as lead; self_approval is false, so someone else must approve deployments that they start",
				"nobody can deploy to production: self_approval is false, and the sign-off can't be complete without U0TL, the only deployers; add another deployer, or more approvers",
			}},
		"a deployer whom another can stand in for": {
			"roles: { lead: { users: [U0TL, U0DEV] }, dev: { users: [U0DEV] }, ops: { usergroup: S0OPS } }",
			[]string{"U0DEV may approve production as lead and also deploy as dev; self_approval is false, so someone else must approve deployments that they start"}},
		"after a place that gonogo cannot deploy to": {
			"environments: { staging: {}, production: { after: [staging] } }",
			[]string{"production needs the same version on staging, which has no deploy, so it is GO only after /deploy adopt staging; add deploy there, or remove it from after"}},
		"evidence that is stale before the next": {
			"checklist: [{ section: first, items: [{ item: one, every: 1h, max_age: 30m, gate: { http: { url: \"http://x.example\" } } }] }]",
			[]string{"one runs every 1h but counts for 30m, so it is stale in between; make max_age longer than every"}},
		"an address of no environment": {
			"checklist: [{ section: first, items: [{ item: one, gate: { all_of: { gates: [{ http: { url: \"{target.url}/\" } }, { tls: { address: x.example } }] } } }] }]",
			[]string{"one uses the URL of an environment, but has none; add environments: [ … ] to it"}},
		"an address of an environment without one": {
			"checklist: [{ section: first, items: [{ item: one, environments: [production], gate: { tls: { address: \"{target.host}\" } } }, { item: two, when: false, gate: { http: { url: \"{target.url}\" } } }] }]",
			[]string{
				"one: gonogo can't know which version is live on an environment without deploy, so the result counts for the release; run the gate again after each deployment there",
				"one uses the URL of production, which has none; add url to that environment"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Parse("x.yml", []byte(with(tt.lines)), variables)
			if err != nil {
				t.Fatal(err)
			}
			// What one person alone may lift is another test's.
			warnings := slices.DeleteFunc(c.Warnings, func(w string) bool { return strings.Contains(w, " may lift ") })
			if diff := cmp.Diff(tt.want, warnings, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// A card mentions the user groups of those who look after alerts unless the
// file says otherwise.
func TestMention(t *testing.T) {
	const roles = "roles: { ops: { usergroup: S0OPS }, dev: { users: [U0DEV] }, lead: { usergroup: S0LEAD } }\n"
	for _, tt := range []struct {
		alerts string // and permissions
		want   cards.Mention
	}{
		{"permissions: { alerts: [ops, dev] }", cards.Mention{Groups: []string{"S0OPS"}}},
		{"permissions: { alerts: [ops, lead] }\nalerts: { token: \"${TOKEN}\" }", cards.Mention{Groups: []string{"S0OPS", "S0LEAD"}}},
		{"permissions: { alerts: [ops, dev] }\nalerts: { token: \"${TOKEN}\", mention: true }", cards.Mention{Groups: []string{"S0OPS"}, Users: []string{"U0DEV"}}},
		{"permissions: { alerts: [ops] }\nalerts: { token: \"${TOKEN}\", mention: false }", cards.Mention{}},
		{"permissions: { alerts: [dev] }", cards.Mention{}},
		{"", cards.Mention{}},
	} {
		text := "project: P\nslack: { releases: C0X }\nchecklist: [{ section: s, items: [{ item: one, manual: {} }] }]\n" + roles + tt.alerts
		c, err := Parse("gonogo.yml", []byte(text), func(name string) (string, bool) { return "token-of-the-test", name == "TOKEN" })
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, c.Alerts.Mention); diff != "" {
			t.Errorf("%s mentions (-want +got):\n%s", tt.alerts, diff)
		}
	}
}
