package deploying

import (
	"strings"
	"testing"
	"time"

	"gonogo/commands/reply"
	"gonogo/readiness"
	"gonogo/readiness/build"
	"gonogo/readiness/history"
	"gonogo/runs"
	"gonogo/runs/commits"
)

func said(lines reply.Lines) string {
	var text strings.Builder
	for _, line := range lines {
		for _, span := range line {
			text.WriteString(span.Text)
		}
		text.WriteString("\n")
	}
	return text.String()
}

// TestLostLines says what a rollback removes, or why that isn't known.
func TestLostLines(t *testing.T) {
	plan := runs.RollbackPlan{From: build.Build{Version: "2.0"}}
	commit := commits.LostCommit{SHA: strings.Repeat("1a", 20), Title: "Drop the column", Author: "Bob", Why: "changes db"}
	for _, tt := range []struct {
		lost commits.Lost
		want string
	}{
		{commits.Lost{NoRepository: true, Unknown: "there is no repository"}, ""},
		{commits.Lost{Unknown: "GitHub doesn't respond"}, "Which commits it removes isn't known: GitHub doesn't respond.\n"},
		{commits.Lost{}, "Both versions have the same commits.\n"},
		{commits.Lost{Regains: 2}, "It removes no commits, and brings back 2 commits that 2.0 doesn't have.\n"},
		{commits.Lost{Count: 9, Regains: 1, Commits: []commits.LostCommit{commit}, Unread: []string{"db", "infra"}},
			"It removes 9 commits, and brings back 1 commit (compare):\n• 1a1a1a1 Drop the column, Bob ⚠ changes db\n… and 8 more.\n⚠ Whether a commit changes db or infra isn't known: GitHub doesn't list them.\n"},
	} {
		if got := said(lostLines(tt.lost, plan)); got != tt.want {
			t.Errorf("%+v is shown as\n%swant\n%s", tt.lost, got, tt.want)
		}
	}
}

// TestRehearsedLine says when the way back was last rehearsed, and how that went.
func TestRehearsedLine(t *testing.T) {
	now := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	for want, rehearsed := range map[string]map[string]history.Rehearsal{
		"A rollback was never rehearsed on production.\n":                                      nil,
		"A rollback was never rehearsed on production; on staging it was, 1h ago.\n":           {"staging": {Ended: now.Add(-time.Hour)}, "test": {Ended: now, Failed: "Healthy"}},
		"A rollback was last rehearsed there 2h ago; the earlier version was back after 3m.\n": {"production": {Ended: now.Add(-2 * time.Hour), Took: 3 * time.Minute}},
		"⚠ A rollback was last rehearsed there 2h ago, and “Healthy” failed.\n":                {"production": {Ended: now.Add(-2 * time.Hour), Took: 3 * time.Minute, Failed: "Healthy"}},
	} {
		v := readiness.View{State: &history.State{Rehearsed: rehearsed}, Now: now}
		if got := said(reply.Lines{rehearsedLine(v, "production")}); got != want {
			t.Errorf("got %swant %s", got, want)
		}
	}
}

// TestOneWayLines warns of what a rollback can't undo.
func TestOneWayLines(t *testing.T) {
	plan := runs.RollbackPlan{To: history.Live{Build: build.Build{Version: "1.0"}}, OneWay: []runs.OneWay{{Version: "2.0", Kind: "Migration"}}}
	if got, want := said(oneWayLines(plan)), "⚠ 2.0 is of the kind Migration, which changes something that can't be undone. Check that 1.0 works with that.\n"; got != want {
		t.Errorf("got %s", got)
	}
}
