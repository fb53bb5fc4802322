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

// review has gonogo answer a workflow run that waits for production.
func (h *scenario) review(id string, approve bool) *scenario {
	return h.add(event.ReviewFound{Review: id, Environment: "production", Release: "19.0.1", Commit: "c0ffee"}, event.ReviewIntended{Review: id, Approve: approve})
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
		{"its deployment runs for longer than an hour", func(h *scenario) {
			h.override("a").confirm("a", "U0SEC").change("r1", work.Deployment, "19.0.1", "").wait(2 * time.Hour)
		}, nil},
		{"its deployment runs while another override is asked for", func(h *scenario) {
			h.override("a").confirm("a", "U0SEC").change("r1", work.Deployment, "19.0.1", "").override("b")
		}, nil},
		{"a workflow run was approved", func(h *scenario) {
			h.override("a").confirm("a", "U0SEC").review("w1", true)
		}, nil},
		{"a workflow run was approved, and went on", func(h *scenario) {
			h.override("a").confirm("a", "U0SEC").review("w1", true).add(event.ReviewEnded{Review: "w1", Outcome: event.ReviewApproved})
		}, []string{docs, web}},
		{"a workflow run was rejected", func(h *scenario) {
			h.override("a").confirm("a", "U0SEC").review("w1", false).add(event.ReviewEnded{Review: "w1", Outcome: event.ReviewRejected})
		}, nil},
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
	if o := d.Override(); o.ID != "a" || o.By != "U0TL" || o.ConfirmedBy != "U0SEC" || o.Reason != "the shop is down" || len(o.Items) != 2 ||
		o.Items[0] != (work.OverriddenItem{Item: "docs", Title: "Title of docs", Why: "nobody has checked it yet"}) {
		t.Errorf("a deployment records %+v", o)
	}
	if d := h.view().Decide("staging"); d.Override() != nil || d.Go || len(d.Overridden) > 0 {
		t.Error("an override of production counts on staging")
	}
	h.add(event.ReleaseOpened{Version: "19.0.2"})
	if d := h.view().Decide("production"); d.Go || len(d.Overridden) > 0 {
		t.Error("an override of one version counts for another")
	}
}

// An override that covers what another covers already covers it too: the later one takes
// the place of the earlier one. What the second person must not confirm is told apart.
func TestOverridable(t *testing.T) {
	h := begin(overridable()).answer("http", answer.Failed).answer("tls", answer.Passed).live("staging").override("a")
	if other, left := h.view().NotAsked(h.view().State.Overrides["a"]); other != nil || !left {
		t.Errorf("nothing has changed, and %v is new, left %t", other, left)
	}
	if !h.view().OnlyOverridable(h.view().Decide("production")) {
		t.Error("nothing but what may be passed over blocks it, and it is not said")
	}
	h.confirm("a", "U0SEC")
	if n := len(h.view().Overridable("production")); n != 2 {
		t.Errorf("once two items are passed over, %d can be", n)
	}
	h.answer("http", answer.Errored)
	if other, _ := h.view().NotAsked(h.view().State.Overrides["a"]); other == nil || other.Item.ID != "http" {
		t.Errorf("http can't be measured any more, and what has changed is %v", other)
	}
	h.answer("tls", answer.Failed)
	if h.view().OnlyOverridable(h.view().Decide("production")) {
		t.Error("tls blocks it too, which nobody may pass over")
	}
	h.answer("http", answer.Passed).answer("docs", answer.Passed)
	if _, left := h.view().NotAsked(h.view().State.Overrides["a"]); left {
		t.Error("all that was asked for passes, and something is left")
	}
}
