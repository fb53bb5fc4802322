package web

import (
	"net/http"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"gonogo/readiness/alert"
	"gonogo/readiness/answer"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/storage"
)

// Metrics counts what happens in the bot, for Prometheus. Its methods are quick and may
// be called from any goroutine. No label has text from people or other systems: values
// come from short lists in the code and from the configuration, so the number of series
// stays bounded.
type Metrics struct {
	acks       prometheus.Histogram
	turnedAway prometheus.Counter
	ended      *prometheus.CounterVec
	calls      *prometheus.CounterVec
	waits      *prometheus.CounterVec

	writes   prometheus.Histogram
	failures prometheus.Counter
	events   prometheus.Counter

	runs   *prometheus.CounterVec
	gates  *prometheus.CounterVec
	alerts *prometheus.CounterVec

	all []prometheus.Collector
}

// NewMetrics begins to count at 0, also for each of the given methods of
// Slack's Web API, outcomes of a call, and reasons for a socket's end.
func NewMetrics(methods, outcomes, ends []string) *Metrics {
	m := &Metrics{}
	m.acks = m.histogram("gonogo_slack_ack_duration_seconds", "Time from the arrival of an envelope until its acknowledgement. Slack allows 3 s.",
		.0001, .00025, .0005, .001, .0025, .005, .01, .05, .25, 1, 3)
	m.turnedAway = m.counter("gonogo_slack_queue_refused_total", "Requests from Slack that were refused because the queue was full.")
	m.ended = m.counters("gonogo_slack_sockets_ended_total", "Connections to Slack that ended, by Slack's reason.", "reason")
	m.calls = m.counters("gonogo_slack_calls_total", "Calls of Slack's Web API, by outcome.", "method", "outcome")
	m.waits = m.counters("gonogo_slack_call_wait_seconds_total", "Time that calls of Slack's Web API waited because of rate limits.", "method")
	m.writes = m.histogram("gonogo_ledger_write_duration_seconds", "Duration of durable writes to the ledger. Each one writes a batch of decisions.",
		.0005, .001, .0025, .005, .01, .025, .05, .1, .5, 1, 5)
	m.failures = m.counter("gonogo_ledger_write_failures_total", "Writes to the ledger that failed. No decision of such a batch took effect.")
	m.events = m.counter("gonogo_ledger_events_total", "Events written to the ledger.")
	m.runs = m.counters("gonogo_runs_ended_total", "Ended runs, by kind and outcome.", "kind", "outcome")
	m.gates = m.counters("gonogo_gate_results_total", "Gate results, by verdict.", "verdict")
	m.alerts = m.counters("gonogo_alerts_received_total", "Alerts received in deliveries that contained anything new.", "status")
	for _, method := range methods {
		m.waits.WithLabelValues(method)
		for _, outcome := range outcomes {
			m.calls.WithLabelValues(method, outcome)
		}
	}
	for _, reason := range ends {
		m.ended.WithLabelValues(reason)
	}
	m.beginAtZero()
	return m
}

// beginAtZero makes the first of anything visible as a rise.
func (m *Metrics) beginAtZero() {
	for _, kind := range []string{work.Gates, work.Deployment, work.Rollback, work.Runbook} {
		for _, outcome := range []work.Outcome{work.Completed, work.Cancelled, work.Interrupted, work.Unsuccessful} {
			m.runs.WithLabelValues(kind, string(outcome))
		}
	}
	for _, verdict := range []answer.Verdict{answer.Passed, answer.Warned, answer.Failed, answer.Errored, answer.NotConfigured} {
		m.gates.WithLabelValues(string(verdict))
	}
	for _, status := range []string{alert.Firing, alert.Resolved} {
		m.alerts.WithLabelValues(status)
	}
}

func (m *Metrics) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	m.all = append(m.all, c)
	return c
}

func (m *Metrics) counters(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.all = append(m.all, c)
	return c
}

func (m *Metrics) histogram(name, help string, buckets ...float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
	m.all = append(m.all, h)
	return h
}

// Acknowledged counts an acknowledgement.
func (m *Metrics) Acknowledged(took time.Duration) { m.acks.Observe(took.Seconds()) }

// TurnedAway counts a request that found the queue full.
func (m *Metrics) TurnedAway() { m.turnedAway.Inc() }

// SocketOver counts the end of a connection to Slack.
func (m *Metrics) SocketOver(reason string) { m.ended.WithLabelValues(reason).Inc() }

// Called counts a call of Slack's Web API.
func (m *Metrics) Called(method, outcome string) { m.calls.WithLabelValues(method, outcome).Inc() }

// Waited counts how long one had to wait.
func (m *Metrics) Waited(method string, waited time.Duration) {
	m.waits.WithLabelValues(method).Add(waited.Seconds())
}

// Wrote counts a write to the ledger, and its events.
func (m *Metrics) Wrote(w storage.Written) {
	m.writes.Observe(w.Took.Seconds())
	if w.Err != nil {
		m.failures.Inc()
		return
	}
	m.events.Add(float64(len(w.Events)))
	for _, event := range w.Events {
		m.happened(w.State, event)
	}
}

func (m *Metrics) happened(s *history.State, ev event.Event) {
	switch e := ev.(type) {
	case event.RunEnded:
		if run := s.Runs[e.Run]; run != nil {
			m.runs.WithLabelValues(run.What, string(run.Outcome)).Inc()
		}
	case event.StepEnded:
		if e.Item != "" {
			m.gates.WithLabelValues(string(e.Evidence.Verdict)).Inc()
		}
	case event.AlertsReceived:
		for _, alert := range e.Delivery.Alerts {
			m.alerts.WithLabelValues(alert.Status).Inc()
		}
	}
}

// buildInfo is always 1; the information is in its labels.
func buildInfo() prometheus.Collector {
	labels := prometheus.Labels{"version": "unknown", "revision": "unknown", "go_version": "unknown"}
	if info, ok := debug.ReadBuildInfo(); ok {
		labels["version"], labels["go_version"] = info.Main.Version, info.GoVersion
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				labels["revision"] = setting.Value
			}
		}
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "gonogo_build_info", Help: "Version, revision and Go version of this build.", ConstLabels: labels})
	g.Set(1)
	return g
}

// metricsHandler has a registry of its own, so that two bots in one process, as in
// tests, do not meet in the library's global one.
func metricsHandler(o Options, more ...prometheus.Collector) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		gauges{o},
		buildInfo(),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	registry.MustRegister(more...)
	if o.Metrics != nil {
		registry.MustRegister(o.Metrics.all...)
	}
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}
