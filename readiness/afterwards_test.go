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

// duties are what is due, in a few words each.
func (h *scenario) duties() []string {
	var list []string
	for _, d := range h.view().Afterwards() {
		word := "later"
		switch {
		case d.Overdue(h.now):
			word = "overdue"
		case !h.now.Before(d.Soon()):
			word = "soon"
		}
		list = append(list, d.Release+" "+d.Answer.Key.String()+" "+word)
	}
	return list
}

// What is asked after the deployment opens with it, comes due and is overdue,
// also when no release is open; a later version supersedes what belongs to the
// version, and the rest keeps its date.
func TestAfterwards(t *testing.T) {
	for _, tt := range []struct {
		name string
		then func(*scenario)
		want []string
	}{
		{"not live", func(h *scenario) {}, nil},
		{"live elsewhere", func(h *scenario) { h.arrives("staging", "d-0") }, nil},
		{"live", func(h *scenario) { h.arrives("production", "d-1") }, []string{"19.0.1 backups later", "19.0.1 policy later", "19.0.1 summary later"}},
		{"coming due", func(h *scenario) { h.arrives("production", "d-1").wait(18 * time.Hour) }, []string{"19.0.1 backups soon", "19.0.1 policy soon", "19.0.1 summary soon"}},
		{"to the minute", func(h *scenario) { h.arrives("production", "d-1").wait(24 * time.Hour) }, []string{"19.0.1 backups soon", "19.0.1 policy soon", "19.0.1 summary soon"}},
		{"overdue", func(h *scenario) { h.arrives("production", "d-1").wait(24*time.Hour + 1) }, []string{"19.0.1 backups overdue", "19.0.1 policy overdue", "19.0.1 summary overdue"}},
		{"live before it was opened", func(h *scenario) {
			h.add(event.VersionWentLive{Environment: "production", Build: build.Build{Version: "19.0.2", Commit: "", Deployment: "d-1"}}).wait(20*time.Hour).opens("19.0.2", "").wait(5 * time.Hour)
		}, []string{"19.0.2 backups overdue", "19.0.2 policy overdue", "19.0.2 summary overdue"}},
		{"with no release open", func(h *scenario) {
			h.arrives("production", "d-1").add(event.ReleaseClosed{Release: "19.0.1", By: "U0PM"}).wait(25 * time.Hour)
		}, []string{"19.0.1 backups overdue", "19.0.1 policy overdue", "19.0.1 summary overdue"}},
		{"met", func(h *scenario) {
			h.arrives("production", "d-1").measure("backups", "", answer.Passed).measure("policy", "", answer.Passed)
		}, []string{"19.0.1 summary later"}},
		{"superseded", func(h *scenario) {
			h.arrives("production", "d-1").wait(20*time.Hour).opens("19.0.2", "").arrives("production", "d-2").wait(5 * time.Hour)
		}, []string{"19.0.1 policy overdue", "19.0.2 backups later", "19.0.2 summary later"}},
		{"rolled back before it was due", func(h *scenario) {
			h.arrives("production", "d-1")
			h.add(event.VersionWentLive{Environment: "production", Build: build.Build{Version: "18.0.0", Commit: "", Deployment: "d-2"}})
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list := scoped()
			policy := blocking(asked("policy"))
			policy.Scope = answer.ProjectScope
			summary := &checklist.Item{ID: "summary", Title: "Policy is done", Gate: &checklist.Gate{Kind: "section", Condition: &checklist.Condition{Section: "b"}}}
			list.Afterwards[0].Items = append(list.Afterwards[0].Items, policy, summary)
			list.Sections = append(list.Sections, section("b", asked("unasked")))
			h := begin(list)
			tt.then(h)
			if diff := cmp.Diff(tt.want, h.duties()); diff != "" {
				t.Errorf("duties (-want +got):\n%s", diff)
			}
		})
	}
}
