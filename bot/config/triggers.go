package config

import (
	"cmp"
	"strings"
	"time"
	"unicode/utf8"

	"gonogo/bot/config/strictyaml"
	"gonogo/clients/connection"
	"gonogo/clients/github"
	"gonogo/clients/postgres"
	"gonogo/clients/prometheus"
	"gonogo/deploy"
	"gonogo/gates/limit"
	"gonogo/readiness"
)

type triggerPart struct {
	strictyaml.Pos
	ID          val[identifier]  `yaml:"trigger" require:"a short name, such as error-rate"`
	Title       val[string]      `yaml:"title"`                            // the text that people see; default: the trigger's name
	Prometheus  *metricTrigger   `yaml:"prometheus"`                       // trips when the result of a query meets a limit
	HTTP        *strictyaml.Node `yaml:"http"`                             // trips when a page fails; its settings are those of the gate http, except that a limit of a time that begins with >, such as max: "> 5s", says when it trips
	Postgres    *databaseTrigger `yaml:"postgres"`                         // trips when the result of a query meets a limit, or when the database doesn't serve
	Alert       *alertTrigger    `yaml:"alert"`                            // trips on an alert from Alertmanager that has these labels
	GitHub      *labelTrigger    `yaml:"github"`                           // trips on an open issue that was opened with a label, or got it, since the deployment of what is live began; pull requests don't count
	Person      *personTrigger   `yaml:"person"`                           // is declared by people, for what nothing measures, such as corrupt data: /rollback declare
	Consecutive val[int]         `yaml:"consecutive" from:"1" to:"1000"`   // how many breaches in a row trip it; default: 3
	Every       val[duration]    `yaml:"every"`                            // how often it is measured; default: 20s
	NoData      val[string]      `yaml:"no_data" words:"ignore,warn,trip"` // what a measurement without data means: ignore doesn't count it, warn tells on-call after as many in a row, trip counts it as a breach; a page that doesn't answer has no data only with trip; default: ignore
	Hard        val[bool]        `yaml:"hard"`                             // whether an automatic rollback begins at once, without time to stop it; default: false
	MinTraffic  *trafficPart     `yaml:"min_traffic"`                      // for prometheus: the traffic without which a measurement doesn't count; default: it always counts
}

type metricTrigger struct {
	Connection val[string]      `yaml:"connection" require:"the Prometheus connection to query"`
	Query      val[string]      `yaml:"query" require:"a PromQL query that returns one number"`
	Limit      val[limit.Limit] `yaml:"limit" require:"the limit that trips it, such as \"> 5%\""`
}

type databaseTrigger struct {
	Connection val[string]      `yaml:"connection" require:"the PostgreSQL connection to query"`
	Query      val[string]      `yaml:"query"`                      // one read-only statement, which for a limit returns one number; default: select 1
	Limit      val[limit.Limit] `yaml:"limit"`                      // the limit that trips it, such as "> 90"; default: the result doesn't matter
	Errors     val[string]      `yaml:"errors" words:"ignore,trip"` // what a database means that doesn't answer, or says that it can't serve: trip counts it as a breach, ignore as a failed measurement; default: ignore
}

// trafficPart is the least traffic that a trigger needs.
type trafficPart struct {
	strictyaml.Pos
	Query val[string]      `yaml:"query" require:"a PromQL query that returns the traffic as one number"`
	Limit val[limit.Limit] `yaml:"limit" require:"the traffic that is needed, such as \">= 1\""`
}

// labelTrigger is the label of the issues that trip a trigger.
type labelTrigger struct {
	strictyaml.Pos
	Connection val[string] `yaml:"connection" require:"the GitHub connection whose issues count"`
	Label      val[string] `yaml:"label" require:"the label of the issues that trip it, such as rollback"`
}

// personTrigger is who may declare a trigger.
type personTrigger struct {
	strictyaml.Pos
	Roles val[refs] `yaml:"roles" require:"the roles whose holders may declare it"`
}

