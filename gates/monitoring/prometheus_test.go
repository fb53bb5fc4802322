package monitoring

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gonogo/clients/connection"
	"gonogo/clients/prometheus"
	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

func withPrometheus(t testing.TB, address string) gates.Deps {
	return gates.Deps{Connections: map[string]connection.Connection{"metrics": gatestest.PrometheusAt(t, address)}}
}

// shop is a target with a counter. Each scrape is told, and once it is down it answers 503.
type shop struct {
	down    atomic.Bool
	served  atomic.Int64
	scraped chan bool // up or down
}

func (s *shop) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	down := s.down.Load()
	if down {
		w.WriteHeader(http.StatusServiceUnavailable)
	} else {
		fmt.Fprintf(w, "requests_total{code=\"200\"} %d\n", s.served.Add(10))
	}
	s.scraped <- !down
}

// awaitScrapes waits until Prometheus has taken in n scrapes with a result: a scrape
// begins only when the one before has been taken in.
func (s *shop) awaitScrapes(up bool, n int) {
	for seen := 0; seen <= n; {
		if <-s.scraped == up {
			seen++
		}
	}
}

const shopRules = `groups:
  - name: shop
    rules:
      - { alert: Slow, expr: "rate(requests_total[5m]) < 0.5", for: 2m, labels: { severity: critical } }
      - { alert: Broken, expr: "label_replace(requests_total, \"code\", \"x\", \"\", \"\") * on () (requests_total or vector(1))" }
`

// TestPrometheusReal measures a real Prometheus while its target lives, and after it has
// died.
func TestPrometheusReal(t *testing.T) {
	target := &shop{scraped: make(chan bool, 1000)}
	server := httptest.NewServer(target)
	defer server.Close()
	host := server.Listener.Addr().String()
	address := gatestest.Prometheus{Scrapes: fmt.Sprintf("[{ job_name: shop, static_configs: [{ targets: ['%s'] }] }]", host), Rules: shopRules}.Start(t)
	deps := withPrometheus(t, address)
	target.awaitScrapes(true, 3)
	awaitEvaluation(t, deps, "Broken")
	const rate = `query: "sum(rate(requests_total[5m]))", targets: { job: shop }`
	try := func(settings string, verdict answer.Verdict, words ...string) {
		t.Helper()
		ev := kindtest.Measured(t, kindtest.Built(t, Prometheus, "{ connection: metrics, "+settings+" }", deps), gates.Scope{})
		if said := kindtest.Odd(ev, verdict, words...); said != "" {
			t.Errorf("%s: %s %q", settings, said, ev.Details)
		}
	}
	try(rate+`, limit: "> 0"`, answer.Passed, "value ", "1 of 1 target up")
	try(rate+`, limit: "< 0"`, answer.Failed, "limit < 0")
	try(rate+`, limit: "> 0", warn: "> 1e6"`, answer.Warned, "warning limit > 1e6")
	try(`query: "max(requests_total)", limit: "> 0", up: ">= 2", targets: { job: shop }`, answer.Failed, "1 of 1 target with job=shop up, limit >= 2")
	try(`query: vector(0.05), limit: "<= 5%"`, answer.Passed, "value 5 %")
	try(`query: vector(0) / 0, limit: "< 5"`, answer.Errored, "returns no data")
	try(`query: nowhere, limit: "< 5"`, answer.Errored, "returns no data")
	try(`query: vector(1) / 0, limit: "> 5"`, answer.Errored, "+Inf")
	try(`query: sum(, limit: "> 5"`, answer.Errored, "rejected the query")
	try(`targets: { job: nobody }`, answer.Failed, "no target of Prometheus has job=nobody")
	try(`rules: { Slow: { threshold: "< 0.5", for: "<= 2m", labels: { severity: critical } } }`, answer.Passed, "Slow (severity=critical) is loaded")
	try(`rules: { Slow: { threshold: "< 50%" } }`, answer.Passed)
	try(`rules: { Slow: { threshold: "< 1" } }`, answer.Failed, "fires at < 0.5, not at < 1")
	try(`rules: { Slow: { for: "<= 1m" } }`, answer.Failed, "waits for 2m")
	try(`rules: { Broken: {} }`, answer.Failed, "Broken can't be evaluated")
	try(`rules: { Fast: {} }`, answer.Failed, "Fast isn't loaded")
	try(`availability: { query: "max(up)", over: 30d, target: ">= 99.9%" }`, answer.Errored, "no data for")

	target.down.Store(true)
	target.awaitScrapes(false, 1)
	// The rate goes on, and what it gives is within the limit.
	try(strings.Split(rate, ", targets")[0]+`, limit: "> 0", pushed: true`, answer.Passed, "value ")
	try(rate+`, limit: "> 0"`, answer.Failed, "0 of 1 target with job=shop up", "it answered with status 503")
}

