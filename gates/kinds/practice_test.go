package kinds

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gonogo/clients/connection"
	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/playground/upstream"
	"gonogo/readiness/answer"
)

// practice is a practice world's upstreams, as far as gates look at them.
type practice struct {
	t        *testing.T
	switches map[string]*upstream.Switch
	deps     gates.Deps
	address  string // of the world
}

// turn turns a switch, as in "staging-site down"; "" turns none.
func (p practice) turn(text string) {
	p.t.Helper()
	id, state, _ := strings.Cut(text, " ")
	if text == "" {
		return
	}
	if s := p.switches[id]; s == nil {
		p.t.Fatalf("there is no switch %s", id)
	} else if err := s.Turn(state); err != nil {
		p.t.Fatal(err)
	}
}

func newPractice(t *testing.T) practice {
	t.Helper()
	dir, mux := t.TempDir(), http.NewServeMux()
	world := httptest.NewServer(mux)
	t.Cleanup(world.Close)
	all, err := upstream.All(upstream.Place{
		Dir: dir, URL: world.URL, Now: time.Now,
		Listen:     func(string) (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") },
		ListenBoth: listenBoth,
		Position:   func(string) string { return "" },
	})
	if err != nil {
		t.Fatal(err)
	}
	p := practice{t, map[string]*upstream.Switch{}, gates.Deps{Connections: map[string]connection.Connection{}}, world.URL}
	for _, u := range all {
		for _, s := range u.Switches {
			p.switches[s.ID] = s
		}
		for _, v := range u.Variables {
			switch v.Name {
			case "STAGING_ODOO_URL":
				p.deps.Connections["db"] = gatestest.PostgresAt(v.Value)
			case "PROMETHEUS_URL":
				p.deps.Connections["metrics"] = gatestest.PrometheusAt(t, v.Value)
			case "ALERTMANAGER_URL":
				p.deps.Connections["alerting"] = gatestest.AlertmanagerAt(t, v.Value)
			case "GRAFANA_URL":
				p.deps.Connections["panels"] = gatestest.GrafanaAt(t, v.Value, "glsa_practice")
			case "DIGITALOCEAN_TOKEN":
				p.deps.Connections["cloud"] = gatestest.PlatformAt(t, world.URL, v.Value)
			case "REPORTS_DIR":
				p.deps.Dir = filepath.Dir(v.Value)
			case "GITHUB_API_URL":
				p.deps.Connections["repo"] = gatestest.GitHubAt(t, v.Value, "insightpulse/insightpulse-odoo", "ghp_practice")
			}
		}
		if u.Handler != nil {
			mux.Handle(u.Prefix, u.Handler)
		}
		if u.Run != nil {
			p.serve(u.Run)
		}
	}
	return p
}

// listenBoth opens a port for streams, and the same for datagrams unless
// somebody has that one.
func listenBoth(string) (net.Listener, net.PacketConn, error) {
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, err
		}
		if packets, err := net.ListenPacket("udp", l.Addr().String()); err == nil {
			return l, packets, nil
		}
		l.Close()
	}
}

// serve runs an upstream until the test ends.
func (p practice) serve(run func(context.Context) error) {
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- run(ctx) }()
	p.t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			p.t.Error(err)
		}
	})
}

