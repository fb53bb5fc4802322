package cards

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/commands/reply"
	"gonogo/commands/roster"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// runCards is a run's anchor and the messages of its thread.
func (b Builder) runCards(v readiness.View, run *work.Run) []Card {
	subject := "run/" + run.ID
	cards := []Card{{Subject: subject, Channel: b.Releases, Reply: b.runAnchor(v, run), Final: !run.Open(), Asked: run.By != ""}}
	for _, group := range b.groups(run) {
		if group.begun() || !run.Open() {
			cards = append(cards, Card{Subject: subject + "/" + group.name, Parent: subject, Channel: b.Releases,
				Reply: b.groupReply(v.State, group), Final: !run.Open(), Asked: run.By != ""})
		}
	}
	return cards
}

// runAnchor is the one message that says how a run goes.
func (b Builder) runAnchor(v readiness.View, run *work.Run) reply.Reply {
	failed, broken := tallySteps(run)
	title := fmt.Sprintf("%s: %d of %d done", reply.Capital(run.Title), run.Done(), len(run.Steps))
	parts := []reply.Part{reply.Lines{reply.Say("Release ", reply.Bold(run.Release), ", started ", reply.Time(run.Started), reply.By(run.By), b.afterText(v, run), ".")}}
	switch {
	case run.Open() && run.CancelAsked:
		parts = append(parts, reply.Lines{reply.Say("Being cancelled", reply.By(run.CancelledBy), roster.AsOf(run.CancelledAsOf), ".")})
	case run.Open():
		parts = append(parts, reply.Lines{underway(run)}, reply.Actions{{Label: "Stop run", Act: reply.Act{Verb: "ready cancel", Run: run.ID}, Style: reply.Danger}})
	default:
		title = reply.Capital(run.Title) + ": " + outcomeWords(run, failed, broken)
		parts = append(parts, b.runResult(v, run)...)
	}
	return reply.Reply{Title: title, Summary: title + ".", Parts: reply.NonEmpty(parts), Public: true}
}

// afterText says which run's effect a gate run measures.
func (b Builder) afterText(v readiness.View, run *work.Run) reply.Text {
	before := v.State.Runs[run.After]
	if before == nil {
		return nil
	}
	return reply.Say(", after ", before.Title, " in ", b.Thread(v, "run/"+before.ID, b.Releases))
}

func tallySteps(run *work.Run) (failed, broken int) {
	for _, step := range run.Steps {
		switch verdict := step.Evidence.Verdict; {
		case step.Ended.IsZero():
		case verdict == answer.Failed:
			failed++
		case !verdict.LetsThrough():
			broken++
		}
	}
	return failed, broken
}

// underway names the gates that are being measured right now.
func underway(run *work.Run) reply.Text {
	var names []string
	for _, step := range run.Steps {
		if !step.Started.IsZero() && step.Ended.IsZero() {
			names = append(names, step.Name)
		}
	}
	if len(names) == 0 {
		return reply.Say("Waiting for the next gate.")
	}
	if more := len(names) - 6; more > 0 {
		names = append(names[:6], fmt.Sprintf("and %d more", more))
	}
	return reply.Say("Measuring ", strings.Join(names, ", "), ".")
}

func outcomeWords(run *work.Run, failed, broken int) string {
	switch run.Outcome {
	case work.Cancelled:
		return fmt.Sprintf("cancelled after %d of %d", run.Done(), len(run.Steps))
	case work.Interrupted:
		return "interrupted"
	}
	switch {
	case failed == 0 && broken == 0 && len(run.Steps) == 1:
		return "passed"
	case failed == 0 && broken == 0:
		return fmt.Sprintf("all %d passed", len(run.Steps))
	case broken == 0:
		return fmt.Sprintf("%d of %d failed", failed, len(run.Steps))
	case failed == 0:
		return fmt.Sprintf("%d of %d could not be measured", broken, len(run.Steps))
	}
	return fmt.Sprintf("%d failed and %d could not be measured, of %d", failed, broken, len(run.Steps))
}

// runResult says what is left to do after a run.
func (b Builder) runResult(v readiness.View, run *work.Run) []reply.Part {
	lines := reply.Lines{reply.Say("Took ", readiness.Span(run.Ended.Sub(run.Started)), ".")}
	if run.CancelAsked {
		lines[0] = reply.Say("Cancelled", reply.By(run.CancelledBy), roster.AsOf(run.CancelledAsOf), ". Items whose gates were cancelled keep their earlier answers.")
	}
	if run.Reason != "" {
		lines = append(lines, reply.Say(reply.Capital(run.Reason), "."))
	}
	actions, offered := reply.Actions{}, map[string]bool{}
	for _, step := range run.Steps {
		if step.Ended.IsZero() || step.Evidence.Verdict.LetsThrough() {
			continue
		}
		if len(actions) == 10 {
			lines = append(lines, reply.Say("… and more; the thread has all."))
			break
		}
		lines = append(lines, stepLine(b.Checklist, step))
		actions = append(actions, reply.Button{Label: "Run " + step.Name + " again", Act: reply.Do("ready run", step.Name)})
		if fix := fixOf(b.Checklist, step.Name); fix.Runbook != "" && !offered[fix.Runbook+"@"+fix.Environment] {
			offered[fix.Runbook+"@"+fix.Environment] = true
			actions = append(actions, reply.Button{Label: "Fix " + step.Name, Act: fix})
		}
	}
	if run.Release == v.State.Open {
		for _, env := range v.Checklist.Environments {
			lines = append(lines, reply.Say(env.Name, ": ", wording.Decision(v.Decide(env.Name))))
		}
	}
	return []reply.Part{lines, append(actions, reply.Button{Label: "Status", Act: reply.Do("ready status")})}
}

