package commands

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/readiness"
)

// sectionStatus lists a section's items.
func (b *Bot) sectionStatus(v readiness.View, section readiness.Section) Reply {
	tally := v.Tally(section)
	title := fmt.Sprintf("%s: %d of %d met", section.Title, tally.Through, tally.Items)
	t := Table{Header: []string{"", "Item", "State", "Name"}}
	actions := Actions{}
	for _, it := range section.Items {
		for _, s := range v.Standings(it) {
			t.Rows = append(t.Rows, []Text{Say(mark(s)), Say(it.Title), Say(short(standingLine(it, s), 120)), Say(Typed(s.Key.String()))})
			if !s.Through && s.Waiting == "" && it.Manual != nil && len(actions) < 8 {
				actions = append(actions, Button{Label: "Check: " + it.Title + onEnvironment(s.Key), Act: say("ready check", s.Key.String())})
			}
		}
	}
	parts := append(rewordedParts(v, section), t, figuresLines(section.Figures))
	if slices.ContainsFunc(section.Items, func(it *readiness.Item) bool { return it.Gate != nil && !it.Off }) {
		actions = append(Actions{{Label: "Run these gates", Act: say("ready run", section.ID), Style: Primary}}, actions...)
	}
	return Reply{Title: title, Summary: title + ".", Parts: nonEmpty(append(parts, actions, Actions{{Label: "Whole release", Act: say("ready status")}}))}
}

// standingLine says in one line where an answer stands and why.
func standingLine(_ *readiness.Item, s readiness.Standing) string {
	return standingWord(s) + standingWhy(s)
}

// standingWhy is why an answer stands where it does, after a colon; "" where
// there is nothing to say.
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
func onEnvironment(key readiness.Key) string {
	if key.Environment == "" {
		return ""
	}
	return " on " + key.Environment
}

// itemStatus shows all there is to know of one item.
func (b *Bot) itemStatus(v readiness.View, it *readiness.Item) Reply {
	parts := []Part{b.itemFields(v, it)}
	var actions Actions
	summary := it.Title
	for _, s := range v.Standings(it) {
		lines := answerLines(s)
		if from := v.CarriedFrom(s); from != "" {
			lines = append(lines, Say("Carried over from ", from, "."))
		}
		for _, w := range s.Waivers {
			lines = append(lines, waiverLine(w, v.Now))
		}
		parts = append(parts, lines)
		summary += ". " + standingWord(s) + onEnvironment(s.Key) + standingWhy(s)
		actions = append(actions, answerActions(it, s)...)
	}
	parts = append(parts, figuresLines(it.Figures), actions)
	return Reply{Title: it.Title, Summary: summary + ".", Parts: nonEmpty(parts)}
}

func (b *Bot) itemFields(v readiness.View, it *readiness.Item) Fields {
	fields := Fields{{"Name", Say(Typed(it.ID))}, {"Section", Say(it.Section)}}
	if it.Gate != nil {
		fields = append(fields, Field{"Measured by", Say("gate ", Typed(it.Gate.Kind))})
	} else {
		fields = append(fields, Field{"Checked by", b.rolesText(b.checkers(it))}, Field{"Evidence", Say(string(it.Manual.Evidence))})
	}
	if len(it.Blocks) > 0 {
		fields = append(fields, Field{"Blocks", Say(strings.Join(it.Blocks, ", "))})
	} else {
		fields = append(fields, Field{"Blocks", Say("nothing")})
	}
	if len(it.Needs) > 0 {
		fields = append(fields, Field{"Needs", Say(Typed(strings.Join(it.Needs, " ")))})
	}
	fields = append(fields, Field{"Counts for", Say(countsFor(it))})
	if words := estimateWords(v, it); words != "none" {
		fields = append(fields, Field{"Takes", Say(words)})
	}
	if role, ok := v.Checklist.Role(it.Owner); ok {
		fields = append(fields, Field{"Owner", append(Say(role.Title), b.wearers(role)...)})
	}
	return fields
}

