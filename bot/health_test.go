package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// get asks the bot's public door.
func (p *practice) get(path string) (status int, text string) {
	p.t.Helper()
	response, err := http.Get("http://" + p.address() + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// metric is the value of one series.
func (p *practice) metric(name string) string {
	p.t.Helper()
	_, text := p.get("/metrics")
	_, rest, _ := strings.Cut(text, "\n"+name+" ")
	value, _, _ := strings.Cut(rest, "\n")
	return value
}

// TestSlackGoesAway watches the bot from outside while Slack is there, is not,
// and is there again.
func TestSlackGoesAway(t *testing.T) {
	t.Parallel()
	defer http.DefaultClient.CloseIdleConnections()
	p := newPractice(t)
	p.start()
	ready := func(want int, reason string) func() bool {
		return func() bool {
			status, text := p.get("/readyz")
			return status == want && strings.Contains(text, reason)
		}
	}
	p.eventually("ready", ready(200, `"reasons":[]`))
	p.say("U0DEV", "/ready status")
	p.openRelease("19.0.1")
	for name, want := range map[string]string{
		"gonogo_slack_ack_duration_seconds_count":                        "2",
		`gonogo_slack_sockets{state="serving"}`:                          "2",
		`gonogo_slack_calls_total{method="auth.test",outcome="refused"}`: "0",
		`gonogo_ledger_events_total`:                                     "4",
		`gonogo_decision_go{environment="staging"}`:                      "0",
		`gonogo_slack_sockets_ended_total{reason="cut"}`:                 "0",
		`gonogo_slack_calls_total{method="views.open",outcome="ok"}`:     "0",
		`gonogo_slack_queue_capacity`:                                    "8192",
		`gonogo_slack_calls_total{method="response_url",outcome="ok"}`:   "2",
		`gonogo_runs_ended_total{kind="deployment",outcome="completed"}`: "0",
	} {
		p.eventually(name+" "+want, func() bool { return p.metric(name) == want })
	}

	p.slack.Fail("apps.connections.open", "internal_error", 1<<20)
	p.slack.Cut()
	p.eventually("not ready", ready(503, "Slack is not connected"))
	if status, _ := p.get("/healthz"); status != 200 {
		t.Errorf("/healthz is %d while Slack is away, want 200: a restart would not help", status)
	}
	heard := p.metric("gonogo_slack_last_frame_timestamp_seconds")
	if got := p.metric("gonogo_ready"); got != "0" || heard == "0" || heard == "" {
		t.Errorf("gonogo_ready is %q, last heard at %q; want 0, and since when", got, heard)
	}
	p.slack.ClearFaults("apps.connections.open")
	p.eventually("ready again", ready(200, `"reasons":[]`))
	if got := p.metric(`gonogo_slack_sockets_ended_total{reason="cut"}`); got != "2" {
		t.Errorf("%s sockets were cut, want 2", got)
	}
}

// eventually waits for what the workspace does not see.
func (p *practice) eventually(what string, holds func() bool) {
	p.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-p.ctx.Done():
			p.t.Fatalf("%s never came; the bot logged:\n%s", what, p.logs)
		}
	}
}

// fires posts a critical alert of a group of its own, as Alertmanager does. It
// names an environment, or none.
func (p *practice) fires(name, environment string) {
	p.t.Helper()
	labels := map[string]string{"alertname": name, "severity": "critical"}
	if environment != "" {
		labels["environment"] = environment
	}
	body, err := json.Marshal(map[string]any{"version": "4", "status": "firing", "receiver": "gonogo", "groupKey": name,
		"groupLabels": map[string]string{"alertname": name},
		"alerts":      []any{map[string]any{"status": "firing", "fingerprint": name, "labels": labels, "startsAt": time.Now().Format(time.RFC3339)}}})
	if err != nil {
		p.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(p.ctx, http.MethodPost, "http://"+p.address()+"/alerts/alertmanager", bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer alert-token")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	said, _ := io.ReadAll(response.Body) // only for the failure below
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		p.t.Fatalf("the alert got %s: %s", response.Status, said)
	}
}
