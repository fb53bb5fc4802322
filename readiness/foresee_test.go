package readiness

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
)

// nightly is a release of production with a gate that counts for an hour and a check that
// counts for 30 hours, approved by all.
func nightly() *scenario {
	roles, rules := board()
	list := checklist.Checklist{Environments: []checklist.Environment{{Name: "production"}}, Roles: roles, SignOffs: rules,
		Sections: []checklist.Section{section("all", lasting(blocking(measured("speed"), "production"), time.Hour), lasting(blocking(asked("backups"), "production"), 30*time.Hour),
			blocking(asked("manual"), "production"))}}
	return begin(list).answer("speed", answer.Passed).answer("backups", answer.Passed).answer("manual", answer.Passed).approveAll()
}

// What expires before a deployment's time is told beforehand, and a gate that is measured
// again before doesn't count as that.
func TestExpiringBy(t *testing.T) {
	for name, tt := range map[string]struct {
		in     time.Duration
		before func(*scenario)
		want   []string
	}{
		"nothing":   {in: 2 * time.Hour},
		"approvals": {in: 25 * time.Hour, want: []string{"sign_off Product Owner: approved, but that no longer counts: older than 24h"}},
		"a check":   {in: 31 * time.Hour, want: []string{"item backups: its evidence is stale: older than 30h", "sign_off Product Owner: approved, but that no longer counts: older than 24h"}},
		"a waiver": {in: 3 * time.Hour, before: func(h *scenario) {
			h.add(event.WaiverGiven{Release: "19.0.1", Item: "manual", Environment: "production", Until: h.now.Add(2 * time.Hour), By: "U0TL"}, event.ItemUnchecked{Release: "19.0.1", Item: "manual"})
			h.approveAll()
		}, want: []string{"item manual: nobody has checked it yet; its waiver for production ended on 2025-11-03"}},
		"a freeze that begins": {in: 3 * time.Hour, before: func(h *scenario) {
			h.list.Freezes = []checklist.Freeze{{ID: "night", Title: "At night", Environments: []string{"production"}, Zone: time.UTC, Weekly: true,
				From: checklist.Clock{Weekday: time.Monday, Hour: 11}, To: checklist.Clock{Weekday: time.Monday, Hour: 18}}}
		}, want: []string{"hold production is frozen: At night, until 2025-11-03 18:00 UTC"}},
		"what blocks already": {in: 25 * time.Hour, before: func(h *scenario) {
			h.add(event.SignOffRevoked{Release: "19.0.1", Environment: "production", Role: "product_owner"})
		}, want: []string{"sign_off Technical Lead: approved, but that no longer counts: older than 24h"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := nightly()
			if tt.before != nil {
				tt.before(h)
			}
			v := h.view()
			var got []string
			for _, b := range v.ExpiringBy("production", "U0DEV", h.now.Add(tt.in)) {
				if said := reasons(Decision{Blockers: []Blocker{b}}); !slices.ContainsFunc(got, func(s string) bool { return s == said[0] }) {
					got = append(got, said...)
				}
			}
			if len(got) > len(tt.want) { // the other roles say the same
				got = got[:len(tt.want)]
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("expiring (-want +got):\n%s", diff)
			}
		})
	}
}

// Looking ahead changes nothing.
func TestForeseenIsPure(t *testing.T) {
	h := nightly()
	before := h.state.Releases["19.0.1"].Evidence[answer.Key{Item: "speed"}].At
	if d := h.view().Foreseen("production", "U0DEV", h.now.Add(2*time.Hour)); !d.Go {
		t.Errorf("not GO: %q", reasons(d))
	}
	if d := h.wait(2*time.Hour).view().DecideStart("production", "U0DEV"); d.Go {
		t.Error("GO although the gate wasn't measured again")
	}
	if at := h.state.Releases["19.0.1"].Evidence[answer.Key{Item: "speed"}].At; at != before {
		t.Errorf("measured %v, want %v", at, before)
	}
}
