package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// monitored is a configuration whose gates look at the practice world's monitoring.
const monitored = `
project: Monitored
slack: { releases: C0RELEASES, on_call: C0ONCALL }
storage: { bolt: "${LEDGER}" }
listen: 127.0.0.1:0
roles: { deployer: { users: [U0DEV] } }
permissions: { run: [deployer], release: [deployer] }
connections:
  metrics:  { prometheus: { url: "${PROMETHEUS_URL}" } }
  alerting: { alertmanager: { url: "${ALERTMANAGER_URL}" } }
  panels:   { grafana: { url: "${GRAFANA_URL}", token: "${GRAFANA_TOKEN}" } }
checklist:
  - section: monitoring
    items:
      - { item: path, gate: { alert_path: { connection: alerting, within: WITHIN, labels: { severity: critical } } } }
      - { item: host, gate: { prometheus: { connection: metrics, targets: { job: node, environment: production } } } }
      - { item: board, gate: { grafana: { connection: panels, dashboards: { Odoo production: { count: 6 } } } } }
environments: { staging: { url: "${STAGING_URL}" } }
alerts: { token: "${ALERT_WEBHOOK_TOKEN}" }
`

func (p *practice) monitored(within string) {
	p.t.Helper()
	p.config = filepath.Join(p.t.TempDir(), "monitored.yml")
	if err := os.WriteFile(p.config, []byte(strings.Replace(monitored, "WITHIN", within, 1)), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// A synthetic alert comes back through Alertmanager to the bot itself, and nobody hears of
// it. Without a bot that serves, the gate says so.
func TestAlertPath(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.monitored("5m")
	var checked bytes.Buffer
	if code := p.command(p.ctx, &checked, "check", "--config", p.config, "path", "board"); code != 1 || !strings.Contains(checked.String(), "this gonogo isn't serving; run the gate from Slack") {
		t.Errorf("check ended with %d:\n%s", code, checked.String())
	}
	stop := p.start()
	p.address()
	p.openRelease("1.0")
	p.tell("U0DEV", "/ready run all")
	p.seen("the alert came back after")
	p.seen("1 of 1 target up")
	p.seen("Odoo production has 6 panels")
	for _, channel := range []string{"C0RELEASES", "C0ONCALL"} {
		for _, m := range p.slack.Messages(channel) {
			if strings.Contains(m.Text+string(m.Blocks), "GonogoAlertPath") {
				t.Errorf("%s heard of the synthetic alert: %s", channel, m.Text)
			}
		}
	}
	stop()
	var ledger bytes.Buffer
	if code := p.command(p.ctx, &ledger, "ledger", "export", "--ledger", p.ledger); code != 0 || strings.Contains(ledger.String(), "GonogoAlertPath") || strings.Contains(ledger.String(), "alerts.received") {
		t.Errorf("export ended with %d, and the ledger has the synthetic alert:\n%s", code, ledger.String())
	}
}

// An Alertmanager that can't reach the bot, a host that is down, and a dashboard that is
// gone are found.
func TestMonitoringThatFails(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.monitored("1s")
	for id, state := range map[string]string{"alertmanager": "silent", "prometheus-node": "down", "grafana-dashboard": "missing"} {
		p.set(id, state)
	}
	p.start()
	p.address()
	p.openRelease("1.0")
	p.tell("U0DEV", "/ready run all")
	p.seen("come back within 1s: Alertmanager routes it to gonogo")
	p.seen("0 of 1 target with environment=production, job=node up")
	p.seen("Grafana has no dashboard")
}
