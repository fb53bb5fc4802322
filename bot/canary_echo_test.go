package main

import (
	"bytes"
	wire "encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gonogo/suite"
)

// echoes is a configuration with one secret for each service, all of which answer with
// the secrets of the others.
const echoes = `
project: Echoes
slack: { releases: C0RELEASES, on_call: C0ONCALL }
storage: { bolt: "${LEDGER}" }
listen: 127.0.0.1:0
roles: { deployer: { users: [U0DEV] } }
permissions: { run: [deployer], release: [deployer], deploy: [deployer], rollback: [deployer], alerts: [deployer], check: [deployer], fix: [deployer], waive: [deployer], lock: [deployer] }
escalate: { after: 1m, to: [deployer], webhook: "${PAGER_URL}" }
connections:
  db: { postgres: { url: "${DB_URL}" } }
  repo: { github: { repository: acme/shop } }
  cloud: { digitalocean: {} }
  metrics: { prometheus: { url: "${PROMETHEUS_URL}" } }
  boards: { grafana: { url: "${GRAFANA_URL}", token: "${GRAFANA_TOKEN}" } }
  charts: { superset: { url: "${SUPERSET_URL}", username: gonogo, password: "${SUPERSET_PASSWORD}" } }
  analyst: { superset: { url: "${SUPERSET_URL}", username: analyst, password: "${ANALYST_PASSWORD}" } }
  alertmanager: { alertmanager: { url: "${ALERTMANAGER_URL}", token: "${ALERTMANAGER_TOKEN}" } }
checklist:
  - section: whole
    items:
      - item: page
        gate: { http: { url: "${ECHO}/page", headers: { Authorization: "Bearer ${HEADER_TOKEN}" }, status: 200, body: ready } }
      - item: query
        gate: { postgres: { connection: db, query: "select 1", value: "= 1" } }
      - item: refused-query
        gate: { prometheus: { connection: metrics, query: refused, limit: "< 1" } }
      - item: warned-query
        gate: { prometheus: { connection: metrics, query: warned, limit: "< 1" } }
      - item: many-series
        gate: { prometheus: { connection: metrics, query: many, limit: "< 1" } }
      - item: targets
        gate: { prometheus: { connection: metrics, targets: { job: shop } } }
      - item: panels
        gate: { grafana: { connection: boards, dashboards: { Shop: { folder: Production, panels: [CPU] } } } }
      - item: sources
        gate: { grafana: { connection: boards, data_sources: { Prometheus: { type: prometheus } } } }
      - item: contacts
        gate: { grafana: { connection: boards, contact_points: { on-call: { type: slack } } } }
      - item: dashboard
        gate: { superset: { connection: charts, dashboards: { Sales: { charts: [Revenue], filters: [Company], refresh: "<= 5m" } } } }
      - item: chart
        gate: { superset: { connection: charts, charts: { Revenue: { rows: "> 0" } } } }
      - item: row-security
        gate: { superset: { connection: charts, rules: { Company: { type: Regular, tables: [sales], roles: [Analyst], clause: company } } } }
      - item: foreign-rows
        gate: { superset: { connection: charts, logins: { analyst: { charts: { Orders: { column: company, values: [Acme] } } } } } }
      - item: looked
        manual: { by: [deployer], evidence: note }
runbooks:
  mend: { env: [RUNBOOK_TOKEN], steps: [{ run: [sh, -c, "echo $RUNBOOK_TOKEN; exit 1"] }] }
environments:
  staging:
    url: "${ECHO}"
    deploy:
      rolling: { connection: cloud, app: 6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e90, version_as: { image_tag: web } }
    rollback:
      mode: ask
      triggers: [{ trigger: errors, prometheus: { connection: metrics, query: up, limit: "> 5%" }, consecutive: 1, every: 1s, no_data: trip }]
alerts: { token: "${ALERT_TOKEN}", environment_labels: [environment] }
issues: { connection: repo, labels: [release-gate] }
`

