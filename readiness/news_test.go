package readiness

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
)

func TestNews(t *testing.T) {
	h := begin(checklist.Checklist{Sections: []checklist.Section{section("a", measured("http"), measured("junit"), measured("other"))}})
	say := func(item string, verdict answer.Verdict) {
		h.add(event.EvidenceRecorded{Release: "19.0.1", Item: item, Evidence: answer.Evidence{Verdict: verdict}})
	}
	say("http", answer.Failed)
	say("junit", answer.Passed)
	since := h.now
	h.wait(time.Minute)
	say("http", answer.Failed) // the same again is no news
	h.wait(time.Minute)
	say("http", answer.Passed)
	h.wait(time.Minute)
	h.add(event.ItemUnchecked{Release: "19.0.1", Item: "junit"})
	type change struct {
		item     string
		from, to answer.Verdict
	}
	list := func(since time.Time) (changes []change) {
		for _, n := range h.view().News(since) {
			changes = append(changes, change{n.Item.ID, n.From, n.Standing.Evidence.Verdict})
		}
		return changes
	}
	want := []change{{"junit", answer.Passed, ""}, {"http", answer.Failed, answer.Passed}}
	if diff := cmp.Diff(want, list(since), cmp.AllowUnexported(change{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := list(h.now); len(got) != 0 {
		t.Errorf("news of what is known: %v", got)
	}
}

func TestNudged(t *testing.T) {
	h := begin(checklist.Checklist{Sections: []checklist.Section{section("a", measured("http"))}})
	key := answer.Key{Item: "http"}
	if _, lately := h.view().Nudged(key); lately {
		t.Error("nudged before anybody did")
	}
	h.add(event.Nudged{Release: "19.0.1", Item: "http", By: "U1"})
	h.wait(NudgePause - time.Second)
	if n, lately := h.view().Nudged(key); !lately || n.By != "U1" {
		t.Errorf("within the pause got %v, %t", n, lately)
	}
	if _, lately := h.view().Nudged(answer.Key{Environment: "production"}); lately {
		t.Error("another subject counts as nudged")
	}
	h.wait(time.Second)
	if _, lately := h.view().Nudged(key); lately {
		t.Error("after the pause it still counts")
	}
}
