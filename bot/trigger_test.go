package main

import (
	"sync"
	"testing"

	"gonogo/playground/upstream/digitalocean"
)

// withTrigger are changes to a configuration by which errors that the practice
// Prometheus counts on staging are a trigger. A sample may take as long as the pause
// between two of them: ten seconds, which a busy machine keeps too.
func withTrigger() []string {
	return []string{
		"cloud: { digitalocean: {} }", "cloud: { digitalocean: {} }\n  metrics: { prometheus: { url: \"${PROMETHEUS_URL}\" } }",
		"    deploy:\n", `    rollback:
      mode: ask
      triggers: [{ trigger: errors, title: Errors, prometheus: { connection: metrics, query: 'sum(rate(http_requests_total{environment="staging",code="500"}[5s]))', limit: "> 0.1" }, consecutive: 1, every: 10s }]
    deploy:
`,
	}
}

// TestTriggerStopsWhatHoldsDoNot has an alert fire, and a freeze and a lock be
// asked for, right after a deployment's write to the platform: the deployment goes
// on. A trigger trips then, and the way back that its card offers stops the same
// deployment, past both holds.
func TestTriggerStopsWhatHoldsDoNot(t *testing.T) {
	t.Parallel()
	p, platform := newStaging(t, withTrigger()...)
	if err := platform.SetHealth(cloudApp, false); err != nil { // the run waits once it is past the build
		t.Fatal(err)
	}
	asked, goOn := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(asked) })
	platform.OnCall(func(c digitalocean.Call) digitalocean.Fault {
		if c.Route != getDeployment {
			return digitalocean.Fault{}
		}
		once()
		return digitalocean.Fault{Hold: goOn}
	})
	p.tell("U0DEV", "/deploy start staging 2.0 --plan=1234")
	select {
	case <-asked:
	case <-p.ctx.Done():
		t.Fatalf("the platform was not asked for the deployment; the bot logged:\n%s", p.logs)
	}
	p.wantWrites(platform, putApp)

	p.fires("DiskFull", "staging")
	p.tell("U0DEV", "/deploy freeze staging until 1h the fair")
	p.seen("staging is frozen")
	expect(t, p.say("U0DEV", "/deploy lock staging for the database work"), "A deployment is under way: 2.0 to staging")
	p.say("U0DEV", "/deploy status staging")
	wantShown(t, lastOf(p.slack.Ephemerals("U0DEV")), "staging is frozen", "DiskFull")
	close(goOn)
	p.seen("0 of 1 replica ready") // it is past the build, and both hold

	p.set("staging-errors", "every")
	card := p.seenOnCall("Firing: Errors on staging")
	expect(t, p.press("U0DEV", card, "Roll back to 1.0"), "Roll staging back to 1.0?")
	p.set("staging-errors", "none")
	onFirst(platform, rollBack, digitalocean.Fault{After: func() {
		if err := platform.SetHealth(cloudApp, true); err != nil {
			t.Error(err)
		}
	}})
	plan := lastOf(p.slack.Ephemerals("U0DEV"))
	wantShown(t, plan, "2.0 to staging", "staging is frozen", "DiskFull")
	click(t, p.slack, "U0DEV", plan, "Roll back to 1.0")
	p.seen("2.0 to staging: cancelled")
	wantShown(t, p.offered("C0ONCALL", "Keep 1.0"), "1.0 is live and pinned", "Errors on staging")
	p.seenOnCall("Resolved: Errors on staging")
	p.wantWrites(platform, putApp, rollBack)
	p.wantCounts(map[string]int{"trigger.tripped": 1, "run.started": 2, "run.ended": 1})
}
