package deploy

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/readiness/alert"
)

func limitOf(t *testing.T, text string) limit.Limit {
	t.Helper()
	var l limit.Limit
	if err := l.UnmarshalText([]byte(text)); text != "" && err != nil {
		t.Fatal(err)
	}
	return l
}

// scripted is a sampler that says one thing after another.
type scripted []any // a number, nil for no data, or an error

// Sample implements [Sampler].
func (s *scripted) Sample(context.Context, time.Time, gates.Scope) (Sample, error) {
	next := (*s)[0]
	*s = (*s)[1:]
	switch next := next.(type) {
	case float64:
		return Sample{Value: next, Data: true}, nil
	case error:
		return Sample{}, next
	}
	return Sample{}, nil
}

func TestTakeJudgesInTheUnitOfTheLimit(t *testing.T) {
	broken := errors.New("Prometheus does not answer")
	for _, tt := range []struct {
		limit  string
		noData NoData
		sample any
		breach bool
		text   string
	}{
		{"> 5%", IgnoreNoData, 0.07, true, "7 %"},
		{"> 5%", IgnoreNoData, 0.0723, true, "7.23 %"},
		{"> 5%", IgnoreNoData, 0.05, false, "5 %"},
		{"> 5%", IgnoreNoData, 0.0, false, "0 %"},
		{"< 99.5%", IgnoreNoData, 0.99, true, "99 %"},
		{"> 5%", IgnoreNoData, 1.0, true, "100 %"},
		{">= 3", IgnoreNoData, 3.0, true, "3"},
		{">= 3", IgnoreNoData, 2.0, false, "2"},
		{"> 100", IgnoreNoData, 12345.6, true, "12346"},
		{"> 2s", IgnoreNoData, 2.5, true, "2.5 s"},
		{"> 250ms", IgnoreNoData, 0.2, false, "0.2 s"},
		{"> 5%", IgnoreNoData, math.Inf(1), false, "it measured +Inf, which no limit can be compared with"},
		{"< 5", IgnoreNoData, math.Inf(-1), false, "it measured -Inf, which no limit can be compared with"},
		{"", TripNoData, math.NaN(), false, "it measured NaN, which no limit can be compared with"},
		{"", IgnoreNoData, 1.0, true, "1"},
		{"", IgnoreNoData, 0.0, false, "0"},
		{"> 5%", IgnoreNoData, nil, false, "no data"},
		{"> 5%", WarnNoData, nil, false, "no data"},
		{"> 5%", TripNoData, nil, true, "no data"},
		{"", TripNoData, nil, true, "no data"},
		{"> 5%", TripNoData, broken, false, "Prometheus does not answer"},
	} {
		trigger := Trigger{Sample: &scripted{tt.sample}, Limit: limitOf(t, tt.limit), NoData: tt.noData}
		got := trigger.Take(t.Context(), time.Time{}, gates.Scope{})
		if got.Breach != tt.breach || got.Text(trigger) != tt.text {
			t.Errorf("%v with limit %q and no_data %s: breach %t, %q; want %t, %q", tt.sample, tt.limit, tt.noData, got.Breach, got.Text(trigger), tt.breach, tt.text)
		}
	}
	said := Reading{Sample: Sample{Value: 1, Data: true, Words: "status is 502"}}
	if got := said.Text(Trigger{}); got != "status is 502" {
		t.Errorf("a reading with words of its own is told as %q", got)
	}
}

// A sample without enough traffic counts for nothing, and one whose traffic can't be
// measured is an error.
func TestTraffic(t *testing.T) {
	const good, bad = 0.01, 0.07
	for _, tt := range []struct {
		name             string
		traffic, samples []any
		want             Count
		text             string // of the last
	}{
		{"enough", []any{2.0, 1.0}, []any{bad, bad}, Count{breaches: 2, measured: 2}, "7 %"},
		{"too little", []any{2.0, 0.5}, []any{bad}, Count{breaches: 1, measured: 1}, "too little traffic: 0.5, which needs to be >= 1"},
		{"too little to be healthy", []any{2.0, 0.0}, []any{bad}, Count{breaches: 1, measured: 1}, "too little traffic: 0, which needs to be >= 1"},
		{"none", []any{nil}, nil, Count{}, "no traffic, which needs to be >= 1"},
		{"healthy", []any{2.0, 2.0}, []any{bad, good}, Count{healthy: 1}, "1 %"},
		{"not known", []any{errors.New("Prometheus does not answer")}, nil, Count{errors: 1}, "the traffic: Prometheus does not answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			traffic, samples := scripted(tt.traffic), scripted(tt.samples)
			trigger := Trigger{Sample: &samples, Limit: limitOf(t, "> 5%"), NoData: TripNoData, Traffic: &Traffic{Sample: &traffic, Limit: limitOf(t, ">= 1")}}
			var count Count
			var last Reading
			for range tt.traffic {
				last = trigger.Take(t.Context(), time.Time{}, gates.Scope{})
				count.Add(trigger, last)
			}
			if count != tt.want || last.Text(trigger) != tt.text {
				t.Errorf("counted %+v, at last %q; want %+v and %q", count, last.Text(trigger), tt.want, tt.text)
			}
		})
	}
}

