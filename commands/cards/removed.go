package cards

import (
	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness/build"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// Removed lists the commits that a rollback removes, as they were recorded when the
// deployment brought them that it undoes; nothing if they weren't.
func Removed(s *history.State, environment string, from, to build.Build) reply.Lines {
	for _, run := range s.Runs {
		c := run.Change
		if c == nil || c.Environment != environment || run.What != work.Deployment || c.From.Version != to.Version || c.To.Version != from.Version {
			continue
		}
		if known := run.Compared; known != nil && known.Unknown == "" && known.Ahead > 0 && known.Behind == 0 {
			undone := *known
			undone.Ahead, undone.Behind = 0, known.Ahead
			return removedLines(&undone)
		}
	}
	return nil
}

// removedLines list the commits that a rollback removes.
func removedLines(c *work.Compared) reply.Lines {
	lines := comparedLines(c)
	if c != nil && c.Unknown == "" && c.Ahead == 0 && c.Behind > 0 {
		lines[0] = reply.Say("It removes ", phrase.Count(c.Behind, "commit"), " (", compareLink(c, "compare"), "):")
	}
	return lines
}
