package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gonogo/gates/gatestest"
	"gonogo/readiness/event"
	"gonogo/storage/store"
	"gonogo/suite"
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
		[]string{"✓", "ledger", "doesn't exist yet"}, []string{"✓", "connection odoo"}, []string{"✓", "person U0TL"}, []string{"✓", "user group S0PM", "its only member is"},
		[]string{"✓", "channel C0RELEASES", "#releases"}, []string{"⚠", "alerts about gonogo", "set escalate.webhook"}, []string{"0 problems, 2 warnings."})

	p.start()
	if code, out := p.doctor(); code != 0 || !strings.Contains(out, "in use by the running gonogo") {
		t.Errorf("beside a gonogo that runs: exit code %d\n%s", code, out)
	}
	if p.slack.Sockets() != 2 {
		t.Errorf("%d sockets afterwards, want the two of the gonogo that runs", p.slack.Sockets())
	}
}

// TestDoctorBesideASuspendedGonogo names the process that has the ledger and does not
// answer, and doesn't advise to use another ledger, where every decision would be missing.
func TestDoctorBesideASuspendedGonogo(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	p := newPractice(t)
	p.startProcess()
	pid, _ := store.Store{Bolt: p.ledger}.Holder()
	if pid == 0 {
		t.Fatal("the process that has the ledger isn't found")
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	code, out := p.doctor()
	if code != 1 || strings.Contains(out, "name another file") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	wantLines(t, out, []string{"✗", "ledger", fmt.Sprintf("is in use by another gonogo, process %d, which does not answer because it is suspended; resume it with kill -CONT %d, or end it with kill -9 %d", pid, pid, pid)})
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if code, out := p.doctor(); code != 0 || !strings.Contains(out, "in use by the running gonogo") {
		t.Errorf("resumed: exit code %d:\n%s", code, out)
	}
}

// TestDoctorAsksForASecondReceiver looks where alerts about gonogo itself go, and what
// a gonogo that runs says of itself.
func TestDoctorAsksForASecondReceiver(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.watch = eager
	p.configure("connections:\n", "connections:\n  alerting: { alertmanager: { url: \"${ALERTS}\" } }\n")
	receivers := "- name: gonogo\n  webhook_configs:\n  - send_resolved: true\n    url: <secret>\n"
	var manager atomic.Value
	manager.Store(receivers)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v2/status":
			original, _ := json.Marshal("route:\n  receiver: gonogo\nreceivers:\n" + manager.Load().(string) + "templates: []\n")
			fmt.Fprintf(w, `{"config":{"original":%s},"uptime":"2026-03-02T09:00:00.000+02:00"}`, original)
		case "/api/v2/alerts":
			io.WriteString(w, "[]")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	p.variables = map[string]string{"ALERTS": server.URL}
	_, out := p.doctor()
	wantLines(t, out, []string{"⚠", "alerts about gonogo at", "add a receiver to Alertmanager that isn't gonogo"})
	manager.Store(receivers + "- name: mail\n  email_configs:\n  - to: ops@example.com\n")
	_, out = p.doctor()
	wantLines(t, out, []string{"✓", "alerts about gonogo at", "route alerts about gonogo to it"})
	manager.Store(receivers + "  - url: <secret>\n")
	_, out = p.doctor()
	wantLines(t, out, []string{"–", "alerts about gonogo at", "hides the URLs"})

	p.start()
	p.ready(200, `"reasons":[]`)
	_, out = p.doctor()
	wantLines(t, out, []string{"✓", "running gonogo", "it is ready"})
	if err := p.slack.Admin().Archive("C0ONCALL"); err != nil {
		t.Fatal(err)
	}
	p.ready(503, "#on-call is archived")
	code, out := p.doctor()
	wantLines(t, out, []string{"✗", "running gonogo", "#on-call is archived; unarchive it or configure another channel"})
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
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
	wantLines(t, out, []string{"✗", "SLACK_APP_TOKEN", "isn't an app-level token"}, []string{"✗", "channel C0NOWHERE", "the channel doesn't exist"},
		[]string{"✗", "person U0GUEST", "guest"}, []string{"✗", "person U0LEFT", "no member with this ID"}, []string{"✗", "user group S0GONE", "the user group doesn't exist"},
		[]string{"✗", "connection odoo"})
	if strings.Contains(out, "canary") {
		t.Errorf("a secret is shown:\n%s", out)
	}

	p.variables = map[string]string{"SLACK_BOT_TOKEN": "xoxb-wrong"}
	_, out = p.doctor()
	wantLines(t, out, []string{"✗", "SLACK_BOT_TOKEN", "invalid_auth", "OAuth & Permissions"}, []string{"–", "channels", "must work first"}, []string{"✓", "SLACK_APP_TOKEN"})

	p.variables = map[string]string{"SLACK_BOT_TOKEN": "", "SLACK_APP_TOKEN": ""}
	_, out = p.doctor()
	wantLines(t, out, []string{"✗", "SLACK_BOT_TOKEN", "it isn't set"}, []string{"✗", "SLACK_APP_TOKEN", "it isn't set"})
}

// TestDoctorAtOtherDoors looks at the connections that no gate of the practice
// world has, at real servers.
func TestDoctorAtOtherDoors(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	var asked sync.Map
	boards := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked.Store(r.Method+" "+r.URL.Path, r.Header.Get("Authorization")+string(body))
		switch {
		case r.URL.Path == "/api/v1/security/login":
			io.WriteString(w, `{"access_token": "a.b.c", "refresh_token": "d.e.f"}`)
		case r.URL.Path == "/api/org" && r.Header.Get("Authorization") == "Bearer graf-token-right":
			io.WriteString(w, `{"id": 1, "name": "Main Org."}`)
		case r.URL.Path == "/api/org":
			w.WriteHeader(http.StatusUnauthorized)
		default:
			io.WriteString(w, "<html>Log in</html>")
		}
	}))
	t.Cleanup(boards.Close)
	database := gatestest.Postgres(t)
	p.configure("connections:\n", `issues: { connection: repo }
runbooks:
  sound: { steps: [{ run: [sh, -c, "true"] }] }
  unset: { env: [NO_SUCH_VARIABLE], steps: [{ run: [sh, -c, "true"] }] }
  gone:  { steps: [{ run: [sh] }, { run: [./no-such-program] }] }
  lost:  { dir: /no/such/folder, steps: [{ run: [sh] }] }
connections:
  metrics: { prometheus: { url: "${PROMETHEUS_URL}" } }
  absent: { prometheus: { url: "http://127.0.0.1:1" } }
  boards: { superset: { url: "${BOARDS}", username: gonogo, password: "${SUPERSET_PASSWORD}" } }
  graphs: { grafana: { url: "${BOARDS}", token: "${GRAFANA_TOKEN}" } }
  other: { prometheus: { url: "${BOARDS}" } }
  closed: { grafana: { url: "${BOARDS}", token: "${WRONG_TOKEN}" } }
  own: { postgres: { url: "${OWN_DATABASE}" } }
  repo: { github: { repository: insightpulse/insightpulse-odoo } }
`)
	p.variables = map[string]string{"BOARDS": boards.URL, "SUPERSET_PASSWORD": `canary-"superset"-${X}`, "GRAFANA_TOKEN": "graf-token-right",
		"WRONG_TOKEN": "canary-wrong", "OWN_DATABASE": database}
	code, out := p.doctor()
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	wantLines(t, out, []string{"✓", "connection metrics"}, []string{"✗", "connection absent"}, []string{"✓", "connection boards"}, []string{"✓", "connection graphs"},
		[]string{"✗", "connection closed", "it responded with status 401; use the URL of Grafana"},
		[]string{"✗", "connection other", "it gave an unexpected response; use the URL of Prometheus"}, []string{"✓", "connection own"}, []string{"⚠", "connection own", "superuser"},
		[]string{"✓", "GitHub", "issues can be opened"}, []string{"✓", "disk", "MiB are free"}, []string{"✓", "runbook sound"}, []string{"⚠", "runbook unset", "NO_SUCH_VARIABLE"},
		[]string{"✗", "runbook gone", "no program ./no-such-program"}, []string{"✗", "runbook lost", "no folder /no/such/folder"}, []string{"5 problems"})
	if strings.Contains(out, "canary") {
		t.Errorf("a secret is shown:\n%s", out)
	}
	login, _ := asked.Load("POST /api/v1/security/login")
	if want := `{"password":"canary-\"superset\"-${X}","provider":"db","username":"gonogo"}`; login != want {
		t.Errorf("Superset was sent %v, want %s", login, want)
	}
}

