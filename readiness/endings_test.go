package readiness

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/event"
)

// What a new configuration ends is listed before it is loaded.
func TestEndings(t *testing.T) {
	h := begin(scoped())
	h.measure("docs", "", answer.Passed).measure("gdpr", "", answer.Passed).measure("there", "production", answer.Failed)
	it, _ := h.list.Item("there")
	s := h.view().StandingFor(it, answer.Key{Item: "there", Environment: "production"}, "production")
	h.add(event.WaiverGiven{Release: "19.0.1", Item: "there", Environment: "production", Reason: "known", By: "U0TL", Until: h.now.Add(time.Hour), Shown: h.view().ToWaive(it, s)})
	h.sign("technical_lead", "U0TL", true)
	if got := Endings(h.view()); len(got) != 0 {
		t.Fatalf("the same configuration ends %v", got)
	}
	it.Gate.Settings = "s2"
	docs, _ := h.list.Item("docs")
	docs.Title = "The manual is written"
	h.list.Sections[0].Items = append(h.list.Sections[0].Items[:2], h.list.Sections[0].Items[3:]...) // without gdpr
	h.list.Index()
	want := []Ending{
		{"19.0.1", "docs", "the question has been reworded since"},
		{"19.0.1", "gdpr", "the item is gone"},
		{"19.0.1", "there@production", "the gate's settings have changed since"},
		{"19.0.1", "waiver of there for production", "the question has changed since"},
		{"19.0.1", "approval of production by Technical Lead", "docs asks something else now; there@production asks something else now"},
	}
	if diff := cmp.Diff(want, Endings(h.view())); diff != "" {
		t.Errorf("endings (-want +got):\n%s", diff)
	}
}
