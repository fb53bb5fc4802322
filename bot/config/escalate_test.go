package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gonogo/readiness/checklist"
)

const nightFile = `project: P
slack: { releases: C0RELEASES }
roles:
  lead: { users: [U0TL], deputies: { after: 30m, users: [U0DEP], roles: [ops] } }
  ops: { users: [U0OPS] }
  empty: {}
environments: { production: {} }
checklist: [{ section: a, items: [{ item: x, manual: { by: [lead] } }] }]
`

func parsed(t *testing.T, text string) *Config {
	t.Helper()
	c, err := Parse("x.yml", []byte(text), func(name string) (string, bool) {
		if name == "PAGER_URL" {
			return "https://pager.example/hook/s3cret-token", true
		}
		return variables(name)
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEscalation(t *testing.T) {
	for written, want := range map[string]checklist.EscalationRule{
		"":                         {},
		"escalate: { to: [lead] }": {After: 5 * time.Minute, To: []string{"lead"}},
		`escalate: { after: 7m, to: [lead, ops], webhook: "${PAGER_URL}" }`: {After: 7 * time.Minute, To: []string{"lead", "ops"}, Webhook: true},
		`escalate: { webhook: "http://10.0.0.7:8080/s3cret-token" }`:        {After: 5 * time.Minute, To: []string{}, Webhook: true},
	} {
		c := parsed(t, nightFile+written)
		if diff := cmp.Diff(want, c.Checklist.Escalation); diff != "" || (c.Pager != nil) != want.Webhook {
			t.Errorf("%q, pager %t (-want +got):\n%s", written, c.Pager != nil, diff)
		}
		if want.Webhook && !slices.ContainsFunc(c.Secrets, func(s string) bool { return strings.Contains(s, "s3cret-token") }) {
			t.Errorf("%q: the address is no secret", written)
		}
	}
}

func TestDeputies(t *testing.T) {
	role, _ := parsed(t, nightFile).Checklist.Role("lead")
	if diff := cmp.Diff(&checklist.Deputies{After: 30 * time.Minute, Users: []string{"U0DEP"}, Roles: []string{"ops"}}, role.Deputies); diff != "" {
		t.Errorf("deputies (-want +got):\n%s", diff)
	}
}

// Whoever is called must be somebody.
func TestWarningOfRolesWithoutEars(t *testing.T) {
	text := strings.Replace(nightFile, "ops: { users: [U0OPS] }", "ops: { users: [U0OPS], deputies: { after: 30m, roles: [empty] } }", 1)
	c := parsed(t, text+"escalate: { to: [lead, empty] }\n")
	for _, want := range []string{
		"escalations go to empty, but nobody is in that role; add users or a usergroup to it",
		"escalations go to lead, who may not act on them; add lead to permissions.alerts",
		"escalations go to lead, who may not act on them; add lead to permissions.rollback",
		"ops has no deputies, because nobody is in empty",
	} {
		if !slices.Contains(c.Warnings, want) {
			t.Errorf("no warning %q among %q", want, c.Warnings)
		}
	}
}

// Whoever may act by another role is let be.
func TestNoWarningOfRolesThatMayAct(t *testing.T) {
	text := strings.Replace(nightFile, "ops: { users: [U0OPS] }", "ops: { users: [U0OPS, U0TL] }", 1)
	c := parsed(t, text+"escalate: { to: [lead, ops] }\npermissions: { alerts: [ops], rollback: [ops] }\n")
	for _, w := range c.Warnings {
		if strings.Contains(w, "who may not act on it") {
			t.Errorf("warned %q", w)
		}
	}
}
