package examples_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/config"
	"gonogo/examples"
	"gonogo/readiness/checklist"
)

// variables is what the examples may ask for, and nothing else.
func variables(name string) (string, bool) {
	value, ok := map[string]string{
		"STAGING_ODOO_URL":          "postgres://reader:practice@127.0.0.1:5432/staging",
		"PRODUCTION_ODOO_URL":       "postgres://reader:practice@127.0.0.1:5432/production",
		"STAGING_POOLER_URL":        "postgres://superset:practice@127.0.0.1:6543/staging",
		"PRODUCTION_POOLER_URL":     "postgres://superset:practice@127.0.0.1:6543/production",
		"PRODUCTION_POOLER_ADDRESS": "10.0.0.1",
		"ALERTMANAGER_URL":          "http://127.0.0.1:4600/alertmanager",
		"STAGING_URL":               "http://127.0.0.1:4600/sites/staging",
		"STAGING_HOST":              "127.0.0.1",
		"PRODUCTION_HOST":           "127.0.0.1",
		"STAGING_APP_ID":            "4f6c71e2-4e94-4762-8d54-57de397c3dd4",
		"PRODUCTION_APP_ID":         "7d9a3f5b-52c5-4a3d-9f51-8c5a1d2f6b7e",
		"PRODUCTION_BLUE_APP_ID":    "7d9a3f5b-52c5-4a3d-9f51-8c5a1d2f6b7e",
		"PRODUCTION_GREEN_APP_ID":   "2b8c4e6a-31d7-4f0b-8a95-6d1e7c3f5a48",
		"PROMETHEUS_URL":            "http://127.0.0.1:4600/prometheus",
		"UPTIME_PERIOD":             "30d",
		"GRAFANA_URL":               "http://127.0.0.1:4600/grafana",
		"GRAFANA_TOKEN":             "for-the-test",
		"STAGING_LOGIN":             "reader",
		"STAGING_PASSWORD":          "for-the-test",
		"STAGING_DATABASE":          "staging",
		"PRODUCTION_DATABASE":       "production",
		"DASHBOARDS_ORIGIN":         "https://dashboards.shop.example",
		"PRODUCTION_LOGIN":          "reader",
		"PRODUCTION_PASSWORD":       "for-the-test",
		"GONOGO":                    "/usr/local/bin/gonogo",
		"PLAYGROUND_URL":            "http://127.0.0.1:4600/",
		"ALERT_WEBHOOK_TOKEN":       "for-the-test",
		"DIGITALOCEAN_TOKEN":        "for-the-test",
		"GITHUB_TOKEN":              "for-the-test",
		"PRODUCTION_URL":            "http://127.0.0.1:4600/sites/production",
		"REPORTS_DIR":               "/tmp/reports",
		"STAGING_NAME":              "staging.shop.example",
		"STAGING_TLS":               "127.0.0.1:443",
		"STAGING_PLAIN_URL":         "http://127.0.0.1/",
		"PRODUCTION_NAME":           "shop.example",
		"PRODUCTION_TLS":            "127.0.0.1:443",
		"PRODUCTION_PLAIN_URL":      "http://127.0.0.1/",
		"PRODUCTION_ADDRESS":        "192.0.2.1",
		"NAME_SERVER_1":             "127.0.0.1",
		"NAME_SERVER_2":             "127.0.0.1",
		"RESOLVER":                  "127.0.0.1",
		"TLS_AUTHORITIES":           "",
		"SUPERSET_URL":              "http://127.0.0.1:4600/superset",
		"SUPERSET_PASSWORD":         "for-the-test",
		"ANALYST_PASSWORD":          "for-the-test",
		"PRODUCTION_SSH":            "127.0.0.1:22",
		"SELLER_PASSWORD":           "for-the-test",
		"SOURCE_DIR":                "/src/insightpulse",
		"IMAGE":                     "/src/insightpulse/build/image",
	}[name]
	return value, ok
}

