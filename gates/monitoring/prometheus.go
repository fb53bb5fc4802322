package monitoring

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"gonogo/clients/prometheus"
	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/gates/metrics"
	"gonogo/readiness/answer"
)

// Prometheus is the kind prometheus.
var Prometheus = gates.Kind{
	Name: "prometheus", About: "the value of a Prometheus query, scrape targets, alert rules, and availability against an error budget", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:  "the value is within its limit, the targets are up and were scraped in time, the rules are loaded and healthy with their thresholds, and the availability holds",
		Warned:  "the value is within its limit, but not within its warning limit; or less of the error budget is left than its warning limit",
		Failed:  "one of them is measured and isn't so; also if a target of the query is down, whatever the query returns",
		Errored: "Prometheus can't be reached or rejects the query; the query returns no data (no series, or NaN, as 0/0 is), infinity, several series or a native histogram, or comes with a warning; a target hasn't been scraped yet; a rule hasn't been evaluated yet or compares with something else than a number; or the period has more gaps than its error budget allows",
	},
	Notes: `All queries are asked for the same moment, the one at which the gate runs, which the evidence shows; the period of an availability may end up to ` + "`every`" + `
earlier. Targets and rules are those of now. An info that Prometheus adds to a value is ignored; if the result is empty, the info says why.

A query that reads a range, such as ` + "`rate(x[5m])`" + `, keeps returning values for 5 minutes after the last scrape, so the gate also asks whether its targets were
up at that moment: name them with ` + "`targets`" + `, or write ` + "`pushed: true`" + ` for metrics that nothing scrapes. A query of a recording rule has the same problem, and
the gate can't detect it. If no data means 0, append ` + "`or vector(0)`" + ` to the query, and name the targets.

A target was scraped in time if its last scrape is no older than two of its intervals, and 30 s at least. If several rules have the name and the labels, each of
them must be as configured. A threshold is compared with the numbers that the rule's expression compares with; ` + "`80%`" + ` is 80 or 0.8, since the gate can't know
which of the two the expression yields. It can't tell whether the expression measures what its name says, either.

Availability counts each step of the period as available, unavailable or unknown. It passes only if the target holds even if all unknown steps were unavailable,
fails only if the target is missed even if all of them were available, and is errored otherwise, such as when Prometheus has run for less than the period.`,
	Example: `connection: metrics
query: sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))
limit: "< 5%"
warn: "< 1%"
targets: { job: shop }
up: ">= 2"
rules: { HighErrorRate: { threshold: "> 1%", for: "<= 5m" } }
availability: { query: 'max(up{job="shop"})', over: 30d, target: ">= 99.9%" }`,
	New: newPrometheus,
}

// prometheusSettings are the settings of kind prometheus.
type prometheusSettings struct {
	Connection   string            `yaml:"connection" required:"true"` // a connection of kind prometheus
	Query        string            `yaml:"query"`                      // a PromQL query that returns one number
	Limit        limit.Limit       `yaml:"limit"`                      // what the number must be; with a percentage, 0.05 is 5%
	Warn         limit.Limit       `yaml:"warn"`                       // what it should be: outside of it the gate warns
	Targets      map[string]string `yaml:"targets"`                    // labels of the targets that must be up, such as job; also those whose samples the query reads
	Up           limit.Count       `yaml:"up"`                         // how many of these targets must be up; default: all, and at least one
	Pushed       bool              `yaml:"pushed"`                     // whether nothing scrapes the metrics of the query, so that they have no targets; default: false
	Rules        map[string]rule   `yaml:"rules"`                      // alert rules that must be loaded and healthy, by name
	Availability *availability     `yaml:"availability"`               // how long something must have been available
}

// rule is an alert rule that must be there.
type rule struct {
	Threshold limit.Limit       `yaml:"threshold"` // the comparison that its expression must contain
	For       limit.Times       `yaml:"for"`       // how long the alert may be pending, its for
	Labels    map[string]string `yaml:"labels"`    // labels that the rule adds, to tell rules of the same name apart
}

// availability is an availability objective.
type availability struct {
	Query  string         `yaml:"query" required:"true"`  // a PromQL query that returns 1 while it is available and 0 while it isn't, or a share
	Over   limit.Duration `yaml:"over" required:"true"`   // the period, up to now
	Target limit.Share    `yaml:"target" required:"true"` // the share of the period in which it must be available
	Every  limit.Duration `yaml:"every"`                  // how often within the period it is looked at; default: 1m
	Left   limit.Share    `yaml:"budget_left"`            // how much of the error budget should be left: outside of it the gate warns
}

