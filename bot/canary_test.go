package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"gonogo/storage/store"
)

// canaries is a configuration with a secret in every setting that may hold one.
// Whatever is asked answers with what it was asked, tokens and all.
const canaries = `
project: Canaries
slack: { releases: C0RELEASES, on_call: C0ONCALL }
storage: { bolt: "${LEDGER}" }
listen: 127.0.0.1:0
roles: { deployer: { users: [U0DEV] } }
permissions: { run: [deployer], release: [deployer], deploy: [deployer], rollback: [deployer], alerts: [deployer], check: [deployer], fix: [deployer] }
connections:
  db: { postgres: { url: "${DB_URL}" } }
  repo: { github: { repository: acme/shop } }
  cloud: { digitalocean: {} }
  metrics: { prometheus: { url: "${PROMETHEUS_URL}" } }
checklist:
  - section: whole
    items:
      - item: header
        gate: { http: { url: "${PARROT}/page", headers: { Authorization: "Bearer ${HEADER_TOKEN}", X-Plain: "canary-written-down" }, status: 200, body: ready } }
      - item: address
        gate: { http: { url: "${ADDRESS}", status: 200 } }
      - item: sent
        gate: { http: { url: "${PARROT}/login", method: POST, send: "password=${SENT_WORD}", status: 200 } }
      - item: nowhere
        gate: { http: { url: "${NOWHERE_URL}", status: 200 } }
      - item: query
        gate: { postgres: { connection: db, query: "select '${SQL_WORD}'", value: "= 1" } }
      - item: modules
        gate: { odoo_modules: { connection: db, installed: [base] } }
      - item: program
        fix: mend
        gate: { command: { run: [sh, -c, "echo $COMMAND_TOKEN ${ARGUMENT}; printf 'canary-in-a-%s\n' runbook; echo $COMMAND_TOKEN >&2; exit 1"], env: [COMMAND_TOKEN] } }
runbooks:
  mend:
    env: [RUNBOOK_ENVIRONMENT]
    steps: [{ run: [sh, -c, "env; echo $RUNBOOK_ENVIRONMENT | sed 's/-/-\x1b[0m/'; echo ${RUNBOOK_ARGUMENT} >&2; exit 1"] }]
environments:
  staging:
    url: "${PARROT}"
    deploy:
      rolling: { connection: cloud, app: 6e1c9a52-0b7d-4f3e-9c48-2f6a1d7b8e90, version_as: { image_tag: web } }
      smoke: [{ smoke: page, gate: { http: { url: "{target.url}/page", headers: { Authorization: "Bearer ${SMOKE_TOKEN}" }, status: 200 } } }]
    rollback:
      mode: ask
      triggers: [{ trigger: errors, prometheus: { connection: metrics, query: up, limit: "> 5%" }, consecutive: 1, every: 1s, no_data: trip }]
alerts: { token: "${ALERT_TOKEN}" }
issues: { connection: repo, labels: [release-gate] }
`

// canary is what no secret may show of itself: each has it in it.
var canary = regexp.MustCompile(`canary-[a-z-]+`)

// parrot answers with what it was asked, as a failure, and remembers what
// GitHub would have shown.
type parrot struct {
	mu      sync.Mutex
	written bytes.Buffer
}

func (p *parrot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	said, _ := httputil.DumpRequest(r, true)
	github := strings.HasPrefix(r.URL.Path, "/github")
	p.mu.Lock()
	if _, body, _ := strings.Cut(string(said), "\r\n\r\n"); github {
		p.written.WriteString(body)
	}
	p.mu.Unlock()
	status, message := http.StatusBadRequest, string(said)
	if github && r.Method == http.MethodGet {
		io.WriteString(w, "[]")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"id": "bad_request", "message": message, "error": message, "status": "error", "errorType": "bad_data"})
}

func (p *parrot) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written.String()
}

