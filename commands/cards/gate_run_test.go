package cards

import (
	"strings"
	"testing"
	"time"

	"gonogo/commands/reply"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
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

// A gate's line on the card of its run, its line in the thread and its section's line have
// the same sign, so that nobody takes what could not be measured for a failure.
func TestThreadAgreesWithTheCard(t *testing.T) {
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		verdict answer.Verdict
		sign    string
		status  reply.Status
	}{
		{answer.Failed, "✗", reply.Bad},
		{answer.Errored, "⚠", reply.Unmeasured},
		{answer.NotConfigured, "⚠", reply.Unmeasured},
	} {
		step := work.Step{Name: "suite", Started: noon, Ended: noon, Evidence: answer.Evidence{Verdict: tt.verdict, Summary: "no response"}}
		card, thread := stepLine(&checklist.Checklist{}, step), stepDetail(step.Evidence)
		if card[0].Text != tt.sign || !strings.HasPrefix(thread[0].Text, tt.sign) {
			t.Errorf("%s: the card says %q and the thread %q, want %q", tt.verdict, card[0].Text, thread[0].Text, tt.sign)
		}
		if got := stepStatus(step); got != tt.status {
			t.Errorf("%s: the thread's mark is %q, want %q", tt.verdict, got, tt.status)
		}
		if got := (group{steps: []work.Step{step}}).counted().Status; got != tt.status {
			t.Errorf("%s: its section's mark is %q, want %q", tt.verdict, got, tt.status)
		}
	}
}
