package deploying

import (
	"context"
	"strings"
	"time"

	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/history"
	"gonogo/runs"
	"gonogo/runs/commits"
)

// lostWithin limits how long a rollback's plan waits for GitHub.
const lostWithin = 1500 * time.Millisecond

// shownLost is how many commits a plan lists.
const shownLost = 6

// preflight says what a rollback takes away, how old what comes back is, and how sure one
// may be that it works. The rollback itself waits for none of this.
func preflight(ctx context.Context, c verb.Call, plan runs.RollbackPlan) reply.Lines {
	ctx, cancel := context.WithTimeout(ctx, lostWithin)
	defer cancel()
	lost := c.Commits.Lost(ctx, plan.From, plan.To.Build)
	lines := lostLines(lost, plan)
	if recorded := wording.Removed(c.View.State, plan.Environment, plan.From, plan.To.Build); lost.Unknown != "" && len(recorded) > 0 {
		lines = append(recorded, reply.Say("GitHub said so when ", plan.From.Version, " was deployed, and can't be asked now: ", lost.Unknown, "."))
	}
	lines = append(lines, ageLine(c.View, plan)...)
	lines = append(lines, silencedLines(c, plan.Environment, plan.Steps)...)
	return append(lines, oneWayLines(plan)...)
}

// lostLines list the commits that go away, the notable ones first.
func lostLines(lost commits.Lost, plan runs.RollbackPlan) reply.Lines {
	switch {
	case lost.NoRepository:
		return nil
	case lost.Unknown != "":
		return reply.Lines{reply.Say("Which commits it removes isn't known: ", lost.Unknown, ".")}
	case lost.Count == 0 && lost.Regains == 0:
		return reply.Lines{reply.Say("Both versions have the same commits.")}
	case lost.Count == 0:
		return reply.Lines{reply.Say("It removes no commits, and brings back ", phrase.Count(lost.Regains, "commit"), " that ", plan.From.Version, " doesn't have.")}
	}
	line := reply.Say("It removes ", phrase.Count(lost.Count, "commit"))
	if lost.Regains > 0 {
		line = append(line, reply.Say(", and brings back ", phrase.Count(lost.Regains, "commit"))...)
	}
	lines := reply.Lines{append(line, reply.Say(" (", reply.LinkTo(lost.URL, "compare"), "):")...)}
	for _, commit := range lost.Commits[:min(len(lost.Commits), shownLost)] {
		lines = append(lines, wording.CommitLine(commit.SHA, commit.Title, commit.Author, commit.Why))
	}
	if more := lost.Count - min(len(lost.Commits), shownLost); more > 0 {
		lines = append(lines, reply.Say("… and ", phrase.Count(more, "more", "more"), "."))
	}
	if len(lost.Unread) > 0 {
		lines = append(lines, reply.Say("⚠ Whether a commit changes ", strings.Join(lost.Unread, " or "), " isn't known: GitHub doesn't list them."))
	}
	return lines
}

// ageLine says when the version that comes back was last live, and when the way back was
// last rehearsed.
func ageLine(v readiness.View, plan runs.RollbackPlan) reply.Lines {
	var lines reply.Lines
	if left := v.State.LeftAt(plan.Environment, plan.To); !left.IsZero() {
		lines = append(lines, reply.Say(plan.To.Version, " was live there until ", reply.Time(left), ", ", ago(v, left), "."))
	}
	if v.State.Changing(plan.Environment) == nil || plan.Stops != nil {
		lines = append(lines, rehearsedLine(v, plan.Environment))
	}
	return lines
}

// ago is how long ago something was, "2h ago".
func ago(v readiness.View, at time.Time) string {
	return readiness.Span(v.Now.Sub(at).Truncate(time.Second)) + " ago"
}

func rehearsedLine(v readiness.View, environment string) reply.Text {
	last, ok := v.State.Rehearsed[environment]
	if !ok {
		line := reply.Say("A rollback was never rehearsed on ", environment)
		if other, at := otherRehearsal(v.State, environment); other != "" {
			line = append(line, reply.Say("; on ", other, " it was, ", ago(v, at.Ended))...)
		}
		return append(line, reply.Say(".")...)
	}
	line := reply.Say("A rollback was last rehearsed there ", ago(v, last.Ended))
	switch {
	case last.Failed != "":
		line = append(reply.Say("⚠ "), append(line, reply.Say(", and “", last.Failed, "” failed")...)...)
	case last.Took > 0:
		line = append(line, reply.Say("; the earlier version was back after ", readiness.Span(last.Took))...)
	}
	return append(line, reply.Say(".")...)
}

// otherRehearsal is the newest rehearsal that succeeded on another environment.
func otherRehearsal(s *history.State, environment string) (name string, newest history.Rehearsal) {
	for other, r := range s.Rehearsed {
		if other != environment && r.Failed == "" && r.Ended.After(newest.Ended) {
			name, newest = other, r
		}
	}
	return name, newest
}

// oneWayLines name what stays changed.
func oneWayLines(plan runs.RollbackPlan) reply.Lines {
	var lines reply.Lines
	for _, release := range plan.OneWay {
		lines = append(lines, reply.Say("⚠ ", reply.Bold(release.Version), " is of the kind ", release.Kind, ", which changes something that can't be undone. Check that ", plan.To.Version, " works with that."))
	}
	return lines
}
