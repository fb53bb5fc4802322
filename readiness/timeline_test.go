package readiness

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
)

// odoo is the shape of the InsightPulse plan: modules, then tests, then
// staging, then production, with dashboards beside it all.
func odoo() checklist.Checklist {
	return checklist.Checklist{
		Environments: places(),
		Sections: []checklist.Section{
			section("modules", taking(measured("oca"), 45*time.Minute), taking(measured("installed", "oca"), time.Hour)),
			section("tests", taking(measured("suite", "installed"), 30*time.Minute), taking(asked("fixtures"), 10*time.Minute)),
			section("site", reading("staging-live", checklist.Condition{Deployed: "staging"})),
			section("dashboards", blocking(taking(asked("boards"), 15*time.Hour))),
		},
		Milestones: []checklist.Milestone{
			{ID: "installed", Sections: []string{"modules"}},
			{ID: "tested", Sections: []string{"tests"}},
			{ID: "staged", Environment: "staging", Estimate: 15 * time.Minute},
			{ID: "live", Environment: "production", Estimate: 20 * time.Minute},
			{ID: "boards", Sections: []string{"dashboards"}},
		},
	}
}

func TestTimeline(t *testing.T) {
	type eta struct {
		ID          string
		Reached     bool
		Remaining   time.Duration
		Path        []string
		Unestimated int
	}
	const m, h = time.Minute, time.Hour
	boards := eta{ID: "boards", Remaining: 15 * h, Path: []string{"boards"}}
	for _, tt := range []struct {
		name     string
		list     checklist.Checklist
		happened func(*scenario)
		want     []eta
		critical []string
	}{
		{
			name: "nothing done", list: odoo(), happened: func(*scenario) {},
			want: []eta{
				{ID: "installed", Remaining: 105 * m, Path: []string{"oca", "installed"}},
				{ID: "tested", Remaining: 135 * m, Path: []string{"oca", "installed", "suite"}},
				{ID: "staged", Remaining: 150 * m, Path: []string{"oca", "installed", "suite"}},
				{ID: "live", Remaining: 170 * m, Path: []string{"oca", "installed", "suite", "staging-live"}},
				boards,
			},
			critical: []string{"oca", "installed", "suite", "staging-live"},
		},
		{
			name: "what lets through takes no time, whatever it needed", list: odoo(),
			happened: func(h *scenario) { h.answer("installed", answer.Passed) },
			want: []eta{
				{ID: "installed", Remaining: 45 * m, Path: []string{"oca"}},
				{ID: "tested", Remaining: 30 * m, Path: []string{"suite"}},
				{ID: "staged", Remaining: 60 * m, Path: []string{"oca"}},
				{ID: "live", Remaining: 80 * m, Path: []string{"oca", "staging-live"}},
				boards,
			},
			critical: []string{"oca", "staging-live"},
		},
		{
			name: "a failed item is to be done again", list: odoo(),
			happened: func(h *scenario) {
				h.answer("oca", answer.Passed).answer("installed", answer.Passed).answer("suite", answer.Failed).answer("fixtures", answer.NotApplicable)
			},
			want: []eta{
				{ID: "installed", Reached: true},
				{ID: "tested", Remaining: 30 * m, Path: []string{"suite"}},
				{ID: "staged", Remaining: 45 * m, Path: []string{"suite"}},
				{ID: "live", Remaining: 65 * m, Path: []string{"suite", "staging-live"}},
				boards,
			},
			critical: []string{"suite", "staging-live"},
		},
		{
			name: "live on staging", list: odoo(),
			happened: func(h *scenario) {
				h.answer("oca", answer.Passed).answer("installed", answer.Passed).answer("suite", answer.Warned).answer("fixtures", answer.Passed).live("staging")
			},
			want: []eta{
				{ID: "installed", Reached: true}, {ID: "tested", Reached: true}, {ID: "staged", Reached: true},
				{ID: "live", Remaining: 20 * m}, boards,
			},
		},
		{
			name: "live everywhere", list: odoo(),
			happened: func(h *scenario) {
				h.answer("oca", answer.Passed).answer("installed", answer.Passed).answer("suite", answer.Warned).answer("fixtures", answer.Passed).
					answer("boards", answer.Passed).live("staging").live("production")
			},
			want: []eta{
				{ID: "installed", Reached: true}, {ID: "tested", Reached: true}, {ID: "staged", Reached: true},
				{ID: "live", Reached: true}, {ID: "boards", Reached: true},
			},
		},
		{
			name: "an item asked for each environment holds each back by itself",
			list: checklist.Checklist{
				Environments: places(),
				Sections:     []checklist.Section{section("site", askedOn(taking(asked("rehearsed"), h), "staging", "production"))},
				Milestones:   []checklist.Milestone{{ID: "staged", Environment: "staging", Estimate: m}, {ID: "live", Environment: "production", Estimate: m}},
			},
			happened: func(h *scenario) { h.answer("rehearsed", answer.Passed, "staging") },
			want:     []eta{{ID: "staged", Remaining: m}, {ID: "live", Remaining: 61 * m, Path: []string{"rehearsed"}}},
			critical: []string{"rehearsed"},
		},
		{
			name: "work without an estimate makes it a least time",
			list: checklist.Checklist{
				Environments: places(),
				Sections:     []checklist.Section{section("a", asked("first"), taking(asked("second", "first"), h), asked("third"))},
				Milestones:   []checklist.Milestone{{ID: "a", Sections: []string{"a"}}, {ID: "live", Environment: "production", Estimate: m}},
			},
			happened: func(*scenario) {},
			want: []eta{
				{ID: "a", Remaining: h, Path: []string{"first", "second"}, Unestimated: 2},
				{ID: "live", Remaining: 61 * m, Path: []string{"first", "second"}, Unestimated: 3}, // the third is staging
			},
			critical: []string{"first", "second"},
		},
		{
			name: "a section's gate and a sign-off's come after what they read",
			list: checklist.Checklist{
				Environments: places(),
				Sections: []checklist.Section{
					section("a", taking(asked("slow"), h), taking(asked("quick"), m)),
					section("b", reading("a-complete", checklist.Condition{Section: "a"}), reading("staging-signed", checklist.Condition{SignedOff: "staging"})),
				},
				Milestones: []checklist.Milestone{{ID: "b", Sections: []string{"b"}}},
			},
			happened: func(h *scenario) { h.answer("quick", answer.Passed) },
			want:     []eta{{ID: "b", Remaining: h, Path: []string{"slow", "a-complete"}}},
			critical: []string{"slow"},
		},
		{
			name: "a circle does not hang",
			list: checklist.Checklist{
				Environments: []checklist.Environment{{Name: "staging", After: []string{"production"}}, {Name: "production", After: []string{"staging"}}},
				Sections: []checklist.Section{section("a",
					taking(asked("hen", "egg", "hen"), h), taking(asked("egg", "hen"), h), reading("live", checklist.Condition{Deployed: "production"}))},
				Milestones: []checklist.Milestone{{ID: "a", Sections: []string{"a"}}},
			},
			happened: func(*scenario) {},
			want:     []eta{{ID: "a", Remaining: 2 * h, Path: []string{"egg", "hen"}, Unestimated: 2}},
			critical: []string{"egg", "hen"},
		},
		{
			name: "names that the checklist does not know are waited for by nobody",
			list: checklist.Checklist{
				Sections:   []checklist.Section{section("a", taking(asked("x", "gone"), h))},
				Milestones: []checklist.Milestone{{ID: "a", Sections: []string{"a", "gone"}}},
			},
			happened: func(*scenario) {},
			want:     []eta{{ID: "a", Remaining: h, Path: []string{"x"}}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			history := begin(tt.list)
			tt.happened(history)
			timeline := history.view().Timeline()
			var got []eta
			for _, m := range timeline.Milestones {
				if want := history.now.Add(m.Remaining); !m.At.Equal(want) {
					t.Errorf("%s is reached at %v, want %v", m.ID, m.At, want)
				}
				got = append(got, eta{m.ID, m.Reached, m.Remaining, m.Path, m.Unestimated})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("milestones (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.critical, timeline.Critical); diff != "" {
				t.Errorf("critical path (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTimelineWithoutRelease(t *testing.T) {
	list := odoo()
	v := View{Checklist: list.Index(), State: history.NewState(), Now: monday}
	live := v.Timeline().Milestones[3]
	if live.Reached || live.Remaining != 170*time.Minute {
		t.Errorf("before any release production is reached: %t, in %v; want all the work to be left, 2h50m", live.Reached, live.Remaining)
	}
}
