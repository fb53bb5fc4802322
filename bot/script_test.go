package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const scripted = `
project: Shop
slack: { releases: C0RELEASES, on_call: C0ONCALL }
roles: { deployer: { users: [U0DEV] } }
permissions: { release: [deployer], deploy: [deployer], rollback: [deployer] }
checklist: [{ section: tests, items: [{ item: tests, title: Tests, blocks: [], manual: {} }] }]
environments:
  staging:
    deploy:
      script:
        deploy: { run: [./deploy.sh, "{release.version}"], env: [REGISTRY_PASSWORD] }
        status: { run: [cat, live.json], version: $.version }
      health: { consecutive: 1, every: 1s }
`

// TestScriptInSlack deploys with a team's own program and rolls back, in Slack. The
// password that the program prints isn't shown.
func TestScriptInSlack(t *testing.T) {
	t.Parallel()
	p, dir := newPractice(t), t.TempDir()
	program := "#!/bin/sh\necho \"logged in with $REGISTRY_PASSWORD\"\nif [ $1 = 3.0 ]; then echo \"no image $1, $REGISTRY_PASSWORD\"; exit 4; fi\necho '{\"version\": \"'$1'\"}' >live.json\n"
	for name, text := range map[string]string{"gonogo.yml": scripted, "deploy.sh": program, "live.json": `{"version": "1.0"}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	p.config, p.variables = filepath.Join(dir, "gonogo.yml"), map[string]string{"REGISTRY_PASSWORD": "canary-of-the-registry", "PATH": os.Getenv("PATH")}
	p.start()
	p.outAndBack(t)

	p.openRelease("3.0 0b1c2d3e")
	p.tell("U0DEV", "/deploy start staging 3.0 --plan=1234")
	failed := p.seen("./deploy.sh ended with exit code 4: no image 3.0, [redacted]")
	if live, err := os.ReadFile(filepath.Join(dir, "live.json")); err != nil || !strings.Contains(string(live), "1.0") {
		t.Errorf("live %s, %v", live, err)
	}
	if err := os.Rename(filepath.Join(dir, "deploy.sh"), filepath.Join(dir, "moved.sh")); err != nil {
		t.Fatal(err)
	}
	var doctor bytes.Buffer
	p.command(p.ctx, &doctor, "doctor", "--config", p.config)
	expect(t, doctor.String(), "deploy.sh")
	if shown := p.export() + failed.Text; strings.Contains(shown, "canary-of-the-registry") {
		t.Error("the password is in the ledger")
	}
}

// outAndBack deploys 2.0 to staging, where 1.0 is live, with the button of its plan, goes
// back, and keeps 1.0.
func (p *practice) outAndBack(t *testing.T) {
	t.Helper()
	p.openRelease("2.0 0a1b2c3d")
	expect(t, p.say("U0DEV", "/deploy adopt staging"), "1.0 counts as live on staging")
	p.tell("U0DEV", "/deploy staging 2.0")
	plan := p.seen("Plan: 2.0 to staging")
	click(t, p.slack, "U0DEV", plan, "Start")
	p.seen("2.0 to staging: live and verified")

	p.tell("U0DEV", "/rollback start staging because it is slow")
	p.press("U0DEV", p.offered("C0ONCALL", "Keep 1.0"), "Keep 1.0")
	p.await("the end", func() bool { return p.shows("C0ONCALL", "1.0 is kept") })
}
