package readiness

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

func TestDecideStart(t *testing.T) {
	roles, rules := board()
	strict := checklist.Checklist{Sections: []checklist.Section{section("a", measured("http"))}, Environments: []checklist.Environment{{Name: "staging"}, {Name: "production"}}, Roles: roles, SignOffs: rules}
	lenient := strict
	lenient.SignOffs = slices.Clone(rules)
	lenient.SignOffs[0].SelfApproval = true
	lock := event.EnvironmentLocked{Environment: "production", Claim: "k", By: "U0DEV", Reason: "database upgrade"}
	ready := func(h *scenario) { h.answer("http", answer.Passed).approveAll() }
	for _, tt := range []struct {
		name     string
		list     checklist.Checklist
		deployer string
		happened func(*scenario)
		want     []string // blockers; none: GO
	}{
		{"all is well", strict, "U0DEV", ready, nil},
		{"what Decide says counts", strict, "U0DEV", func(h *scenario) { h.approveAll().answer("http", answer.Failed) },
			[]string{"item http: failed"}},
		{"locked by a person", strict, "U0DEV", func(h *scenario) { ready(h); h.add(lock) },
			[]string{"hold production is locked: database upgrade, until somebody unlocks it"}},
		{"another environment is locked", strict, "U0DEV", func(h *scenario) {
			ready(h)
			h.add(event.EnvironmentLocked{Environment: "staging", Claim: "k"})
		}, nil},
		{"unlocked again", strict, "U0DEV", func(h *scenario) {
			ready(h)
			h.add(lock, event.EnvironmentUnlocked{Environment: "production", Claim: "k"})
		}, nil},
		{"under way", strict, "U0DEV", func(h *scenario) {
			ready(h)
			h.change("d", work.Deployment, "19.0.1", "").add(event.EnvironmentLocked{Environment: "production", Claim: "run/d", Run: "d", Reason: "going out"})
		}, []string{"run deployment 19.0.1: is under way"}},
		{"whoever deploys has approved it", strict, "U0TL", ready,
			[]string{"self_approval Technical Lead: whoever deploys to production may not have approved it as Technical Lead"}},
		{"which the rule allows", lenient, "U0TL", ready, nil},
		{"a plan that names nobody yet", strict, "", ready, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := begin(fresh(tt.list))
			tt.happened(h)
			d := h.view().DecideStart("production", tt.deployer)
			if diff := cmp.Diff(tt.want, reasons(d)); diff != "" || d.Go != (len(tt.want) == 0) {
				t.Errorf("GO is %t; blockers (-want +got):\n%s", d.Go, diff)
			}
		})
	}
}

// A commit that is found late is the commit of what is live, too; until then
// nobody claims another one.
func TestCommitFoundLate(t *testing.T) {
	h := &scenario{state: history.NewState(), now: monday}
	h.add(event.ReleaseOpened{Version: "2"}).goLive("2", true, "")
	h.state.Releases["2"].Commit = ""
	h.add(event.CommitFound{Release: "2", Commit: "abc"})
	if live := h.state.Live["production"]; live.Commit != "abc" || h.state.Good["production"][0].Commit != "abc" {
		t.Errorf("live %+v, good %+v; want the commit in both", live, h.state.Good["production"])
	}
	v := View{Checklist: (&checklist.Checklist{}).Index(), State: h.state, Now: monday}
	if ev := v.Met(checklist.Condition{Deployed: "production"}); ev.Verdict != answer.Passed {
		t.Errorf("deployed is %s: %s", ev.Verdict, ev.Summary)
	}
}
