package kinds

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonogo/clients/connection"
	"gonogo/gates"
	"gonogo/gates/alertpath"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/gates/oncall"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

const canary = gatestest.Canary

// trial is what the table needs to know to try a kind. In its settings
// ADDRESS stands for the host and port of a server, and DIR for a folder.
type trial struct {
	hangs string // asks a server that never answers; "" where the kind waits for nobody
	fails string // fails at a server that repeats all it is told, with the canary wherever a secret may stand
}

// trials has one entry a kind.
var trials = map[string]trial{
	"http": {
		hangs: `url: "http://ADDRESS/"`,
		// Each secret is another, so that none is blanked on behalf of the rest.
		fails: `{url: "http://user:` + canary + `-1@ADDRESS/?token=` + canary + `-2", method: POST, headers: {Authorization: "Bearer ` + canary + `-3", X-Api-Key: ` + canary + `-4},
			cookies: {session: ` + canary + `-5}, send: ` + canary + `-6, warn: {p95: "< 1ns"},
			steps: [{url: "http://ADDRESS/?token=` + canary + `-7", headers: {X-Api-Key: ` + canary + `-8}, form: {password: ` + canary + `-9}, take: {all: '(?s)(.+)'}}, {url: "http://ADDRESS/", send: ` + canary + `-10, body: nowhere}], body: nowhere to be seen, response_headers: {Echo1: no, Echo2: no, Echo3: no, Echo4: no, Echo5: no}}`,
	},
	"command": {
		hangs: `run: [sleep, "3600"]`,
		fails: `{run: [sh, -c, 'echo "it is $CANARY"; exit 1'], env: [CANARY]}`,
	},
	"coverage": {
		hangs: `{file: a.xml, overall: ">= 80%", artifact: {connection: repo, name: reports}}`,
		fails: `{file: DIR/*.xml, overall: ">= 80%"}`,
	},
	"junit": {
		hangs: `{files: a.xml, artifact: {connection: repo, name: reports}}`,
		fails: `files: DIR/*.xml`,
	},
	"sarif": {
		hangs: `{file: a.xml, artifact: {connection: repo, name: reports}}`,
		fails: `{file: a.xml, artifact: {connection: repo, name: reports}}`,
	},
	"container": {
		hangs: `registry: "ADDRESS/acme/shop:1.0"`,
		fails: `{registry: "ADDRESS/acme/shop:1.0", user: acme, password: ` + canary + `}`,
	},
	"odoo_modules": {
		hangs: `{connection: db, installed: [sale]}`,
		fails: `{connection: db, installed: [sale]}`,
	},
	"postgres": {
		hangs: `connection: db`,
		fails: `{connection: db, query: select 1}`,
	},
	"postgres_schema": {
		hangs: `{connection: db, tables: [orders]}`,
		fails: `{connection: db, tables: [orders], migrations: {table: m, column: name, names: [one]}, row_security: {orders: {}}}`,
	},
	"tls": {
		hangs: `address: ADDRESS`,
		fails: `address: ADDRESS`,
	},
	"dns": {
		hangs: `{name: shop.example, want: 192.0.2.1, servers: ["ADDRESS"], timeout: 1h}`,
		fails: `{name: shop.example, want: 192.0.2.1, servers: ["ADDRESS"], timeout: 100ms}`,
	},
	"ssh": {
		hangs: `{address: ADDRESS, timeout: 1h}`,
		fails: `{address: ADDRESS, timeout: 10s}`,
	},
	"load": {
		hangs: `{urls: "http://ADDRESS/", hosts: [127.0.0.1], users: 5, for: 10m, timeout: 1m}`,
		fails: `{urls: ["http://user:` + canary + `-1@ADDRESS/?token=` + canary + `-2", "http://ADDRESS/?key=` + canary + `-4"], hosts: [127.0.0.1, ` + canary + `.invalid], users: 2, for: 1s, status: 404, headers: {Authorization: "Bearer ` + canary + `-3"}}`,
	},
	"all_of": {
		hangs: `gates: [{ http: { url: "http://ADDRESS/" } }, { tls: { address: ADDRESS } }]`,
		fails: `gates: [{ http: { url: "http://user:` + canary + `-1@ADDRESS/" } }, { title: two, http: { url: "http://ADDRESS/", headers: { Authorization: "Bearer ` + canary + `-2" }, body: nowhere, response_headers: { Echo1: no } } }]`,
	},
	"any_of": {
		hangs: `gates: [{ http: { url: "http://ADDRESS/" } }, { tls: { address: ADDRESS } }]`,
		fails: `gates: [{ http: { url: "http://user:` + canary + `-1@ADDRESS/", body: nowhere } }, { http: { url: "http://ADDRESS/", headers: { Authorization: "Bearer ` + canary + `-2" }, body: nowhere } }]`,
	},
	"prometheus": {
		hangs: `{connection: metrics, query: vector(1), limit: 1}`,
		fails: `{connection: metrics, query: vector(1), limit: 1, targets: {job: x}, rules: {Slow: {}}, availability: {query: up, over: 1h, target: ">= 99%"}}`,
	},
	"grafana": {
		hangs: `{connection: panels, dashboards: {Shop: {}}}`,
		fails: `{connection: panels, dashboards: {Shop: {}}, data_sources: {Prometheus: {}}, contact_points: {on-call: {}}}`,
	},
	"superset": {
		hangs: `{connection: boards, dashboards: {Sales: {}}}`,
		fails: `{connection: boards, dashboards: {Sales: {}}, charts: {Revenue: {}}, rules: {Company: {}}, logins: {analyst: {hidden: [Salaries]}}}`,
	},
	"alert_path": {
		hangs: `connection: alerting`,
		fails: `{connection: alerting, within: 10ms}`,
	},
	"on_call": {
		hangs: `roles: [on_call]`,
		fails: `roles: [on_call]`,
	},
	"github_checks": {
		hangs: `connection: repo`,
		fails: `{connection: repo, checks: [test]}`,
	},
	"github_alerts": {
		hangs: `{connection: repo, secrets: {}}`,
		fails: `{connection: repo, code: {}, secrets: {}, dependencies: {}}`,
	},
	"github_issues": {
		hangs: `{connection: repo, labels: [audit]}`,
		fails: `{connection: repo, labels: [audit]}`,
	},
	"json": {
		hangs: `{url: "http://ADDRESS/", numbers: {n: {path: a, limit: 1}}}`,
		fails: `{url: "http://user:` + canary + `-1@ADDRESS/?token=` + canary + `-2", headers: {Authorization: "Bearer ` + canary + `-3", X-Api-Key: ` + canary + `-4}, numbers: {n: {path: a, limit: 1}}}`,
	},
	"odoo": {
		hangs: `{url: "http://ADDRESS", database: shop, login: a, password: b, model: res.partner, count: 0}`,
		fails: `{url: "http://user:` + canary + `-1@ADDRESS/", database: shop, login: ` + canary + `-2, password: ` + canary + `-3, model: res.partner, count: 0}`,
	},
	"logs": {
		hangs: `{connection: cloud, app: ` + someApp + `, minutes: 60, errors: 0}`,
		fails: `{connection: cloud, app: ` + someApp + `, minutes: 60, errors: 0}`,
	},
	"digitalocean_app": {
		hangs: `{connection: cloud, app: ` + someApp + `}`,
		fails: `{connection: cloud, app: ` + someApp + `, components: {web: {}}}`,
	},
	"digitalocean_env": {
		hangs: `{connection: cloud, app: ` + someApp + `, set: [A]}`,
		fails: `{connection: cloud, app: ` + someApp + `, secrets: [A], secret_names: A}`,
	},
	"digitalocean_cost": {
		hangs: `{connection: cloud, apps: [` + someApp + `], month: 1}`,
		fails: `{connection: cloud, apps: [` + someApp + `], month: 1, preview: true}`,
	},
	"deployed":   {fails: `environment: staging`},
	"signed_off": {fails: `environment: staging`},
	"section":    {fails: `section: tests`},
	"rehearsed":  {fails: `environment: staging`},
}

