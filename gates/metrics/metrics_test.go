package metrics

import (
	"math"
	"strings"
	"testing"
	"time"

	"gonogo/clients/prometheus"
	"gonogo/gates/limit"
	"gonogo/readiness/answer"
)

var now = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)

func mustLimit(t *testing.T, text string) (l limit.Limit) {
	t.Helper()
	if text == "" {
		return l
	}
	if err := l.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return l
}

func odd(ev answer.Evidence, verdict answer.Verdict, words string) string {
	if ev.Verdict != verdict || !strings.Contains(ev.Summary, words) {
		return "got " + string(ev.Verdict) + ", " + ev.Summary + "\nwant " + string(verdict) + ", " + words
	}
	return ""
}

func TestTargets(t *testing.T) {
	target := func(health, lastError string, age time.Duration) prometheus.Target {
		return prometheus.Target{Labels: map[string]string{"job": "shop", "instance": "shop:80"}, Health: health, LastError: lastError, LastScrape: now.Add(-age), Interval: time.Minute}
	}
	up, other := target("up", "", time.Minute), prometheus.Target{Labels: map[string]string{"job": "other"}, Health: "up"}
	down := target("down", `Get "http://shop:80/metrics?token=s3cret": dial tcp 10.0.0.1:80: connect: connection refused`, 0)
	late, unknown := target("up", "", 3*time.Minute), target("unknown", "", 0)
	for _, tt := range []struct {
		name, up string
		targets  []prometheus.Target
		verdict  answer.Verdict
		words    string
	}{
		{"up", "", []prometheus.Target{up, up, other}, answer.Passed, "2 of 2 targets up"},
		{"none", "", []prometheus.Target{other}, answer.Failed, "no target of Prometheus has job=shop"},
		{"down", "", []prometheus.Target{up, down}, answer.Failed, "1 of 2 targets with job=shop up: shop at shop:80 is down: it refuses connections"},
		{"enough", ">= 1", []prometheus.Target{up, down}, answer.Passed, "1 of 2 targets up"},
		{"too few", ">= 2", []prometheus.Target{up, down}, answer.Failed, "1 of 2 targets with job=shop up, limit >= 2"},
		{"late", "", []prometheus.Target{late}, answer.Failed, "shop at shop:80 was last scraped 3m ago, and should be every 1m"},
		{"not scraped yet", "", []prometheus.Target{up, unknown}, answer.Errored, "hasn't been scraped yet"},
		{"down beside one that is not scraped yet", "", []prometheus.Target{down, unknown}, answer.Failed, "is down"},
		{"a health that nobody knows", "", []prometheus.Target{target("fine", "", 0)}, answer.Errored, "hasn't been scraped yet"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := Targets{Labels: map[string]string{"job": "shop"}}
			if tt.up != "" {
				want.Up = limit.MustCount(tt.up)
			}
			ev := want.Judge(prometheus.Targets{Active: tt.targets, Now: now}, now.Add(time.Hour))
			if said := odd(ev, tt.verdict, tt.words); said != "" || strings.Contains(ev.Summary+strings.Join(ev.Details, ""), "s3cret") {
				t.Errorf("%s %q", said, ev.Details)
			}
		})
	}
	if got, want := (Targets{Labels: map[string]string{"job": `a"b\`, "env": "x"}}).Selector(), `up{env="x",job="a\"b\\"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if said := odd(Targets{}.AtMoment(prometheus.Reading{}, prometheus.Reading{}), answer.Failed, "being scraped"); said != "" {
		t.Error(said)
	}
	if said := odd(Targets{}.AtMoment(prometheus.Reading{Value: 1, Data: true}, prometheus.Reading{Value: 2, Data: true}), answer.Failed, "1 of 2"); said != "" {
		t.Error(said)
	}
}

func TestRules(t *testing.T) {
	healthy := prometheus.Rule{Name: "Slow", Query: `histogram_quantile(0.95, sum by (le) (rate(x_bucket{a=">1"}[5m]))) > 5 and y > 0.1`, For: 5 * time.Minute,
		Labels: map[string]string{"severity": "critical"}, Health: "ok", LastEvaluated: now, Interval: time.Minute}
	changed := func(change func(*prometheus.Rule)) prometheus.Rule {
		r := healthy
		change(&r)
		return r
	}
	broken := changed(func(r *prometheus.Rule) { r.Health, r.LastError = "err", "found duplicate series" })
	warning := changed(func(r *prometheus.Rule) { r.Query, r.Labels = "x > 3", map[string]string{"severity": "warning"} })
	for _, tt := range []struct {
		name, threshold, lasts string
		rules                  []prometheus.Rule
		verdict                answer.Verdict
		words                  string
	}{
		{"loaded", "", "", []prometheus.Rule{healthy}, answer.Passed, "Slow (severity=critical) is loaded"},
		{"its threshold", "> 5", "<= 5m", []prometheus.Rule{healthy}, answer.Passed, ""},
		{"in percent", "> 10%", "", []prometheus.Rule{healthy}, answer.Passed, ""},
		{"another threshold", "> 6", "", []prometheus.Rule{healthy}, answer.Failed, "fires at > 5, > 0.1, not at > 6"},
		{"another operator", ">= 5", "", []prometheus.Rule{healthy}, answer.Failed, "fires at > 5, > 0.1, not at >= 5"},
		{"waits too long", "> 5", "< 5m", []prometheus.Rule{healthy}, answer.Failed, "waits for 5m, limit < 5m"},
		{"none", "", "", nil, answer.Failed, "Prometheus has no alert rules loaded"},
		{"others", "", "", []prometheus.Rule{changed(func(r *prometheus.Rule) { r.Name = "Other" }), warning}, answer.Failed, "isn't loaded"},
		{"broken", "", "", []prometheus.Rule{broken}, answer.Failed, "can't be evaluated: found duplicate series"},
		{"one of two broken", "", "", []prometheus.Rule{healthy, broken}, answer.Failed, "can't be evaluated"},
		{"not evaluated yet", "", "", []prometheus.Rule{changed(func(r *prometheus.Rule) { r.Health = "unknown" })}, answer.Errored, "hasn't been evaluated yet"},
		{"no longer evaluated", "", "", []prometheus.Rule{changed(func(r *prometheus.Rule) { r.LastEvaluated = now.Add(-3 * time.Minute) })}, answer.Failed, "last evaluated 3m ago"},
		{"no number", "> 5", "", []prometheus.Rule{changed(func(r *prometheus.Rule) { r.Query = "x > y" })}, answer.Errored, "can't be read"},
		{"a number beside another", "> 5", "", []prometheus.Rule{changed(func(r *prometheus.Rule) { r.Query = "x > y and x > 4" })}, answer.Errored, "can't be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Rule{Name: "Slow", Labels: map[string]string{"severity": "critical"}, Threshold: mustLimit(t, tt.threshold), For: limit.Times{Limit: mustLimit(t, tt.lasts)}}
			if said := odd(r.Judge(prometheus.Rules{Alerts: tt.rules, Now: now}, now.Add(time.Hour)), tt.verdict, tt.words); said != "" {
				t.Error(said)
			}
		})
	}
}

func TestComparisons(t *testing.T) {
	for query, want := range map[string]string{
		"x > 5":                         "> 5",
		"5 < x":                         "> 5",
		"(x > bool -0.5)":               "> -0.5",
		`x{a="y > 1",b=~"<"} >= 1e3`:    ">= 1000",
		"x > 5 / 100":                   "…",
		"x * 2 > 5":                     "> 5",
		"2 * x > 5 # > 6":               "> 5",
		"5 * 2 < x":                     "…",
		"x > on (a) y":                  "…",
		"x > 5 or y == 0":               "> 5, == 0",
		"x > 1_000":                     "> 1000",
		"x > 5m":                        "…",
		"x > Inf":                       "…",
		"rate(x[5m:1m] offset 1h) < .5": "< 0.5",
		"sum by (a) (x) != 3":           "!= 3",
		"x":                             "",
	} {
		found, all := Comparisons(query)
		var got []string
		for _, c := range found {
			got = append(got, c.String())
		}
		if !all {
			got = append(got, "…")
		}
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("%s: got %s, want %s", query, text, want)
		}
	}
	for query, want := range map[string]bool{"rate(x[5m])": true, `x{a="[5m]"}`: false, "x # [5m]": false, "max_over_time(x[1h:1m])": true} {
		if got := ReadsRange(query); got != want {
			t.Errorf("%s: got %v", query, got)
		}
	}
}

func FuzzComparisons(f *testing.F) {
	for _, query := range []string{"x > 5", `a{b="\"",c='}'}[5m] > bool -1e-3 and 0x1F < y`, "`", "{", `{"`, "[", "> > >", "\xff > 1", "1_ > _1", "#", "é > 1"} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		found, _ := Comparisons(query)
		for _, c := range found {
			if !compares(c.Op) || math.IsNaN(c.Number) {
				t.Errorf("%q has %+v", query, c)
			}
		}
		length := 0
		for _, t := range scan(query) {
			length += len(t.text)
		}
		if length > len(query) {
			t.Errorf("%q is %d bytes long, its tokens %d", query, len(query), length)
		}
	})
}

