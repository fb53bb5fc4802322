package history

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/readiness/answer"
	"gonogo/readiness/event"
)

func TestIssueFromIntentToClose(t *testing.T) {
	h := began()
	key := answer.Key{Item: "suite", Environment: "staging"}
	var want Issue
	check := func(after string) {
		t.Helper()
		if diff := cmp.Diff(map[answer.Key]Issue{key: want}, h.state.Issues); diff != "" {
			t.Errorf("%s (-want +got):\n%s", after, diff)
		}
	}
	h.add(event.IssueIntended{Item: key.Item, Environment: key.Environment, Act: event.OpenIssue})
	want = Issue{Pending: event.OpenIssue, Asked: h.now}
	check("meant to be opened")

	h.add(event.IssueDelayed{Item: key.Item, Environment: key.Environment, Why: "GitHub asks to wait", Until: monday.Add(time.Hour)})
	want.Delayed, want.Until = "GitHub asks to wait", monday.Add(time.Hour)
	check("delayed")

	h.add(event.IssueWritten{Item: key.Item, Environment: key.Environment, Act: event.OpenIssue, Number: 12, URL: "u", Open: true, Said: "s1"})
	opened := h.now
	want = Issue{Number: 12, URL: "u", Open: true, Said: "s1", At: opened, Opened: opened}
	check("opened")

	h.add(event.IssueIntended{Item: key.Item, Environment: key.Environment, Act: event.UpdateIssue}, event.IssueWritten{Item: key.Item, Environment: key.Environment, Act: event.UpdateIssue, Number: 12, URL: "u", Open: true, Said: "s2"})
	want.Said, want.At = "s2", h.now
	check("updated")

	handedOut := h.state
	h.state = h.state.Next()
	h.add(event.IssueWritten{Item: key.Item, Environment: key.Environment, Act: event.CloseIssue, Number: 12, URL: "u", Said: "s3"})
	want.Open, want.Said, want.At = false, "s3", h.now
	check("closed")
	if !handedOut.Issues[key].Open {
		t.Error("the issue was closed in a state that was handed out")
	}

	h.add(event.IssueWritten{Item: key.Item, Environment: key.Environment, Act: event.ReopenIssue, Number: 12, URL: "u", Open: true, Said: "s4"})
	want.Open, want.Said, want.At, want.Opened = true, "s4", h.now, h.now
	check("reopened")
}

// TestIssueAway ends an issue that is away for all answers that it lists. The
// next one is known to stand in its place.
func TestIssueAway(t *testing.T) {
	h := began()
	lead, listed := answer.Key{Item: "suite"}, answer.Key{Item: "modules"}
	h.add(event.IssueWritten{Item: "suite", Act: event.OpenIssue, Number: 12, URL: "u12", Open: true, Said: "s1"})
	opened := h.now
	h.add(event.IssueWritten{Item: "modules", Act: event.JoinIssue, Number: 12, URL: "u12", Open: true, Lead: "suite"})
	joined := h.now
	h.add(event.IssueWritten{Item: "suite", Act: event.UpdateIssue, Number: 12, URL: "u12", Away: event.IssueLocked})
	left := h.now
	want := map[answer.Key]Issue{
		lead:   {URL: "u12", At: left, Opened: opened, Away: event.IssueLocked},
		listed: {URL: "u12", Opened: joined, Away: event.IssueLocked},
	}
	if diff := cmp.Diff(want, h.state.Issues); diff != "" {
		t.Errorf("away (-want +got):\n%s", diff)
	}
	h.add(event.IssueWritten{Item: "suite", Act: event.OpenIssue, Number: 13, URL: "u13", Open: true, Said: "s2"})
	want[lead] = Issue{Number: 13, URL: "u13", Open: true, Said: "s2", At: h.now, Opened: h.now, Replaced: h.now}
	if diff := cmp.Diff(want, h.state.Issues); diff != "" {
		t.Errorf("replaced (-want +got):\n%s", diff)
	}
}
