package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"gonogo/clients/alertmanager"
	"gonogo/clients/connection"
	"gonogo/gates"
	"gonogo/gates/alertpath"
	"gonogo/gates/kinds"
	"gonogo/readiness/alert"
	"gonogo/readiness/answer"
)

// path is an alert path: gonogo's webhook, and a real Alertmanager that posts to it.
type path struct {
	t       *testing.T
	client  *alertmanager.Client
	address string // Alertmanager's
	came    chan alert.Delivery
	deps    gates.Deps
}

func newPath(t *testing.T, m managed) path {
	t.Helper()
	p := path{t: t, came: make(chan alert.Delivery, 16), deps: gates.Deps{AlertPath: &alertpath.Watch{}}}
	o := alertOptions(inbox(p.came))
	o.Probes = p.deps.AlertPath
	base, _ := start(t, New(o))
	m.to = base + "/alerts/alertmanager" + m.to
	p.address, _ = configuredAlertmanager(t, m)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	var err error
	if p.client, err = alertmanager.New(alertmanager.Options{URL: p.address, Transport: transport}); err != nil {
		t.Fatal(err)
	}
	p.deps.Connections = map[string]connection.Connection{"alerting": {Kind: "alertmanager", Client: p.client}}
	return p
}

// check runs the gate.
func (p path) check(settings string) answer.Evidence {
	p.t.Helper()
	decode := func(into any) error { return yaml.UnmarshalWithOptions([]byte(settings), into, yaml.Strict()) }
	b, err := kinds.Build("alert_path", decode, p.deps)
	if err != nil {
		p.t.Fatal(err)
	}
	return b.Gate.Check(p.t.Context(), gates.Scope{})
}

func (p path) want(settings string, verdict answer.Verdict, words string) {
	p.t.Helper()
	if ev := p.check(settings); ev.Verdict != verdict || !strings.Contains(ev.Summary, words) {
		p.t.Errorf("%s: got %s, %s\nwant %s, %s", settings, ev.Verdict, ev.Summary, verdict, words)
	}
}

// A synthetic alert goes through a real Alertmanager and comes back, again and again, and
// nobody hears of it.
func TestAlertPath(t *testing.T) {
	p := newPath(t, managed{groupBy: "[alertname]"})
	p.want(`{connection: alerting}`, answer.NotConfigured, "takes no alerts")
	p.deps.AlertPath.Configure()
	p.want(`{connection: alerting, labels: {severity: critical}}`, answer.Passed, "the alert came back after")
	p.want(`{connection: alerting, labels: {severity: critical}}`, answer.Passed, "the alert came back after")
	p.want(`{connection: alerting, warn: "< 1us"}`, answer.Warned, "warning limit < 1us")
	look, err := p.client.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range look.Alerts {
		t.Errorf("left behind: %v", a.Labels)
	}
	// What comes next is the next alert of others: nothing before it was received.
	post(t, p.address, map[string]any{"labels": map[string]string{"alertname": "ErrorRate"}})
	if d := next(t, p.came, "firing"); d.Alerts[0].Name() != "ErrorRate" {
		t.Errorf("received %+v", d)
	}
}

// In a group with others, these are received without the synthetic one, and are over when
// they are.
func TestAlertPathAmongOthers(t *testing.T) {
	p := newPath(t, managed{groupBy: "[severity]"})
	p.deps.AlertPath.Configure()
	labels := map[string]string{"alertname": "ErrorRate", "severity": "critical", "environment": "production"}
	began := time.Now().Add(-time.Minute)
	post(t, p.address, map[string]any{"labels": labels, "startsAt": began})
	next(t, p.came, "firing")
	p.want(`{connection: alerting, labels: {severity: critical}}`, answer.Passed, "came back")
	post(t, p.address, map[string]any{"labels": labels, "startsAt": began, "endsAt": time.Now()})
	for ended := false; !ended; {
		d := <-p.came
		for _, a := range d.Alerts {
			if a.Name() != "ErrorRate" || d.Status != a.Status || d.Shared["environment"] != "production" {
				t.Errorf("received %+v", d)
			}
			ended = a.Status == alert.Resolved
		}
	}
}

func TestAlertPathThatIsCut(t *testing.T) {
	t.Run("silenced", func(t *testing.T) {
		p := newPath(t, managed{groupBy: "[alertname]"})
		p.deps.AlertPath.Configure()
		postTo(t, p.address+"/api/v2/silences", map[string]any{"matchers": []map[string]any{{"name": "severity", "value": "critical", "isRegex": false}},
			"startsAt": time.Now(), "endsAt": time.Now().Add(time.Hour), "createdBy": "a", "comment": "b"})
		p.want(`{connection: alerting, within: 1s, labels: {severity: critical}}`, answer.Failed, "didn't come back within 1s: a silence in Alertmanager mutes it")
	})
	t.Run("sent elsewhere", func(t *testing.T) {
		p := newPath(t, managed{to: "/nowhere", groupBy: "[alertname]"})
		p.deps.AlertPath.Configure()
		p.want(`{connection: alerting, within: 1s}`, answer.Failed, "Alertmanager routes it to gonogo; that receiver must post to gonogo's /alerts/alertmanager")
	})
	t.Run("not serving", func(t *testing.T) {
		p := newPath(t, managed{groupBy: "[alertname]"})
		p.deps.AlertPath = &alertpath.Watch{}
		p.deps.AlertPath.Configure()
		p.want(`{connection: alerting}`, answer.Errored, "this gonogo isn't serving; run the gate from Slack")
	})
}

// A group that fires only because of a synthetic alert is over for everybody else, and one
// with nothing else is nobody's.
func TestSyntheticAlertsAreTakenOut(t *testing.T) {
	const probe = `{"status":"firing","fingerprint":"p","labels":{"alertname":"GonogoAlertPath-1a","gonogo_probe":"1a"}}`
	for _, tt := range []struct {
		alerts, status string
		left           int
		nobody         bool
	}{
		{probe, "resolved", 0, true},
		{probe + `,{"status":"resolved","fingerprint":"a","labels":{"alertname":"A"}}`, "resolved", 1, false},
		{probe + `,{"status":"firing","fingerprint":"a","labels":{"alertname":"A"}}`, "firing", 1, false},
	} {
		d, err := readDelivery(strings.NewReader(`{"version":"4","groupKey":"k","status":"firing","alerts":[` + tt.alerts + `]}`))
		if err != nil || d.Status != tt.status || len(d.Alerts) != tt.left || d.nobody != tt.nobody || len(d.probes) != 1 || d.probes[0] != "1a" {
			t.Errorf("%s: got %+v, %v", tt.alerts, d, err)
		}
	}
}