// someCommit is a release's.
var someCommit = strings.Repeat("1a", 20)

func TestKinds(t *testing.T) {
	for _, kind := range All() {
		try, ok := trials[kind.Name]
		if !ok {
			t.Errorf("there is no trial for kind %s; add one to the table", kind.Name)
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			t.Run("builds its example", func(t *testing.T) { tryExample(t, kind) })
			t.Run("refuses an unknown field", func(t *testing.T) { tryUnknown(t, kind) })
			t.Run("changes its hash with its settings", func(t *testing.T) { tryHash(t, kind) })
			if try.hangs != "" {
				t.Run("stops on cancel", func(t *testing.T) { tryCancel(t, kind, try) })
			}
			t.Run("leaks no secret", func(t *testing.T) { tryLeak(t, kind, try) })
		})
	}
}

func tryExample(t *testing.T, kind gates.Kind) {
	deps := gates.Deps{Connections: exampleConnections(t)}
	b := built(t, kind.Name, kind.Example, deps)
	if b.Gate == nil || len(b.Settings) != 16 || kind.About == "" {
		t.Errorf("got %+v from %s", b, kind.About)
	}
}

func tryUnknown(t *testing.T, kind gates.Kind) {
	if got := faulty(t, kind.Name, kind.Example+"\nno_such_setting: 1", gates.Deps{}); !strings.Contains(got, "no_such_setting") {
		t.Errorf("got %s", got)
	}
}