type prometheusGate struct {
	client   *prometheus.Client
	settings prometheusSettings
}

func newPrometheus(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	var s prometheusSettings
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	if err := s.faults().OrNil(); err != nil {
		return gates.Built{}, err
	}
	server, err := gates.Client[*prometheus.Client](deps, s.Connection, "prometheus")
	if err != nil {
		return gates.Built{}, err
	}
	return gates.Built{Gate: &prometheusGate{server, s}, Settings: gates.SettingsHash("prometheus", s, server.URL()), Secrets: server.Secrets()}, nil
}

var labelName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (s *prometheusSettings) faults() gates.Faults {
	var faults gates.Faults
	fault := func(wrong bool, field, format string, args ...any) {
		if wrong {
			faults = append(faults, gates.Fault{Field: field, Problem: fmt.Sprintf(format, args...)})
		}
	}
	fault(s.Query == "" && len(s.Targets)+len(s.Rules) == 0 && s.Availability == nil, "query", "there is nothing to measure; write a query with its limit, targets, rules or availability")
	fault(s.Query != "" && !s.Limit.Set(), "limit", `limit is missing; write what the number must be, as in "< 5%%"`)
	fault(s.Query == "" && s.Limit.Set(), "limit", "there is no query for this limit; add it")
	fault(s.Query == "" && s.Warn.Set(), "warn", "there is no query for this limit; add it")
	fault(s.Limit.Percentile != 0, "limit", "the query returns only one number; remove the percentile, and use histogram_quantile in the query")
	fault(s.Warn.Percentile != 0, "warn", "the query returns only one number; remove the percentile, and use histogram_quantile in the query")
	fault(s.Warn.Set() && s.Warn.Unit() != s.Limit.Unit(), "warn", "warn and limit have different units; write both alike")
	faults = append(faults, gates.NeverWarns("warn", s.Warn, s.Limit)...)
	fault(len(s.Targets) == 0 && !s.Pushed && metrics.ReadsRange(s.Query), "query",
		"the query reads a range, which keeps returning values after its targets have died; name them, as in targets: { job: shop }, or write pushed: true if nothing scrapes these metrics")
	fault(s.Pushed && len(s.Targets) > 0, "pushed", "pushed metrics have no targets; remove pushed, or targets")
	fault(s.Up.Set() && len(s.Targets) == 0, "up", "up counts targets; name them, as in targets: { job: shop }")
	for _, name := range slices.Sorted(maps.Keys(s.Targets)) {
		fault(!labelName.MatchString(name), "targets."+name, "%q isn't the name of a label; write a label of the targets, such as job", name)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Rules)) {
		fault(s.Rules[name].Threshold.Percentile != 0, "rules."+name, `the threshold is a comparison with a number, as in "> 80%%"; remove the percentile`)
	}
	return append(faults, s.Availability.faults()...)
}

const (
	usualStep = time.Minute
	mostSteps = 100_000 // that Prometheus evaluates of one period
)

func (a *availability) faults() gates.Faults {
	if a == nil {
		return nil
	}
	if a.Every == 0 {
		a.Every = limit.Duration(usualStep)
	}
	var faults gates.Faults
	op, percent := a.Target.Comparison()
	if a.Query == "" {
		faults = append(faults, gates.Fault{Field: "availability", Problem: "the query is missing; write one that returns 1 while it is available and 0 while it isn't, such as max(up{job=\"shop\"})"})
	}
	if !a.Target.Set() || op != ">=" && op != ">" || percent >= 100 && op == ">" {
		faults = append(faults, gates.Fault{Field: "availability", Problem: `the target is the least share, as in ">= 99.9%"`})
	}
	if a.Left.Includes(noneLeft.Limit) {
		faults = append(faults, gates.Fault{Field: "availability.budget_left", Problem: fmt.Sprintf(`%q never warns, because with nothing left of the budget the target is missed as well; ask for more, as in ">= 20%%"`, a.Left.Text)})
	}
	if a.Over < 2*a.Every || a.Every < limit.Duration(time.Second) || a.Over/a.Every > mostSteps {
		faults = append(faults, gates.Fault{Field: "availability", Problem: fmt.Sprintf("over is a period such as 30d, of 2 to %d times every, which is 1s or more", mostSteps)})
	}
	return faults
}

// noneLeft is the share of the error budget that is left while the target is met.
var noneLeft = func() (least limit.Share) {
	if err := least.UnmarshalText([]byte(">= 0%")); err != nil {
		panic(err)
	}
	return least
}()

