package readiness

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// overridable is a checklist whose items docs and http two people may pass over on
// production.
func overridable() checklist.Checklist {
	return checklist.Checklist{
		Sections: []checklist.Section{section("a", asked("docs"), measured("http"), measured("tls"), reading("live", checklist.Condition{Deployed: "staging"}))},
		Environments: []checklist.Environment{{Name: "staging"}, {Name: "production",
			Override: &checklist.Override{Roles: []string{"technical_lead"}, Second: []string{"security_officer"}, Items: []string{"docs", "http", "live"}}}},
	}
}

func (h *scenario) override(id string) *scenario {
	return h.add(event.OverrideAsked{ID: id, Environment: "production", Release: "19.0.1", Commit: "c0ffee", Items: h.view().Overridable("production"),
		Reason: "the shop is down", By: "U0TL", Until: h.now.Add(15 * time.Minute)})
}

func (h *scenario) confirm(id, by string) *scenario {
	return h.add(event.OverrideConfirmed{ID: id, By: by, Until: h.now.Add(time.Hour)})
}

// blockersOf are the items that block an environment.
func (h *scenario) blockersOf(environment string) []string {
	var items []string
	for _, b := range h.view().Decide(environment).Blockers {
		items = append(items, string(b.Kind)+" "+b.Title)
	}
	return items
}

// Two people together have a release go out past the items that they saw, and past
// nothing else.
func TestOverride(t *testing.T) {
	docs, web, tls := "item Title of docs", "item Title of http", "item Title of tls"
	for _, tt := range []struct {
		name     string
		happened func(*scenario)
		want     []string // what still blocks production
	}{
		{"nobody asked", func(*scenario) {}, []string{docs, web}},
		{"asked", func(h *scenario) { h.override("a") }, []string{docs, web}},
		{"confirmed", func(h *scenario) { h.override("a").confirm("a", "U0SEC") }, nil},
		{"confirmed by the one who asked", func(h *scenario) { h.override("a").confirm("a", "U0TL") }, []string{docs, web}},
		{"confirmed too late", func(h *scenario) { h.override("a").wait(15*time.Minute).confirm("a", "U0SEC") }, []string{docs, web}},
		{"confirmed twice, an hour apart", func(h *scenario) {
			h.override("a").confirm("a", "U0SEC").wait(50*time.Minute).confirm("a", "U0SEC").wait(20 * time.Minute)
		}, []string{docs, web}},
		{"declined", func(h *scenario) {
			h.override("a").add(event.OverrideDeclined{ID: "a", By: "U0SEC"}).confirm("a", "U0SEC")
		}, []string{docs, web}},
		{"taken back", func(h *scenario) {
			h.override("a").confirm("a", "U0SEC").add(event.OverrideDeclined{ID: "a", By: "U0TL"})
		}, []string{docs, web}},
		{"after an hour", func(h *scenario) { h.override("a").confirm("a", "U0SEC").wait(time.Hour) }, []string{docs, web}},
		{"asked again", func(h *scenario) { h.override("a").confirm("a", "U0SEC").override("b") }, []string{docs, web}},
		{"asked again, and the first one confirmed", func(h *scenario) { h.override("a").override("b").confirm("a", "U0SEC") }, []string{docs, web}},
		{"unknown", func(h *scenario) { h.override("a").confirm("b", "U0SEC") }, []string{docs, web}},
		{"another item fails since", func(h *scenario) { h.override("a").confirm("a", "U0SEC").answer("tls", answer.Failed) }, []string{tls}},
		{"a condition of gonogo's own fails, though it is listed", func(h *scenario) {
			h.add(event.EnvironmentAdopted{Environment: "staging", Version: "18", By: "U0DEV"}).override("a").confirm("a", "U0SEC")
		}, []string{"item Title of live"}},
		{"a condition of gonogo's own fails since", func(h *scenario) {
			h.override("a").confirm("a", "U0SEC").add(event.EnvironmentAdopted{Environment: "staging", Version: "18", By: "U0DEV"})
		}, []string{"item Title of live"}},
		{"measured again, as before", func(h *scenario) { h.override("a").confirm("a", "U0SEC").answer("http", answer.Failed) }, nil},
		{"passes since", func(h *scenario) { h.override("a").confirm("a", "U0SEC").answer("http", answer.Passed) }, nil},
		{"can't be measured since", func(h *scenario) { h.override("a").confirm("a", "U0SEC").answer("http", answer.Errored) }, []string{web}},
		{"somebody said no since", func(h *scenario) { h.override("a").confirm("a", "U0SEC").answer("docs", answer.Failed) }, []string{docs}},
		{"the configuration no longer allows it", func(h *scenario) { h.override("a").confirm("a", "U0SEC").list.Environments[1].Override = nil }, []string{docs, web}},
		{"asked for another commit", func(h *scenario) {
			h.add(event.OverrideAsked{ID: "a", Environment: "production", Release: "19.0.1", Commit: "facade", Items: h.view().Overridable("production"),
				By: "U0TL", Until: h.now.Add(time.Hour)}).confirm("a", "U0SEC")
		}, []string{docs, web}},
		{"held", func(h *scenario) {
			h.override("a").confirm("a", "U0SEC").add(event.EnvironmentLocked{Environment: "production", Claim: "k", By: "U0DEV", Reason: "database upgrade"})
		}, []string{"hold production is locked"}},
		{"its deployment runs", func(h *scenario) { h.override("a").confirm("a", "U0SEC").change("r1", work.Deployment, "19.0.1", "") }, nil},
		{"a rollback runs", func(h *scenario) {
			h.override("a").confirm("a", "U0SEC").change("r1", work.Rollback, "19.0.0", "").add(event.RunEnded{Run: "r1", Outcome: work.Unsuccessful})
		}, nil},
		{"its deployment is over", func(h *scenario) {
			h.override("a").confirm("a", "U0SEC").change("r1", work.Deployment, "19.0.1", "").add(event.RunEnded{Run: "r1", Outcome: work.Unsuccessful})
		}, []string{docs, web}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(overridable()).answer("http", answer.Failed).answer("tls", answer.Passed).live("staging")
			score := h.view().Score().Percent
			tt.happened(h)
			got := h.blockersOf("production")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("blockers of production (-want +got):\n%s", diff)
			}
			if tt.name == "confirmed" && score != h.view().Score().Percent {
				t.Error("what was passed over counts in the score")
			}
		})
	}
}

// What is passed over stays in the decision, with who agreed on it.
func TestOverrideIsInTheDecision(t *testing.T) {
	h := begin(overridable()).answer("http", answer.Failed).answer("tls", answer.Passed).live("staging").override("a").confirm("a", "U0SEC")
	d := h.view().Decide("production")
	if !d.Go || len(d.Overridden) != 2 {
		t.Fatalf("GO %t, past %d items", d.Go, len(d.Overridden))
	}
	for i, want := range []string{"nobody has checked it yet", "failed"} {
		if o := d.Overridden[i]; o.Reason != want || o.By.By != "U0TL" || o.By.ConfirmedBy != "U0SEC" || o.By.Reason != "the shop is down" {
			t.Errorf("past %s: %s, by %s and %s: %s", o.Title, o.Reason, o.By.By, o.By.ConfirmedBy, o.By.Reason)
		}
	}
	if d := h.view().Decide("staging"); d.Go || len(d.Overridden) > 0 {
		t.Error("an override of production counts on staging")
	}
	h.add(event.ReleaseOpened{Version: "19.0.2"})
	if d := h.view().Decide("production"); d.Go || len(d.Overridden) > 0 {
		t.Error("an override of one version counts for another")
	}
}
