package web

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// The metrics that gonogo promises, beside those of the Go runtime and the
// process.
var (
	readyMetric     = prometheus.NewDesc("gonogo_ready", "Whether /readyz says ready: 1 or 0.", nil, nil)
	recordsMetric   = prometheus.NewDesc("gonogo_ledger_records", "Records in the ledger.", nil, nil)
	socketsMetric   = prometheus.NewDesc("gonogo_slack_sockets", "Connections to Slack that are open and greeted.", nil, nil)
	lastFrameMetric = prometheus.NewDesc("gonogo_slack_last_frame_timestamp_seconds", "When anything last came in from Slack, as Unix time; 0: never.", nil, nil)
	queueMetric     = prometheus.NewDesc("gonogo_slack_queue_length", "Requests from Slack that wait for a worker.", nil, nil)
)

// healthCollector turns one look at the health into all its metrics, so that
// they speak of the same moment.
type healthCollector struct{ health func() Health }

// Describe implements [prometheus.Collector].
func (healthCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{readyMetric, recordsMetric, socketsMetric, lastFrameMetric, queueMetric} {
		out <- d
	}
}

// Collect implements [prometheus.Collector].
func (c healthCollector) Collect(out chan<- prometheus.Metric) {
	h := c.health()
	var ready, lastFrame float64
	if len(h.reasons()) == 0 {
		ready = 1
	}
	if !h.LastFrame.IsZero() {
		lastFrame = float64(h.LastFrame.UnixMilli()) / 1000
	}
	gauge := func(d *prometheus.Desc, v float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	gauge(readyMetric, ready)
	gauge(recordsMetric, float64(h.Seq))
	gauge(socketsMetric, float64(h.Sockets))
	gauge(lastFrameMetric, lastFrame)
	gauge(queueMetric, float64(h.Queue))
}

// metricsDoor has a registry of its own, so that two bots in one process, as in
// tests, do not meet in the library's global one.
func metricsDoor(health func() Health, more ...prometheus.Collector) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		healthCollector{health},
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	registry.MustRegister(more...)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}
