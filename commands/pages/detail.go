package pages

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// Section lists a section's items.
func Section(b cards.Builder, v readiness.View, section checklist.Section) reply.Reply {
	tally := v.Tally(section)
	title := fmt.Sprintf("%s: %d of %d met", section.Title, tally.Through, tally.Items)
	t := reply.Table{Header: []string{"", "Item", "State", "Name"}}
	actions := reply.Actions{}
	for _, it := range section.Items {
		for _, s := range v.Standings(it) {
			t.Rows = append(t.Rows, []reply.Text{reply.Say(wording.Mark(s)), reply.Say(it.Title), reply.Say(reply.Shorten(standingLine(it, s), 120)), reply.Say(reply.Typed(s.Key.String()))})
			if !s.Through && s.Waiting == "" && it.Manual != nil && len(actions) < 8 {
				actions = append(actions, reply.Button{Label: "Check: " + it.Title + onEnvironment(s.Key), Act: reply.Do("ready check", s.Key.String())})
			}
		}
	}
	parts := append(cards.RewordedParts(v, section), t, figuresLines(section.Figures))
	if slices.ContainsFunc(section.Items, func(it *checklist.Item) bool { return it.Gate != nil && !it.Off }) {
		actions = append(reply.Actions{{Label: "Run these gates", Act: reply.Do("ready run", section.ID), Style: reply.Primary}}, actions...)
	}
	return reply.Reply{Title: title, Summary: title + ".", Parts: reply.NonEmpty(append(parts, actions, reply.Actions{{Label: "Whole release", Act: reply.Do("ready status")}}))}
}

// standingLine is an answer's state and the reason, in one line.
func standingLine(it *checklist.Item, s readiness.Standing) string {
	line := wording.Standing(s) + standingWhy(s)
	if it.Claimed != "" && !s.Through {
		line += "; ticked in " + it.Claimed + ", which passes nothing"
	}
	return line
}

// standingWhy is the reason for an answer's state, after a colon; "" if there is none.
func standingWhy(s readiness.Standing) string {
	switch {
	case s.Waiting != "":
		return ": " + s.Waiting
	case s.Stale != "":
		return ": " + s.Stale
	case s.Evidence.Verdict == "" || s.Evidence.Summary == "":
		return ""
	}
	return ": " + s.Evidence.Summary
}

// onEnvironment is " on staging" for an answer that is asked for staging, and ""
// for one that is asked for the release.
func onEnvironment(key answer.Key) string {
	if key.Environment == "" {
		return ""
	}
	return " on " + key.Environment
}

// Item shows an item with all its details.
func Item(b cards.Builder, v readiness.View, it *checklist.Item) reply.Reply {
	parts := []reply.Part{itemFields(b, v, it)}
	var actions reply.Actions
	summary := it.Title
	for _, s := range v.Standings(it) {
		lines := answerLines(s)
		if from := v.CarriedFrom(s); from != "" {
			lines = append(lines, reply.Say("Carried over from ", from, "."))
		}
		for _, w := range s.Waivers {
			lines = append(lines, wording.WaiverLine(w, v.Now))
		}
		lines = append(lines, cards.OverriddenOn(v, s)...)
		if issue := v.State.Issues[s.Key]; issue.Away != "" && !s.Through {
			lines = append(lines, append(reply.Say("⚠ "), awayText(issue)...))
		}
		parts = append(parts, lines)
		summary += ". " + wording.Standing(s) + onEnvironment(s.Key) + standingWhy(s)
		actions = append(actions, answerActions(it, s)...)
	}
	parts = append(parts, claimLines(it), figuresLines(it.Figures), actions)
	return reply.Reply{Title: it.Title, Summary: summary + ".", Parts: reply.NonEmpty(parts)}
}

// claimLines say that the source of the checklist has an item ticked.
func claimLines(it *checklist.Item) reply.Lines {
	if it.Claimed == "" {
		return nil
	}
	return reply.Lines{reply.Say("It is ticked in ", reply.Typed(it.Claimed), ". That is a claim of the file, and passes nothing.")}
}

func itemFields(b cards.Builder, v readiness.View, it *checklist.Item) reply.Fields {
	fields := reply.Fields{{Name: "Name", Value: reply.Say(reply.Typed(it.ID))}, {Name: "Section", Value: reply.Say(it.Section)}}
	if it.Gate != nil {
		fields = append(fields, reply.Field{Name: "Measured by", Value: reply.Say("gate ", reply.Typed(it.Gate.Kind))})
	} else {
		fields = append(fields, reply.Field{Name: "Checked by", Value: b.RolesText(b.Checkers(it))}, reply.Field{Name: "Evidence", Value: reply.Say(string(it.Manual.Evidence))})
	}
	if len(it.Blocks) > 0 {
		fields = append(fields, reply.Field{Name: "Blocks", Value: reply.Say(strings.Join(it.Blocks, ", "))})
	} else {
		fields = append(fields, reply.Field{Name: "Blocks", Value: reply.Say("nothing")})
	}
	if len(it.Needs) > 0 {
		fields = append(fields, reply.Field{Name: "Needs", Value: reply.Say(reply.Typed(strings.Join(it.Needs, " ")))})
	}
	fields = append(fields, reply.Field{Name: "Counts for", Value: reply.Say(countsFor(it))})
	if words := estimateWords(v, it); words != "none" {
		fields = append(fields, reply.Field{Name: "Takes", Value: reply.Say(words)})
	}
	if role, ok := v.Checklist.Role(it.Owner); ok {
		fields = append(fields, reply.Field{Name: "Owner", Value: append(reply.Say(role.Title), b.HoldersText(role)...)})
	}
	return fields
}