func stepLine(c *checklist.Checklist, step work.Step) reply.Text {
	sign := "✗"
	if step.Evidence.Verdict != answer.Failed {
		sign = "⚠"
	}
	return reply.Say(sign, " ", reply.Bold(wording.ItemTitle(c, step.Name)), ": ", reply.Shorten(step.Evidence.Summary, 200))
}

// group is the steps of a run that one message of its thread shows.
type group struct {
	name, title string
	steps       []work.Step
}

// groupSize is how many steps one message shows.
const groupSize = 20

// groups splits a run's steps by section, and long sections into pages.
func (b Builder) groups(run *work.Run) []group {
	var groups []group
	index := map[string]int{}
	for _, step := range run.Steps {
		id, _, _ := strings.Cut(step.Name, "@")
		section := checklist.Section{ID: "other", Title: "Other"}
		if it, ok := b.Checklist.Item(id); ok {
			section, _ = b.Checklist.Section(it.Section)
		}
		i, ok := index[section.ID]
		if ok && len(groups[i].steps) == groupSize {
			ok = false
		}
		if !ok {
			page := 1
			for _, g := range groups {
				if g.title == section.Title {
					page++
				}
			}
			i = len(groups)
			groups = append(groups, group{name: fmt.Sprintf("%s-%d", section.ID, page), title: section.Title})
			index[section.ID] = i
		}
		groups[i].steps = append(groups[i].steps, step)
	}
	return groups
}

func (g group) begun() bool {
	return slices.ContainsFunc(g.steps, func(s work.Step) bool { return !s.Started.IsZero() || !s.Ended.IsZero() })
}

// groupReply shows a group's gates with their measurements.
func (b Builder) groupReply(s *history.State, g group) reply.Reply {
	progress := reply.Progress{Title: g.title}
	done := 0
	for _, step := range g.steps {
		p := reply.ProgressStep{Title: wording.ItemTitle(b.Checklist, step.Name), Status: stepStatus(step)}
		if !step.Ended.IsZero() {
			done++
			p.Detail = append(stepDetail(step.Evidence), issueText(s, step.Name)...)
		}
		progress.Steps = append(progress.Steps, p)
	}
	title := fmt.Sprintf("%s: %d of %d", g.title, done, len(g.steps))
	return reply.Reply{Title: title, Summary: title + " done.", Parts: []reply.Part{progress}, Public: true}
}

func stepStatus(step work.Step) reply.Status {
	switch verdict := step.Evidence.Verdict; {
	case step.Ended.IsZero() && step.Started.IsZero():
		return reply.Waiting
	case step.Ended.IsZero():
		return reply.Running
	case verdict == answer.Warned:
		return reply.Notable
	case verdict.LetsThrough():
		return reply.Good
	}
	return reply.Bad
}

// issueText says where the issue of an answer is, or why there is none yet.
func issueText(s *history.State, step string) reply.Text {
	item, env, _ := strings.Cut(step, "@")
	issue, ok := s.Issues[answer.Key{Item: item, Environment: env}]
	switch {
	case !ok:
		return nil
	case issue.Delayed != "":
		return reply.Say("\n⚠ The issue will follow: ", reply.Shorten(issue.Delayed, 200))
	case issue.Away != "":
		return reply.Say("\n", reply.LinkTo(issue.URL, "The issue"), " ", wording.IssueAway(issue.Away))
	case issue.Number == 0:
		return nil
	case issue.Open:
		return reply.Say("\nIssue ", reply.LinkTo(issue.URL, fmt.Sprintf("#%d", issue.Number)))
	}
	return reply.Say("\nIssue ", reply.LinkTo(issue.URL, fmt.Sprintf("#%d", issue.Number)), " is closed")
}

// stepDetail is a gate's result in one line. It names what is over its limit or, if the
// gate doesn't pass, where to look.
func stepDetail(ev answer.Evidence) reply.Text {
	text := reply.Say(reply.Shorten(ev.Summary, 300))
	if ev.Verdict.LetsThrough() {
		return text
	}
	for i, detail := range ev.Details {
		if i == 4 {
			text = append(text, reply.Say("\n… and ", phrase.Count(len(ev.Details)-i, "more", "more"))...)
			break
		}
		text = append(text, reply.Say("\n• ", reply.Shorten(detail, 200))...)
	}
	return text
}
