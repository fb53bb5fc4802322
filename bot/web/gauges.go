package web

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gonogo/bot/watch"
	"gonogo/readiness"
	"gonogo/readiness/delivery"
	"gonogo/readiness/work"
)

// What is measured at each scrape, in addition to what Metrics counts.
var (
	readyMetric     = prometheus.NewDesc("gonogo_ready", "1 if /readyz reports ready, otherwise 0.", nil, nil)
	recordsMetric   = prometheus.NewDesc("gonogo_ledger_records", "Records in the ledger.", nil, nil)
	sizeMetric      = prometheus.NewDesc("gonogo_ledger_size_bytes", "Size of the ledger file.", nil, nil)
	failingMetric   = prometheus.NewDesc("gonogo_ledger_failing", "1 if the last write to the ledger failed, otherwise 0.", nil, nil)
	failedMetric    = prometheus.NewDesc("gonogo_ledger_last_failure_timestamp_seconds", "Unix time of the last failed write to the ledger, or 0 if none has failed since the start.", nil, nil)
	freeMetric      = prometheus.NewDesc("gonogo_ledger_disk_free_bytes", "Free space on the disk of the ledger file.", nil, nil)
	reserveMetric   = prometheus.NewDesc("gonogo_ledger_reserve_bytes", "Space on that disk that is kept for recording a rollback.", nil, nil)
	missingMetric   = prometheus.NewDesc("gonogo_ledger_reserve_missing_bytes", "Space that should be kept for recording a rollback and isn't.", nil, nil)
	socketsMetric   = prometheus.NewDesc("gonogo_slack_sockets", "Open connections to Slack that have received hello, by state: serving, or draining after being replaced.", []string{"state"}, nil)
	wantedMetric    = prometheus.NewDesc("gonogo_slack_sockets_wanted", "Connections to Slack that should be serving.", nil, nil)
	straysMetric    = prometheus.NewDesc("gonogo_slack_stray_sockets", "Connections to Slack of other processes with the same app token.", nil, nil)
	troubleMetric   = prometheus.NewDesc("gonogo_trouble", "1 if something of this kind keeps gonogo from its work, otherwise 0.", []string{"kind"}, nil)
	uncheckedMetric = prometheus.NewDesc("gonogo_unchecked", "Number of things about gonogo that can't be found out; /readyz lists them.", nil, nil)
	lastFrameMetric = prometheus.NewDesc("gonogo_slack_last_frame_timestamp_seconds", "Unix time of the last frame received from Slack, or 0 if none.", nil, nil)
	queueMetric     = prometheus.NewDesc("gonogo_slack_queue_length", "Requests from Slack that are waiting for a worker.", nil, nil)
	capacityMetric  = prometheus.NewDesc("gonogo_slack_queue_capacity", "Maximum number of requests from Slack that can wait.", nil, nil)

	goMetric          = prometheus.NewDesc("gonogo_decision_go", "1 if the decision on the open release is GO, 0 if it is NO-GO.", []string{"environment"}, nil)
	blockersMetric    = prometheus.NewDesc("gonogo_decision_blockers", "Number of blockers of the open release.", []string{"environment"}, nil)
	openRunsMetric    = prometheus.NewDesc("gonogo_runs_open", "Open runs, by kind.", []string{"kind"}, nil)
	deploymentsMetric = prometheus.NewDesc("gonogo_delivery_deployments", "Deployments of the last 90 days that went live.", []string{"environment"}, nil)
	rolledBackMetric  = prometheus.NewDesc("gonogo_delivery_rolled_back", "Deployments of the last 90 days that were rolled back, without rehearsals and false alarms.", []string{"environment"}, nil)
	leadMetric        = prometheus.NewDesc("gonogo_delivery_lead_seconds", "Median time of the last 90 days from opening a release until it was live. Absent if none went live.", []string{"environment"}, nil)
	restoreMetric     = prometheus.NewDesc("gonogo_delivery_restore_seconds", "Median time of the last 90 days from an alert, or the start of a rollback without one, until the environment was restored. Absent if nothing was rolled back.", []string{"environment"}, nil)

	firingMetric = prometheus.NewDesc("gonogo_incidents_firing", "Incidents that are still firing.", nil, nil)
)

