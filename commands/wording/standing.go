package wording

import (
	"fmt"
	"strings"

	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

// Decision is a decision in a few words.
func Decision(d readiness.Decision) reply.Text {
	if n := len(d.Overridden); d.Go && n > 0 {
		return reply.Say("⚠ ", reply.Bold("GO"), ", ", phrase.Count(n, "item"), " overridden")
	}
	if d.Go {
		return reply.Say("✓ ", reply.Bold("GO"))
	}
	return reply.Say("✗ ", reply.Bold("NO-GO"), ", ", phrase.Count(len(d.Blockers), "blocker"))
}

// Mark shows the state of an answer as one sign; a word is always next to it.
func Mark(s readiness.Standing) string {
	switch {
	case s.Waived:
		return "⚑"
	case s.Through && s.Evidence.Verdict == answer.NotApplicable:
		return "–"
	case s.Through && s.Evidence.Verdict == answer.Warned:
		return "⚠"
	case s.Through:
		return "✓"
	case s.Verdict() == answer.Failed:
		return "✗"
	case s.Verdict() == "":
		return "○"
	}
	return "⚠"
}

// Standing is the state of an answer in a word or two.
func Standing(s readiness.Standing) string {
	switch {
	case s.Waived:
		s.Waived = false
		return "waived, " + Standing(s)
	case s.Waiting != "":
		return "not deployed yet"
	case s.Stale != "":
		return "stale"
	case s.Evidence.Verdict == "":
		return "open"
	case s.Evidence.Verdict == answer.NotApplicable:
		return "not applicable"
	case s.Evidence.Verdict == answer.NotConfigured:
		return "not configured"
	case s.Evidence.Verdict == answer.Errored:
		return "could not measure"
	}
	return string(s.Evidence.Verdict)
}

// Measures writes what was measured: "p95 3.4 s (limit < 3s)".
func Measures(ms []answer.Measure) string {
	var parts []string
	for _, m := range ms {
		text := m.Name + " " + m.Value
		if m.Unit != "" {
			text += " " + m.Unit
		}
		if m.Limit != "" {
			text += " (limit " + m.Limit + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// ItemsMet is how many of the items are met.
func ItemsMet(score readiness.Score) string {
	return fmt.Sprintf("%d of %s met", score.Through, phrase.Count(score.Items, "item"))
}