// A breach is silent if nothing was measured for it.
func TestSilence(t *testing.T) {
	for name, tt := range map[string]struct {
		sample         Sample
		breach, silent bool
	}{
		"measured":         {Sample{Value: 0.07, Data: true}, true, false},
		"healthy":          {Sample{Value: 0.01, Data: true}, false, false},
		"no data":          {Sample{}, true, true},
		"it says it fails": {Sample{Data: true, Failed: true}, true, false},
		"nothing answers":  {Sample{Data: true, Failed: true, Silent: true}, true, true},
	} {
		r := Trigger{Sample: constant(tt.sample), Limit: limitOf(t, "> 5%"), NoData: TripNoData}.Take(t.Context(), time.Time{}, gates.Scope{})
		if r.Breach != tt.breach || r.Silent != tt.silent {
			t.Errorf("%s: breach %t, silent %t", name, r.Breach, r.Silent)
		}
	}
}

// constant is a sampler that always says the same.
type constant Sample

// Sample implements [Sampler].
func (c constant) Sample(context.Context, time.Time, gates.Scope) (Sample, error) {
	return Sample(c), nil
}

// What a reading was compared with stands beside it, unless its own words say so.
func TestLimitOf(t *testing.T) {
	for _, tt := range []struct {
		limit  string
		sample Sample
		want   string
	}{
		{"> 5%", Sample{Value: 0.07, Data: true}, "> 5%"},
		{"", Sample{Value: 3, Data: true}, "!= 0"},
		{"", Sample{Value: 1, Data: true, Words: "status is 502, limit 200"}, ""},
		{"> 5%", Sample{}, ""},
	} {
		if got := (Trigger{Limit: limitOf(t, tt.limit)}).LimitOf(Reading{Sample: tt.sample}); got != tt.want {
			t.Errorf("%+v with limit %q: got %q, want %q", tt.sample, tt.limit, got, tt.want)
		}
	}
}