// echo is every service at once. It answers with all secrets that there are, in each
// place where a service says something, and remembers what GitHub was told.
type echo struct {
	mu      sync.Mutex
	secrets string
	asked   map[string]int // by the service
	github  bytes.Buffer
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	body, _ := io.ReadAll(r.Body)
	e.mu.Lock()
	e.asked[service]++
	if service == "github" {
		e.github.Write(body)
	}
	said := e.secrets
	e.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	answer := func(status int, v any) { w.WriteHeader(status); json.NewEncoder(w).Encode(v) }
	switch {
	case service == "github" && r.Method == http.MethodGet && strings.HasSuffix(rest, "/issues"):
		answer(200, []any{})
	case service == "github" && r.Method == http.MethodPost:
		answer(201, map[string]any{"number": 7, "state": "open", "title": said, "body": said, "html_url": "https://github.com/acme/shop/issues/7?" + said, "user": map[string]any{"login": "gonogo"}})
	case service == "github":
		answer(422, map[string]any{"message": "no such commit " + said, "errors": []any{map[string]string{"message": said}}})
	case service == "alertmanager" && rest == "api/v2/status":
		answer(200, map[string]any{"uptime": time.Now().Add(-time.Hour)})
	case service == "alertmanager" && rest == "api/v2/alerts":
		answer(200, []any{map[string]any{"fingerprint": "f1", "labels": map[string]string{"token": said}, "receivers": []any{map[string]string{"name": said}},
			"status": map[string]any{"silencedBy": []string{"s1"}, "inhibitedBy": []string{}, "mutedBy": []string{said}}}})
	case service == "alertmanager":
		answer(200, map[string]any{"id": "s1", "createdBy": said, "comment": said, "endsAt": time.Now().Add(time.Hour)})
	case service == "prometheus" && strings.HasSuffix(rest, "/targets"):
		answer(200, map[string]any{"status": "success", "data": map[string]any{"activeTargets": []any{map[string]any{"labels": map[string]string{"job": "shop", "instance": said},
			"health": "down", "lastError": said, "scrapeUrl": "http://" + said}}}})
	case service == "prometheus" && strings.Contains(r.URL.RawQuery+string(body), "warned"):
		answer(200, map[string]any{"status": "success", "warnings": []string{said}, "data": map[string]any{"resultType": "vector", "result": []any{}}})
	case service == "prometheus" && strings.Contains(r.URL.RawQuery+string(body), "many"):
		series := func(n string) any {
			return map[string]any{"metric": map[string]string{"__name__": said, "n": n, "token": said}, "value": []any{float64(time.Now().Unix()), "1"}}
		}
		answer(200, map[string]any{"status": "success", "data": map[string]any{"resultType": "vector", "result": []any{series("1"), series("2")}}})
	case service == "grafana" && rest == "api/search":
		answer(200, []any{map[string]any{"uid": "u", "title": "Shop", "folderTitle": said, "type": "dash-db"}})
	case service == "grafana" && strings.HasPrefix(rest, "api/dashboards"):
		answer(200, map[string]any{"dashboard": map[string]any{"uid": "u", "title": "Shop", "panels": []any{map[string]any{"title": said, "type": said}}}, "meta": map[string]any{"folderTitle": said}})
	case service == "grafana" && strings.HasSuffix(rest, "contact-points"):
		answer(200, []any{map[string]any{"name": "on-call", "type": said}})
	case service == "superset":
		answer(supersetSays(r, rest, string(body), said))
	case service == "pager":
		w.Header().Set("Retry-After", said)
		w.Header().Set("Location", "http://127.0.0.1:1/"+said)
		answer(e.pagerSays(), map[string]any{"error": said, "message": said})
	default:
		answer(400, map[string]any{"id": "bad_request", "message": said, "error": said, "status": "error", "errorType": "bad_data"})
	}
}

