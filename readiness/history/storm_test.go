package history

import (
	"fmt"
	"testing"
	"time"

	"gonogo/readiness/alert"
	"gonogo/readiness/event"
)

// crowd hears so many triggers, each some time after the one before.
func (h *scenario) crowd(prefix string, n int, apart time.Duration) *scenario {
	for i := range n {
		h.now = h.now.Add(apart)
		h.state.Apply(h.now, event.TriggerTripped{Incident: fmt.Sprint(prefix, i), Environment: "staging", Trigger: fmt.Sprint(prefix, i), Title: "slow"})
	}
	return h
}

// An incident is part of a storm where ten others were heard within the five minutes
// before it, whatever became of them.
func TestStormBegins(t *testing.T) {
	for _, tt := range []struct {
		name  string
		apart time.Duration
		want  string
	}{
		{"close together", time.Second, "i10"},
		{"as far apart as a storm can be", 30 * time.Second, "i10"},
		{"further apart", 31 * time.Second, ""},
	} {
		s := began().crowd("i", 11, tt.apart).state
		if got := s.Incidents["i10"].Storm; got != tt.want {
			t.Errorf("%s: the eleventh is in storm %q, want %q", tt.name, got, tt.want)
		}
		if got := s.Incidents["i9"].Storm; got != "" {
			t.Errorf("%s: the tenth is in storm %q, want none", tt.name, got)
		}
	}
}

// A storm takes what comes until five minutes pass without, or an hour since it began.
func TestStormEnds(t *testing.T) {
	h := began().crowd("a", 12, time.Second).crowd("pause", 25, 31*time.Second).crowd("b", 11, time.Second)
	if a, b := h.state.Incidents["a11"].Storm, h.state.Incidents["b10"].Storm; a != "a10" || b == a || b == "" {
		t.Errorf("the storms are %q and %q, want two", a, b)
	}
	h = began().crowd("a", 11+59, time.Minute/2).crowd("b", 61, time.Minute/2)
	if a, b := h.state.Incidents["b59"].Storm, h.state.Incidents["b60"].Storm; a != "a10" || b != "b60" {
		t.Errorf("just before an hour and after one the storm is %q and %q, want a10 and b60", a, b)
	}
}

// What became of others does not change what came in a storm. The storm counts those
// that are forgotten, and is forgotten with the last, as is its message.
func TestStormIsForgottenWithItsLast(t *testing.T) {
	h := began().crowd("i", 10+keptIncidents+50, time.Second)
	h.add(event.AnchorPosted{Subject: "storm/i10", Channel: "C0ONCALL", TS: "1.1"})
	for n := range 10 + keptIncidents + 49 {
		h.add(event.TriggerCleared{Incident: fmt.Sprint("i", n)})
	}
	storm := h.state.Storms["i10"]
	if storm.Total != keptIncidents+50 || storm.Known != keptIncidents+1 || len(h.state.Anchors) != 1 {
		t.Errorf("the storm is %+v with %d messages, want it to count %d and know %d", storm, len(h.state.Anchors), keptIncidents+50, keptIncidents+1)
	}
	h.add(event.TriggerCleared{Incident: fmt.Sprint("i", 10+keptIncidents+49)})
	h.crowd("later", keptIncidents, 10*time.Minute)
	for n := range keptIncidents {
		h.add(event.TriggerCleared{Incident: fmt.Sprint("later", n)})
	}
	if len(h.state.Storms) != 0 || len(h.state.Anchors) != 0 {
		t.Errorf("%v and %v are left, want nothing", h.state.Storms, h.state.Anchors)
	}
}

// What gets worse is news in its storm, as what comes is.
func TestNewsOfAStorm(t *testing.T) {
	h := began().crowd("i", 12, time.Second)
	a := fires("disk", 20)
	a.Labels["severity"] = "info"
	h.receive(time.Second, alert.Delivery{GroupKey: "g", Alerts: []alert.Alert{a}})
	id := fmt.Sprint("i", len(h.state.Incidents))
	if got := h.state.Incidents[id].News; got != 3 {
		t.Fatalf("the third of the storm is news number %d", got)
	}
	worse := fires("disk full", 20)
	worse.Labels["severity"] = "warning"
	h.receive(time.Second, alert.Delivery{GroupKey: "g", Alerts: []alert.Alert{a, worse}})
	if got, storm := h.state.Incidents[id], h.state.Storms["i10"]; got.News != 4 || storm.News != 4 || storm.Total != 3 {
		t.Errorf("after it got worse it is news number %d of %+v, want 4 of 4", got.News, storm)
	}
}