func TestCounting(t *testing.T) {
	broken := errors.New("no answer")
	const good, bad = 0.01, 0.07
	for _, tt := range []struct {
		name    string
		noData  NoData
		inRow   int // 0: 3
		samples []any
		want    []alert.TriggerProblem // after each sample; "" is none
	}{
		{"three in a row", IgnoreNoData, 0, []any{bad, bad, bad}, []alert.TriggerProblem{"", "", alert.OverLimit}},
		{"and on", IgnoreNoData, 0, []any{bad, bad, bad, bad}, []alert.TriggerProblem{"", "", alert.OverLimit, alert.OverLimit}},
		{"healthy begins anew", IgnoreNoData, 0, []any{bad, bad, good, bad, bad}, []alert.TriggerProblem{"", "", "", "", ""}},
		{"as many as configured", IgnoreNoData, 2, []any{bad, bad}, []alert.TriggerProblem{"", alert.OverLimit}},
		{"one is enough", IgnoreNoData, 1, []any{bad}, []alert.TriggerProblem{alert.OverLimit}},
		{"an error says nothing", IgnoreNoData, 0, []any{bad, broken, bad, broken, bad}, []alert.TriggerProblem{"", "", "", "", alert.OverLimit}},
		{"no data, ignored", IgnoreNoData, 0, []any{bad, nil, nil, nil, bad, bad}, []alert.TriggerProblem{"", "", "", "", "", alert.OverLimit}},
		{"no data, warned of", WarnNoData, 0, []any{nil, nil, nil}, []alert.TriggerProblem{"", "", alert.NoData}},
		{"no data between data", WarnNoData, 0, []any{nil, nil, good, nil, nil}, []alert.TriggerProblem{"", "", "", "", ""}},
		{"a breach between no data", WarnNoData, 0, []any{nil, nil, bad, nil, nil}, []alert.TriggerProblem{"", "", "", "", ""}},
		{"no data is a breach", TripNoData, 0, []any{bad, nil, nil}, []alert.TriggerProblem{"", "", alert.OverLimit}},
		{"four errors", IgnoreNoData, 1, []any{broken, broken, broken, broken}, []alert.TriggerProblem{"", "", "", alert.Unmeasurable}},
		{"three errors and a word", IgnoreNoData, 0, []any{broken, broken, broken, nil, broken}, []alert.TriggerProblem{"", "", "", "", ""}},
		{"errors do not hide a breach", IgnoreNoData, 1, []any{bad, broken, broken, broken, broken},
			[]alert.TriggerProblem{alert.OverLimit, alert.OverLimit, alert.OverLimit, alert.OverLimit, alert.OverLimit}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			samples := scripted(tt.samples)
			trigger := Trigger{Sample: &samples, Limit: limitOf(t, "> 5%"), NoData: tt.noData, Consecutive: tt.inRow}
			var count Count
			var got []alert.TriggerProblem
			for range tt.samples {
				count.Add(trigger, trigger.Take(t.Context(), time.Time{}, gates.Scope{}))
				problem, bad := count.Problem(trigger)
				if bad != (problem != "") || bad && count.InRow(problem) == 0 {
					t.Errorf("problem %q, bad %t, %d in a row", problem, bad, count.InRow(problem))
				}
				got = append(got, problem)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuiet(t *testing.T) {
	broken := errors.New("no answer")
	const good, bad = 0.01, 0.07
	for _, tt := range []struct {
		name    string
		problem alert.TriggerProblem
		noData  NoData
		samples []any
		want    bool
	}{
		{"not yet", alert.OverLimit, IgnoreNoData, []any{good, good}, false},
		{"three healthy", alert.OverLimit, IgnoreNoData, []any{good, good, good}, true},
		{"with a breach between", alert.OverLimit, IgnoreNoData, []any{good, good, bad, good}, false},
		{"with an error between", alert.OverLimit, IgnoreNoData, []any{good, broken, good, good}, true},
		{"no data is not healthy", alert.OverLimit, IgnoreNoData, []any{nil, nil, nil}, false},
		{"where no data is a breach", alert.OverLimit, TripNoData, []any{good, good, nil, good}, false},
		{"an answer after errors", alert.Unmeasurable, IgnoreNoData, []any{broken, bad}, true},
		{"another error", alert.Unmeasurable, IgnoreNoData, []any{bad, broken}, false},
		{"data again", alert.NoData, WarnNoData, []any{nil, nil, good}, true},
		{"an error instead of data", alert.NoData, WarnNoData, []any{broken}, false},
		{"still no data", alert.NoData, WarnNoData, []any{good, nil}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			samples := scripted(tt.samples)
			trigger := Trigger{Sample: &samples, Limit: limitOf(t, "> 5%"), NoData: tt.noData}
			var count Count
			for range tt.samples {
				count.Add(trigger, trigger.Take(t.Context(), time.Time{}, gates.Scope{}))
			}
			if got := count.Quiet(trigger, tt.problem); got != tt.want {
				t.Errorf("quiet is %t, want %t", got, tt.want)
			}
		})
	}
}

func TestMatches(t *testing.T) {
	critical := Trigger{Labels: map[string]string{"severity": "critical", "environment": "production"}}
	for _, tt := range []struct {
		trigger Trigger
		labels  map[string]string
		want    bool
	}{
		{critical, map[string]string{"severity": "critical", "environment": "production", "job": "web"}, true},
		{critical, map[string]string{"severity": "critical"}, false},
		{critical, map[string]string{"severity": "warning", "environment": "production"}, false},
		{critical, nil, false},
		{Trigger{}, map[string]string{"severity": "critical"}, false},
	} {
		if got := tt.trigger.Matches(tt.labels); got != tt.want {
			t.Errorf("%v matches %v: %t, want %t", tt.trigger.Labels, tt.labels, got, tt.want)
		}
	}
}

func TestPace(t *testing.T) {
	for every, want := range map[time.Duration]time.Duration{0: 20 * time.Second, time.Minute: time.Minute} {
		if got := (Trigger{Every: every}).Pace(); got != want {
			t.Errorf("pace of %v is %v, want %v", every, got, want)
		}
	}
}
