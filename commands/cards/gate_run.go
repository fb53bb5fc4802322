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

// runCards is a run's anchor and the messages of its thread: a few gates one by one, many
// by section, with a list of those that don't pass.
func (b Builder) runCards(v readiness.View, run *work.Run) []Card {
	subject := "run/" + run.ID
	cards := []Card{{Subject: subject, Reply: b.runAnchor(v, run)}}
	switch {
	case run.Open() && !slices.ContainsFunc(run.Steps, func(s work.Step) bool { return !s.Started.IsZero() || !s.Ended.IsZero() }):
		// It waits for its turn.
	case len(run.Steps) <= groupSize:
		cards = append(cards, Card{Subject: subject + "/gates", Reply: b.stepsPage(v.State, b.gatesTitle(run), run.Steps)})
	default:
		cards = append(cards, Card{Subject: subject + "/sections", Reply: b.sectionsPage(v.State, run)})
		cards = append(cards, b.failurePages(v.State, run)...)
	}
	for i := range cards {
		cards[i].Channel, cards[i].Final, cards[i].Asked = b.Releases, !run.Open(), run.By != ""
		if i > 0 {
			cards[i].Parent = subject
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
	found, actions := b.foundLines(run)
	lines = append(lines, found...)
	if run.Release == v.State.Open {
		for _, env := range v.Checklist.Environments {
			lines = append(lines, reply.Say(env.Name, ": ", wording.Decision(v.Decide(env.Name))))
		}
	}
	return []reply.Part{lines, append(actions, reply.Button{Label: "Status", Act: reply.Do("ready status")})}
}

// shownFailures is how many gates that don't pass a run's anchor names.
const shownFailures = 5

// foundLines name the first gates that don't pass, and what mends them. Of more than a few
// the thread has the causes.
func (b Builder) foundLines(run *work.Run) (lines reply.Lines, actions reply.Actions) {
	bad, offered := 0, map[string]bool{}
	for _, step := range run.Steps {
		if step.Ended.IsZero() || step.Evidence.Verdict.LetsThrough() {
			continue
		}
		if fix := fixOf(b.Checklist, step.Name); fix.Runbook != "" && !offered[fix.Runbook+"@"+fix.Environment] && len(offered) < shownFailures {
			offered[fix.Runbook+"@"+fix.Environment] = true
			actions = append(actions, reply.Button{Label: "Fix " + step.Name, Act: fix})
		}
		if bad++; bad <= shownFailures {
			lines = append(lines, stepLine(b.Checklist, step))
			actions = append(actions, reply.Button{Label: "Run " + step.Name + " again", Act: reply.Do("ready run", step.Name)})
		}
	}
	if more := bad - shownFailures; more > 0 {
		lines = append(lines, reply.Say("… and ", phrase.Count(more, "more", "more"), "; the thread has the causes."))
		actions = append(reply.Actions{{Label: "Show failures", Act: reply.Do("ready status", "failed")}}, slices.DeleteFunc(actions, func(a reply.Button) bool { return a.Act.Verb == "ready run" })...)
	}
	return lines, actions
}

func stepLine(c *checklist.Checklist, step work.Step) reply.Text {
	sign := "✗"
	if step.Evidence.Verdict != answer.Failed {
		sign = "⚠"
	}
	return reply.Say(sign, " ", reply.Bold(wording.ItemTitle(c, step.Name)), ": ", reply.Shorten(step.Evidence.Summary, 200))
}

// How much of a run its thread shows.
const (
	groupSize   = 20 // gates that one message shows
	failedPages = 3  // messages with gates that don't pass; the status lists the others
)

// gatesTitle is the section of a small run's gates, if they are all of one.
func (b Builder) gatesTitle(run *work.Run) string {
	titles := slices.Compact(sectionTitles(b.groups(run)))
	if len(titles) == 1 {
		return titles[0]
	}
	return "Gates"
}

// stepsPage shows gates with their measurements.
func (b Builder) stepsPage(s *history.State, title string, steps []work.Step) reply.Reply {
	progress, done := reply.Progress{Title: title}, 0
	for _, step := range steps {
		p := reply.ProgressStep{Title: wording.ItemTitle(b.Checklist, step.Name), Status: stepStatus(step)}
		if !step.Ended.IsZero() {
			done++
			p.Detail = append(stepDetail(step.Evidence), issueText(s, step.Name)...)
		}
		progress.Steps = append(progress.Steps, p)
	}
	title = fmt.Sprintf("%s: %d of %d", title, done, len(steps))
	return reply.Reply{Title: title, Summary: title + " done.", Parts: []reply.Part{progress}, Public: true}
}

// group is the steps of a run that are about one section.
type group struct {
	title string
	steps []work.Step
}

// groups splits a run's steps by section.
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
		if !ok {
			i = len(groups)
			groups, index[section.ID] = append(groups, group{title: section.Title}), i
		}
		groups[i].steps = append(groups[i].steps, step)
	}
	return groups
}

