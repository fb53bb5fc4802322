package commands

import (
	"fmt"
	"strings"

	"gonogo/readiness"
)

// count writes a number with its noun: "1 gate", "12 gates".
func count(n int, noun string) string {
	if n == 1 || noun == "more" {
		return fmt.Sprintf("%d %s", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// by names who did something, " by @somebody"; gonogo itself goes unnamed.
func by(user string) Text {
	if user == "" {
		return nil
	}
	return Say(" by ", User(user))
}

// verdictText is a decision in a few words.
func verdictText(d readiness.Decision) Text {
	if d.Go {
		return Say("✓ ", Bold("GO"))
	}
	return Say("✗ ", Bold("NO-GO"), ", ", count(len(d.Blockers), "blocker"))
}

// mark shows in one sign where an answer stands; a word always stands beside it.
func mark(s readiness.Standing) string {
	switch {
	case s.Waived:
		return "⚑"
	case s.Through && s.Evidence.Verdict == readiness.NotApplicable:
		return "–"
	case s.Through && s.Evidence.Verdict == readiness.Warned:
		return "⚠"
	case s.Through:
		return "✓"
	case s.Verdict() == readiness.Failed:
		return "✗"
	case s.Verdict() == "":
		return "○"
	}
	return "⚠"
}

// standingWord is where an answer stands in a word or two.
func standingWord(s readiness.Standing) string {
	switch {
	case s.Waived:
		s.Waived = false
		return "waived, " + standingWord(s)
	case s.Waiting != "":
		return "not deployed yet"
	case s.Stale != "":
		return "stale"
	case s.Evidence.Verdict == "":
		return "open"
	case s.Evidence.Verdict == readiness.NotApplicable:
		return "not applicable"
	case s.Evidence.Verdict == readiness.NotConfigured:
		return "not configured"
	case s.Evidence.Verdict == readiness.Errored:
		return "could not measure"
	}
	return string(s.Evidence.Verdict)
}

// sentence ends a text so that another can follow.
func sentence(text string) string {
	if strings.HasSuffix(text, "…") || strings.HasSuffix(text, ".") {
		return text + " "
	}
	return text + ". "
}

// measures writes what was measured: "p95 3.4 s (limit < 3s)".
func measures(ms []readiness.Measure) string {
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

// percent writes a share without promising more than there is: only a full
// one is 100 %.
func percent(p float64) string {
	switch {
	case p >= 100:
		return "100 %"
	case p > 99:
		return "99 %"
	}
	return fmt.Sprintf("%.0f %%", p)
}

func short(text string, letters int) string {
	runes := []rune(text)
	if len(runes) <= letters {
		return text
	}
	return string(runes[:letters-1]) + "…"
}

// itemsMet is how many of the items are met.
func itemsMet(score readiness.Score) string {
	return fmt.Sprintf("%d of %s met", score.Through, count(score.Items, "item"))
}

// typedList names things to type: "modules, tests and day-1".
func typedList(names []string) Text {
	var text Text
	for i, name := range names {
		switch {
		case i > 0 && i == len(names)-1:
			text = append(text, Say(" and ")...)
		case i > 0:
			text = append(text, Say(", ")...)
		}
		text = append(text, Say(Typed(name))...)
	}
	return text
}
