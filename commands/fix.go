package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gonogo/readiness"
	"gonogo/runs"
)

func fixVerb() verb {
	return verb{words: []string{"ready", "fix"}, usage: "[RUNBOOK]", permission: "fix",
		about: "shows what a runbook would run, with a button that starts it", do: (*Bot).fix}
}

// fix shows what a runbook would run. Nothing is begun.
func (b *Bot) fix(_ context.Context, c call) Reply {
	if len(b.Runs.Runbooks()) == 0 {
		return refuse("There are no runbooks", Say("Add what mends an item to the configuration under ", Typed("runbooks"), ", and name it in the item's ", Typed("fix"), "."))
	}
	if c.act.Runbook == "" {
		return b.whichRunbook("Which runbook?")
	}
	book, ok := b.Runs.Runbook(strings.ToLower(c.act.Runbook))
	if !ok {
		return b.whichRunbook("There is no runbook " + short(c.act.Runbook, 40))
	}
	return b.bookPlan(c, book)
}

func (b *Bot) whichRunbook(title string) Reply {
	lines, buttons := Lines{}, Actions{}
	for _, book := range b.Runs.Runbooks() {
		line := Say(Typed(book.ID), " ", Bold(book.Title))
		if mended := mendedItems(b.Checklist, book.ID); len(mended) > 0 {
			line = append(line, Say(", for ", named(mended))...)
		}
		lines = append(lines, line)
		buttons = append(buttons, Button{Label: book.Title, Act: Act{Verb: "ready fix", Runbook: book.ID}})
	}
	return Reply{Title: title, Refused: true, Parts: []Part{lines, buttons}}
}

// bookPlan is what a runbook would run, and the button that starts it.
func (b *Bot) bookPlan(c call, book runs.Runbook) Reply {
	if running := bookRunning(c.view.State, book.ID); running != nil {
		return b.alreadyMending(running)
	}
	title := "Plan: " + book.Title
	steps := Table{Title: "What runs on gonogo's machine, without a shell", Header: []string{"Step", "Program and arguments", "At most"}}
	for i, step := range book.Steps {
		steps.Rows = append(steps.Rows, []Text{Say(strings.TrimSpace(fmt.Sprintf("%d. %s", i+1, step.Title))), Say(Typed(b.Runs.CommandText(step))), Say(readiness.Span(step.Timeout))})
	}
	fields := Fields{{"Runbook", Say(Typed(book.ID))}, {"Runs in", Say(Typed(orElse(book.Steps[0].Dir, ".")))},
		{"Sees, besides PATH, HOME and LANG", seen(book.Steps[0].Env)}, {"Mends", Say(orElse(named(mendedItems(b.Checklist, book.ID)), "no item names it"))}}
	actions := Actions{{Label: "Start", Act: Act{Verb: "ready start", Runbook: book.ID, Plan: planID(c.Key), Digest: book.Digest()}, Style: Primary}}
	return Reply{Title: title, Summary: fmt.Sprintf("%s, %s.", title, count(len(book.Steps), "step")), Public: true, Parts: []Part{fields, steps, actions,
		Note(Say("Start checks that whoever presses it may, and that the runbook is still this one. When it ends, what it mends is measured again."))}}
}

func seen(names []string) Text {
	if len(names) == 0 {
		return Say("nothing")
	}
	return Say(Typed(strings.Join(names, " ")))
}

// mendedItems are the items that name a runbook.
func mendedItems(c *readiness.Checklist, book string) []*readiness.Item {
	var items []*readiness.Item
	for _, section := range allSections(c) {
		for _, it := range section.Items {
			if it.Fix == book {
				items = append(items, it)
			}
		}
	}
	return items
}

// named lists the first items by their titles.
func named(items []*readiness.Item) string {
	var titles []string
	for i, it := range items {
		if i == 3 {
			titles = append(titles, count(len(items)-i, "more"))
			break
		}
		titles = append(titles, it.Title)
	}
	return strings.Join(titles, ", ")
}

// bookRunning is the run of a runbook that is under way, or nil.
func bookRunning(s *readiness.State, book string) *readiness.Run {
	for _, run := range s.OpenRuns() {
		if run.Runbook == book {
			return run
		}
	}
	return nil
}

func (b *Bot) alreadyMending(run *readiness.Run) Reply {
	return Reply{Title: "Already running: " + run.Title, Refused: true, Parts: []Part{
		Lines{Say("Started ", Time(run.Started), by(run.By), ". Follow it in ", b.threadOf("run/"+run.ID, b.Releases), ".")},
		Actions{cancelBook(run)},
	}}
}