// tryHash changes each line of the example in turn: without it, or with another
// value in it, the hash is another.
func tryHash(t *testing.T, kind gates.Kind) {
	deps := gates.Deps{Connections: exampleConnections(t)}
	deps.Connections["other"] = otherConnection(t, kind)
	whole := built(t, kind.Name, kind.Example, deps).Settings
	lines := strings.Split(kind.Example, "\n")
	for i, line := range lines {
		changes := func(with string) bool {
			b, err := decoded(kind.Name, strings.Join(slices.Replace(slices.Clone(lines), i, i+1, with), "\n")+"\n", deps)
			return err == nil && b.Settings != whole
		}
		if strings.HasPrefix(line, "password:") {
			if b, err := decoded(kind.Name, strings.Replace(kind.Example, line, "password: rotated", 1), deps); err != nil || b.Settings != whole {
				t.Errorf("a new password has changed the hash, or is refused: %v", err)
			}
			continue
		}
		if !changes("") && !slices.ContainsFunc(others(line), changes) {
			t.Errorf("neither without %q nor with another value is the hash another", line)
		}
	}
	deps.Connections["odoo"] = gatestest.PostgresAt("postgres://a:rotated@localhost/odoo")
	deps.Connections["metrics"] = gatestest.PrometheusAt(t, "http://a:rotated@localhost:9090")
	deps.Connections["alerting"] = gatestest.AlertmanagerAt(t, "http://a:rotated@localhost:9093")
	deps.Connections["panels"] = gatestest.GrafanaAt(t, "http://localhost:3000", "rotated")
	deps.Connections["boards"] = gatestest.SupersetAt(t, "http://localhost:8088", "gonogo", "rotated")
	deps.Connections["repo"] = gatestest.GitHubAt(t, "http://localhost/api/v3", "acme/shop", "ghp_rotated")
	deps.Connections["cloud"] = gatestest.PlatformAt(t, "http://localhost", "rotated")
	if rotated := built(t, kind.Name, kind.Example, deps).Settings; rotated != whole {
		t.Error("a new password has changed the hash")
	}
}

// exampleConnections are those that the kinds' examples name.
func exampleConnections(t *testing.T) map[string]connection.Connection {
	return map[string]connection.Connection{
		"odoo":     gatestest.PostgresAt("postgres://a:b@localhost/odoo"),
		"metrics":  gatestest.PrometheusAt(t, "http://a:b@localhost:9090"),
		"alerting": gatestest.AlertmanagerAt(t, "http://a:b@localhost:9093"),
		"panels":   gatestest.GrafanaAt(t, "http://localhost:3000", "a"),
		"boards":   gatestest.SupersetAt(t, "http://localhost:8088", "gonogo", "a"),
		"analyst":  gatestest.SupersetAt(t, "http://localhost:8088", "analyst", "b"),
		"repo":     gatestest.GitHubAt(t, "http://localhost/api/v3", "acme/shop", "ghp_one"),
		"cloud":    gatestest.PlatformAt(t, "http://localhost", "token"),
	}
}

// openPath is that of a gonogo that takes alerts.
func openPath() *alertpath.Watch {
	w := &alertpath.Watch{}
	w.Configure()
	w.Open()
	return w
}

// rosterAt asks an address who is on call, as Slack is asked, and learns nothing there.
func rosterAt(address string) *oncall.Roster {
	r := &oncall.Roster{}
	r.Configure([]checklist.Role{{ID: "on_call", Usergroup: "S0ONCALL"}}, nil)
	r.Open(func(ctx context.Context, _ checklist.Role) ([]string, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/", nil)
		if err != nil {
			return nil, err
		}
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		if resp, err := client.Do(req); err == nil {
			resp.Body.Close()
		}
		return nil, errors.New("who is On call is not known at present")
	})
	return r
}