// TestCanaries has every gate fail with its secrets in the answer, deploys,
// and looks for them wherever gonogo writes.
func TestCanaries(t *testing.T) {
	t.Parallel()
	p, bird := newPractice(t), &parrot{}
	server := httptest.NewServer(bird)
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	p.variables = map[string]string{
		"PARROT": server.URL, "DIGITALOCEAN_API_URL": server.URL, "GITHUB_API_URL": server.URL + "/github/",
		"DB_URL":         "postgres://reader:canary-database@127.0.0.1:1/odoo?sslmode=disable",
		"PROMETHEUS_URL": "http://reader:canary-prometheus@" + host,
		"HEADER_TOKEN":   "canary-header", "SENT_WORD": "canary-sent", "SMOKE_TOKEN": "canary-smoke", "ALERT_TOKEN": "canary-alerts",
		"ADDRESS":     "http://reader:canary-userinfo@" + host + "/x?api_key=canary-in-the-query",
		"NOWHERE_URL": "http://reader:canary-nowhere@127.0.0.1:1/?token=canary-in-a-token",
		"SQL_WORD":    "canary-in-sql", "COMMAND_TOKEN": "canary-in-the-environment", "ARGUMENT": "canary-in-an-argument",
		"RUNBOOK_ENVIRONMENT": "canary-in-a-runbook", "RUNBOOK_ARGUMENT": "canary-in-its-argument",
		"DIGITALOCEAN_TOKEN": "canary-digitalocean", "GITHUB_TOKEN": "canary-github",
	}
	p.config = filepath.Join(t.TempDir(), "canaries.yml")
	if err := os.WriteFile(p.config, []byte(canaries), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := p.command(p.ctx, io.Discard, "config", "check", p.config); code != 0 {
		t.Fatalf("the configuration is not sound: %s", p.logs)
	}
	stop := p.start()
	p.openRelease("2.0")
	p.tell("U0DEV", "/ready run all")
	p.seen("All gates: ")
	p.say("U0DEV", "/ready status")
	for _, item := range []string{"header", "address", "sent", "nowhere", "query", "modules", "program"} {
		p.say("U0DEV", "/ready status "+item)
	}
	p.say("U0DEV", "/deploy adopt staging")
	p.say("U0DEV", "/deploy staging")
	p.say("U0DEV", "/deploy status staging")
	p.say("U0DEV", "/rollback staging")
	p.tell("U0DEV", "/ready fix mend")
	p.press("U0DEV", p.seen("Plan: mend"), "Start")
	p.seen("mend: failed")
	p.await("its output", func() bool { return len(p.files()) == 1 })
	if _, err := p.slack.OpenHome("U0DEV"); err != nil {
		t.Fatal(err)
	}
	p.await("a Home", func() bool { _, ok := p.slack.Home("U0DEV"); return ok })
	for _, look := range []string{"history", "report", "timeline", "fix", "nudge program"} {
		p.say("U0DEV", "/ready "+look)
	}
	_, metrics := p.get("/metrics")
	p.await("an issue", func() bool { return strings.Contains(bird.String(), "gonogo") })
	stop()

	var terminal bytes.Buffer
	for _, args := range [][]string{{"ledger", "export", "--ledger", p.ledger}, {"status", "--config", p.config}, {"check", "--config", p.config, "--json"}, {"config", "check", p.config},
		{"doctor", "--config", p.config}, {"report", "--config", p.config}, {"history", "--config", p.config}} {
		p.command(p.ctx, &terminal, args...)
	}
	home, _ := p.slack.Home("U0DEV")
	slack, err := json.Marshal([]any{p.slack.Messages("C0RELEASES"), p.slack.Messages("C0ONCALL"), p.slack.Ephemerals("U0DEV"), home, p.files()})
	if err != nil {
		t.Fatal(err)
	}
	for place, text := range map[string]string{"Slack": string(slack), "the terminal and the ledger": terminal.String(), "the log": p.logs.String(), "GitHub": bird.String(),
		"metrics": metrics, "what programs printed": p.printed()} {
		if len(text) < 100 && place != "the log" {
			t.Errorf("%s holds nothing to look at: %q", place, text)
		}
		for _, found := range canary.FindAllStringIndex(text, 3) {
			t.Errorf("%s shows a secret: …%s…", place, text[max(0, found[0]-150):min(len(text), found[1]+50)])
		}
	}
}

// files are the contents of what was shared in #releases.
func (p *practice) files() []string {
	p.t.Helper()
	var all []string
	for _, m := range p.slack.Messages("C0RELEASES") {
		for _, f := range m.Files {
			all = append(all, p.read(strings.TrimSuffix(p.world.URL(), "/")+f.URL))
		}
	}
	return all
}

// read is what a page says.
func (p *practice) read(address string) string {
	p.t.Helper()
	response, err := http.Get(address)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

// printed is what the files beside the ledger hold of what programs printed.
func (p *practice) printed() string {
	p.t.Helper()
	paths, err := filepath.Glob(filepath.Join(store.Store{Bolt: p.ledger}.Files().Output(), "*"))
	if err != nil {
		p.t.Fatal(err)
	}
	var all strings.Builder
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			p.t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
