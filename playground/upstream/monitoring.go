package upstream

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"gonogo/playground/upstream/alertmanager"
	"gonogo/playground/upstream/prometheus"
)

// The paths of the two services in the world.
const (
	prometheusPrefix   = "/prometheus/"
	alertmanagerPrefix = "/alertmanager/"
)

// memoryFull is the state of a host whose memory is nearly used up.
const memoryFull = "memory-full"

// alertToken is the bearer token that the Alertmanager sends to its receiver. It
// protects nothing.
const alertToken = "practice-alerts"

const (
	scrapeInterval = time.Second
	// scrapePast is how far back the Prometheus has data when the world starts, so
	// that there are averages over minutes at once.
	scrapePast = 10 * time.Minute
)

// uptimePeriod is the period over which the uptime is measured: there is data of all of
// it when the world starts.
const uptimePeriod = scrapePast / 2

// errorWindow is the window over which errors are counted.
const errorWindow = 30 * time.Second

// errorShare is the query for the share of failing requests, by environment.
func errorShare(p Place) string {
	return strings.ReplaceAll(`sum by (environment) (rate(http_requests_total{code=~"5.."}[WINDOW])) / sum by (environment) (rate(http_requests_total[WINDOW]))`,
		"WINDOW", p.scaled(errorWindow).String())
}

// diskAlert is an alert without an environment, which people can turn on to see how it
// is shown.
var diskAlert = alertmanager.Alert{
	Labels: map[string]string{"alertname": "DiskAlmostFull", "severity": "warning", "host": "practice-db-1"},
	Annotations: map[string]string{
		"summary":     "The disk of practice-db-1 is almost full",
		"description": "93 % of it is used, and it grows by about 1 % an hour.",
	},
}

// watched is a site whose counters the Prometheus collects.
type watched struct {
	environment string
	requests    func(time.Time) (good, failed float64) // the counters at a time
}

// monitoring is a Prometheus that watches sites, and the Alertmanager that it
// reports to.
type monitoring struct {
	server  *prometheus.Server
	manager *alertmanager.Alertmanager
	answers *Switch            // of the Prometheus
	hosts   map[string]*Switch // its targets on the hosts, by environment
	rules   *Switch            // the rules that it has loaded
	posts   *Switch            // of the Alertmanager
	alert   *Switch            // the alert that is turned on by hand
}

func newMonitoring(p Place, all ...watched) (*monitoring, error) {
	m := &monitoring{}
	m.addSwitches(p)
	m.manager = alertmanager.New(alertmanager.Options{
		URL: p.URL + strings.TrimSuffix(alertmanagerPrefix, "/"), Receiver: "gonogo", Token: alertToken,
		Webhook: func() string {
			if m.posts.is("silent") {
				return ""
			}
			return p.Receiver()
		},
		GroupBy:   []string{"alertname", "environment"},
		GroupWait: p.scaled(time.Second), GroupInterval: p.scaled(5 * time.Second), RepeatInterval: 4 * time.Hour,
		Client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second},
		Now:    p.Now, Log: p.Log,
	})
	var err error
	m.server, err = prometheus.New(prometheus.Options{
		URL: p.URL + strings.TrimSuffix(prometheusPrefix, "/"), Interval: p.scaled(scrapeInterval), Past: p.scaled(scrapePast),
		Targets: m.targets(p, all), Rules: rules(p, m.rules.Position()), Notify: m.report, Now: p.Now,
	})
	if err == nil {
		err = m.turnAlert(m.alert.Position())
	}
	return m, err
}

