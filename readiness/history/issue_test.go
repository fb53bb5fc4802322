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