// countsFor says for what an answer to an item counts, and for how long.
func countsFor(it *checklist.Item) string {
	words := map[answer.Scope]string{
		answer.DeploymentScope: "the build that is live when it is measured", answer.EnvironmentScope: "the environment, whatever runs there",
		answer.ProjectScope: "every release",
	}[it.Scope]
	if words == "" {
		words = "this release"
	}
	if it.MaxAge > 0 {
		words += ", for " + readiness.Span(it.MaxAge)
	}
	return words
}

// answerLines shows the evidence of one answer.
func answerLines(s readiness.Standing) reply.Lines {
	head := reply.Say(wording.Mark(s), " ", reply.Bold(wording.Standing(s)), onEnvironment(s.Key))
	if s.Evidence.Summary != "" {
		head = append(head, reply.Say(": ", s.Evidence.Summary)...)
	}
	lines := reply.Lines{head}
	if s.Waiting != "" {
		lines = append(lines, reply.Say(reply.Capital(s.Waiting), "."))
	}
	if s.Stale != "" {
		lines = append(lines, reply.Say("It no longer counts: ", s.Stale, "."))
	}
	if !s.Evidence.At.IsZero() {
		lines = append(lines, reply.Say("Recorded ", reply.Time(s.Evidence.At), reply.By(s.Evidence.By), wording.Bulk(s.Evidence), "."))
	}
	if !s.Until.IsZero() && s.Stale == "" {
		lines = append(lines, reply.Say("Counts until ", reply.Time(s.Until), "."))
	}
	return append(lines, evidenceLines(s.Evidence)...)
}

// evidenceLines shows what evidence holds beyond its summary.
func evidenceLines(ev answer.Evidence) reply.Lines {
	var lines reply.Lines
	if m := wording.Measures(ev.Measures); m != "" {
		lines = append(lines, reply.Say("Measured: ", reply.Shorten(m, 900)))
	}
	for i, detail := range ev.Details {
		if i == 12 {
			lines = append(lines, reply.Say("… and ", phrase.Count(len(ev.Details)-i, "more", "more"), "."))
			break
		}
		lines = append(lines, reply.Say("• ", reply.Shorten(detail, 300)))
	}
	if ev.Note != "" && !strings.Contains(ev.Summary, ev.Note) {
		lines = append(lines, reply.Say("Note: ", ev.Note))
	}
	if ev.Link != "" {
		lines = append(lines, reply.Say("Evidence: ", reply.LinkTo(ev.Link, "")))
	}
	if ev.File != nil {
		lines = append(lines, reply.Say("Evidence: ", ev.File.Name, ", SHA-256 ", reply.Typed(ev.File.SHA256)))
	}
	return lines
}

func answerActions(it *checklist.Item, s readiness.Standing) reply.Actions {
	name := s.Key.String()
	suffix := onEnvironment(s.Key)
	switch {
	case it.Off:
		return nil
	case s.Evidence.Verdict == answer.NotApplicable:
		return reply.Actions{{Label: "Ask it again" + suffix, Act: reply.Do("ready uncheck", name)}}
	case s.Waiting != "":
		return reply.Actions{{Label: "Skip" + suffix, Act: reply.Do("ready skip", name)}}
	case it.Gate != nil:
		return slices.Concat(reply.Actions{{Label: "Run" + suffix, Act: reply.Do("ready run", name), Style: reply.Primary}}, cards.FixButton(it, s.Key),
			reply.Actions{{Label: "Skip" + suffix, Act: reply.Do("ready skip", name)}}, waiverActions(it, s))
	case s.Through && !s.Waived:
		return reply.Actions{{Label: "Uncheck" + suffix, Act: reply.Do("ready uncheck", name)}}
	}
	return slices.Concat(reply.Actions{{Label: "Check" + suffix, Act: reply.Do("ready check", name), Style: reply.Primary}}, cards.FixButton(it, s.Key),
		reply.Actions{{Label: "Skip" + suffix, Act: reply.Do("ready skip", name)}}, waiverActions(it, s))
}

// waiverActions offer to waive what isn't met, and to take waivers back.
func waiverActions(it *checklist.Item, s readiness.Standing) reply.Actions {
	var actions reply.Actions
	for _, w := range s.Waivers {
		actions = append(actions, reply.Button{Label: "Take back the waiver for " + w.Environment, Act: cards.Unwaive(it, w.Environment)})
	}
	if !s.Through && s.Waivable(it) == "" && len(cards.Waivable(it, s.Key)) > 0 {
		actions = append(actions, reply.Button{Label: "Waive", Act: reply.Do("ready waive", s.Key.String())})
	}
	return actions
}

// figuresLines shows figures of the source side by side if they disagree.
func figuresLines(figures []checklist.Figure) reply.Part {
	if !checklist.Mismatch(figures) {
		return nil
	}
	lines := reply.Lines{reply.Say("⚠ ", reply.Bold("The checklist's own figures disagree"))}
	for _, f := range figures {
		lines = append(lines, reply.Say("• ", f.Label, ": ", reply.Bold(f.Value)))
	}
	return lines
}