func parse(t *testing.T, name string, data []byte) *config.Config {
	t.Helper()
	c, err := config.Parse(name, data, variables)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMinimal(t *testing.T) {
	c := parse(t, "minimal.yml", examples.Minimal)
	want := []string{"under permissions, nobody is listed for fix, waive, deploy, lock, rollback and alerts; add the roles that may do this"}
	if diff := cmp.Diff(want, c.Warnings); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if len(c.NotYet) > 0 {
		t.Errorf("the smallest example names what does not work: %v", c.NotYet)
	}
}

// TestInsightPulseIsSound checks that the only warnings are the ones it is
// there to show: where its source contradicts itself.
func TestInsightPulseIsSound(t *testing.T) {
	c := parse(t, "insightpulse.yml", examples.InsightPulse)
	if len(c.NotYet) > 0 {
		t.Errorf("the example names what does not work: %v", c.NotYet)
	}
	var got []string
	for _, w := range c.Warnings {
		of, _, differ := strings.Cut(strings.TrimPrefix(w, "the figures of "), " differ:")
		if !differ {
			t.Errorf("unexpected warning: %s", w)
		}
		got = append(got, of)
	}
	want := []string{
		"item phase-3", "item ipai-rate-policy", "item superset-connector", "section installation", "item suite-run", "item suite-passes", "section module-tests", "section critical",
		"section dashboard-specifications", "item staging-size", "item production-size", "section secrets",
		"item staging-containers", "section production-ready", "item rollback-plan", "item monitoring-set", "item production-blue", "item production-healthy", "item dns-a",
		"item alert-errors", "item budget-actual", "section sign-off", "section milestones",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// lines is how many lines each part of the source has, by the sections that
// hold them, and what they must speak of.
var lines = []struct {
	part     string
	sections string
	items    int
	titled   []string
}{
	{"phases", "phases", 4, []string{"foundation", "10 modules and 17 files of tests", "esting, security and dashboards", "live in production"}},
	{"1 modules", "modules", 10, []string{"ipai_core", "ipai_approvals", "ipai_ppm_costsheet", "ipai_studio", "ipai_rate_policy", "superset_connector", "ipai_expense", "ipai_procure", "ipai_subscriptions", "ipai_knowledge_ai"}},
	{"1 dependencies", "dependencies", 3, []string{"base_tier_validation", "server_environment", "report_xlsx"}},
	{"1 verification", "installation", 4, []string{"10 modules", "no errors", "dependencies", "migrations"}},
	{"2 setup", "test-setup", 4, []string{"10 modules", "Test data", "earlier runs", "environment"}},
	{"2 execution", "test-run", 5, []string{"whole test suite", "run-tests.sh", "134 of 134", "coverage report", "80 %"}},
	{"2 coverage", "coverage", 4, []string{"80 %", "85 %", "90 %", "75 %"}},
	{"2 performance", "speed", 7, []string{"flow: P95 < 100 ms", "Submitting an approval: P95 < 200 ms", "cost sheet: P95 < 150 ms", "expense: P95 < 100 ms", "RFQ bids: P95 < 300 ms", "search: P95 < 50 ms", "MRR: P95 < 50 ms"}},
	{"2 modules", "module-tests", 8, []string{"28 unit and 4", "14 unit and 2", "ipai_ppm_costsheet: 10 unit and 1", "8 unit and 1", "ipai_procure: 10 unit and 1", "11 unit and 1", "10 unit tests and 1 end to end", "9 unit"}},
	{"2 quality", "test-quality", 4, []string{"No failures and no errors", "skipped", "depend on each other", "2 minutes"}},
	{"3 audit", "audit", 9, []string{"35", "10 of them", "8 of them", "12 of them", "5 of them", "plan", "OWASP Top 10", "GDPR", "SOC 2"}},
	{"3 critical headings", "critical", 10, []string{"ardcoded", "Admin", "Database", "OAuth", "SSH", "ncryption", "SSL/TLS", "Containers", "GitHub", "Test cred"}},
	{"3 critical 1", "critical-credentials", 4, []string{"rotated", "configuration files", "environment variables", "scanned"}},
	{"3 critical 2", "critical-admin", 4, []string{"in the code", "random", "vault", "by policy"}},
	{"3 critical 3", "critical-database", 4, []string{"environment variables", "odoo.conf", "pooler", "rotated"}},
	{"3 critical 4", "critical-oauth", 4, []string{".env", "GitHub App", ".env.example", "git history"}},
	{"3 critical 5", "critical-ssh", 4, []string{"Root", "keys only", "bastion", "server address"}},
	{"3 critical 6", "critical-keys", 4, []string{"salt is hard-coded", "random salt", "key management service", "managed securely"}},
	{"3 critical 7", "critical-tls", 4, []string{"HTTPS", "TLS 1.3", "Certificates are managed", "renewed automatically"}},
	{"3 critical 8", "critical-containers", 4, []string{"not root", "privilege", "several stages", "scanned"}},
	{"3 critical 9", "critical-github", 4, []string{"file system", "rotated", "key management service", "encrypted"}},
	{"3 critical 10", "critical-test", 4, []string{"test credentials", "default passwords", "injected", "environment"}},
	{"3 proof", "critical-proof", 6, []string{"10 critical", "scan", "SSL/TLS", "non-root", "variables", "repository"}},
	{"3 high", "security-high", 5, []string{"Input", "headers", "Firewall", "Secret scanning", "image scanning"}},
	{"3 medium", "security-medium", 5, []string{"second factor", "audit log", "CORS", "Dependencies", "segmented"}},
	{"4 specifications", "dashboard-specifications", 5, []string{"Executive Overview: 5 charts", "Procurement Analytics: 5 charts", "Finance Performance: 6 charts", "Sales Performance: 6 charts", "Operational Efficiency: 6 charts"}},
	{"4 before", "dashboards-setup", 5, []string{"provisioned", "connections", "Materialized views", "permissions", "Row-level security"}},
	{"4 dashboard 1", "dashboard-executive", 8, []string{"5 charts", "date range", "company", "cross-filtering", "5 minutes", "3 s", "PDF, PNG and CSV"}},
	{"4 dashboard 2", "dashboard-procurement", 9, []string{"5 charts", "order date", "company", "vendor", "purchase orders", "cross-filtering", "30 minutes", "2 s"}},
	{"4 dashboard 3", "dashboard-finance", 8, []string{"6 charts", "fiscal period", "company", "invoice", "AR and AP", "15 minutes", "50 invoices"}},
	{"4 dashboard 4", "dashboard-sales", 9, []string{"6 charts", "date range", "company", "sales team", "salesperson", "10 minutes", "its own"}},
	{"4 dashboard 5", "dashboard-operations", 9, []string{"6 charts", "3 months", "company", "department", "process", "benchmarks", "30 minutes"}},
	{"4 access", "dashboards-access", 4, []string{"separates companies", "mapped", "policies", "another company"}},
	{"4 performance", "dashboards-speed", 5, []string{"3 s", "28 charts", "2 s", "1 s", "10 s", "50 concurrent users"}},
	{"4 training", "dashboards-training", 4, []string{"documented", "Training", "Access", "feedback"}},
	{"5 staging", "staging-infrastructure", 6, []string{"odoo-saas-platform-staging.yaml", "$5", "limits", "provisioned", "ealth checks", "ogging"}},
	{"5 production", "production-infrastructure", 7, []string{"odoo-saas-platform.yaml", "$5", "blue-green", "provisioned", "load balancer", "SSL/TLS", "ealth checks"}},
	{"5 secrets", "secrets", 6, []string{"POSTGRES_PASSWORD", "ODOO_ADMIN_PASSWORD", "GITHUB_APP_PRIVATE_KEY", "GITHUB_INSTALLATION_ID", "Superset", "OpenAI"}},
	{"5 Supabase", "supabase", 8, []string{"project", "database", "6543", "string", "8 migration scripts", "schema", "Backups", "Replication"}},
	{"5 verification", "database", 6, []string{"connection", "migration", "tables", "indexes", "views", "Row-level security"}},
	{"6 before", "staging-ready", 6, []string{"10 modules", "134 of 134", "security", "secrets", "migrations", "scripts"}},
	{"6 deployment", "staging-deployed", 8, []string{"DigitalOcean", "live", "PostgreSQL", "Redis", "health check", "address", "certificate", "migrations", "modules"}},
	{"6 smoke, the 9 automated ones as one", "staging-smoke", 10, []string{"9 automated", "login page", "log in", "ipai_core", "ipai_approvals", "ipai_ppm_costsheet", "dashboards", "database", "og files", "backup"}},
	{"6 performance", "staging-speed", 6, []string{"3 s", "500 ms", "100 ms", "no errors", "emory", "CPU"}},
	{"7 before", "production-ready", 7, []string{"staging deployment", "smoke tests", "hase 1", "approved", "rollback plan", "onitoring", "on call"}},
	{"7 deployment", "production-deployed", 9, []string{"exists", "live", "healthy", "containers", "three times", "migrations", "modules", "certificate", "DNS"}},
	{"7 DNS", "dns", 6, []string{"address", "registrar", "CNAME", "resolves", "HTTPS", "certificate"}},
	{"7 smoke", "production-smoke", 8, []string{"login page", "log in", "modules", "queries", "certificate", "fast enough", "no errors", "alerts"}},
	{"7 load", "load", 5, []string{"10 concurrent users", "50 concurrent users", "esponse times", "esource", "ottlenecks"}},
	{"8 Prometheus", "prometheus", 4, []string{"deployed", "targets", "Metrics", "time-series"}},
	{"8 Grafana", "grafana", 9, []string{"deployed", "data source", "6 monitoring panels", "CPU, memory, disk", "response time, errors", "connections, queries", "users, modules", "throughput, latency", "transaction volume"}},
	{"8 alerts", "alert-rules", 5, []string{"4 critical", "> 80 %", "> 85 %", "connection errors", "> 1 %"}},
	{"8 logging", "logging", 4, []string{"one place", "retention", "Errors", "Audit"}},
	{"8 notification", "notifications", 3, []string{"email and Slack", "on call", "escalate"}},
	{"9 function", "accept-function", 5, []string{"10 modules", "134 of 134", "80 %", "5 dashboards", "workflow"}},
	{"9 performance", "accept-speed", 5, []string{"3 s", "500 ms", "100 ms", "50 concurrent users", "99.9 %"}},
	{"9 security", "accept-security", 5, []string{"phase 1", "SSL/TLS", "redentials", "ccess", "udit"}},
	{"9 deployment", "accept-deployment", 5, []string{"taging", "roduction", "lue-green", "alerting", "ack"}},
	{"9 budget", "accept-budget", 3, []string{"$20", "$10", "overruns"}},
	{"9 acceptance test", "acceptance-test", 5, []string{"business", "trained", "fast enough", "dashboards", "orkflows"}},
	{"9 sign-off", "sign-off", 4, []string{"Product Owner", "Technical Lead", "Security Officer", "Project Manager"}},
	{"10 milestones", "milestones", 16, []string{"OCA", "4 remaining", "10 modules", "suite was run", "134 of 134", "80 %", "secrets", "live on staging", "staging's smoke", "live in production", "DNS", "production's smoke", "Superset", "5 dashboards", "ow-level security", "tested"}},
	{"11 rollback", "rollback", 7, []string{"decision", "previous version", "DNS", "smoke", "works again", "incident", "cause"}},
	{"12 day 1", "day-1", 6, []string{"onitoring", "logs", "responds", "log in", "workflows", "backups"}},
	{"12 week 1", "week-1", 6, []string{"critical issue", "targets", "security incident", "restored", "feedback", "Metrics"}},
	{"12 month 1", "month-1", 6, []string{"Phase 2", "training", "dashboards", "optimised", "Costs", "SLA"}},
	{"12 ongoing", "ongoing", 6, []string{"updates", "month", "quarter", "year", "baseline", "Incident"}},
}

// TestInsightPulseHoldsEveryLine compares the example with what its source
// asks, part by part.
func TestInsightPulseHoldsEveryLine(t *testing.T) {
	c := parse(t, "insightpulse.yml", examples.InsightPulse)
	list := c.Checklist
	covered := 0
	for _, part := range lines {
		section, ok := list.Section(part.sections)
		if !ok {
			t.Errorf("%s: there is no section %s", part.part, part.sections)
			continue
		}
		covered++
		if len(section.Items) != part.items {
			t.Errorf("%s: %d items, want %d", part.part, len(section.Items), part.items)
		}
		for _, words := range part.titled {
			if !slices.ContainsFunc(section.Items, func(it *checklist.Item) bool { return strings.Contains(it.Title, words) }) {
				t.Errorf("%s: no item has %q in its title", part.part, words)
			}
		}
	}
	// Each of its 400 boxes has a line or a trigger of a rollback. It has no box for one line, the nine automated smoke
	// tests, and for one trigger, any critical alert.
	const boxes = 400
	items, triggers := -1, len(c.Environments["production"].Triggers)-1
	for _, part := range lines {
		items += part.items
	}
	if items+triggers != boxes {
		t.Errorf("%d boxes have a line and %d a trigger, want %d", items, triggers, boxes)
	}
	if all := len(list.Sections) + len(list.Afterwards); covered != all {
		t.Errorf("the example has %d sections, %d of them are in this list", all, covered)
	}
}

// TestInsightPulseBlocks checks what holds which deployment back: parallel
// work and what comes after the deployment hold back nothing.
func TestInsightPulseBlocks(t *testing.T) {
	list := parse(t, "insightpulse.yml", examples.InsightPulse).Checklist
	for id, want := range map[string][]string{
		"ten-modules": {"staging", "production"}, "suite-passes": {"staging", "production"}, "critical-mended": {"production"},
		"staging-security": {"staging"}, "staging-live": {"production"}, "executive-created": {}, "mfa": {}, "production-live": {},
		"prometheus-deployed": {}, "approval-owner": {}, "accept-dashboards": {}, "uat-tested": {"production"}, "day-backups": {},
	} {
		it, ok := list.Item(id)
		if !ok {
			t.Errorf("there is no item %s", id)
			continue
		}
		if got := append([]string{}, it.Blocks...); !slices.Equal(got, want) {
			t.Errorf("%s blocks %v, want %v", id, got, want)
		}
	}
}

// TestInsightPulseStatements holds the example to the statements that the
// practice database knows.
func TestInsightPulseStatements(t *testing.T) {
	known := []string{
		"select 1",
		"select count(*) from ir_module_module where state in ('to install', 'to upgrade', 'to remove')",
		"select count(*) from pg_stat_activity where datname = current_database()",
		"select pg_database_size(current_database())",
		"select count(*) from pg_constraint where not convalidated",
		"select count(*) from ir_logging where name like 'odoo.modules.%'",
		"select count(*) from ir_logging where name like 'odoo.modules.%' and level in ('ERROR', 'CRITICAL')",
		"select count(*) from ir_config_parameter where key = 'ipai.salt' and length(value) >= 32",
		"select count(*) from pg_stat_activity where usename = 'odoo' and client_addr = '${PRODUCTION_POOLER_ADDRESS}'",
		"select count(*) from pg_stat_activity where usename = 'odoo' and client_addr is distinct from '${PRODUCTION_POOLER_ADDRESS}'",
		"select id, name, state from reporting.open_approvals limit 50",
		"select current_setting('server_version_num')::int",
		"select count(*) from pg_database where datname = current_database() and pg_encoding_to_char(encoding) = 'UTF8'",
		"select count(*) from pg_extension where extname in ('pg_trgm', 'unaccent', 'vector')",
	}
	found := 0
	for line := range strings.Lines(string(examples.InsightPulse)) {
		_, after, ok := strings.Cut(line, "postgres: { connection: odoo, query: ") // others are PromQL
		if !ok {
			continue
		}
		found++
		after = strings.TrimPrefix(after, `"`)
		if !slices.ContainsFunc(known, func(statement string) bool {
			rest, ok := strings.CutPrefix(after, statement)
			return ok && strings.ContainsAny(rest[:1], `",`)
		}) {
			t.Errorf("the practice database does not know %s", strings.TrimSpace(after))
		}
	}
	if found < 8 {
		t.Errorf("found %d statements, want at least 8", found)
	}
}

// TestInsightPulseFigures compares the figure in a title with the limit of its gate.
func TestInsightPulseFigures(t *testing.T) {
	figure := regexp.MustCompile(`title: "?(.*?(\(> |P95 < |is )([0-9.]+) (ms|%).*?)"?\n`)
	for _, tt := range []struct{ items, limit string }{
		{"speed-approval-create speed-approval-submit speed-cost-sheet speed-expense speed-rfq speed-search speed-mrr", `.p95_ms, limit: "< %s"`},
		{"alert-cpu alert-memory alert-errors", `threshold: "> %s%%"`},
		{"accept-uptime", `target: ">= %s%%"`},
	} {
		for id := range strings.FieldsSeq(tt.items) {
			_, after, ok := strings.Cut(string(examples.InsightPulse), "- item: "+id+"\n")
			text, _, _ := strings.Cut(after, "- item: ")
			found := figure.FindStringSubmatch(text)
			if !ok || found == nil {
				t.Errorf("no figure is in the title of %s", id)
				continue
			}
			if limit := fmt.Sprintf(tt.limit, found[3]); !strings.Contains(text, limit) {
				t.Errorf("%q is not measured with %s", found[1], limit)
			}
		}
	}
}
