package readiness

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
)

// A waiver ends when what it waived gets worse, changes or is not known, and
// counts again when that has passed.
func TestAWaiverIsForWhatWasShown(t *testing.T) {
	failed := func(value string) answer.Evidence {
		return answer.Evidence{Verdict: answer.Failed, Settings: "s1", Measures: []answer.Measure{
			{Name: "failed", Value: value, Unit: "tests", Limit: "< 1"}, {Name: "duration", Value: "40 s", Limit: "< 2m", OK: true}}}
	}
	for _, tt := range []struct {
		name string
		then func(*scenario)
		want string
	}{
		{"the same", func(h *scenario) { h.found(failed("3")) }, ""},
		{"better", func(h *scenario) { h.found(failed("2")) }, ""},
		{"worse", func(h *scenario) { h.found(failed("4")) }, "failed is 4 tests now, and was waived at 3 tests"},
		{"worse and better again", func(h *scenario) { h.found(failed("4")).found(failed("3")) }, ""},
		{"another measure fails", func(h *scenario) {
			ev := failed("3")
			ev.Measures[1] = answer.Measure{Name: "duration", Value: "3m", Limit: "< 2m"}
			h.found(ev)
		}, "duration met its limit when it was waived"},
		{"no longer measurable", func(h *scenario) { h.found(answer.Evidence{Verdict: answer.Errored, Settings: "s1"}) },
			"it was failed when it was waived, and is not measurable now"},
		{"stale", func(h *scenario) { h.wait(49 * time.Hour) }, "its evidence is stale"},
		{"other settings", func(h *scenario) {
			it, _ := h.list.Item("http")
			it.Gate.Settings = "s2"
			h.list.Index()
		}, "its evidence is stale"},
		{"other settings, measured again", func(h *scenario) {
			it, _ := h.list.Item("http")
			it.Gate.Settings = "s2"
			h.list.Index()
			ev := failed("3")
			ev.Settings = "s2"
			h.found(ev)
		}, "the question has changed since"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(boarded())
			h.found(failed("3"))
			it, _ := h.list.Item("http")
			s := h.view().StandingFor(it, answer.Key{Item: "http"}, "production")
			h.add(event.WaiverGiven{Release: "19.0.1", Item: "http", Environment: "production", Reason: "known", Until: h.now.Add(90 * time.Hour), By: "U0TL", Shown: h.view().ToWaive(it, s)})
			tt.then(h)
			s = h.view().StandingFor(it, answer.Key{Item: "http"}, "production")
			if got := s.Waivers[0].Suspended; got != tt.want || s.Waived != (tt.want == "") {
				t.Errorf("waived %t, suspended %q; want %q", s.Waived, got, tt.want)
			}
		})
	}
}

func (h *scenario) found(ev answer.Evidence) *scenario {
	it, _ := h.list.Item("http")
	return h.add(event.EvidenceRecorded{Release: h.state.Open, Item: "http", Evidence: h.view().Stamp(it, answer.Key{Item: "http"}, ev)})
}

// A waiver of what was measured on one build does not stand for another, which
// nobody has measured.
func TestAWaiverDoesNotOutliveTheBuild(t *testing.T) {
	h := begin(scoped())
	h.arrives("staging", "d-1").measure("login", "staging", answer.Failed)
	it, _ := h.list.Item("login")
	key := answer.Key{Item: "login", Environment: "staging"}
	s := h.view().StandingFor(it, key, "production")
	h.add(event.WaiverGiven{Release: "19.0.1", Item: "login", Environment: "production", Reason: "known", Until: h.now.Add(90 * time.Hour), By: "U0TL", Shown: h.view().ToWaive(it, s)})
	if s := h.view().StandingFor(it, key, "production"); !s.Waived {
		t.Fatalf("it is not waived: %+v", s.Waivers)
	}
	h.add(event.VersionWentLive{Environment: "staging", Build: build.Build{Version: "18.9.9", Commit: "", Deployment: "d-2"}})
	if s := h.view().StandingFor(it, key, "production"); s.Through {
		t.Errorf("another build is live, and the waiver still counts: %+v", s)
	}
	h.arrives("staging", "d-3")
	if s := h.view().StandingFor(it, key, "production"); s.Through {
		t.Errorf("the version came again, nobody measured it, and the waiver still counts: %+v", s)
	}
	h.measure("login", "staging", answer.Failed)
	if s := h.view().StandingFor(it, key, "production"); !s.Waived {
		t.Errorf("measured as it was waived, and the waiver does not count: %q", s.Waivers[0].Suspended)
	}
}

// A waiver is about the answers that were not met when it was given. One of the
// same item that was met then and fails later was not waived.
func TestWaiverOfOneAnswer(t *testing.T) {
	list := chain()
	login := &checklist.Item{ID: "login", Title: "Login", Gate: &checklist.Gate{Kind: "http", Settings: "s1"}, Environments: []string{"dev", "staging"}, Blocks: []string{"production"}}
	list.Sections = []checklist.Section{section("a", login)}
	h := begin(list)
	h.measure("login", "dev", answer.Failed).measure("login", "staging", answer.Passed)
	waive := func(environment string) {
		s := h.view().StandingFor(login, answer.Key{Item: "login", Environment: environment}, "production")
		h.add(event.WaiverGiven{Release: "19.0.1", Item: "login", Environment: "production", By: "U0TL", Reason: "dev is rebuilt", Until: h.now.Add(time.Hour), Shown: h.view().ToWaive(login, s)})
	}
	through := func(when string, want ...string) {
		t.Helper()
		var got []string
		for _, environment := range login.Environments {
			if h.view().StandingFor(login, answer.Key{Item: "login", Environment: environment}, "production").Through {
				got = append(got, environment)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	waive("dev")
	through("dev is waived", "dev", "staging")
	if w := h.view().Waivers("production"); len(w) != 1 || w[0].Suspended != "" {
		t.Errorf("the waivers are %+v, want one that counts", w)
	}
	h.measure("login", "staging", answer.Failed)
	through("staging fails", "dev")
	waive("staging")
	through("staging is waived, too", "dev", "staging")
}