// supersetSays is what Superset answers: it has one dashboard, two charts and a rule, whose
// parts say what all services say. The query of one chart fails, and the other has
// foreign rows.
func supersetSays(r *http.Request, rest, body, said string) (int, any) {
	named := func(key, name string) any { // with an ID that tells Revenue, 7, from Orders
		return map[string]any{"count": 1, "result": []any{map[string]any{"id": len(name), key: name, "published": false}}}
	}
	switch {
	case strings.HasSuffix(rest, "security/login") && strings.Contains(body, "analyst"):
		return 200, map[string]string{"access_token": "of-analyst"}
	case strings.HasSuffix(rest, "security/login"):
		return 200, map[string]string{"access_token": "of-gonogo"}
	case strings.HasSuffix(rest, "rowlevelsecurity/") && r.Header.Get("Authorization") == "Bearer of-analyst":
		return 403, map[string]string{"message": said}
	case strings.HasSuffix(rest, "rowlevelsecurity/"):
		return 200, map[string]any{"result": []any{map[string]any{"name": "Company", "filter_type": said, "clause": said, "tables": []any{map[string]string{"table_name": said}}, "roles": []any{map[string]string{"name": said}}}}}
	case strings.HasSuffix(rest, "/charts"):
		return 200, named("slice_name", said)
	case strings.Contains(rest, "/data/") && strings.Contains(rest, "/7/"):
		return 400, map[string]string{"message": "Error: " + said}
	case strings.Contains(rest, "/data/"):
		return 200, map[string]any{"result": []any{map[string]any{"status": "success", "error": nil, "data": []any{map[string]string{"company": said}}}}}
	case strings.HasSuffix(rest, "api/v1/dashboard/"):
		return 200, named("dashboard_title", "Sales")
	case strings.HasSuffix(rest, "api/v1/chart/") && strings.Contains(r.URL.RawQuery, "Orders"):
		return 200, named("slice_name", "Orders")
	case strings.HasSuffix(rest, "api/v1/chart/"):
		return 200, named("slice_name", "Revenue")
	}
	return 200, map[string]any{"result": map[string]any{"json_metadata": `{"refresh_frequency": 3600, "native_filter_configuration": [{"name": "` + said + `"}]}`}}
}

// pagerSays is what the escalation webhook answers: at first that it is asked too often,
// then with a redirect.
func (e *echo) pagerSays() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.asked["pager"] == 1 {
		return http.StatusTooManyRequests
	}
	return http.StatusFound
}

// database is a PostgreSQL server that refuses everybody with the secrets in each of
// the fields that people may see.
func (e *echo) database(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			length := make([]byte, 4)
			if _, err := io.ReadFull(conn, length); err == nil {
				io.CopyN(io.Discard, conn, int64(wire.BigEndian.Uint32(length))-4)
				var body bytes.Buffer
				for _, field := range []string{"SFATAL", "VFATAL", "C28000", "M" + e.secrets, "D" + e.secrets, "H" + e.secrets, "W" + e.secrets, "n" + e.secrets} {
					body.WriteString(field + "\x00")
				}
				body.WriteByte(0)
				conn.Write(wire.BigEndian.AppendUint32([]byte{'E'}, uint32(body.Len()+4)))
				conn.Write(body.Bytes())
				e.mu.Lock()
				e.asked["postgres"]++
				e.mu.Unlock()
			}
			conn.Close()
		}
	}()
	return listener.Addr().String()
}