// countsFor says for what an answer to an item counts, and for how long.
func countsFor(it *readiness.Item) string {
	words := map[readiness.Scope]string{
		readiness.DeploymentScope: "the build that is live when it is measured", readiness.EnvironmentScope: "the environment, whatever runs there",
		readiness.ProjectScope: "every release",
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
func answerLines(s readiness.Standing) Lines {
	head := Say(mark(s), " ", Bold(standingWord(s)), onEnvironment(s.Key))
	if s.Evidence.Summary != "" {
		head = append(head, Say(": ", s.Evidence.Summary)...)
	}
	lines := Lines{head}
	if s.Waiting != "" {
		lines = append(lines, Say(capital(s.Waiting), "."))
	}
	if s.Stale != "" {
		lines = append(lines, Say("It no longer counts: ", s.Stale, "."))
	}
	if !s.Evidence.At.IsZero() {
		lines = append(lines, Say("Recorded ", Time(s.Evidence.At), by(s.Evidence.By), bulkWord(s.Evidence), "."))
	}
	if !s.Until.IsZero() && s.Stale == "" {
		lines = append(lines, Say("Counts until ", Time(s.Until), "."))
	}
	return append(lines, evidenceLines(s.Evidence)...)
}

// evidenceLines shows what evidence holds beyond its summary.
func evidenceLines(ev readiness.Evidence) Lines {
	var lines Lines
	if m := measures(ev.Measures); m != "" {
		lines = append(lines, Say("Measured: ", short(m, 900)))
	}
	for i, detail := range ev.Details {
		if i == 12 {
			lines = append(lines, Say("… and ", count(len(ev.Details)-i, "more"), "."))
			break
		}
		lines = append(lines, Say("• ", short(detail, 300)))
	}
	if ev.Note != "" && !strings.Contains(ev.Summary, ev.Note) {
		lines = append(lines, Say("Note: ", ev.Note))
	}
	if ev.Link != "" {
		lines = append(lines, Say("Evidence: ", LinkTo(ev.Link, "")))
	}
	if ev.File != nil {
		lines = append(lines, Say("Evidence: ", ev.File.Name, ", SHA-256 ", Typed(ev.File.SHA256)))
	}
	return lines
}

func answerActions(it *readiness.Item, s readiness.Standing) Actions {
	name := s.Key.String()
	suffix := onEnvironment(s.Key)
	switch {
	case it.Off:
		return nil
	case s.Evidence.Verdict == readiness.NotApplicable:
		return Actions{{Label: "Ask it again" + suffix, Act: say("ready uncheck", name)}}
	case s.Waiting != "":
		return Actions{{Label: "Skip" + suffix, Act: say("ready skip", name)}}
	case it.Gate != nil:
		return slices.Concat(Actions{{Label: "Run" + suffix, Act: say("ready run", name), Style: Primary}}, fixButton(it, s.Key),
			Actions{{Label: "Skip" + suffix, Act: say("ready skip", name)}}, waiverActions(it, s))
	case s.Through && !s.Waived:
		return Actions{{Label: "Uncheck" + suffix, Act: say("ready uncheck", name)}}
	}
	return slices.Concat(Actions{{Label: "Check" + suffix, Act: say("ready check", name), Style: Primary}}, fixButton(it, s.Key),
		Actions{{Label: "Skip" + suffix, Act: say("ready skip", name)}}, waiverActions(it, s))
}

// waiverActions offer to waive what is not met, and to take waivers back.
func waiverActions(it *readiness.Item, s readiness.Standing) Actions {
	var actions Actions
	for _, w := range s.Waivers {
		actions = append(actions, Button{Label: "Take back the waiver for " + w.Environment, Act: unwaiveAct(it, w.Environment)})
	}
	if !s.Through && s.Waivable(it) == "" && len(waivable(it, s.Key)) > 0 {
		actions = append(actions, Button{Label: "Waive", Act: say("ready waive", s.Key.String())})
	}
	return actions
}

// figuresLines shows figures of the source side by side where they disagree.
func figuresLines(figures []readiness.Figure) Part {
	if !readiness.Mismatch(figures) {
		return nil
	}
	lines := Lines{Say("⚠ ", Bold("The checklist's own figures disagree"))}
	for _, f := range figures {
		lines = append(lines, Say("• ", f.Label, ": ", Bold(f.Value)))
	}
	return lines
}
