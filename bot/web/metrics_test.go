package web

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/gates/gatestest"
	"gonogo/readiness"
	"gonogo/readiness/alert"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/storage"
)

// busy is a bot in which something of everything has happened.
func busy() Options {
	list := (&checklist.Checklist{Environments: []checklist.Environment{{Name: "staging"}, {Name: "production", After: []string{"staging"}, App: "a/web"}}}).Index()
	state := history.NewState()
	m := NewMetrics([]string{"chat.update"}, []string{"ok", "failed"}, []string{"warning"})
	write := func(events ...event.Event) {
		for _, e := range events {
			state.Apply(lastFrame, e)
		}
		m.Wrote(storage.Written{Events: events, State: state, Took: 3 * time.Millisecond})
	}
	write(event.ReleaseOpened{Version: "19.0.1"})
	write(event.RunStarted{Run: "r1", What: work.Gates, Release: "19.0.1", Steps: []string{"a", "b"}},
		event.StepEnded{Run: "r1", Step: "a", Item: "a", Evidence: answer.Evidence{Verdict: answer.Failed}},
		event.RunEnded{Run: "r1", Outcome: work.Completed},
		event.RunStarted{Run: "r2", What: work.Deployment, Release: "19.0.1"})
	live := lastFrame.Add(90 * time.Minute)
	change := &work.Change{Environment: "production", To: build.Build{Version: "19.0.1"}}
	write(event.RunStarted{Run: "r3", What: work.Deployment, Release: "19.0.1", Change: change})
	state.Apply(live, event.VersionWentLive{Environment: "production", Build: change.To, Run: "r3", Verified: true})
	write(event.RunEnded{Run: "r3", Outcome: work.Completed})
	write(event.AlertsReceived{Incident: "i1", Delivery: alert.Delivery{GroupKey: "g", Alerts: []alert.Alert{{Fingerprint: "f", Status: alert.Firing}}}})
	m.Wrote(storage.Written{Took: 2 * time.Second, Err: errors.New("no space left on device")})
	m.Acknowledged(300 * time.Microsecond)
	m.TurnedAway()
	m.SocketOver("warning")
	m.Called("chat.update", "ok")
	m.Waited("chat.update", 1500*time.Millisecond)
	o := options(well)
	o.Metrics, o.View = m, func() readiness.View { return readiness.View{Checklist: list, State: state, Now: live} }
	return o
}

func TestMetrics(t *testing.T) {
	base, _ := start(t, New(busy()))
	status, _, text := do(t, "GET", base+"/metrics", "")
	if status != 200 {
		t.Fatalf("status %d: %s", status, text)
	}
	got := map[string]string{}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if ok && strings.HasPrefix(name, "gonogo_") && value != "0" && !strings.Contains(name, "_bucket{") && !strings.HasPrefix(name, "gonogo_build_info") {
			got[name] = value
		}
	}
	want := map[string]string{
		"gonogo_ready": "1", "gonogo_ledger_records": "42", "gonogo_ledger_size_bytes": "65536",
		`gonogo_slack_sockets{state="serving"}`: "2", `gonogo_slack_sockets{state="draining"}`: "1", "gonogo_slack_sockets_wanted": "2",
		"gonogo_slack_last_frame_timestamp_seconds": "1.7621604005e+09", "gonogo_slack_queue_length": "3", "gonogo_slack_queue_capacity": "8",
		"gonogo_slack_queue_refused_total": "1", `gonogo_slack_sockets_ended_total{reason="warning"}`: "1",
		`gonogo_slack_calls_total{method="chat.update",outcome="ok"}`: "1", `gonogo_slack_call_wait_seconds_total{method="chat.update"}`: "1.5",
		"gonogo_slack_ack_duration_seconds_sum": "0.0003", "gonogo_slack_ack_duration_seconds_count": "1",
		"gonogo_ledger_write_duration_seconds_sum": "2.015", "gonogo_ledger_write_duration_seconds_count": "6",
		"gonogo_ledger_write_failures_total": "1", "gonogo_ledger_events_total": "8",
		`gonogo_runs_ended_total{kind="gates",outcome="completed"}`: "1", `gonogo_runs_ended_total{kind="deployment",outcome="completed"}`: "1", `gonogo_runs_open{kind="deployment"}`: "1",
		`gonogo_gate_results_total{verdict="failed"}`: "1", `gonogo_alerts_received_total{status="firing"}`: "1", "gonogo_incidents_firing": "1",
		`gonogo_delivery_deployments{environment="production"}`: "1", `gonogo_delivery_lead_seconds{environment="production"}`: "5400",
		`gonogo_decision_go{environment="staging"}`: "1", `gonogo_decision_blockers{environment="production"}`: "2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics that are not 0 (-want +got):\n%s", diff)
	}
	for _, name := range []string{"go_goroutines ", "process_resident_memory_bytes ", `gonogo_decision_go{environment="production"} 0`, "gonogo_build_info{"} {
		if !strings.Contains(text, "\n"+name) {
			t.Errorf("%sis missing", name)
		}
	}
}