// Check implements [gates.Gate].
func (g *prometheusGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	at := s.Now().UTC().Truncate(time.Millisecond)
	var parts []answer.Evidence
	for _, part := range []func(context.Context, time.Time) ([]answer.Evidence, error){g.value, g.targets, g.rules, g.available} {
		found, err := part(ctx, at)
		switch {
		case ctx.Err() != nil:
			return gates.Errored("cut off while it asked Prometheus")
		case err != nil:
			found = []answer.Evidence{gates.Errored("%s", err)}
		}
		parts = append(parts, found...)
	}
	ev := gates.Joined(parts)
	ev.Details = append(ev.Details, "asked for "+at.Format(time.RFC3339))
	return ev
}

// value asks for the number, and whether the targets it comes from were up then.
func (g *prometheusGate) value(ctx context.Context, at time.Time) ([]answer.Evidence, error) {
	s := g.settings
	if s.Query == "" {
		return nil, nil
	}
	got, err := g.client.Value(ctx, s.Query, at)
	switch {
	case err != nil:
		return nil, err
	case !got.Data:
		return []answer.Evidence{gates.Errored("the query returns no data, neither a series nor a number; check its metrics and labels")}, nil
	}
	return []answer.Evidence{judgedNumber(got.Value, s.Limit, s.Warn)}, nil
}

// judgedNumber compares a number with a limit and a warning limit.
func judgedNumber(number float64, fails, warns limit.Limit) answer.Evidence {
	shown, unit := strconv.FormatFloat(number, 'g', 6, 64), ""
	if fails.Unit() == "%" {
		number *= 100
		shown, unit = strconv.FormatFloat(number, 'g', 6, 64), "%"
	} else if fails.Unit() == "s" {
		unit = "s"
	}
	m := answer.Measure{Name: "value", Value: shown, Unit: unit, Limit: fails.Text, OK: fails.Allows(number)}
	text := shown
	if unit != "" {
		text += " " + unit
	}
	ev := gates.Judged([]answer.Measure{m}, "value "+text)
	return gates.Warned(ev, !warns.Set() || warns.Allows(number), fmt.Sprintf("value is %s, warning limit %s", text, warns.Text))
}

// targets asks whether the targets are up: now, and at the moment of the query.
func (g *prometheusGate) targets(ctx context.Context, at time.Time) ([]answer.Evidence, error) {
	t := metrics.Targets{Labels: g.settings.Targets, Up: g.settings.Up}
	if len(t.Labels) == 0 {
		return nil, nil
	}
	all, err := g.client.Targets(ctx)
	if err != nil {
		return nil, err
	}
	now := t.Judge(all, time.Now())
	if g.settings.Query == "" || now.Verdict != answer.Passed {
		return []answer.Evidence{now}, nil
	}
	up, err := g.client.Value(ctx, "sum("+t.Selector()+")", at)
	if err != nil {
		return nil, err
	}
	known, err := g.client.Value(ctx, "count("+t.Selector()+")", at)
	if err != nil {
		return nil, err
	}
	then := t.AtMoment(up, known)
	then.Measures = nil // those of now say the same
	return []answer.Evidence{now, then}, nil
}

// rules asks whether the alert rules are loaded.
func (g *prometheusGate) rules(ctx context.Context, _ time.Time) (parts []answer.Evidence, err error) {
	if len(g.settings.Rules) == 0 {
		return nil, nil
	}
	loaded, err := g.client.AlertRules(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(g.settings.Rules)) {
		r := g.settings.Rules[name]
		parts = append(parts, metrics.Rule{Name: name, Labels: r.Labels, Threshold: r.Threshold, For: r.For}.Judge(loaded, time.Now()))
	}
	return parts, nil
}

// available asks for the availability.
func (g *prometheusGate) available(ctx context.Context, at time.Time) ([]answer.Evidence, error) {
	a := g.settings.Availability
	if a == nil {
		return nil, nil
	}
	b := metrics.Budget{Query: a.Query, Over: time.Duration(a.Over), Every: time.Duration(a.Every), Target: a.Target, Left: a.Left}
	at = b.Moment(at)
	sumQuery, countQuery := b.Queries()
	sum, err := g.client.Value(ctx, sumQuery, at)
	if err != nil {
		return nil, err
	}
	count, err := g.client.Value(ctx, countQuery, at)
	if err != nil {
		return nil, err
	}
	return []answer.Evidence{b.Judge(sum.Value, count.Value)}, nil
}