func sectionTitles(groups []group) []string {
	titles := make([]string, len(groups))
	for i, g := range groups {
		titles[i] = g.title
	}
	return titles
}

// sectionsPage counts the gates of a large run by section.
func (b Builder) sectionsPage(s *history.State, run *work.Run) reply.Reply {
	progress := reply.Progress{Title: "By section"}
	for _, g := range b.groups(run) {
		progress.Steps = append(progress.Steps, g.counted())
	}
	passed := 0
	for _, step := range run.Steps {
		if !step.Ended.IsZero() && step.Evidence.Verdict.LetsThrough() {
			passed++
		}
	}
	title := fmt.Sprintf("%d of %d passed", passed, len(run.Steps))
	return reply.Reply{Title: title, Summary: title + ".", Parts: reply.NonEmpty([]reply.Part{progress, closedIssues(s, run)}), Public: true}
}

// counted is a section with how many of its gates passed.
func (g group) counted() reply.ProgressStep {
	passed, failed, broken, running, left := 0, 0, 0, 0, 0
	for _, step := range g.steps {
		switch verdict := step.Evidence.Verdict; {
		case step.Ended.IsZero() && step.Started.IsZero():
			left++
		case step.Ended.IsZero():
			running++
		case verdict.LetsThrough():
			passed++
		case verdict == answer.Failed:
			failed++
		default:
			broken++
		}
	}
	said := []string{fmt.Sprintf("%d of %d passed", passed, len(g.steps))}
	if failed > 0 {
		said = append(said, fmt.Sprintf("%d failed", failed))
	}
	if broken > 0 {
		said = append(said, fmt.Sprintf("%d could not be measured", broken))
	}
	status := reply.Good
	switch {
	case failed > 0:
		status = reply.Bad
	case broken > 0:
		status = reply.Unmeasured
	case left == len(g.steps):
		status = reply.Waiting
	case running+left > 0:
		status = reply.Running
	}
	return reply.ProgressStep{Title: g.title, Status: status, Detail: reply.Say(strings.Join(said, ", "))}
}

// closedIssues link to the issues of gates that pass again.
func closedIssues(s *history.State, run *work.Run) reply.Part {
	line, n := reply.Say("Closed: "), 0
	for _, step := range run.Steps {
		issue := s.Issues[stepKey(step.Name)]
		if step.Ended.IsZero() || !step.Evidence.Verdict.LetsThrough() || issue.Number == 0 || issue.Open {
			continue
		}
		if n++; n > 1 {
			line = append(line, reply.Say(", ")...)
		}
		if n > groupSize {
			line = append(line, reply.Say("…")...)
			break
		}
		line = append(line, reply.LinkTo(issue.URL, fmt.Sprintf("#%d", issue.Number)))
	}
	if n == 0 {
		return nil
	}
	return reply.Lines{line}
}

func stepKey(name string) answer.Key {
	item, env, _ := strings.Cut(name, "@")
	return answer.Key{Item: item, Environment: env}
}

// failurePages list the gates of a large run that don't pass, with their causes.
func (b Builder) failurePages(s *history.State, run *work.Run) []Card {
	bad := slices.DeleteFunc(slices.Clone(run.Steps), func(step work.Step) bool { return step.Ended.IsZero() || step.Evidence.Verdict.LetsThrough() })
	var cards []Card
	for page := range slices.Chunk(bad, groupSize) {
		if len(cards) == failedPages {
			last := &cards[failedPages-1].Reply
			last.Parts = append(last.Parts, reply.Lines{reply.Say("… and ", phrase.Count(len(bad)-failedPages*groupSize, "more", "more"), ".")},
				reply.Actions{{Label: "Show failures", Act: reply.Do("ready status", "failed")}})
			break
		}
		r := b.stepsPage(s, "Not passed", page)
		r.Title = fmt.Sprintf("Not passed: %d to %d of %d", len(cards)*groupSize+1, len(cards)*groupSize+len(page), len(bad))
		r.Summary = r.Title + "."
		cards = append(cards, Card{Subject: fmt.Sprintf("run/%s/failed-%d", run.ID, len(cards)+1), Reply: r})
	}
	return cards
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
	case verdict == answer.Failed:
		return reply.Bad
	}
	return reply.Unmeasured
}

// issueText says where the issue of an answer is, or why there is none yet.
func issueText(s *history.State, step string) reply.Text {
	issue, ok := s.Issues[stepKey(step)]
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
	switch {
	case ev.Verdict.LetsThrough():
		return text
	case ev.Verdict == answer.Failed:
		text = append(reply.Say("✗ "), text...)
	default:
		text = append(reply.Say("⚠ Could not be measured: "), text...)
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