// otherConnection is another one of the kind that a kind of gate needs.
func otherConnection(t *testing.T, kind gates.Kind) connection.Connection {
	switch kind.Name {
	case "prometheus":
		return gatestest.PrometheusAt(t, "http://a:b@localhost:9091")
	case "grafana":
		return gatestest.GrafanaAt(t, "http://localhost:3001", "a")
	case "superset":
		return gatestest.SupersetAt(t, "http://localhost:8088", "other", "a")
	case "alert_path":
		return gatestest.AlertmanagerAt(t, "http://a:b@localhost:9094")
	case "github_checks", "github_alerts", "github_issues":
		return gatestest.GitHubAt(t, "http://localhost/api/v3", "acme/other", "ghp_one")
	case "logs", "digitalocean_app", "digitalocean_env", "digitalocean_cost":
		return gatestest.PlatformAt(t, "http://localhost:9091", "token")
	}
	return gatestest.PostgresAt("postgres://a:b@localhost/other")
}

// others are a line of settings with other values, one for each form that a
// value may have.
func others(line string) []string {
	key, _, _ := strings.Cut(line, ":")
	all := []string{strings.Replace(line, "shop.example", "other.example", 1), strings.Replace(line, "150", "151", 1), strings.Replace(line, someApp, "5"+someApp[1:], 1)}
	for _, value := range []string{"7", `"> 0"`, "7s", "59m", "7%", "TXT", "192.0.2.7", "[other]", "other", "{ other: other }", "https://other.example/"} {
		all = append(all, key+": "+value)
	}
	return all
}

// depsAt are those in which every connection leads to one address, and
// every variable is secret.
func depsAt(t *testing.T, address string) gates.Deps {
	return gates.Deps{
		Connections: map[string]connection.Connection{
			"db":       gatestest.PostgresAt("postgres://" + canary + ":" + canary + "@" + address + "/" + canary + "?sslmode=disable&connect_timeout=1"),
			"metrics":  gatestest.PrometheusAt(t, "http://"+canary+":"+canary+"@"+address),
			"alerting": gatestest.AlertmanagerAt(t, "http://"+canary+":"+canary+"@"+address),
			"panels":   gatestest.GrafanaAt(t, "http://"+address, canary),
			"boards":   gatestest.SupersetAt(t, "http://"+address, "gonogo", canary),
			"analyst":  gatestest.SupersetAt(t, "http://"+address, "analyst", canary),
			"repo":     gatestest.GitHubAt(t, "http://"+address, "acme/shop", canary),
			"cloud":    gatestest.PlatformAt(t, "http://"+address, canary),
		},
		AlertPath: openPath(),
		OnCall:    rosterAt(address),
		Environ: func(name string) (string, bool) {
			if name == "CANARY" {
				return canary, true
			}
			return os.LookupEnv(name)
		},
	}
}

func placed(settings, address, dir string) string {
	return strings.NewReplacer("ADDRESS", address, "DIR", dir).Replace(settings)
}

// tryCancel runs a gate against a server that takes connections and datagrams and
// stays silent, and calls it off once it is under way.
func tryCancel(t *testing.T, kind gates.Kind, try trial) {
	silent := silentServer(t)
	b := built(t, kind.Name, placed(try.hangs, silent.Address, ""), depsAt(t, silent.Address))
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan answer.Evidence)
	go func() { answered <- b.Gate.Check(ctx, gates.Scope{View: gatestest.NoRelease, Commit: someCommit}) }()
	if kind.Name != "command" { // which asks nobody
		<-silent.Asked
	}
	cancel()
	ev := <-answered // the test's own time-out is the judge of a gate that hangs
	if said := kindtest.Odd(ev, answer.Errored, "cut off"); said != "" {
		t.Error(said)
	}
	wantTold(t, kind, ev)
}

// wantTold looks whether people are told when a kind gives such a verdict.
func wantTold(t *testing.T, kind gates.Kind, ev answer.Evidence) {
	t.Helper()
	v := kind.Verdicts
	told := map[answer.Verdict]string{answer.Passed: v.Passed, answer.Warned: v.Warned, answer.Failed: v.Failed,
		answer.Errored: v.Errored, answer.NotConfigured: v.NotConfigured}
	if told[ev.Verdict] == "" {
		t.Errorf("it is %s, and its kind's Verdicts do not say when: %+v", ev.Verdict, ev)
	}
}