func (m *monitoring) addSwitches(p Place) {
	m.answers = (&Switch{
		ID: "prometheus", Title: "Prometheus",
		Help: "Down: every query is answered with 503. No data: its data is lost, and its targets can't be reached.",
		States: []State{
			{ID: "up", Title: "Answers", Good: true},
			{ID: "down", Title: "Down (503)"},
			{ID: "no-data", Title: "Has no data"},
		},
		effect: func(state string) error {
			if state == "no-data" {
				m.server.Forget()
			}
			return nil
		},
	}).restore(p)
	m.hosts = map[string]*Switch{"production": hostSwitch(p, "prometheus-node", "production"), "staging": hostSwitch(p, "prometheus-staging-node", "staging")}
	m.rules = (&Switch{
		ID: "prometheus-rules", Title: "Alert rules",
		Help: "Four rules: CPU over 80 %, memory over 85 %, database errors, and failing requests, over 5 % or, as the checklist asks, over 1 %.",
		States: []State{
			{ID: fivePercent, Title: "Four, errors over 5 %"},
			{ID: onePercent, Title: "Four, as in the checklist", Good: true},
			{ID: "broken", Title: "One can't be evaluated"},
			{ID: "none", Title: "None are loaded"},
		},
		effect: func(state string) error { return m.server.Load(rules(p, state)) },
	}).restore(p)
	m.posts = (&Switch{
		ID: "alertmanager", Title: "Alertmanager",
		Help: "Silent: it can't reach the address to which it posts alerts.",
		States: []State{
			{ID: "posting", Title: "Posts alerts", Good: true},
			{ID: "silent", Title: "Silent"},
		},
	}).restore(p)
	m.alert = (&Switch{
		ID: "alert", Title: "An alert without an environment",
		Help: "DiskAlmostFull, a warning about a host that belongs to no environment.",
		States: []State{
			{ID: "quiet", Title: "Quiet", Good: true},
			{ID: "firing", Title: "DiskAlmostFull fires"},
		},
		effect: m.turnAlert,
	}).restore(p)
}

// hostSwitch is the switch of the metrics of an environment's host.
func hostSwitch(p Place, id, environment string) *Switch {
	return (&Switch{
		ID: id, Title: "The metrics of " + environment + "'s host",
		Help: "CPU, memory and disk. Down: Prometheus can't collect them.",
		States: []State{
			{ID: "up", Title: "Collected", Good: true},
			{ID: "down", Title: "Down"},
			{ID: memoryFull, Title: "94 % of the memory is used"},
		},
	}).restore(p)
}

func (m *monitoring) turnAlert(state string) error {
	if state == "firing" {
		m.manager.Fire(diskAlert)
	} else {
		m.manager.Resolve(diskAlert)
	}
	return nil
}

// errUnreachable is the error of a target that can't be scraped.
var errUnreachable = errors.New("dial tcp: connect: connection refused")

func (m *monitoring) targets(p Place, all []watched) []prometheus.Target {
	host := strings.TrimPrefix(p.URL, "http://")
	var targets []prometheus.Target
	for _, w := range all {
		targets = append(targets, prometheus.Target{
			Labels: prometheus.Labels{"job": "odoo", "instance": host, "environment": w.environment},
			URL:    p.URL + "/sites/" + w.environment + "/",
			Read: func(now time.Time) ([]prometheus.Sample, error) {
				if m.answers.is("no-data") {
					return nil, errUnreachable
				}
				good, failed := w.requests(now)
				return []prometheus.Sample{
					{Name: "http_requests_total", Labels: prometheus.Labels{"code": "200"}, Value: good},
					{Name: "http_requests_total", Labels: prometheus.Labels{"code": "500"}, Value: failed},
				}, nil
			},
		})
	}
	return append(targets, m.host(p, "production", "practice-web-1:9100"), m.host(p, "staging", "practice-web-2:9100"))
}

// host is the target on an environment's host.
func (m *monitoring) host(p Place, environment, address string) prometheus.Target {
	return prometheus.Target{
		Labels: prometheus.Labels{"job": "node", "instance": address, "environment": environment}, URL: p.URL + "/sites/" + environment + "/",
		Read: func(now time.Time) ([]prometheus.Sample, error) { return m.readHost(m.hosts[environment], now) },
	}
}

