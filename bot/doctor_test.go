package main

import (
	"bytes"
	"strings"
	"testing"
)

// doctor runs gonogo doctor and gives its exit code and output.
func (p *practice) doctor() (int, string) {
	p.t.Helper()
	var out bytes.Buffer
	code := p.command(p.ctx, &out, "doctor", "--config", p.config)
	return code, out.String()
}

// wantLines looks for lines that hold all words of each expectation.
func wantLines(t *testing.T, out string, all ...[]string) {
	t.Helper()
next:
	for _, words := range all {
	lines:
		for line := range strings.Lines(out) {
			for _, word := range words {
				if !strings.Contains(line, word) {
					continue lines
				}
			}
			continue next
		}
		t.Errorf("no line says %q:\n%s", words, out)
	}
}

// TestDoctor looks at a world in order, then at one in which much is wrong; it
// writes nothing, and does not disturb a gonogo that runs.
func TestDoctor(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	code, out := p.doctor()
	if code != 0 {
		t.Fatalf("exit code %d in a world in order:\n%s", code, out)
	}
	wantLines(t, out, []string{"✓", "SLACK_BOT_TOKEN", "gonogo"}, []string{"✓", "SLACK_APP_TOKEN"}, []string{"✓", "scopes"},
		[]string{"✓", "ledger", "is not there yet"}, []string{"✓", "connection odoo"}, []string{"✓", "person U0TL"}, []string{"✓", "user group S0PM"},
		[]string{"✓", "channel C0RELEASES", "#releases"}, []string{"0 at fault"})

	p.start()
	if code, out := p.doctor(); code != 0 || !strings.Contains(out, "held by a gonogo that runs") {
		t.Errorf("beside a gonogo that runs: exit code %d\n%s", code, out)
	}
	if p.slack.Sockets() != 2 {
		t.Errorf("%d sockets afterwards, want the two of the gonogo that runs", p.slack.Sockets())
	}
}

func TestDoctorFindsFaults(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.configure("releases: C0RELEASES", "releases: C0NOWHERE", "users: [U0PO]", "users: [U0GUEST]", "users: [U0TL]", "users: [U0LEFT]", "usergroup: S0PM", "usergroup: S0GONE")
	p.variables = map[string]string{"SLACK_APP_TOKEN": "xoxb-swapped", "ODOO_DATABASE_URL": "postgres://reader:canary-password@127.0.0.1:1/odoo"}
	code, out := p.doctor()
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	wantLines(t, out, []string{"✗", "SLACK_APP_TOKEN", "no app-level token"}, []string{"✗", "channel C0NOWHERE", "no such channel"},
		[]string{"✗", "person U0GUEST", "guest"}, []string{"✗", "person U0LEFT", "no such person"}, []string{"✗", "user group S0GONE", "no such user group"},
		[]string{"✗", "connection odoo"})
	if strings.Contains(out, "canary") {
		t.Errorf("a secret is shown:\n%s", out)
	}

	p.variables = map[string]string{"SLACK_BOT_TOKEN": "xoxb-wrong"}
	_, out = p.doctor()
	wantLines(t, out, []string{"✗", "SLACK_BOT_TOKEN", "invalid_auth", "OAuth & Permissions"}, []string{"–", "channels", "has to work first"})
}
