package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gonogo/playground/workspace"
	"gonogo/readiness/alert"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/storage"
	"gonogo/storage/store"
)

// nightRoles has what nobody takes go to the technical lead, and to a webhook.
func (p *practice) nightRoles() {
	p.configure("permissions: {", "escalate: { after: 5m, to: [technical_lead], webhook: \"${PAGER_URL}\" }\npermissions: { alerts: [deployer], ",
		"users: [U0DEV] }", "users: [U0DEV], deputies: { after: 30m, users: [U0ONCALL] } }")
}

// anHourAgo records events in the ledger, as of an hour ago.
func (p *practice) anHourAgo(events ...event.Event) {
	p.t.Helper()
	p.earlier(time.Hour, events...)
}

// earlier records events in the ledger, as of some time ago.
func (p *practice) earlier(by time.Duration, events ...event.Event) {
	p.t.Helper()
	log, err := store.Store{Bolt: p.ledger}.Open(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	then := func() time.Time { return time.Now().Add(-by) }
	ledger, err := storage.OpenLedger(p.ctx, log, storage.Options{Now: then, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		p.t.Fatal(err)
	}
	stop := inBackground(p.t, ledger.Run)
	defer stop()
	if _, err := ledger.Update(p.ctx, func(*history.State, time.Time) ([]event.Event, error) { return events, nil }); err != nil {
		p.t.Fatal(err)
	}
}

// A critical alert that nobody acknowledged while gonogo was down goes to the
// next role as soon as it is back: a message in the thread of its card mentions
// them, and the webhook is told, with a link to the card. A deputy may take it,
// since it has waited for longer than theirs.
func TestNight(t *testing.T) {
	t.Parallel()
	pages := make(chan map[string]string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		page := map[string]string{}
		if r.URL.Path != "/hook/canary-token" || json.Unmarshal(body, &page) != nil || r.Header.Get("Idempotency-Key") != page["idempotency_key"] {
			t.Errorf("%s came with %v and %s", r.URL, r.Header, body)
		}
		pages <- page
	}))
	t.Cleanup(hook.Close)
	p := newPractice(t)
	p.nightRoles()
	p.variables = map[string]string{"PAGER_URL": hook.URL + "/hook/canary-token"}
	p.anHourAgo(event.ReleaseOpened{Version: "next"}, event.AlertsReceived{Incident: "5ca1ab1e", Environment: "staging", Title: "It burns", Delivery: alert.Delivery{
		GroupKey: "g", Status: alert.Firing, Alerts: []alert.Alert{{Fingerprint: "a", Status: alert.Firing, StartsAt: time.Now().Add(-time.Hour),
			Labels: map[string]string{"alertname": "It burns", "severity": "critical"}}}}})
	stop := p.start()
	call := p.seenOnCall("Nobody has taken this: It burns")
	if call.ThreadTS == "" || !strings.Contains(string(call.Blocks), "U0TL") {
		t.Errorf("the call is %+v, want one in the card's thread that mentions U0TL", call)
	}
	page := <-pages
	if page["kind"] != "alert" || page["incident"] != "5ca1ab1e" || page["environment"] != "staging" || page["title"] != "It burns" {
		t.Errorf("the webhook was told %v", page)
	}
	stop()
	p.start()
	if said := p.say("U0ONCALL", "/rollback ack"); !strings.Contains(said, "You acknowledged It burns") {
		t.Errorf("the deputy was told %s", said)
	}
	p.seenOnCall("as deputy for Deployer")
	p.seenOnCall("Taken: It burns")
	if n := len(pages); n != 0 {
		t.Errorf("the webhook was told %d times more", n)
	}
	if strings.Contains(p.logs.String(), "canary") {
		t.Errorf("the log shows the webhook's token:\n%s", p.logs)
	}
}

// TestAlertOfAnUnknownEnvironment posts the name in the alert's label, so that people
// see that it is wrong.
func TestAlertOfAnUnknownEnvironment(t *testing.T) {
	t.Parallel()
	defer http.DefaultClient.CloseIdleConnections()
	p := newPractice(t)
	p.configure("environments:\n", "alerts: { token: \"${ALERT_TOKEN}\" }\nenvironments:\n")
	p.variables = map[string]string{"ALERT_TOKEN": "alert-token"}
	p.start()
	p.fires("HighErrorRate", "prod")
	wantShown(t, p.seenOnCall("Firing: HighErrorRate"), "Its environment is ", "prod", ", which the configuration doesn't have (staging), so it holds no deployment.")
}

// seenOnCall waits for a message in #on-call, or in a thread there, that has a
// text in it.
func (p *practice) seenOnCall(text string) (found workspace.Message) {
	p.t.Helper()
	p.await("a message with "+text, func() bool {
		for _, m := range p.slack.Messages("C0ONCALL") {
			if strings.Contains(m.Text, text) || strings.Contains(string(m.Blocks), text) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// The doctor connects to the webhook's host, and calls nobody.
func TestDoctorLooksAtTheWebhook(t *testing.T) {
	t.Parallel()
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the doctor sent %s %s", r.Method, r.URL)
	}))
	t.Cleanup(hook.Close)
	p := newPractice(t)
	p.nightRoles()
	p.variables = map[string]string{"PAGER_URL": hook.URL + "/hook/canary-token"}
	code, out := p.doctor()
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	wantLines(t, out, []string{"✓", "escalation webhook", strings.TrimPrefix(hook.URL, "http://"), "can be reached"}, []string{"✓", "person U0ONCALL"})

	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	p.variables["PAGER_URL"] = "http://" + gone.Addr().String() + "/hook/canary-token"
	if code, out = p.doctor(); code != 1 {
		t.Errorf("exit code %d where nobody listens, want 1", code)
	}
	wantLines(t, out, []string{"✗", "escalation webhook", gone.Addr().String(), "cannot be reached", "check escalate.webhook"})
	if strings.Contains(out, "canary") {
		t.Errorf("a secret is shown:\n%s", out)
	}
}
