package preparing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/runs/runbook"
)

// Fix is /ready fix.
func Fix() verb.Verb {
	return verb.Verb{Words: []string{"ready", "fix"}, Usage: "[RUNBOOK] [ENV]", Permission: "fix",
		About: "shows what a runbook would run, with a button that starts it", Do: fix}
}

// fix shows what a runbook would run. It starts nothing.
func fix(_ context.Context, c verb.Call) reply.Reply {
	if len(c.Runs.Runbooks()) == 0 {
		return reply.Refuse("There are no runbooks", reply.Say("Add one to the configuration under ", reply.Typed("runbooks"), ", and name it in the item's ", reply.Typed("fix"), "."))
	}
	if c.Act.Runbook == "" {
		return whichRunbook(c, "Which runbook?")
	}
	book, refused, ok := bookFor(c)
	if !ok {
		return refused
	}
	return bookPlan(c, book)
}

// bookFor is the runbook that an act names, for the environment that it names.
func bookFor(c verb.Call) (book runbook.Runbook, refused reply.Reply, ok bool) {
	written, ok := c.Runs.Runbook(strings.ToLower(c.Act.Runbook))
	if !ok {
		return book, whichRunbook(c, "There is no runbook "+reply.Shorten(c.Act.Runbook, 40)), false
	}
	environment := strings.ToLower(c.Act.Environment)
	if environment == "" && len(written.Environments) == 1 {
		environment = written.Environments[0]
	}
	if book, ok = written.For(environment); ok {
		return book, reply.Reply{}, true
	}
	switch {
	case len(written.Environments) == 0:
		return book, reply.Refuse(written.ID+" is run for no environment", reply.Say("Say ", reply.Typed("/ready fix "+written.ID), "; it takes no environment.")), false
	case environment == "":
		return book, whichEnvironment("For which environment?", written), false
	}
	return book, whichEnvironment(written.ID+" is not run for "+reply.Shorten(environment, 40), written), false
}

// whichEnvironment asks which environment to run a runbook for.
func whichEnvironment(title string, book runbook.Runbook) reply.Reply {
	var buttons reply.Actions
	for _, env := range book.Environments {
		buttons = append(buttons, reply.Button{Label: "On " + env, Act: reply.Act{Verb: "ready fix", Runbook: book.ID, Environment: env}})
	}
	return reply.Reply{Title: title, Refused: true, Parts: []reply.Part{reply.Lines{reply.Say(reply.Bold(book.Title), " is run for one environment at a time: ", strings.Join(book.Environments, " or "), ".")}, buttons}}
}

func whichRunbook(c verb.Call, title string) reply.Reply {
	lines, buttons := reply.Lines{}, reply.Actions{}
	for _, book := range c.Runs.Runbooks() {
		line := reply.Say(reply.Typed(book.ID), " ", reply.Bold(book.Title))
		if mended := mendedItems(c.Checklist, book.ID); len(mended) > 0 {
			line = append(line, reply.Say(", for ", named(mended))...)
		}
		lines = append(lines, line)
		buttons = append(buttons, reply.Button{Label: book.Title, Act: reply.Act{Verb: "ready fix", Runbook: book.ID}})
	}
	return reply.Reply{Title: title, Refused: true, Parts: []reply.Part{lines, buttons}}
}