// TestPractice runs the gates of databases and reports in the practice world,
// which answers only what they are known to ask.
func TestPractice(t *testing.T) {
	const (
		modules   = `{connection: db, installed: [base, ipai_core, ipai_expense, ipai_procure], in_transition: 0}`
		counting  = `{connection: db, query: "select count(*) from ir_module_module where state in ('to install', 'to upgrade', 'to remove')", value: "0", runs: 3, connect: "P95 < 1h"}`
		host      = `{connection: metrics, query: "sum(rate(node_cpu_seconds_total[1m]))", limit: "> 0", targets: {job: node, environment: production}}`
		rules     = `{connection: metrics, rules: {HighErrorRate: {threshold: "> 1%"}, HighCPUUsage: {threshold: "> 80%"}, HighMemoryUsage: {threshold: "> 85%"}, DatabaseConnectionErrors: {threshold: "> 0"}}}`
		available = `{connection: metrics, availability: {query: 'max(up{job="odoo",environment="production"})', over: 5m, every: 1s, target: ">= 99%"}}`
		boards    = `{connection: panels, dashboards: {Odoo production: {folder: Production, count: ">= 6", panels: ["System: CPU, memory, disk", "Business: transaction volume"]}}, data_sources: {Prometheus: {type: prometheus}}, contact_points: {on-call: {type: slack}}}`
		scan      = `file: ["reports/gitleaks.sarif", "reports/eslint.sarif"]`
		suite     = `{files: "reports/*.xml", tests: "134", skipped: 0, duration: "< 2m", modules: {ipai_core: ">= 32", ipai_approvals: ">= 16"}}`
		written   = `{connection: cloud, app: 5a9ab94c-5f0e-4f8e-9a37-1c8fd2ad2b01, minutes: 60, errors: 0, from_start: true}`
		app       = `{connection: cloud, app: 5a9ab94c-5f0e-4f8e-9a37-1c8fd2ad2b01, components: {web: {size: apps-s-1vcpu-0.5gb, instances: 1, health_check: /web/health}}, health_checks: true}`
		variables = `{connection: cloud, app: 5a9ab94c-5f0e-4f8e-9a37-1c8fd2ad2b01, components: {web: {set: [ODOO_DATABASE, LIST_DB], secrets: [ODOO_ADMIN_PASSWORD]}}, secret_names: PASSWORD}`
		costs     = `{connection: cloud, apps: [5a9ab94c-5f0e-4f8e-9a37-1c8fd2ad2b01, c0b86a3e-7d53-4a0c-8f4e-6e2b7d9c4f02], month: "<= 10", preview: true}`
		speed     = `{file: reports/bench.json, numbers: {p95: {path: costsheet.p95_ms, limit: "< 150", warn: "< 90"}, search: {path: search.p95_ms, limit: "< 50"}, runs: {path: search.runs, limit: ">= 100"}}}`
	)
	tests := []struct {
		name, turn, kind, settings string
		verdict                    answer.Verdict
		words                      string
	}{
		{"a new world", "", "odoo_modules", modules, answer.Failed, "2 of 4 modules are not installed: ipai_expense, ipai_procure; they need base_tier_validation"},
		{"stuck", "staging-remaining-modules stuck", "odoo_modules", modules, answer.Failed, "4 in transition"},
		{"all installed", "staging-oca-dependencies installed, staging-remaining-modules installed", "odoo_modules", modules, answer.Passed, "all 4 modules are installed"},
		{"slow", "staging-database slow", "odoo_modules", strings.Replace(modules, "{", "{timeout: 100ms, ", 1), answer.Errored, "gave the statement up after 100ms"},
		{"refusing", "staging-database refusing", "odoo_modules", modules, answer.Errored, ""},
		{"none in transition", "", "postgres", counting, answer.Passed, "value 0"},
		{"some in transition", "staging-remaining-modules stuck", "postgres", counting, answer.Failed, "value is 4"},
		{"another statement", "", "postgres", `{connection: db, query: select 42}`, answer.Errored, "fixed list of statements"},
		{"no reports", "", "junit", suite, answer.NotConfigured, "no report matches"},
		{"three fail", "test-run three-fail", "junit", suite, answer.Failed, "failed is"},
		{"some skipped", "test-run some-skipped", "junit", suite, answer.Failed, "skipped is 5, limit 0"},
		{"cut short", "test-run cut-short", "junit", suite, answer.Failed, "tests is"},
		{"torn", "test-run torn", "junit", suite, answer.Errored, "cannot be counted"},
		{"the host is up", "", "prometheus", host, answer.Passed, "1 of 1 target up"},
		{"the host is down", "prometheus-node down", "prometheus", host, answer.Failed, "0 of 1 target with environment=production, job=node up"},
		{"Prometheus is down", "prometheus down", "prometheus", host, answer.Errored, "can't respond at the moment (503)"},
		{"four rules, one above", "", "prometheus", rules, answer.Failed, "the alert rule HighErrorRate fires at > 0.05, not at > 1%"},
		{"four rules", "prometheus-rules checklist", "prometheus", rules, answer.Passed, "HighCPUUsage is loaded"},
		{"a broken rule", "prometheus-rules broken", "prometheus", rules, answer.Failed, "DatabaseConnectionErrors can't be evaluated"},
		{"no rules", "prometheus-rules none", "prometheus", rules, answer.Failed, "Prometheus has no alert rules loaded"},
		{"available", "", "prometheus", available, answer.Passed, "available for 100 % of 5m"},
		{"not for long enough", "", "prometheus", strings.Replace(available, "5m", "30m", 1), answer.Errored, "no data for"},
		{"panels and their source", "", "grafana", boards, answer.Passed, "Odoo production has 6 panels"},
		{"a panel is missing", "grafana-dashboard panel-missing", "grafana", boards, answer.Failed, "Odoo production lacks 1 panel: Business: transaction volume"},
		{"no dashboard", "grafana-dashboard missing", "grafana", boards, answer.Failed, `no dashboard "Odoo production in Production"`},
		{"a broken source", "grafana-source broken", "grafana", boards, answer.Failed, "the data source Prometheus fails its test"},
		{"no source", "grafana-source missing", "grafana", boards, answer.Failed, `no data source "Prometheus"`},
		{"no contact point", "grafana-contact missing", "grafana", boards, answer.Failed, `no contact point "on-call"`},
		{"Grafana is down", "grafana down", "grafana", boards, answer.Errored, "can't respond at the moment (503)"},
		{"no errors in the log", "", "logs", written, answer.Passed, "0 error lines among"},
		{"errors in the log", "staging-log errors", "logs", written, answer.Failed, "1 error line among"},
		{"a silent log", "staging-log silent", "logs", written, answer.Errored, "it is empty"},
		{"a log that begins late", "", "logs", strings.Replace(written, ", from_start: true", "", 1), answer.Errored, "it goes back only to"},
		{"an app", "", "digitalocean_app", app, answer.Passed, "a deployment is active; 1 component healthy"},
		{"an unhealthy app", "staging-app unhealthy", "digitalocean_app", app, answer.Failed, "web is unhealthy"},
		{"an app without log forwarding", "staging-spec unlogged", "digitalocean_app", strings.Replace(app, "{", "{log_forwarding: true, ", 1), answer.Failed, "no log forwarding for web"},
		{"an app without a health check", "staging-spec unchecked", "digitalocean_app", app, answer.Failed, "no health check"},
		{"a larger app", "staging-spec larger", "digitalocean_app", app, answer.Failed, "instance size is apps-s-1vcpu-1gb"},
		{"an app that can't be asked for", "digitalocean down", "digitalocean_app", app, answer.Errored, "responded with 503"},
		{"variables", "", "digitalocean_env", variables, answer.Passed, "3 variables set for web, 1 as secrets; 2 variables with the name of a secret, all encrypted"},
		{"a variable that isn't secret", "", "digitalocean_env", strings.Replace(variables, "ODOO_ADMIN_PASSWORD", "ODOO_WORKERS", 1), answer.Failed, "ODOO_WORKERS is set for web, but not as a secret"},
		{"what the apps cost", "", "digitalocean_cost", costs, answer.Passed, "2 apps cost 10.00 USD a month"},
		{"what they may cost", "", "digitalocean_cost", strings.Replace(costs, "<= 10", "<= 9", 1), answer.Failed, "10.00 USD a month, limit <= 9"},
		{"no benchmark", "", "json", speed, answer.NotConfigured, "there is no file reports/bench.json"},
		{"measured", "test-run all-pass", "json", strings.Replace(speed, "< 90", "< 120", 1), answer.Passed, "p95 is 94.3"},
		{"nearly slow", "test-run all-pass", "json", speed, answer.Warned, "p95 is 94.3, warning limit < 90"},
		{"slow", "test-run all-pass, benchmark slow", "json", speed, answer.Failed, "p95 is 188.6, limit < 150"},
		{"not run", "benchmark no-runs, test-run all-pass", "json", speed, answer.Errored, "its search.p95_ms is null"},
		{"all pass", "test-run all-pass", "junit", suite, answer.Passed, "134 of 134 tests passed, 0 skipped"},
		{"no scan", "", "sarif", scan, answer.NotConfigured, "no report matches"},
		{"a secret", "security-scan secret-found", "sarif", scan, answer.Failed, "1 finding, limit 0; the worst is critical: generic-api-key at deploy/odoo.conf:12 (gitleaks)"},
		{"a scanner that failed", "security-scan tool-failed", "sarif", scan, answer.Errored, "reports/eslint.sarif: ESLint reports an error of its own: Parsing error"},
		{"a scan of last month", "security-scan stale", "sarif", scan, answer.Errored, "older than the release's opening"},
		{"a clean scan", "security-scan clean", "sarif", scan, answer.Passed, "no findings by ESLint, gitleaks"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			opened := time.Now()
			p := newPractice(t)
			for turn := range strings.SplitSeq(test.turn, ", ") {
				p.turn(turn)
			}
			until := time.Now().Add(5 * time.Minute)
			ev := kindtest.Measured(t, built(t, test.kind, test.settings, p.deps), gates.Scope{Opened: opened})
			for test.kind == "prometheus" && kindtest.Odd(ev, test.verdict, test.words) != "" && time.Now().Before(until) { // it has yet to look at its targets and rules
				ev = kindtest.Measured(t, built(t, test.kind, test.settings, p.deps), gates.Scope{Opened: opened})
			}
			if said := kindtest.Odd(ev, test.verdict, test.words); said != "" {
				t.Error(said)
			}
		})
	}
}
