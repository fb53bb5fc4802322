package cards

import (
	"testing"

	"gonogo/readiness/answer"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

func TestIssueText(t *testing.T) {
	tests := []struct {
		name  string
		issue history.Issue
		want  string
	}{
		{"open", history.Issue{Number: 7, URL: "https://git.example/7", Open: true}, "\nIssue #7"},
		{"closed", history.Issue{Number: 7, URL: "https://git.example/7"}, "\nIssue #7 is closed"},
		{"not made yet", history.Issue{Pending: event.OpenIssue}, ""},
		{"delayed", history.Issue{Delayed: "GitHub doesn't respond"}, "\n⚠ The issue will follow: GitHub doesn't respond"},
		{"away", history.Issue{URL: "https://git.example/7", Away: event.IssueMoved}, "\nThe issue moved away (transferred); the next failure opens another"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			state := &history.State{Issues: map[answer.Key]history.Issue{{Item: "suite", Environment: "staging"}: tt.issue}}
			got := ""
			for _, span := range issueText(state, "suite@staging") {
				got += span.Text
			}
			if got != tt.want {
				t.Errorf("the card says %q, want %q", got, tt.want)
			}
		})
	}
}