// bookPlan is what a runbook would run, and the button that starts it.
func bookPlan(c verb.Call, book runbook.Runbook) reply.Reply {
	if running := bookRunning(c.View.State, book); running != nil {
		return alreadyFixing(c, running)
	}
	title := "Plan: " + book.Title
	steps := reply.Table{Title: "What runs on gonogo's machine, without a shell", Header: []string{"Step", "Program and arguments", "At most"}}
	for i, step := range book.Steps {
		steps.Rows = append(steps.Rows, []reply.Text{reply.Say(strings.TrimSpace(fmt.Sprintf("%d. %s", i+1, step.Title))), reply.Say(reply.Typed(c.Runs.CommandText(step))), reply.Say(readiness.Span(step.Timeout))})
	}
	fields := reply.Fields{{Name: "Runbook", Value: append(reply.Say(reply.Typed(book.ID)), reply.Say(wording.ForEnvironment(book.Environment))...)}, {Name: "Runs in", Value: reply.Say(reply.Typed(cmp.Or(book.Steps[0].Dir, ".")))},
		{Name: "Environment variables, besides PATH, HOME and LANG", Value: seen(book.Steps[0].Env)}, {Name: "Fixes", Value: reply.Say(cmp.Or(named(mendedItems(c.Checklist, book.ID)), "no item names it"))}}
	actions := reply.Actions{{Label: "Start", Act: reply.Act{Verb: "ready start", Runbook: book.ID, Environment: book.Environment, Plan: verb.PlanID(c.Key), Digest: book.Digest()}, Style: reply.Primary}}
	return reply.Reply{Title: title, Summary: fmt.Sprintf("%s, %s.", title, phrase.Count(len(book.Steps), "step")), Public: true, Parts: []reply.Part{fields, steps, actions,
		reply.Note(reply.Say("Start checks that whoever presses it may, and that the runbook is still this one. When it ends, the items that it fixes are re-checked."))}}
}

func seen(names []string) reply.Text {
	if len(names) == 0 {
		return reply.Say("nothing")
	}
	return reply.Say(reply.Typed(strings.Join(names, " ")))
}

// mendedItems are the items that a runbook fixes.
func mendedItems(c *checklist.Checklist, book string) []*checklist.Item {
	var items []*checklist.Item
	for _, section := range c.AllSections() {
		for _, it := range section.Items {
			if it.Fix == book {
				items = append(items, it)
			}
		}
	}
	return items
}

// named lists the first few items by title.
func named(items []*checklist.Item) string {
	var titles []string
	for i, it := range items {
		if i == 3 {
			titles = append(titles, phrase.Count(len(items)-i, "more", "more"))
			break
		}
		titles = append(titles, it.Title)
	}
	return strings.Join(titles, ", ")
}

// bookRunning is the run of a runbook for its environment that is under way, or nil.
func bookRunning(s *history.State, book runbook.Runbook) *work.Run {
	for _, run := range s.OpenRuns() {
		if run.Runbook == book.ID && run.Environment == book.Environment {
			return run
		}
	}
	return nil
}

func alreadyFixing(c verb.Call, run *work.Run) reply.Reply {
	return reply.Reply{Title: "Already running: " + run.Title, Refused: true, Parts: []reply.Part{
		reply.Lines{reply.Say("Started ", reply.Time(run.Started), reply.By(run.By), ". Follow it in ", c.ThreadOf("run/"+run.ID, c.Releases), ".", c.Stalled(run))},
		reply.Actions{cards.StopRunbook(run)},
	}}
}

// StartFix is /ready start.
func StartFix() verb.Verb {
	return verb.Verb{Words: []string{"ready", "start"}, Usage: "RUNBOOK [ENV]", Options: "[--plan=PLAN] [--digest=DIGEST]", Permission: "fix", ByButton: true,
		About: "starts a runbook as a plan showed it", Do: startFix}
}

