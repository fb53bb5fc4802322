package pages

import (
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
	"testing"
	"time"
)

// Durations are shown to the minute, and to the second if they are shorter.
func TestEstimateInWords(t *testing.T) {
	it := &checklist.Item{ID: "suite", Estimate: time.Hour}
	for _, tt := range []struct {
		took []time.Duration
		want string
	}{
		{nil, "1h, estimated"},
		{[]time.Duration{time.Second, time.Second}, "1h, estimated"},
		{[]time.Duration{time.Second, 2100 * time.Millisecond, time.Hour}, "2s, the median of 3 cases"},
		{[]time.Duration{time.Second, 133 * time.Second, time.Hour}, "2m, the median of 3 cases"},
		{[]time.Duration{time.Second, 10 * time.Minute, 20*time.Minute + 10*time.Second, time.Hour}, "15m, the median of 4 cases"},
	} {
		state := history.NewState()
		state.FixTimes = map[string][]time.Duration{"suite": tt.took}
		v := readiness.View{Checklist: (&checklist.Checklist{}).Index(), State: state}
		if got := estimateWords(v, it); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.took, got, tt.want)
		}
	}
}