// tryLeak lets a gate fail in several ways and looks for the canary in all it
// says.
func tryLeak(t *testing.T, kind gates.Kind, try trial) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "torn.xml"), []byte("<testsuite>"+canary), 0o600); err != nil {
		t.Fatal(err)
	}
	parrot := httptest.NewServer(http.HandlerFunc(repeatAll))
	t.Cleanup(parrot.Close)
	refusing := gatestest.Listen(t, func(net.Conn) {})
	refusing.Close()
	garbling := gatestest.Listen(t, repeatOnce)
	for name, address := range map[string]string{"repeating": parrot.Listener.Addr().String(), "refusing": refusing.Address, "garbling": garbling.Address, "unknown": canary + ".invalid:1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := built(t, kind.Name, placed(try.fails, address, dir), depsAt(t, address))
			ev := kindtest.Measured(t, b, gates.Scope{View: gatestest.NoRelease, Release: "1.0", Commit: someCommit})
			if ev.Verdict.LetsThrough() {
				t.Errorf("it did not fail: %+v", ev)
			}
			wantTold(t, kind, ev)
			text, err := json.Marshal(ev)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(strings.ReplaceAll(string(text), canary+".invalid", ""), canary) {
				t.Errorf("the canary is in %s", text)
			}
		})
	}
}

// repeatAll answers with everything that it was sent.
func repeatAll(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	for i, name := range []string{"Authorization", "X-Api-Key", "Cookie"} {
		w.Header().Set(fmt.Sprintf("Echo%d", i+1), r.Header.Get(name))
	}
	w.Header().Set("Echo4", r.URL.String())
	w.Header().Set("Echo5", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	fmt.Fprint(w, string(body), r.Header, r.URL)
}

// repeatOnce sends back what it gets first, and hangs up.
func repeatOnce(conn net.Conn) {
	first := make([]byte, 4096)
	n, _ := conn.Read(first)
	_, _ = conn.Write(first[:n])
}

// silentServer takes connections, and datagrams at the same port, and never
// answers.
func silentServer(t *testing.T) *gatestest.Listener {
	t.Helper()
	for {
		server := gatestest.Listen(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
		packets, err := net.ListenPacket("udp", server.Address)
		if err != nil {
			continue // another program has the port for datagrams
		}
		over := make(chan struct{})
		go func() {
			defer close(over)
			for {
				if _, _, err := packets.ReadFrom(make([]byte, 4096)); err != nil {
					return
				}
				server.Asked <- struct{}{}
			}
		}()
		t.Cleanup(func() {
			packets.Close()
			<-over
		})
		return server
	}
}

func TestUnknownKind(t *testing.T) {
	var all []string
	for _, kind := range All() {
		all = append(all, kind.Name)
	}
	for name, want := range map[string]string{
		"htpp":    `there is no gate kind "htpp"; did you mean http?`,
		"postgre": `there is no gate kind "postgre"; did you mean postgres?`,
		"zzz":     `there is no gate kind "zzz"; the kinds are ` + strings.Join(all, ", "),
	} {
		if got := faulty(t, name, "{}", gates.Deps{}); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	for _, kind := range All() {
		if kind.Repeatable == (kind.Name == "command") {
			t.Errorf("%s: only a command may do something", kind.Name)
		}
	}
}

// TestOwnState looks that the gates of gonogo's own state say what the view says.
func TestOwnState(t *testing.T) {
	for kind, settings := range map[string]string{"deployed": "environment: staging", "signed_off": "environment: staging", "section": "section: tests", "rehearsed": "environment: staging"} {
		b := built(t, kind, settings, gates.Deps{})
		if b.Condition == nil {
			t.Errorf("%s: no condition", kind)
			continue
		}
		if got, want := b.Gate.Check(t.Context(), gates.Scope{View: gatestest.NoRelease}).Summary, gatestest.NoRelease.Met(*b.Condition).Summary; got != want {
			t.Errorf("%s: got %s, want %s", kind, got, want)
		}
		if got := faulty(t, kind, "{}", gates.Deps{}); !strings.HasSuffix(got, "is missing") {
			t.Errorf("%s: got %s", kind, got)
		}
	}
}

// What was added to the settings later does not change the hash of those that do
// not use it: an upgrade leaves evidence as it is.
func TestHashesAreKept(t *testing.T) {
	for _, tt := range []struct{ kind, settings, want string }{
		{"dns", "{name: shop.example, want: 192.0.2.1}", "42425869531450bd"},
		{"http", `{url: "https://shop.example/"}`, "53df6ad3feb5601c"},
		{"tls", "{address: shop.example}", "690b49cde9515969"},
		{"command", `{run: [make, check], numbers: {total: {match: "total: (\\d+)", limit: "> 3"}}}`, "2be48840156a3691"},
	} {
		if got := built(t, tt.kind, tt.settings, gates.Deps{}).Settings; got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.kind, got, tt.want)
		}
	}
}
