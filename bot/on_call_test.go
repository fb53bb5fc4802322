package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// attended is a configuration with a gate that asks whether somebody is on call.
const attended = `
project: Attended
slack: { releases: C0RELEASES, on_call: C0ONCALL }
storage: { bolt: "${LEDGER}" }
roles:
  deployer: { users: [U0DEV] }
  on_call: { title: On call, usergroup: S0ONCALL }
permissions: { run: [deployer], release: [deployer], alerts: [on_call] }
checklist:
  - section: people
    items:
      - { item: pager, gate: { on_call: {} } }
environments: { staging: { url: "${STAGING_URL}" } }
`

// Whether somebody is on call is measured in Slack: by the members of the user group, by
// whether they are active, and not at all where no bot is connected.
func TestSomebodyIsOnCall(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.config = filepath.Join(t.TempDir(), "attended.yml")
	if err := os.WriteFile(p.config, []byte(attended), 0o600); err != nil {
		t.Fatal(err)
	}
	var checked bytes.Buffer
	if code := p.command(p.ctx, &checked, "check", "--config", p.config, "pager"); code != 1 || !strings.Contains(checked.String(), "run the gate from Slack, where gonogo serve is running") {
		t.Errorf("check ended with %d:\n%s", code, checked.String())
	}
	p.start()
	p.openRelease("1.0")
	const active, deserted = "On call has 1 active person", "nobody is in On call; add somebody who is active to its user group in Slack, S0ONCALL"
	p.tell("U0DEV", "/ready run pager")
	p.seen(active)
	if err := p.slack.Admin().Deactivate("U0ONCALL", true); err != nil {
		t.Fatal(err)
	}
	// A command may reach the bot before what Slack told it a moment earlier on another
	// socket: then the gate is run again.
	for runs, shown := 1, false; !shown; {
		if strings.Contains(p.say("U0DEV", "/ready run pager"), "Running pager") {
			runs++
		}
		p.await(deserted, func() bool {
			_, shown = p.showing(deserted)
			return shown || p.saying(active) == runs // which it is at once if the last run isn't over
		})
	}
}

// saying counts the messages in #releases, or in threads there, that have a text in them.
func (p *practice) saying(text string) (n int) {
	for _, m := range p.slack.Messages("C0RELEASES") {
		if strings.Contains(m.Text, text) || bytes.Contains(m.Blocks, []byte(text)) {
			n++
		}
	}
	return n
}