// startFix starts a runbook under its plan's key, so that it starts once, whoever
// presses the button.
func startFix(ctx context.Context, c verb.Call) reply.Reply {
	if c.Act.Runbook == "" {
		return reply.Refuse("Start which runbook?", reply.Say(reply.Typed("/ready fix"), " lists them and shows what each would run."))
	}
	book, refused, ok := bookFor(c)
	switch {
	case !ok:
		return refused
	case c.Act.Plan == "" || c.Act.Digest == "":
		return bookPlan(c, book)
	}
	id, err := c.Runs.Fix(ctx, runs.FixRequest{Key: "fix/" + book.ID + "/" + c.Act.Plan + "-" + c.Act.Digest, Runbook: book.ID, Environment: book.Environment, Digest: c.Act.Digest, By: c.User, Channel: c.Channel})
	planAgain := reply.Button{Label: "Plan again", Act: reply.Act{Verb: "ready fix", Runbook: book.ID, Environment: book.Environment}}
	var running runs.AlreadyRunning
	switch {
	case errors.As(err, &running):
		return alreadyFixing(c, running.Run)
	case errors.Is(err, runs.ErrRunbookChanged):
		return reply.Reply{Title: "The runbook was changed since", Refused: true, Parts: []reply.Part{
			reply.Lines{reply.Say("The plan no longer shows what would run; nothing was started.")}, reply.Actions{planAgain}}}
	case err != nil:
		return c.Failed(err)
	}
	if run := c.Ledger.State().Runs[id]; run != nil && !run.Open() {
		return reply.Reply{Title: "That plan has been run", Refused: true, Parts: []reply.Part{
			reply.Lines{reply.Say(cards.RunbookTitle(run), ", ", reply.Time(run.Ended), ". See ", c.ThreadOf("run/"+id, c.Releases), ".")},
			reply.Actions{planAgain}}}
	}
	return reply.Reply{Title: "Running " + book.Title, Parts: []reply.Part{reply.Lines{reply.Say("Follow or stop it in ", c.ThreadOf("run/"+id, c.Releases), ".")}}}
}

// ContinueFix is /ready continue.
func ContinueFix() verb.Verb {
	return verb.Verb{Words: []string{"ready", "continue"}, Usage: "RUN", Permission: "fix", ByButton: true, Pending: pendingRun,
		About: "repeats the step of an interrupted runbook", Do: continueFix}
}

// AbandonFix is /ready abandon.
func AbandonFix() verb.Verb {
	return verb.Verb{Words: []string{"ready", "abandon"}, Usage: "RUN", Permission: "fix", ByButton: true, Pending: pendingRun,
		About: "ends an interrupted runbook, and leaves things as they are", Do: abandonFix}
}

func continueFix(ctx context.Context, c verb.Call) reply.Reply {
	return answerFix(ctx, c, work.ChooseContinue, "Running the step again")
}

func abandonFix(ctx context.Context, c verb.Call) reply.Reply {
	return answerFix(ctx, c, work.ChooseAbandon, "Left as it is")
}

// answerFix answers for a runbook that was interrupted.
func answerFix(ctx context.Context, c verb.Call, choice, title string) reply.Reply {
	id := c.Act.Run
	run := c.View.State.Runs[id]
	if run == nil || run.What != work.Runbook {
		return reply.Refuse("That is not asked now", reply.Say("There is no runbook run with that name; ", reply.Typed("/ready fix"), " lists the runbooks."))
	}
	err := c.Runs.Decide(ctx, c.Key, event.RunAnswered{Run: id, Choice: choice, By: c.User, Deputy: c.Deputy})
	switch {
	case errors.Is(err, runs.ErrNotAsked):
		lines := []reply.Text{reply.Say("See ", c.ThreadOf("run/"+id, c.Releases), ".")}
		if n := len(run.Answers); n > 0 {
			answer := run.Answers[n-1]
			lines = append([]reply.Text{reply.Say("“", answer.Choice, "” was chosen ", reply.Time(answer.At), c.Roster().ByDeputy(answer.By, answer.Deputy), ".")}, lines...)
		}
		return reply.Refuse("That is not asked now", lines...)
	case err != nil:
		return c.Failed(err)
	}
	return reply.Reply{Title: title, Parts: []reply.Part{reply.Lines{reply.Say("Follow it in ", c.ThreadOf("run/"+id, c.Releases), ".")}}}
}

// pendingRun is when the run of a call asked a person.
func pendingRun(c verb.Call) time.Time { return verb.AskedSince(c.View.State.Runs[c.Act.Run]) }
