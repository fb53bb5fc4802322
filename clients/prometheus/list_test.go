package prometheus

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The lists have the shapes of Prometheus 2.42 and 3.16.
const (
	targetsAnswer = `{"status":"success","data":{"activeTargets":[
		{"discoveredLabels":{"__address__":"shop:80"},"labels":{"instance":"shop:80","job":"shop"},"scrapePool":"shop","scrapeUrl":"http://shop:80/metrics","globalUrl":"http://shop:80/metrics",
		 "lastError":"server returned HTTP status 500 Internal Server Error","lastScrape":"2026-03-02T09:00:00.5+01:00","lastScrapeDuration":0.01,"health":"down","scrapeInterval":"1m30s","scrapeTimeout":"10s"},
		{"labels":{"job":"new"},"lastError":"","lastScrape":"0001-01-01T00:00:00Z","health":"unknown","scrapeInterval":"1d"}],
		"droppedTargets":[],"droppedTargetCounts":{"shop":0}}}`
	rulesAnswer = `{"status":"success","data":{"groups":[{"name":"shop","file":"rules.yml","interval":15,"limit":0,"rules":[
		{"state":"firing","name":"Slow","query":"x > 5","duration":300,"keepFiringFor":0,"labels":{"severity":"critical"},"annotations":{},"alerts":[],"health":"ok","evaluationTime":0.1,"lastEvaluation":"2026-03-02T09:00:00Z","type":"alerting"},
		{"name":"x:rate","query":"rate(x[5m])","health":"ok","evaluationTime":0.1,"lastEvaluation":"2026-03-02T09:00:00Z","type":"recording"},
		{"state":"unknown","name":"Late","query":"y > 5","duration":0,"labels":{},"annotations":{},"health":"err","lastError":"found duplicate series","lastEvaluation":"0001-01-01T00:00:00Z","type":"alerting"}]}]}}`
)

func TestLists(t *testing.T) {
	sent := time.Date(2026, time.March, 2, 9, 0, 1, 0, time.UTC)
	c := client(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", sent.Format(http.TimeFormat))
		switch r.URL.String() {
		case "/prometheus/api/v1/targets?state=active":
			fmt.Fprint(w, targetsAnswer)
		case "/prometheus/api/v1/rules?exclude_alerts=true&type=alert":
			fmt.Fprint(w, rulesAnswer)
		default:
			t.Errorf("asked %s", r.URL)
		}
	}))
	targets, err := c.Targets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantTargets := Targets{Now: sent, Active: []Target{
		{map[string]string{"instance": "shop:80", "job": "shop"}, "down", "server returned HTTP status 500 Internal Server Error", time.Date(2026, time.March, 2, 8, 0, 0, 5e8, time.UTC), 90 * time.Second},
		{Labels: map[string]string{"job": "new"}, Health: "unknown", Interval: 24 * time.Hour},
	}}
	if diff := cmp.Diff(wantTargets, targets); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
	rules, err := c.AlertRules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantRules := Rules{Now: sent, Alerts: []Rule{
		{"Slow", "x > 5", "shop", 5 * time.Minute, map[string]string{"severity": "critical"}, "ok", "", time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC), 15 * time.Second},
		{Name: "Late", Query: "y > 5", Group: "shop", Labels: map[string]string{}, Health: "err", LastError: "found duplicate series", Interval: 15 * time.Second},
	}}
	if diff := cmp.Diff(wantRules, rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

// An incomplete list is an error.
func TestListsThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   string
	}{
		{"none", 200, `{"status":"success","data":{}}`, "the response isn't from Prometheus (200); check the connection's URL"},
		{"another server's", 404, `404 page not found`, "the response isn't from Prometheus (404); check the connection's URL"},
		{"an error", 503, `{"status":"error","error":"starting"}`, "Prometheus can't respond at the moment (503); see its log"},
		{"a page of several", 200, `{"status":"success","data":{"groups":[],"groupNextToken":"ab"}}`, "the response isn't from Prometheus (200); check the connection's URL"},
		{"too large", 200, strings.Repeat(" ", mostList+1), "the response of Prometheus is larger than 16 MiB, so it wasn't read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			}))
			if _, err := c.AlertRules(t.Context()); err == nil || err.Error() != tt.want {
				t.Errorf("rules: got %v, want %s", err, tt.want)
			}
			if _, err := c.Targets(t.Context()); err == nil || err.Error() != tt.want && !strings.Contains(tt.name, "page") {
				t.Errorf("targets: got %v, want %s", err, tt.want)
			}
		})
	}
}

func FuzzAnswers(f *testing.F) {
	for _, body := range []string{targetsAnswer, rulesAnswer,
		`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"NaN"]}]},"infos":["x"],"warnings":[]}`,
		`{"status":"success","data":{"resultType":"scalar","result":[1,"0x1p4"]}}`,
		`{"status":"success","data":{"resultType":"vector","result":[{"histogram":[1,{}]}]}}`,
		`{"status":"success","data":{"groups":[{"interval":1e300,"rules":[{"type":"alerting","duration":-1}]}]}}`,
		`{"status":"success","data":{"activeTargets":[{"scrapeInterval":"999999999y999999999y"}]}}`, `null`, `[]`, `{"status":"error"}`} {
		f.Add(200, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		a := answer{status: status, body: body}
		if reading, err := a.judge(); err != nil && reading != (Reading{}) {
			t.Errorf("%v comes with %+v", err, reading)
		}
		if targets, err := a.targets(); err == nil {
			for _, one := range targets.Active {
				if one.Interval < 0 {
					t.Errorf("an interval of %s", one.Interval)
				}
			}
		}
		if rules, err := a.rules(); err == nil {
			for _, one := range rules {
				if one.For < 0 || one.Interval < 0 {
					t.Errorf("%+v", one)
				}
			}
		}
	})
}