// alertTrigger is the labels that an alert must carry.
type alertTrigger = ordered[string]

// sorts are the fields of a trigger of which it has exactly one.
var sorts = []string{"prometheus", "http", "postgres", "alert", "github", "person"}

// trigger builds one trigger, of exactly one sort.
func (b *builder) trigger(t *triggerPart) (deploy.Trigger, bool) {
	before := b.FaultCount()
	trigger := deploy.Trigger{ID: string(t.ID.V), Title: title(t.Title, string(t.ID.V)),
		Consecutive: t.Consecutive.V, Every: span(t.Every), Hard: t.Hard.V, NoData: deploy.NoData(t.NoData.V)}
	if trigger.NoData == "" {
		trigger.NoData = deploy.IgnoreNoData
	}
	if n := b.measures(t, &trigger); n != 1 {
		b.Fault(t.Pos, "a trigger needs exactly one of %s", strictyaml.Enumerate(sorts))
	}
	if t.MinTraffic != nil {
		b.traffic(t, &trigger)
	}
	b.consecutive(t.Consecutive, trigger.Every)
	b.oneOf(t.NoData, "no_data", "ignore", "warn", "trip")
	return trigger, b.FaultCount() == before && (trigger.Sample != nil || len(trigger.Labels)+len(trigger.Roles) > 0)
}

// measures builds what a trigger is measured by, and counts how many sorts it has.
func (b *builder) measures(t *triggerPart, trigger *deploy.Trigger) (causes int) {
	if t.Prometheus != nil {
		causes++
		b.metric(t.Prometheus, trigger)
	}
	if t.HTTP != nil {
		causes++
		b.page(t.HTTP, trigger)
	}
	if t.Postgres != nil {
		causes++
		b.database(t.Postgres, trigger)
	}
	if t.Alert != nil {
		causes++
		trigger.Labels = b.labels(t)
	}
	if t.GitHub != nil {
		causes++
		b.labeled(t, trigger)
	}
	if t.Person != nil {
		causes++
		trigger.Roles = b.some(t.Person.Roles, "role", b.doc.Roles.Names())
	}
	return causes
}

func (b *builder) metric(m *metricTrigger, trigger *deploy.Trigger) {
	b.connected(m.Connection, "prometheus")
	trigger.Limit = m.Limit.V
	if client := b.prometheus(m.Connection); client != nil {
		trigger.Sample = deploy.PrometheusSampler{Client: client, Query: m.Query.V}
	}
}

// prometheus is the client of a connection; nil: there is none, and the fault is noted.
func (b *builder) prometheus(name val[string]) *prometheus.Client {
	c, err := b.find(name.V, "prometheus")
	if err != nil {
		return nil // connected has noted the fault
	}
	client, err := connection.Client[*prometheus.Client](c)
	if err != nil {
		b.Fault(name.Pos, "%s", err)
		return nil
	}
	return client
}

func (b *builder) traffic(t *triggerPart, trigger *deploy.Trigger) {
	if t.Prometheus == nil {
		b.Fault(t.MinTraffic.Pos, "min_traffic is a query of the same Prometheus, so only a prometheus trigger can have it; remove it here")
		return
	}
	if client := b.prometheus(t.Prometheus.Connection); client != nil {
		trigger.Traffic = &deploy.Traffic{Sample: deploy.PrometheusSampler{Client: client, Query: t.MinTraffic.Query.V}, Limit: t.MinTraffic.Limit.V}
	}
}

// page builds a trigger that requests a page. Its settings are those of the gate, which
// says what is good: a limit that says what is bad is turned around.
func (b *builder) page(settings *strictyaml.Node, trigger *deploy.Trigger) {
	for _, time := range []string{"p50", "p95", "p99", "max"} {
		settings = settings.With(time, turned)
	}
	if built, ok := b.gate(&gatePart{choice: choice{Kind: val[string]{V: "http", Pos: settings.Pos, Set: true}, settings: settings}}); ok {
		trigger.Sample = deploy.HTTPSampler{Built: built, Silence: trigger.NoData == deploy.TripNoData}
	}
}