// gauges turns one look at the bot into metrics, so that all are from the same moment.
type gauges struct{ options Options }

// Describe implements [prometheus.Collector].
func (gauges) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{readyMetric, recordsMetric, sizeMetric, failingMetric, failedMetric, freeMetric, reserveMetric, missingMetric, socketsMetric, wantedMetric, straysMetric, troubleMetric, uncheckedMetric,
		lastFrameMetric, queueMetric, capacityMetric, goMetric, blockersMetric, openRunsMetric, deploymentsMetric, rolledBackMetric, leadMetric, restoreMetric, firingMetric} {
		out <- d
	}
}

// gauge sends one metric.
type gauge func(d *prometheus.Desc, value float64, labels ...string)

// Collect implements [prometheus.Collector].
func (c gauges) Collect(out chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	health(send, c.options.Health(), c.options.now())
	if c.options.View != nil {
		judgement(send, c.options.View())
	}
}

func health(send gauge, h Health, now time.Time) {
	send(readyMetric, truth(len(h.reasons(now)) == 0))
	send(recordsMetric, float64(h.Ledger.Seq))
	if h.LedgerSize > 0 { // it is a file
		send(sizeMetric, float64(h.LedgerSize))
	}
	send(failingMetric, truth(h.Ledger.Failing != nil))
	send(failedMetric, unix(h.Ledger.Failed))
	if room := h.Ledger.Room; room.Size > 0 && room.Err == nil {
		send(freeMetric, float64(room.Free))
		send(reserveMetric, float64(room.Held))
		send(missingMetric, float64(max(0, room.Size-room.Held)))
	}
	send(socketsMetric, float64(h.Sockets-h.Draining), "serving")
	send(socketsMetric, float64(h.Draining), "draining")
	send(wantedMetric, float64(h.Wanted))
	send(straysMetric, float64(h.Strays))
	troubled := h.troubled(now)
	for _, k := range watch.Kinds {
		send(troubleMetric, truth(troubled[k.Trouble]), string(k.Trouble))
	}
	send(uncheckedMetric, float64(len(h.Standing.Unchecked)+len(h.Standing.Pending)))
	send(lastFrameMetric, unix(h.LastFrame))
	send(queueMetric, float64(h.Queue))
	send(capacityMetric, float64(h.QueueSize))
}

func judgement(send gauge, v readiness.View) {
	v = v.Cached()
	for _, env := range v.Checklist.Environments {
		d := v.Decide(env.Name)
		send(goMetric, truth(d.Go), env.Name)
		send(blockersMetric, float64(len(d.Blockers)), env.Name)
	}
	deliveries(send, v)
	open := map[string]int{work.Gates: 0, work.Deployment: 0, work.Rollback: 0, work.Runbook: 0}
	for _, run := range v.State.OpenRuns() {
		open[run.What]++
	}
	for kind, runs := range open {
		send(openRunsMetric, float64(runs), kind)
	}
	firing := 0
	for _, incident := range v.State.Incidents {
		if incident.Firing() {
			firing++
		}
	}
	send(firingMetric, float64(firing))
}

// deliveries sends the figures of each environment that gonogo or a pipeline deploys to.
func deliveries(send gauge, v readiness.View) {
	for _, env := range v.Checklist.Environments {
		if env.App == "" && len(v.State.Pipelined[env.Name]) == 0 {
			continue
		}
		f := delivery.Of(v.State, env.Name, v.Now)
		send(deploymentsMetric, float64(f.Deployments), env.Name)
		send(rolledBackMetric, float64(f.Failed), env.Name)
		if f.Lead.Of > 0 {
			send(leadMetric, f.Lead.Middle.Seconds(), env.Name)
		}
		if f.Restore.Of > 0 {
			send(restoreMetric, f.Restore.Middle.Seconds(), env.Name)
		}
	}
}

func truth(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}

// unix is a time as Prometheus writes it; 0 is none.
func unix(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return float64(at.UnixMilli()) / 1000
}