// promtool judges names, help texts and types as Prometheus's conventions have
// them (https://prometheus.io/docs/practices/naming/).
func TestPromtoolFindsNothing(t *testing.T) {
	program := prometheusProgram(t, "promtool")
	base, _ := start(t, New(busy()))
	_, _, text := do(t, "GET", base+"/metrics", "")
	check := exec.CommandContext(t.Context(), program, "check", "metrics")
	check.Stdin = strings.NewReader(text)
	if said, err := check.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, said)
	}
}

// prometheusProgram finds a program of Debian's prometheus package.
func prometheusProgram(t *testing.T, name string) string {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: install Debian's package prometheus", name)
	}
	if err != nil {
		t.Skip(name + " is not installed")
	}
	return program
}

// A real Prometheus scrapes the bot and answers from what it read.
func TestRealPrometheusScrapes(t *testing.T) {
	base, _ := start(t, New(busy()))
	server := gatestest.Prometheus{Scrapes: fmt.Sprintf("[{job_name: gonogo, scrape_interval: 500ms, scrape_timeout: 500ms, static_configs: [{targets: [%q]}]}]", strings.TrimPrefix(base, "http://"))}.Start(t)
	for query, want := range map[string]string{
		`up{job="gonogo"} == 1`:                                                  "1", // a busy machine may miss one
		`gonogo_slack_sockets{job="gonogo",state="serving"}`:                     "2",
		`gonogo_decision_blockers{environment="production"}`:                     "2",
		`histogram_quantile(0.5, gonogo_slack_ack_duration_seconds_bucket) > 0`:  "0.000375",
		`sum by (verdict) (gonogo_gate_results_total{verdict="failed"})`:         "1",
		`gonogo_slack_last_frame_timestamp_seconds`:                              "1762160400.5",
		`count(count by (__name__) ({__name__=~"gonogo_.+"})) > bool 25`:         "1",
		`scrape_samples_post_metric_relabeling{job="gonogo"} < bool 400`:         "1",
		`gonogo_ledger_write_failures_total and on() gonogo_ledger_failing == 0`: "1",
	} {
		if got := asked(t, server, query); got != want {
			t.Errorf("%s is %q, want %q", query, got, want)
		}
	}
}

// asked is the answer to an instant query whose result is one series, once
// there is one.
func asked(t *testing.T, server, query string) string {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for overdue := lastMoment(t); ; {
		_, _, text := do(t, "GET", server+"/api/v1/query?query="+url.QueryEscape(query), "")
		var answer struct {
			Data struct{ Result []struct{ Value [2]any } }
		}
		if err := json.Unmarshal([]byte(text), &answer); err == nil && len(answer.Data.Result) == 1 {
			return fmt.Sprint(answer.Data.Result[0].Value[1])
		}
		select {
		case <-tick.C:
		case <-overdue:
			t.Fatalf("Prometheus has no answer to %s: %s", query, text)
		}
	}
}

// TestMetricsOfPipelines has the figures of an environment that a pipeline deploys to.
func TestMetricsOfPipelines(t *testing.T) {
	o := busy()
	v := o.View()
	began := v.Now.Add(-time.Hour)
	for _, version := range []string{"1", "2", "1"} {
		began = began.Add(time.Minute)
		v.State.Apply(began, event.PlatformObserved{Environment: "staging", Build: build.Build{Version: version, Deployment: began.String()}, Began: began})
	}
	o.View = func() readiness.View { return v }
	base, _ := start(t, New(o))
	_, _, text := do(t, "GET", base+"/metrics", "")
	for _, want := range []string{`gonogo_delivery_deployments{environment="staging"} 1`, `gonogo_delivery_rolled_back{environment="staging"} 1`} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("there is no %s", want)
		}
	}
}