// turned is the limit that holds where one that begins with > doesn't. Another one stays,
// as does what is no limit of a time: its fault quotes what was written.
func turned(written string) string {
	var times limit.Times
	if written = strings.TrimSpace(written); times.UnmarshalText([]byte(written)) != nil {
		return written
	}
	if least, ok := strings.CutPrefix(written, ">="); ok {
		return "<" + least
	}
	if more, ok := strings.CutPrefix(written, ">"); ok {
		return "<=" + more
	}
	return written
}

func (b *builder) database(d *databaseTrigger, trigger *deploy.Trigger) {
	b.connected(d.Connection, "postgres")
	b.oneOf(d.Errors, "errors", "ignore", "trip")
	trigger.Limit = d.Limit.V
	if !d.Limit.Set && d.Errors.V != "trip" {
		b.Fault(d.Connection.Pos, "nothing trips this trigger; add limit, such as \"> 90\", or errors: trip")
	}
	c, err := b.find(d.Connection.V, "postgres")
	if err != nil {
		return // connected has noted the fault
	}
	server, err := connection.Client[postgres.Server](c)
	if err != nil {
		b.Fault(d.Connection.Pos, "%s", err)
		return
	}
	sampler, err := deploy.NewPostgresSampler(server.URL)
	if err != nil {
		b.Fault(d.Connection.Pos, "the connection's %s", err)
		return
	}
	for _, secret := range sampler.Database.Secrets() {
		b.Hide(secret)
	}
	sampler.Query, sampler.Value, sampler.Errors = cmp.Or(d.Query.V, sampler.Query), d.Limit.Set, d.Errors.V == "trip"
	trigger.Sample = sampler
}

// leastLabelPace is the least pause between two looks at a label, which are two requests
// of the 5,000 that GitHub takes in an hour.
const leastLabelPace = 10 * time.Second

// labeled builds a trigger that looks for issues with a label.
func (b *builder) labeled(t *triggerPart, trigger *deploy.Trigger) {
	b.connected(t.GitHub.Connection, "github")
	label := strings.TrimSpace(t.GitHub.Label.V)
	switch {
	case !t.GitHub.Label.Set: // that it is missing is a fault already
	case label == "":
		b.Fault(t.GitHub.Label.Pos, "label is empty; write the label of the issues that trip it, such as rollback")
	case strings.Contains(label, ","):
		b.Fault(t.GitHub.Label.Pos, "the label %q contains a comma, which GitHub's filter can't handle; use another label", label)
	case utf8.RuneCountInString(label) > longestLabel:
		b.Fault(t.GitHub.Label.Pos, "label has %d characters, and GitHub's have %d at most; use another label", utf8.RuneCountInString(label), longestLabel)
	}
	if t.Every.Set && trigger.Every < leastLabelPace {
		b.Fault(t.Every.Pos, "every must be at least %s for a github trigger, because GitHub takes 5,000 requests an hour", readiness.Span(leastLabelPace))
	}
	c, err := b.find(t.GitHub.Connection.V, "github")
	if err != nil {
		return // connected has noted the fault
	}
	client, err := connection.Client[*github.Client](c)
	if err != nil {
		b.Fault(t.GitHub.Connection.Pos, "%s", err)
		return
	}
	trigger.Sample = &deploy.LabelSampler{Client: client, Label: label}
}

// longestLabel is GitHub's limit.
const longestLabel = 50

func (b *builder) labels(t *triggerPart) map[string]string {
	labels := map[string]string{}
	for _, l := range *t.Alert {
		labels[l.Name.V] = l.Value
	}
	if len(labels) == 0 {
		b.Fault(t.Pos, "alert has no labels; write the labels that an alert must have, such as { severity: critical }")
	}
	return labels
}