func TestBudget(t *testing.T) {
	day := 24 * time.Hour
	for _, tt := range []struct {
		name       string
		sum, count float64
		left       string
		verdict    answer.Verdict
		words      string
	}{
		{"always", 43200, 43200, "", answer.Passed, "available for 100 % of 30d, 100 % of the error budget left"},
		{"within", 43170, 43200, "", answer.Passed, "available for 99.93 % of 30d, 30 % of the error budget left"},
		{"little left", 43170, 43200, ">= 50%", answer.Warned, "30 % of the error budget is left, warning limit >= 50%: unavailable for 30m of 43m12s"},
		{"just within", 43156.8, 43200, "", answer.Passed, "available for 99.9 % of 30d, 0 % of the error budget left"},
		{"missed", 43150, 43200, "", answer.Failed, "availability is 99.884 % over 30d, limit >= 99.9%: unavailable for 50m, and 43m12s are allowed"},
		{"gaps within the budget", 43160, 43160, "", answer.Passed, "available for 99.907 %"},
		{"gaps beyond it", 43150, 43150, "", answer.Errored, "no data for 50m of the last 30d, and only 43m12s of unavailability are left"},
		{"missed, whatever the gaps hide", 100, 200, "", answer.Failed, "unavailable for 1h 40m"},
		{"no data", 0, 0, "", answer.Errored, "no data for 30d"},
		{"more steps than there can be", 43201, 43201, "", answer.Passed, "100 %"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := Budget{Over: 30 * day, Every: time.Minute, Target: limit.Share{Limit: mustLimit(t, ">= 99.9%")}, Left: limit.Share{Limit: mustLimit(t, tt.left)}}
			if said := odd(b.Judge(tt.sum, tt.count), tt.verdict, tt.words); said != "" {
				t.Error(said)
			}
		})
	}
	b := Budget{Query: "x # all", Over: time.Hour, Every: time.Minute}
	for at, want := range map[time.Duration]time.Duration{0: -30 * time.Second, 29 * time.Second: -30 * time.Second, 30 * time.Second: 30 * time.Second, 59 * time.Second: 30 * time.Second} {
		if got := b.Moment(now.Add(at)); !got.Equal(now.Add(want)) {
			t.Errorf("%s: got %s", at, got)
		}
	}
	if sum, _ := b.Queries(); sum != "sum_over_time(((\nx # all\n) >= 0 <= 1)[3600000ms:60000ms])" {
		t.Errorf("got %s", sum)
	}
}
