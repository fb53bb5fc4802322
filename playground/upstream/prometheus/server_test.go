package prometheus

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// clock is a time that a test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// watch makes a server of one target whose errors a test sets.
type watch struct {
	*Server
	clock  clock
	failed float64
	gone   error
	told   []Alert
}

func newWatch(t *testing.T, rules ...Rule) *watch {
	t.Helper()
	w := &watch{clock: clock{began}}
	var err error
	w.Server, err = New(Options{
		URL: "http://practice.test/prometheus", Interval: time.Second, Rules: rules, Now: w.clock.now,
		Notify: func(alerts []Alert) { w.told = append(w.told, alerts...) },
		Targets: []Target{{
			Labels: Labels{"job": "odoo", "instance": "practice.test:80"}, URL: "http://practice.test:80/metrics",
			Read: func(time.Time) ([]Sample, error) {
				return []Sample{{Name: "failed", Labels: Labels{"code": "500"}, Value: w.failed}}, w.gone
			},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// after moves the clock and looks.
func (w *watch) after(d time.Duration) {
	w.clock.at = w.clock.at.Add(d)
	w.Tick()
}

// get reads what is under the path's "data" in the answer, by names.
func get(t *testing.T, base, path string, names ...string) any {
	t.Helper()
	var found any
	if err := json.Unmarshal(ask(t, base+path).Data, &found); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		switch v := found.(type) {
		case map[string]any:
			found = v[name]
		case []any:
			if len(v) == 0 {
				return nil
			}
			found = v[0].(map[string]any)[name]
		}
	}
	return found
}

var half = Rule{
	Name: "HalfFail", Query: "failed > 0.5", For: 3 * time.Second,
	Labels:      Labels{"severity": "critical"},
	Annotations: map[string]string{"summary": "{{ $value | humanizePercentage }} of {{ $labels.job }}{{ $labels.nothing }}"},
}

// TestAlertsLife is one alert from nothing to resolved.
func TestAlertsLife(t *testing.T) {
	w := newWatch(t, half)
	base := serve(t, w.Handler())
	state := func() string {
		return get(t, base, "/api/v1/rules?type=alert", "groups", "rules", "state").(string)
	}
	for _, step := range []struct {
		failed float64
		after  time.Duration
		state  string
		told   int
	}{
		{0, 0, "inactive", 0},
		{0.75, time.Second, "pending", 0},
		{0.75, 2 * time.Second, "pending", 0},
		{0, time.Second, "inactive", 0}, // a pending alert that goes is told to nobody
		{0.75, time.Second, "pending", 0},
		{0.75, 3 * time.Second, "firing", 1},
		{0.75, time.Second, "firing", 0}, // it was told just now
		{0.8, time.Minute, "firing", 1},
		{0, time.Second, "inactive", 1},
		{0, time.Second, "inactive", 0},
		{0, time.Minute, "inactive", 1}, // again, in case it was not heard
		{0, 15 * time.Minute, "inactive", 0},
		{0.9, time.Second, "pending", 0},
	} {
		w.failed, w.told = step.failed, nil
		w.after(step.after)
		if got := state(); got != step.state || len(w.told) != step.told {
			t.Errorf("with %v failed at %v: got %s and %d told, want %s and %d", step.failed, w.clock.at.Sub(began), got, len(w.told), step.state, step.told)
		}
	}
}

func TestAlertTold(t *testing.T) {
	w := newWatch(t, half)
	w.failed = 0.75
	w.after(0)
	w.after(3 * time.Second)
	fired := w.clock.at
	w.failed = 0
	w.after(time.Second)
	want := Alert{
		Labels:       map[string]string{"alertname": "HalfFail", "code": "500", "instance": "practice.test:80", "job": "odoo", "severity": "critical"},
		Annotations:  map[string]string{"summary": "75% of odoo"},
		StartsAt:     fired,
		EndsAt:       fired.Add(4 * time.Minute),
		GeneratorURL: "http://practice.test/prometheus/graph?g0.expr=failed+%3E+0.5&g0.tab=1",
	}
	ended := want
	ended.EndsAt = w.clock.at
	if diff := cmp.Diff([]Alert{want, ended}, w.told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// TestTargetsLife is a target that goes away and comes back.
func TestTargetsLife(t *testing.T) {
	w := newWatch(t)
	base := serve(t, w.Handler())
	seen := func() map[string]any {
		at := "&time=" + w.clock.at.Format(time.RFC3339)
		return map[string]any{
			"health":  get(t, base, "/api/v1/targets?state=active", "activeTargets", "health"),
			"error":   get(t, base, "/api/v1/targets", "activeTargets", "lastError"),
			"up":      get(t, base, "/api/v1/query?query=scalar(up)"+at, "result").([]any)[1],
			"failed":  get(t, base, "/api/v1/query?query=count(failed)"+at, "result", "value"),
			"dropped": len(get(t, base, "/api/v1/targets?state=dropped", "activeTargets").([]any)),
		}
	}
	check := func(when string, want map[string]any) {
		t.Helper()
		if diff := cmp.Diff(want, seen()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	check("before the first reading", map[string]any{"health": "unknown", "error": "", "up": "NaN", "failed": nil, "dropped": 0})
	w.after(0)
	check("after it", map[string]any{"health": "up", "error": "", "up": "1", "failed": []any{float64(w.clock.at.Unix()), "1"}, "dropped": 0})
	w.gone = errors.New("connection refused")
	w.after(time.Second)
	check("when it is gone", map[string]any{"health": "down", "error": "connection refused", "up": "0", "failed": nil, "dropped": 0})
	w.gone = nil
	w.after(time.Second)
	check("when it is back", map[string]any{"health": "up", "error": "", "up": "1", "failed": []any{float64(w.clock.at.Unix()), "1"}, "dropped": 0})
	w.Forget()
	check("when all is forgotten", map[string]any{"health": "up", "error": "", "up": "NaN", "failed": nil, "dropped": 0})
}

// A range has no samples that mark a series' end.
func TestRangeHasNoMarks(t *testing.T) {
	w := newWatch(t)
	w.after(0)
	w.gone = errors.New("connection refused")
	w.after(time.Second)
	base := serve(t, w.Handler())
	got := get(t, base, "/api/v1/query?query=failed[5m]&time="+w.clock.at.Format(time.RFC3339), "result", "values")
	if diff := cmp.Diff([]any{[]any{float64(began.Unix()), "0"}}, got); diff != "" {
		t.Errorf("failed[5m] (-want +got):\n%s", diff)
	}
}

// The left end of a range and of the lookback is outside, since version 3.
func TestLeftEndIsOutside(t *testing.T) {
	w := newWatch(t)
	w.Add(Sample{Name: "a", Value: 1}, began)
	base := serve(t, w.Handler())
	for _, tt := range []struct {
		query string
		after time.Duration
		want  int
	}{
		{"a", 5*time.Minute - time.Millisecond, 1}, {"a", 5 * time.Minute, 0},
		{"a[10s]", 10*time.Second - time.Millisecond, 1}, {"a[10s]", 10 * time.Second, 0},
		{"a", 0, 1}, {"a", -time.Millisecond, 0},
	} {
		at := url.QueryEscape(began.Add(tt.after).Format(time.RFC3339Nano))
		if got := len(get(t, base, "/api/v1/query?query="+tt.query+"&time="+at, "result").([]any)); got != tt.want {
			t.Errorf("%s after %v: got %d results, want %d", tt.query, tt.after, got, tt.want)
		}
	}
}

// What PromQL has and this package has not is refused in a sentence.
func TestUnknownIsRefused(t *testing.T) {
	base := practice(t)
	for query, what := range map[string]string{
		"histogram_quantile(0.9, up)": "1:1: parse error: this practice Prometheus does not know histogram_quantile",
		"1 +\n topk(3, up)":           "2:2: parse error: this practice Prometheus does not know topk",
		"topk by (a) (3, up)":         "1:1: parse error: this practice Prometheus does not know topk",
		"up % 2":                      "1:4: parse error: this practice Prometheus does not know the operator %",
		"2 ^ 3":                       "1:3: parse error: this practice Prometheus does not know the operator ^",
		"up atan2 up":                 "1:4: parse error: this practice Prometheus does not know the operator atan2",
		"up @ 5":                      "1:4: parse error: this practice Prometheus does not know the modifier @",
		"up + on(a) up":               "1:6: parse error: this practice Prometheus does not know the modifier on",
		"up + ignoring(a) up":         "1:6: parse error: this practice Prometheus does not know the modifier ignoring",
		"up[5m:1m] offset 5m":         "1:11: parse error: this practice Prometheus does not know offset of a subquery",
		"sum(up)[5m:]":                "1:11: parse error: this practice Prometheus does not know subqueries without a step",
		"sum(up)[5m]":                 "1:11: parse error: ranges only allowed for vector selectors",
		`"text"`:                      "1:1: parse error: this practice Prometheus does not know strings as values",
		strings.Repeat("(", 300) + "1" + strings.Repeat(")", 300): "1:201: parse error: the expression is nested too deeply",
		strings.Repeat("-", 300) + "1":                            "1:201: parse error: the expression is nested too deeply",
	} {
		response, err := http.PostForm(base+"/api/v1/query", url.Values{"query": {query}})
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		var got struct{ Status, ErrorType, Error string }
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatal(err)
		}
		want := struct{ Status, ErrorType, Error string }{"error", "bad_data", `invalid parameter "query": ` + what}
		if response.StatusCode != http.StatusBadRequest || got != want {
			t.Errorf("%.40q: got status %d and %+v, want 400 and %+v", query, response.StatusCode, got, want)
		}
	}
}

func TestMethods(t *testing.T) {
	base := practice(t)
	for _, tt := range []struct {
		method, path, kind, body string
		status                   int
	}{
		{"POST", "/api/v1/query", "application/x-www-form-urlencoded", "query=1", 200},
		{"POST", "/api/v1/query?query=1", "", "", 200},
		{"POST", "/api/v1/query_range", "application/x-www-form-urlencoded", "query=1&start=1&end=2&step=1", 200},
		{"POST", "/api/v1/query", "application/x-www-form-urlencoded", "query=" + strings.Repeat("1", largest), 400},
		{"POST", "/api/v1/query", "application/x-www-form-urlencoded", "query=%", 400},
		{"PUT", "/api/v1/query", "", "", 405},
		{"POST", "/api/v1/targets", "", "", 405},
		{"DELETE", "/api/v1/rules", "", "", 405},
		{"GET", "/-/healthy", "", "", 200},
		{"GET", "/-/ready", "", "", 200},
		{"GET", "/graph?g0.expr=up", "", "", 200},
		{"GET", "/graph?g0.expr=up%7B", "", "", 200},
		{"GET", "/", "", "", 200},
		{"GET", "/nothing", "", "", 404},
	} {
		request, err := http.NewRequestWithContext(t.Context(), tt.method, base+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", tt.kind)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if response.Body.Close(); response.StatusCode != tt.status {
			t.Errorf("%s %s: got status %d, want %d", tt.method, tt.path, response.StatusCode, tt.status)
		}
	}
}

// The page that an alert's link leads to shows the result, and takes nothing
// in a query for HTML.
func TestGraph(t *testing.T) {
	w := newWatch(t)
	w.after(0)
	base := serve(t, w.Handler())
	for query, want := range map[string]string{
		"up":       "job=&#34;odoo&#34;}</td><td>1</td>",
		"up[1m]":   "<td>1</td>",
		"nothing":  "Empty query result",
		"up{":      `<p role="alert">1:4: parse error`,
		"<script>": "&lt;script&gt;",
	} {
		response, err := http.Get(base + tableURL("", query))
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(response.Body)
		if response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), want) || strings.Contains(string(page), "<script>") {
			t.Errorf("%s: got %s, want %s", query, page, want)
		}
	}
}

// A rule whose query fails keeps its alerts, and says why.
func TestRuleThatFails(t *testing.T) {
	w := newWatch(t, Rule{Name: "Twice", Query: "failed + 0 > 0.5"})
	base := serve(t, w.Handler())
	w.failed = 1
	w.after(0)
	// Without its name this is the same series as failed.
	rules := w.rules[0]
	twice, err := parse(`-{__name__=~"failed|again"}`)
	if err != nil {
		t.Fatal(err)
	}
	rules.expr = twice
	w.Add(Sample{"again", Labels{"code": "500", "job": "odoo", "instance": "practice.test:80"}, 1}, w.clock.at)
	w.after(time.Second)
	got := []any{}
	for _, name := range []string{"health", "lastError", "state"} {
		got = append(got, get(t, base, "/api/v1/rules", "groups", "rules", name))
	}
	if diff := cmp.Diff([]any{"err", errSameLabels.Error(), "firing"}, got); diff != "" {
		t.Errorf("the rule (-want +got):\n%s", diff)
	}
	if alerts := get(t, base, "/api/v1/alerts", "alerts").([]any); len(alerts) != 1 {
		t.Errorf("got %d alerts, want 1", len(alerts))
	}
	if alerts := get(t, base, "/api/v1/rules?exclude_alerts=true", "groups", "rules", "alerts"); alerts != nil {
		t.Errorf("alerts that were to be left out: got %v", alerts)
	}
}

func TestRulesThatCannotBeRead(t *testing.T) {
	for _, tt := range []struct {
		rule Rule
		want string
	}{
		{Rule{Name: "A", Query: "up{"}, "the practice rule A cannot be read: 1:4: parse error: unexpected end of input inside braces"},
		{Rule{Name: "A", Query: "1"}, "the practice rule A cannot be read: its query gives a scalar, not an instant vector"},
		{Rule{Name: "A", Query: "up", Annotations: map[string]string{"b": "{{"}}, "the practice rule A cannot be read: its annotation b: template: b:1: unclosed action"},
	} {
		_, err := New(Options{Rules: []Rule{tt.rule}})
		if err == nil || err.Error() != tt.want {
			t.Errorf("%+v: got %v, want %s", tt.rule, err, tt.want)
		}
	}
}

// TestRun sees the past read at once and each interval after it, and the end.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := New(Options{Interval: time.Second, Past: 10 * time.Second, Targets: []Target{{
			Labels: Labels{"job": "odoo"},
			Read:   func(now time.Time) ([]Sample, error) { return nil, nil },
		}}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- server.Run(ctx) }()
		counts := func() int {
			synctest.Wait()
			return len(server.store.between([]matcher{{name: metricName, op: "=", value: "up"}}, 0, time.Now().UnixMilli())[0].points)
		}
		if got := counts(); got != 11 {
			t.Errorf("at the start: got %d samples, want 11", got)
		}
		time.Sleep(3 * time.Second)
		if got := counts(); got != 14 {
			t.Errorf("after three seconds: got %d samples, want 14", got)
		}
		stop()
		if err := <-over; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
}

// The store keeps an hour and no more than twice that, and drops what is not
// new.
func TestRetention(t *testing.T) {
	s, one := newStore(), Labels{metricName: "a"}
	for i := range 4 * 3600 {
		s.add(one.key(), one, began.Add(time.Duration(i)*time.Second), float64(i))
	}
	s.add(one.key(), one, began, 7)
	points := s.series[one.key()].points
	if n := len(points); n < 3600 || n > 2*3600 {
		t.Errorf("got %d samples of an hour's 3600", n)
	}
	if last := points[len(points)-1]; last.value != 4*3600-1 {
		t.Errorf("the last sample: got %v", last)
	}
}