// readHost returns the samples of a host that is busy for a fifth of the time.
func (m *monitoring) readHost(state *Switch, now time.Time) ([]prometheus.Sample, error) {
	if m.answers.is("no-data") || state.is("down") {
		return nil, errUnreachable
	}
	available := float64(3 << 30)
	if state.is(memoryFull) {
		available = 0.06 * (8 << 30)
	}
	seconds := float64(now.UnixMilli()) / 1000
	return []prometheus.Sample{
		{Name: "node_cpu_seconds_total", Labels: prometheus.Labels{"cpu": "0", "mode": "idle"}, Value: 0.8 * seconds},
		{Name: "node_cpu_seconds_total", Labels: prometheus.Labels{"cpu": "0", "mode": "user"}, Value: 0.2 * seconds},
		{Name: "node_memory_MemTotal_bytes", Value: 8 << 30},
		{Name: "node_memory_MemAvailable_bytes", Value: available},
		{Name: "odoo_database_errors_total", Value: 0},
	}, nil
}

// The states of the rules' switch, by the threshold for failing requests.
const (
	fivePercent = "five-percent"
	onePercent  = "checklist"
)

// rules are the alert rules in a state of their switch.
func rules(p Place, state string) []prometheus.Rule {
	from, database := "0.05", "increase(odoo_database_errors_total[5m]) > 0"
	switch state {
	case "none":
		return nil
	case onePercent:
		from = "0.01"
	case "broken":
		database = `rate({job="node"}[5m]) > 0` // several series have the same labels without their names
	}
	rule := func(name, query, summary string) prometheus.Rule {
		return prometheus.Rule{Name: name, Query: query, For: p.scaled(5 * time.Minute), Labels: prometheus.Labels{"severity": "critical"},
			Annotations: map[string]string{"summary": summary}}
	}
	return []prometheus.Rule{
		{
			Name: "HighErrorRate", Query: errorShare(p) + " > " + from, For: p.scaled(3 * time.Second),
			Labels: prometheus.Labels{"severity": "critical"},
			Annotations: map[string]string{
				"summary":     "More than " + map[string]string{"0.05": "5", "0.01": "1"}[from] + " % of the requests to {{ $labels.environment }} fail",
				"description": fmt.Sprintf("{{ $value | humanizePercentage }} of the requests of the last %v seconds were answered with an error.", p.scaled(errorWindow).Seconds()),
			},
		},
		rule("HighCPUUsage", `1 - avg by (environment) (rate(node_cpu_seconds_total{mode="idle"}[5m])) > 0.8`, "More than 80 % of the CPU of {{ $labels.environment }} is used"),
		rule("HighMemoryUsage", `1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.85`, "More than 85 % of the memory of {{ $labels.environment }} is used"),
		rule("DatabaseConnectionErrors", database, "Connections of {{ $labels.environment }} to its database fail"),
	}
}

// report sends the Prometheus's alerts to the Alertmanager.
func (m *monitoring) report(alerts []prometheus.Alert) {
	for _, one := range alerts {
		m.manager.Receive(alertmanager.Alert(one))
	}
}

func (m *monitoring) prometheus(p Place) (*Upstream, error) {
	prefix := strings.TrimSuffix(prometheusPrefix, "/")
	return &Upstream{
		Title: "Prometheus", Switches: []*Switch{m.answers, m.hosts["production"], m.hosts["staging"], m.rules},
		Variables: []Variable{
			{"PROMETHEUS_URL", p.URL + prefix, "the practice Prometheus, which watches the sites"},
			{"UPTIME_PERIOD", p.scaled(uptimePeriod).String(), "a period of which the practice Prometheus has data"},
		},
		Prefix: prometheusPrefix, Handler: http.StripPrefix(prefix, m.unlessDown(m.server.Handler())),
		Run: m.server.Run,
	}, nil
}

// unlessDown answers like a Prometheus that is still replaying its log.
func (m *monitoring) unlessDown(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.answers.is("down") {
			http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (m *monitoring) alertmanager(p Place) (*Upstream, error) {
	prefix := strings.TrimSuffix(alertmanagerPrefix, "/")
	return &Upstream{
		Title: "Alertmanager", Switches: []*Switch{m.posts, m.alert},
		Variables: []Variable{
			{"ALERTMANAGER_URL", p.URL + prefix, "the practice Alertmanager, for silences"},
			{"ALERT_WEBHOOK_TOKEN", alertToken, "the bearer token with which the practice Alertmanager posts alerts"},
		},
		Prefix: alertmanagerPrefix, Handler: http.StripPrefix(prefix, m.manager.Handler()),
		Run: m.manager.Run,
	}, nil
}
