package readiness

import (
	"fmt"
	"testing"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// thousand is a checklist of 1,000 items in 20 sections, in chains of needs,
// and the state after 10,000 events about them.
func thousand() View {
	roles, rules := board()
	list := &checklist.Checklist{Environments: places(), Roles: roles, SignOffs: rules}
	for s := range 20 {
		sec := section(fmt.Sprintf("s%02d", s))
		for i := range 50 {
			it := lasting(taking(measured(fmt.Sprintf("s%02d-%02d", s, i)), 10*time.Minute), 48*time.Hour)
			if i > 0 {
				it.Needs = []string{fmt.Sprintf("s%02d-%02d", s, i-1)}
			}
			sec.Items = append(sec.Items, it)
		}
		list.Sections = append(list.Sections, sec)
		list.Milestones = append(list.Milestones, checklist.Milestone{ID: sec.ID, Sections: []string{sec.ID}})
	}
	list.Milestones = append(list.Milestones, checklist.Milestone{ID: "live", Environment: "production", Estimate: time.Hour})
	h := &scenario{list: list.Index(), state: history.NewState(), now: monday}
	h.add(event.ReleaseOpened{Version: "19.0.1", Commit: "c0ffee"})
	for n := range 9995 {
		verdict := answer.Passed
		if n%3 == 0 {
			verdict = answer.Failed
		}
		h.now = monday
		h.answer(fmt.Sprintf("s%02d-%02d", n%20, n/20%50), verdict)
	}
	h.approveAll()
	return h.view()
}

// BenchmarkStatus computes what `/ready status` shows. Promised: under 3 ms.
func BenchmarkStatus(b *testing.B) {
	view := thousand()
	for b.Loop() {
		v := view.Cached()
		for _, env := range v.Checklist.Environments {
			if v.Decide(env.Name).Go {
				b.Fatal("GO with failed items")
			}
		}
		if s := v.Score(); s.Items != 1000 {
			b.Fatal("the score counts", s.Items, "items, want 1000")
		}
		if v.Timeline().Milestones[20].Remaining == 0 {
			b.Fatal("production is reached with failed items")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/status(target<3)")
}

// BenchmarkFold folds 10,000 events, as on every start.
func BenchmarkFold(b *testing.B) {
	events := make([]event.Event, 10_000)
	for i := range events {
		events[i] = event.EvidenceRecorded{Release: "19.0.1", Item: fmt.Sprint(i % 1000), Evidence: answer.Evidence{Verdict: answer.Passed}}
	}
	events[0] = event.ReleaseOpened{Version: "19.0.1"}
	for b.Loop() {
		fold(history.NewState(), 0, events)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(events)), "ns/event")
}
