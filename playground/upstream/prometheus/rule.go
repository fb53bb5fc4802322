package prometheus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
)

// Rule is a query whose every result is an alert.
type Rule struct {
	Name  string
	Query string
	For   time.Duration // how long a result has to be there before its alert fires
	// Labels are added to those of the result.
	Labels Labels
	// Annotations are templates that know $labels, $value and
	// humanizePercentage, as in Prometheus's rule files.
	Annotations map[string]string
}

// Alert is one that fires, or has ceased to when EndsAt is past.
type Alert struct {
	Labels       map[string]string
	Annotations  map[string]string
	StartsAt     time.Time
	EndsAt       time.Time // until when it counts as firing unless it is told again
	GeneratorURL string
}

const (
	pending  = "pending"
	firing   = "firing"
	inactive = "inactive"
)

const (
	// resend is how often an alert that goes on is told again (the default of
	// --rules.alert.resend-delay in Prometheus).
	resend = time.Minute
	// remembered is how long a resolved alert is told again, in case the
	// Alertmanager was not there (resolvedRetention in Prometheus's sources).
	remembered = 15 * time.Minute
)

// active is an alert that a rule remembers.
type active struct {
	labels      Labels
	annotations map[string]string
	value       float64
	state       string
	since       time.Time // the query found it
	fired       time.Time
	resolved    time.Time
	told        time.Time
}

type rule struct {
	Rule
	expr        expr
	annotations map[string]*template.Template
	active      map[string]*active // by labels
	last        time.Time          // look
	took        time.Duration
	wrong       error // of the last look
}

func newRule(r Rule) (*rule, error) {
	read, err := parse(r.Query)
	if err != nil {
		return nil, err
	}
	if read.kind() != vectorKind {
		return nil, fmt.Errorf("its query gives a %s, not an instant vector", read.kind())
	}
	made := &rule{Rule: r, expr: read, annotations: map[string]*template.Template{}, active: map[string]*active{}}
	for name, text := range r.Annotations {
		made.annotations[name], err = template.New(name).
			Funcs(template.FuncMap{"humanizePercentage": humanizePercentage}).Option("missingkey=zero").
			Parse(`{{ $labels := .Labels }}{{ $value := .Value }}` + text)
		if err != nil {
			return nil, fmt.Errorf("its annotation %s: %w", name, err)
		}
	}
	return made, nil
}

func humanizePercentage(v float64) string { return fmt.Sprintf("%.4g%%", v*100) }

// look evaluates the rule. When the query fails the alerts stay as they are.
func (r *rule) look(clock func() time.Time, s *store) {
	now := clock()
	of, err := r.expr.eval(moment{context.Background(), s, now.UnixMilli()})
	r.last, r.took, r.wrong = now, clock().Sub(now), err
	if err != nil {
		return
	}
	found := map[string]bool{}
	for _, e := range of.(vector) {
		key, err := r.find(e, now)
		r.wrong = errors.Join(r.wrong, err)
		found[key] = true
	}
	for key, a := range r.active {
		if !found[key] {
			if a.settle(now) {
				delete(r.active, key)
			}
			continue
		}
		if a.state == pending && now.Sub(a.since) >= r.For {
			a.state, a.fired = firing, now
		}
	}
}

// find begins or goes on with the alert of one result.
func (r *rule) find(e element, now time.Time) (key string, err error) {
	labels := e.labels.without(metricName).with(r.Labels).with(Labels{"alertname": r.Name})
	key = labels.key()
	a := r.active[key]
	if a == nil || a.state == inactive {
		a = &active{labels: labels, state: pending, since: now}
		r.active[key] = a
	}
	a.value = e.value
	a.annotations, err = r.annotate(labels, e.value)
	return key, err
}

func (r *rule) annotate(labels Labels, value float64) (map[string]string, error) {
	texts := map[string]string{}
	for name, t := range r.annotations {
		var text strings.Builder
		if err := t.Execute(&text, map[string]any{"Labels": labels, "Value": value}); err != nil {
			return texts, fmt.Errorf("write the annotation %s: %w", name, err)
		}
		texts[name] = text.String()
	}
	return texts, nil
}

// settle makes an alert inactive that the query does not find any more, and
// reports whether it may be forgotten.
func (a *active) settle(now time.Time) bool {
	if a.state == firing {
		a.state, a.resolved = inactive, now
	}
	return a.state == pending || now.Sub(a.resolved) > remembered
}

// news are the alerts that it is time to tell of.
func (r *rule) news(now time.Time, opts Options) []Alert {
	var news []Alert
	for _, a := range r.sorted() {
		if a.state == pending || !a.resolved.After(a.told) && now.Sub(a.told) < resend {
			continue
		}
		a.told = now
		ends := a.resolved
		if a.state == firing {
			ends = now.Add(4 * max(opts.Interval, resend)) // as Prometheus reckons it (rules.SendAlerts)
		}
		news = append(news, Alert{a.labels, a.annotations, a.fired, ends, tableURL(opts.URL, r.Query)})
	}
	return news
}

// tableURL is the page that shows a query's result as a table.
func tableURL(server, query string) string {
	return server + "/graph?g0.expr=" + url.QueryEscape(query) + "&g0.tab=1"
}

func (r *rule) sorted() []*active {
	all := make([]*active, 0, len(r.active))
	for _, a := range r.active {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b *active) int { return cmp.Compare(a.labels.key(), b.labels.key()) })
	return all
}

// state is the worst of the rule's alerts.
func (r *rule) state() string {
	worst := inactive
	for _, a := range r.active {
		if a.state == firing {
			return firing
		}
		if a.state == pending {
			worst = pending
		}
	}
	return worst
}

// alertView is an alert as the API shows it
// (https://prometheus.io/docs/prometheus/latest/querying/api/#alerts).
type alertView struct {
	Labels      Labels            `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	State       string            `json:"state"`
	ActiveAt    time.Time         `json:"activeAt"`
	Value       string            `json:"value"`
}

func (r *rule) alerts() []alertView {
	views := []alertView{}
	for _, a := range r.sorted() {
		if a.state != inactive {
			views = append(views, alertView{a.labels, a.annotations, a.state, a.since.UTC(), strconv.FormatFloat(a.value, 'e', -1, 64)})
		}
	}
	return views
}

// ruleView is a rule as the API shows it
// (https://prometheus.io/docs/prometheus/latest/querying/api/#rules).
type ruleView struct {
	State          string            `json:"state"`
	Name           string            `json:"name"`
	Query          string            `json:"query"`
	Duration       float64           `json:"duration"` // seconds
	KeepFiringFor  float64           `json:"keepFiringFor"`
	Labels         Labels            `json:"labels"`
	Annotations    map[string]string `json:"annotations"`
	Alerts         []alertView       `json:"alerts,omitzero"`
	Health         string            `json:"health"`
	LastError      string            `json:"lastError,omitempty"`
	EvaluationTime float64           `json:"evaluationTime"` // seconds
	LastEvaluation time.Time         `json:"lastEvaluation"`
	Type           string            `json:"type"`
}

func (r *rule) view() ruleView {
	v := ruleView{
		State: r.state(), Name: r.Name, Query: r.Query, Duration: r.For.Seconds(),
		Labels: r.Labels.with(nil), Annotations: Labels(r.Annotations).with(nil), Alerts: r.alerts(),
		Health: "ok", EvaluationTime: r.took.Seconds(), LastEvaluation: r.last.UTC(), Type: "alerting",
	}
	switch {
	case r.last.IsZero():
		v.Health = "unknown"
	case r.wrong != nil:
		v.Health, v.LastError = "err", r.wrong.Error()
	}
	return v
}