// TestDoctorAndSlackInTrouble has Slack refuse one question after another.
func TestDoctorAndSlackInTrouble(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		harm func(p *practice)
		says []string
	}{
		{"a revoked token", func(p *practice) { p.slack.Fail("auth.test", "token_revoked", 9) }, []string{"✗", "SLACK_BOT_TOKEN", "token_revoked", "copy it again"}},
		{"an app token without its scope", func(p *practice) { p.slack.Fail("apps.connections.open", "missing_scope", 9) }, []string{"✗", "SLACK_APP_TOKEN", "connections:write"}},
		{"no scope for channels", func(p *practice) { p.slack.Fail("conversations.info", "missing_scope", 9) }, []string{"–", "channel C0RELEASES", "channels:read"}},
		{"a plan without user groups", func(p *practice) { p.slack.Fail("usergroups.users.list", "plan_upgrade_required", 9) }, []string{"✗", "user group S0PM", "list the people"}},
		{"a pause", func(p *practice) { p.slack.RateLimit("users.info", 9, 3*time.Second) }, []string{"–", "person U0TL", "try again in 3s"}},
		{"the wrong kind of token", func(p *practice) { p.variables = map[string]string{"SLACK_BOT_TOKEN": "xapp-1"} }, []string{"✗", "SLACK_BOT_TOKEN", "begins with xoxb-"}},
		{"a server that is not Slack", func(p *practice) { p.variables = map[string]string{"SLACK_API_URL": p.world.URL()} }, []string{"✗", "SLACK_BOT_TOKEN", "Slack doesn't respond"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPractice(t)
			tt.harm(p)
			_, out := p.doctor()
			wantLines(t, out, tt.says)
		})
	}
}