// TestEchoedSecrets has each service answer with the secrets of all others, in errors
// and in answers, and alerts and people bring them along; no secret is seen wherever
// gonogo writes.
func TestEchoedSecrets(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	p, e := newPractice(t), &echo{asked: map[string]int{}}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	secrets := map[string]string{"RUNBOOK_TOKEN": "canary-runbook", "HEADER_TOKEN": "canary-header", "ALERT_TOKEN": "canary-alerts", "ALERTMANAGER_TOKEN": "canary-alertmanager", "GRAFANA_TOKEN": "canary-grafana",
		"SUPERSET_PASSWORD": "canary-superset", "ANALYST_PASSWORD": "canary-analyst",
		"DIGITALOCEAN_TOKEN": "canary-digitalocean", "GITHUB_TOKEN": "canary-github"}
	e.secrets = strings.Join(append(slices.Sorted(maps.Values(secrets)), "canary-database", "canary-prometheus", "canary-pager"), " ")
	p.variables = map[string]string{
		"ECHO": server.URL, "DIGITALOCEAN_API_URL": server.URL + "/digitalocean", "GITHUB_API_URL": server.URL + "/github/", "ALERTMANAGER_URL": server.URL + "/alertmanager",
		"GRAFANA_URL": server.URL + "/grafana", "SUPERSET_URL": server.URL + "/superset",
		"PAGER_URL": server.URL + "/pager/canary-pager", "PROMETHEUS_URL": "http://reader:canary-prometheus@" + host + "/prometheus",
		"DB_URL": "postgres://reader:canary-database@" + e.database(t) + "/odoo?sslmode=disable",
	}
	maps.Copy(p.variables, secrets)
	p.config = filepath.Join(t.TempDir(), "echoes.yml")
	if err := os.WriteFile(p.config, []byte(echoes), 0o600); err != nil {
		t.Fatal(err)
	}
	p.watch = eager
	stop := p.start()
	p.openRelease("2.0")
	p.tell("U0DEV", "/ready run all")
	p.seen("All gates: ")
	p.alerts(e.secrets)
	p.seenOnCall("Firing")
	p.slack.Fail("chat.postMessage", "canary-database", 1)
	for _, command := range []string{"/ready status", "/ready status page", "/ready status query", "/ready status refused-query", "/ready status warned-query", "/ready status many-series", "/ready status targets",
		"/ready status panels", "/ready status sources", "/ready status contacts", "/ready status dashboard", "/ready status chart", "/ready status row-security", "/ready status foreign-rows", "/ready check looked " + e.secrets, "/ready skip looked " + e.secrets, "/deploy lock staging " + e.secrets,
		"/deploy adopt staging", "/deploy adopt staging 1.9", "/deploy staging", "/deploy staging 2.0", "/deploy status", "/deploy status staging", "/rollback staging", "/rollback status", "/rollback ack",
		"/ready release 3.0 canary-runbook", "/ready " + e.secrets, "/ready history", "/ready report", "/ready timeline"} {
		p.tell("U0DEV", command)
	}
	p.say("U0DEV", "/ready help") // in its turn, after the others
	if _, err := p.slack.OpenHome("U0DEV"); err != nil {
		t.Fatal(err)
	}
	p.await("a Home", func() bool { _, ok := p.slack.Home("U0DEV"); return ok })
	_, metrics := p.get("/metrics")
	_, ready := p.get("/readyz")
	for _, service := range []string{"digitalocean", "github", "alertmanager", "postgres", "page", "prometheus", "grafana", "superset"} {
		p.eventually(service+" is asked", func() bool {
			e.mu.Lock()
			defer e.mu.Unlock()
			return e.asked[service] > 0
		})
	}
	p.eventually("an issue", func() bool { return p.count("issue.written") > 0 })
	if err := p.slack.Admin().Remove("C0ONCALL", "U0GONOGO"); err != nil { // which the webhook is told
		t.Fatal(err)
	}
	p.eventually("the webhook refuses", func() bool { return strings.Contains(p.export(), `"outcome":"refused"`) })
	stop()

	var terminal bytes.Buffer
	for _, args := range [][]string{{"ledger", "export", "--ledger", p.ledger}, {"status", "--config", p.config}, {"check", "--config", p.config, "--json"},
		{"doctor", "--config", p.config}, {"report", "--config", p.config}, {"history", "--config", p.config}} {
		p.command(p.ctx, &terminal, args...)
	}
	home, _ := p.slack.Home("U0DEV")
	slack, err := json.Marshal([]any{p.slack.Messages("C0RELEASES"), p.slack.Messages("C0ONCALL"), p.slack.Ephemerals("U0DEV"), home, p.files()})
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]string{"Slack": string(slack), "the terminal and the ledger": terminal.String(), "the log": p.logs.String(), "GitHub": e.github.String(), "metrics": metrics + ready}
	for place, text := range places {
		if len(text) < 100 {
			t.Errorf("%s holds nothing to look at: %q", place, text)
		}
		if !strings.Contains(text, "[redacted]") && !strings.HasPrefix(place, "metrics") {
			t.Errorf("%s repeats nothing of what was said", place)
		}
		for _, found := range canary.FindAllStringIndex(text, 5) {
			t.Errorf("%s shows a secret: …%s…", place, text[max(0, found[0]-300):min(len(text), found[1]+50)])
		}
	}
}

// alerts delivers a critical alert with a text wherever it may have one.
func (p *practice) alerts(text string) {
	p.t.Helper()
	labels := map[string]string{"alertname": "Leak " + text, "severity": "critical", "environment": "staging", "token": text}
	body, err := json.Marshal(map[string]any{"version": "4", "status": "firing", "receiver": text, "groupKey": "g", "groupLabels": labels, "commonLabels": labels,
		"commonAnnotations": map[string]string{"summary": text, "description": text}, "externalURL": "http://alertmanager.example/" + text,
		"alerts": []any{map[string]any{"status": "firing", "fingerprint": "f1", "labels": labels, "annotations": map[string]string{"summary": text, "runbook_url": "http://x.example/" + text},
			"generatorURL": "http://prometheus.example/" + text, "startsAt": time.Now().Format(time.RFC3339)}}})
	if err != nil {
		p.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(p.ctx, http.MethodPost, "http://"+p.address()+"/alerts/alertmanager", bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+p.variables["ALERT_TOKEN"])
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		p.t.Fatal(fmt.Sprint("the alert got ", response.Status))
	}
}