func cancelBook(run *readiness.Run) Button {
	return Button{Label: "Stop runbook", Act: Act{Verb: "ready cancel", Run: run.ID}, Style: Danger, Confirm: "Stop it, with all that it has started?", No: "Keep going"}
}

func startFixVerb() verb {
	return verb{words: []string{"ready", "start"}, usage: "RUNBOOK", options: "[--plan=PLAN] [--digest=DIGEST]", permission: "fix", byButton: true,
		about: "starts a runbook as a plan showed it", do: (*Bot).startFix}
}

// startFix starts a runbook under its plan's key, so that it is started once
// whoever presses the button.
func (b *Bot) startFix(ctx context.Context, c call) Reply {
	name := c.act.Runbook
	book, ok := b.Runs.Runbook(name)
	switch {
	case name == "":
		return refuse("Start which runbook?", Say(Typed("/ready fix"), " lists them and shows what each would run."))
	case !ok:
		return b.whichRunbook("There is no runbook " + short(name, 40))
	case c.act.Plan == "" || c.act.Digest == "":
		return b.bookPlan(c, book)
	}
	id, err := b.Runs.Fix(ctx, runs.ToFix{Key: "fix/" + name + "/" + c.act.Plan + "-" + c.act.Digest, Runbook: name, Digest: c.act.Digest, By: c.User, Channel: c.Channel})
	var running runs.AlreadyRunning
	switch {
	case errors.As(err, &running):
		return b.alreadyMending(running.Run)
	case errors.Is(err, runs.ErrRunbookChanged):
		return Reply{Title: "The runbook was changed since", Refused: true, Parts: []Part{
			Lines{Say("The plan no longer shows what would run; nothing was begun.")}, Actions{{Label: "Plan again", Act: Act{Verb: "ready fix", Runbook: name}}}}}
	case err != nil:
		return b.failed(err)
	}
	if run := b.Ledger.State().Runs[id]; run != nil && !run.Open() {
		return Reply{Title: "That plan has been run", Refused: true, Parts: []Part{
			Lines{Say(bookTitle(run), ", ", Time(run.Ended), ". See ", b.threadOf("run/"+id, b.Releases), ".")},
			Actions{{Label: "Plan again", Act: Act{Verb: "ready fix", Runbook: name}}}}}
	}
	return Reply{Title: "Running " + book.Title, Parts: []Part{Lines{Say("Follow or stop it in ", b.threadOf("run/"+id, b.Releases), ".")}}}
}

func continueFixVerb() verb {
	return verb{words: []string{"ready", "continue"}, usage: "RUN", permission: "fix", byButton: true,
		about: "lets a runbook that was cut off run its step again", do: (*Bot).continueFix}
}

func abandonFixVerb() verb {
	return verb{words: []string{"ready", "abandon"}, usage: "RUN", permission: "fix", byButton: true,
		about: "ends a runbook that was cut off, and leaves things as they are", do: (*Bot).abandonFix}
}

func (b *Bot) continueFix(ctx context.Context, c call) Reply {
	return b.answerFix(ctx, c, readiness.ChooseContinue, "Running the step again")
}

func (b *Bot) abandonFix(ctx context.Context, c call) Reply {
	return b.answerFix(ctx, c, readiness.ChooseAbandon, "Left as it is")
}

// answerFix gives a person's answer to a runbook that was cut off.
func (b *Bot) answerFix(ctx context.Context, c call, choice, title string) Reply {
	id := c.act.Run
	run := c.view.State.Runs[id]
	if run == nil || run.What != readiness.RunRunbook {
		return refuse("That is not asked now", Say("No runbook's run is named so; ", Typed("/ready fix"), " lists the runbooks."))
	}
	err := b.Runs.Answer(ctx, c.Key, id, choice, c.User)
	switch {
	case errors.Is(err, runs.ErrNotAsked):
		lines := []Text{Say("See ", b.threadOf("run/"+id, b.Releases), ".")}
		if n := len(run.Answers); n > 0 {
			answer := run.Answers[n-1]
			lines = append([]Text{Say("“", answer.Choice, "” was chosen ", Time(answer.At), by(answer.By), ".")}, lines...)
		}
		return refuse("That is not asked now", lines...)
	case err != nil:
		return b.failed(err)
	}
	return Reply{Title: title, Parts: []Part{Lines{Say("Follow it in ", b.threadOf("run/"+id, b.Releases), ".")}}}
}

// fixButton offers the runbook that mends an item, where it has one.
func fixButton(it *readiness.Item) Actions {
	if it.Fix == "" {
		return nil
	}
	return Actions{{Label: "Fix", Act: Act{Verb: "ready fix", Runbook: it.Fix}}}
}