// TestDoctorOnAClockThatIsBehind looks at a ledger that was written while the clock was
// a day ahead, with nobody running; and at one that is minutes old, or seconds ahead.
func TestDoctorOnAClockThatIsBehind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		written time.Duration // ago
		code    int
		says    []string
	}{
		{-24*time.Hour - 30*time.Minute, 1, []string{"✗", "clock", "the last record of", "is 24h", "check the clock of this machine"}},
		{-30 * time.Second, 0, []string{"✓", "ledger", "is readable and intact"}},
		{10 * time.Minute, 0, []string{"✓", "ledger", "is readable and intact"}},
	} {
		p := newPractice(t)
		p.earlier(tt.written, event.ReleaseOpened{Version: "19.0.1"})
		code, out := p.doctor()
		if code != tt.code || strings.Contains(out, "ahead of the clock") != (tt.code == 1) {
			t.Errorf("a record of %v ago: exit code %d\n%s", tt.written, code, out)
		}
		wantLines(t, out, tt.says, []string{"✓", "ledger", "is readable and intact"})
	}
}

// TestDoctorTellsEnvironmentsApart gives each environment's own connection a
// line that names the environment, and blames only the one at fault.
func TestDoctorTellsEnvironmentsApart(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.useExample("insightpulse.yml")
	code, out := p.doctor()
	if code != 0 {
		t.Errorf("exit code %d in a world in order:\n%s", code, out)
	}
	wantLines(t, out, []string{"✓", "connection odoo on staging"}, []string{"✓", "connection odoo on production"}, []string{"✓", "connection alerting"})

	p.set("production-database", "refusing")
	code, out = p.doctor()
	if code != 1 {
		t.Errorf("exit code %d with one database down, want 1", code)
	}
	wantLines(t, out, []string{"✓", "connection odoo on staging"}, []string{"✗", "connection odoo on production", "starting or stopping"},
		[]string{"✓", "connection pooler on staging"}, []string{"✗", "connection pooler on production"}, []string{"2 problems,"})

	p.set("production-database", "answering")
	p.set("staging-database", "refusing")
	_, out = p.doctor()
	wantLines(t, out, []string{"✗", "connection odoo on staging"}, []string{"✓", "connection odoo on production"}, []string{"2 problems,"})
}

// TestDoctorAsksEachAlertmanager names the environment whose own an
// Alertmanager is, too.
func TestDoctorAsksEachAlertmanager(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.configure(`staging: { url: "${STAGING_URL}" }`, `staging: { url: "${STAGING_URL}", connections: { alerting: { alertmanager: { url: "${ALERTMANAGER_URL}" } } } }
  production: { connections: { alerting: { alertmanager: { url: "http://127.0.0.1:1" } } } }`)
	_, out := p.doctor()
	wantLines(t, out, []string{"✓", "connection alerting on staging"}, []string{"✗", "connection alerting on production"})
}
