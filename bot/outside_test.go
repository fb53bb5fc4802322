package main

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"gonogo/playground/upstream/digitalocean"
	"gonogo/suite"
)

// hotfix writes another tag into the app's spec at the platform's console.
func (p *practice) hotfix(from, to string) {
	p.t.Helper()
	p.console("PUT", "", `{"spec": `+strings.Replace(p.spec(), `"tag":"`+from+`"`, `"tag":"`+to+`"`, 1)+`}`)
}

// active asks the platform until it says that a version is live.
func (p *practice) active(platform *digitalocean.Platform, version string) {
	p.t.Helper()
	for live := ""; live != version && p.ctx.Err() == nil; live, _ = platform.Live(cloudApp) {
		p.console("GET", "", "")
	}
}

// TestHotfixFromTheConsole deploys past gonogo. It asks the platform: the bot
// says so, and a terminal that judges what comes after is told NO-GO.
func TestHotfixFromTheConsole(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	p := newPractice(t)
	platform := p.newCloud()
	p.configure("alerts: {", "  production: { after: [staging] }\nalerts: {")
	stop := p.start()
	p.open()
	p.deploy()
	p.hotfix("2.0", "1.9.9-hotfix")
	p.active(platform, "1.9.9-hotfix")
	expect(t, p.say("U0DEV", "/deploy status staging"), "Staging")
	m := p.slack.Ephemerals("U0DEV")
	wantShown(t, m[len(m)-1], "1.9.9-hotfix", "deployed outside gonogo")

	stop()
	p.check(1, "1.9.9-hotfix, deployed outside gonogo, is live on staging, not 2.0")
	p.hotfix("1.9.9-hotfix", "2.0")
	p.active(platform, "2.0")
	p.check(1, "2.0, deployed outside gonogo, is live on staging and was not verified there")
	platform.OnCall(func(digitalocean.Call) digitalocean.Fault {
		return digitalocean.Fault{Status: http.StatusServiceUnavailable}
	})
	p.check(1, "what is live on staging is not known")
}

// TestMaintenanceStaysVerified has the platform deploy the same again.
func TestMaintenanceStaysVerified(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	p, platform := newStopped(t, "alerts: {", "  production: { after: [staging] }\nalerts: {")
	p.check(0, "GO: Practice 2.0 for production")
	id, err := platform.Maintenance(cloudApp)
	if err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(string(p.console("GET", "/deployments/"+id, "")), `"phase":"ACTIVE"`) && p.ctx.Err() == nil {
	}
	p.check(0, "GO: Practice 2.0 for production")
}

// check judges production from a terminal.
func (p *practice) check(code int, says string) {
	p.t.Helper()
	var out bytes.Buffer
	if got := p.command(p.ctx, &out, "check", "--env", "production", "--config", p.config); got != code || !strings.Contains(out.String(), says) {
		p.t.Errorf("check ended with %d, want %d and %q:\n%s", got, code, says, out.String())
	}
}