// awaitEvaluation waits until a rule has been evaluated.
func awaitEvaluation(t *testing.T, deps gates.Deps, name string) {
	t.Helper()
	c := deps.Connections["metrics"].Client.(*prometheus.Client)
	for {
		rules, err := c.AlertRules(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range rules.Alerts {
			if one.Name == name && one.Health != "unknown" {
				return
			}
		}
	}
}

// TestPrometheusAvailability has a real Prometheus count the minutes of six hours that it
// has had, of which three were bad and, in another hour before, most are missing.
func TestPrometheusAvailability(t *testing.T) {
	end := time.Now().Add(-time.Hour).Truncate(time.Minute)
	var past strings.Builder
	past.WriteString("# TYPE probe gauge\n")
	for minute := 420; minute >= 0; minute-- {
		value := 1
		switch {
		case minute >= 370 && minute < 410: // not there at all
			continue
		case minute >= 100 && minute < 103:
			value = 0
		}
		fmt.Fprintf(&past, "probe %d %d\n", value, end.Add(-time.Duration(minute)*time.Minute).Unix())
	}
	past.WriteString("# EOF\n")
	deps := withPrometheus(t, gatestest.Prometheus{Scrapes: "[]", Past: past.String()}.Start(t))
	for _, tt := range []struct {
		settings string
		verdict  answer.Verdict
		words    string
	}{
		{`over: 6h, target: ">= 99%"`, answer.Passed, "available for 99.166 % of 6h, 16 % of the error budget left"},
		{`over: 6h, target: ">= 99%", budget_left: ">= 20%"`, answer.Warned, "unavailable for 3m of 3m36s"},
		{`over: 6h, target: ">= 99.5%"`, answer.Failed, "availability is 99.166 % over 6h, limit >= 99.5%: unavailable for 3m, and 1m48s are allowed"},
		{`over: 7h, target: ">= 99%"`, answer.Errored, "no data for 35m of the last 7h"},
		{`over: 7h, target: ">= 80%"`, answer.Passed, "available for 90.952 % of 7h"},
	} {
		settings := `{ connection: metrics, availability: { query: "max(probe) # of all", ` + tt.settings + ` } }`
		ev := kindtest.Measured(t, kindtest.Built(t, Prometheus, settings, deps), gates.Scope{View: readiness.View{Now: end.Add(40 * time.Second)}})
		if said := kindtest.Odd(ev, tt.verdict, tt.words); said != "" {
			t.Errorf("%s: %s", settings, said)
		}
	}
}

// The envelopes are those of Prometheus 3.16, which has native histograms.
func TestPrometheusAnswers(t *testing.T) {
	for _, tt := range []struct{ name, body, words string }{
		{"an info beside an empty result", `{"status":"success","data":{"resultType":"vector","result":[]},"infos":["PromQL info: ignored histogram in max aggregation"]}`, "Prometheus says why: PromQL info: ignored histogram"},
		{"a histogram", `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{"count":"1","sum":"1"}]}]}}`, "use histogram_quantile"},
		{"a warning", `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]},"warnings":["PromQL warning: quantile value should be between 0 and 1"]}`, "Prometheus warns"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tt.body) }))
		ev := kindtest.Measured(t, kindtest.Built(t, Prometheus, `{ connection: metrics, query: x, limit: "< 5" }`, withPrometheus(t, server.URL)), gates.Scope{})
		if said := kindtest.Odd(ev, answer.Errored, tt.words); said != "" {
			t.Errorf("%s: %s", tt.name, said)
		}
		server.Close()
	}
}

func TestPrometheusFaults(t *testing.T) {
	deps := withPrometheus(t, "http://localhost:9090")
	for settings, want := range map[string]string{
		`{}`:                                "there is nothing to measure; write a query with its limit, targets, rules or availability",
		`{query: up}`:                       `limit is missing; write what the number must be, as in "< 5%"`,
		`{limit: "< 5", targets: {job: x}}`: "there is no query for this limit; add it",
		`{query: up, limit: "P95 < 5s"}`:    "the query returns only one number; remove the percentile, and use histogram_quantile in the query",
		`{query: up, limit: "< 5%", warn: "< 5"}`:                     "warn and limit have different units; write both alike",
		`{query: "rate(x[5m])", limit: "< 5"}`:                        "the query reads a range, which keeps returning values after its targets have died; name them, as in targets: { job: shop }, or write pushed: true if nothing scrapes these metrics",
		`{query: up, limit: 1, up: 1}`:                                "up counts targets; name them, as in targets: { job: shop }",
		`{pushed: true, targets: {job: x}}`:                           "pushed metrics have no targets; remove pushed, or targets",
		`{targets: {"a b": x}}`:                                       `"a b" isn't the name of a label; write a label of the targets, such as job`,
		`{availability: {query: up, over: 30d}}`:                      `the target is the least share, as in ">= 99.9%"`,
		`{availability: {over: 30d, target: ">= 99.9%"}}`:             `the query is missing; write one that returns 1 while it is available and 0 while it isn't, such as max(up{job="shop"})`,
		`{availability: {query: up, over: 300d, target: ">= 99.9%"}}`: "over is a period such as 30d, of 2 to 100000 times every, which is 1s or more",
	} {
		if got := kindtest.Faulty(t, Prometheus, strings.Replace(settings, "{", "{connection: metrics, ", 1), deps); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", settings, got, want)
		}
	}
}
