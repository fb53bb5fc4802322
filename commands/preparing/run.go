package preparing

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/phrase"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
)

// Run is /ready run.
func Run() verb.Verb {
	return verb.Verb{Words: []string{"ready", "run"}, Usage: "[ITEM|SECTION|all]", Release: true, Permission: "run",
		About: "runs gates, with a live thread", Amiss: verb.Call.AmissItems, Do: runGates}
}

// runGates starts a gate run for what was named.
func runGates(ctx context.Context, c verb.Call) reply.Reply {
	what := "all"
	if word := c.Item(); word != "" {
		what = word
	}
	title, answers, refused := measurable(c, what)
	if refused != nil {
		return *refused
	}
	_, err := c.Runs.StartGates(ctx, runs.GateRunRequest{Key: c.Key, Title: title, By: c.User, Channel: c.Channel, Answers: answers, Release: c.View.Version})
	var running runs.AlreadyRunning
	switch {
	case errors.As(err, &running):
		return reply.Reply{Title: "Already running " + title, Parts: []reply.Part{
			reply.Lines{reply.Say("Started ", reply.Time(running.Run.Started), reply.By(running.Run.By), ". Follow it in ", reply.InChannel(c.Releases), ".", c.Stalled(running.Run))},
			reply.Actions{{Label: "Stop that run", Act: reply.Act{Verb: "ready cancel", Run: running.Run.ID}, Style: reply.Danger}},
		}}
	case err != nil:
		return c.Failed(err)
	}
	return reply.Reply{Title: "Running " + title, Summary: fmt.Sprintf("Running %s: %s.", title, phrase.Count(len(answers), "gate")), Parts: []reply.Part{
		reply.Lines{reply.Say(phrase.Count(len(answers), "gate"), " started. Follow or stop it in ", reply.InChannel(c.Releases), ".")},
		reply.Actions{{Label: "Status", Act: reply.Do("ready status")}},
	}}
}

// measurable lists the answers that gates give for an item, a section or everything.
func measurable(c verb.Call, what string) (title string, answers []answer.Key, refused *reply.Reply) {
	if what == "all" {
		for _, section := range c.View.Checklist.AllSections() {
			answers = append(answers, gated(c, section)...)
		}
		return orNothing(c, "all gates", "The checklist has no gate that applies.", answers)
	}
	if section, ok := c.View.Checklist.Section(what); ok {
		return orNothing(c, "the gates of "+section.Title, "Its items are checked by people: /ready status "+section.ID+" lists them.", gated(c, section))
	}
	it, key, refused := c.Answer(what)
	if refused != nil {
		return "", nil, refused
	}
	if it.Gate == nil {
		r := reply.Reply{Title: "A person checks that", Refused: true, Parts: []reply.Part{
			reply.Lines{reply.Say(reply.Bold(it.Title), " has no gate to run.")},
			reply.Actions{{Label: "Check it", Act: reply.Do("ready check", key.String())}},
		}}
		return "", nil, &r
	}
	if it.Off {
		return orNothing(c, "", it.Title+" does not apply here.", nil)
	}
	if waiting := c.View.Standing(it, key).Waiting; waiting != "" {
		r := reply.Refuse("Not deployed yet", reply.Say(reply.Bold(it.Title), ": ", waiting, ". It is measured as soon as it is."))
		return "", nil, &r
	}
	return key.String(), []answer.Key{key}, nil
}

func orNothing(c verb.Call, title, otherwise string, answers []answer.Key) (string, []answer.Key, *reply.Reply) {
	if len(answers) > 0 {
		return title, answers, nil
	}
	refused := reply.Refuse("Nothing to run", reply.Say(otherwise))
	return "", nil, &refused
}

// gated lists the answers of a section that gates give. An item that a person declared
// not applicable is measured only if it is named itself. What needs the release to be
// live is measured when it is.
func gated(c verb.Call, section checklist.Section) []answer.Key {
	var answers []answer.Key
	for _, it := range section.Items {
		if it.Gate == nil || it.Off {
			continue
		}
		for _, s := range c.View.Standings(it) {
			if s.Evidence.Verdict != answer.NotApplicable && s.Waiting == "" {
				answers = append(answers, s.Key)
			}
		}
	}
	return answers
}

// Cancel is /ready cancel.
func Cancel() verb.Verb {
	return verb.Verb{Words: []string{"ready", "cancel"}, Usage: "[RUN]", Precedence: verb.AtOnce, Roles: stoppers, Stops: []string{"ready run", "ready start"},
		About: "stops a running gate run or runbook", Do: cancelRun}
}

func cancelRun(ctx context.Context, c verb.Call) reply.Reply {
	open := cancellable(c.View.State)
	id := ""
	switch {
	case c.Act.Run != "":
		id = c.Act.Run
	case len(open) == 0:
		return reply.Refuse("Nothing is running", reply.Say("There is no run to cancel."))
	case len(open) == 1:
		id = open[0].ID
	default:
		return whichRun(open)
	}
	run := c.View.State.Runs[id]
	if run != nil && run.Change != nil {
		return reply.Refuse("That isn't a gate run", reply.Say("A deployment is stopped with ", reply.Typed("/deploy cancel "+run.Change.Environment), "."))
	}
	c, denied, ok := c.Admit(run.Permission())
	if !ok {
		return denied
	}
	err := c.Runs.CancelAsOf(ctx, c.Key, id, c.User, c.AsOf)
	switch {
	case errors.Is(err, runs.ErrNotRunning):
		return reply.Refuse("That run is not under way", reply.Say("It has ended, or never existed. ", reply.Typed("/ready status"), " shows what is."))
	case errors.Is(err, runs.ErrStopUnrecorded):
		return verb.StopUnrecorded(run.Title)
	case err != nil:
		return c.Failed(err)
	}
	summary, line := "The run is cancelled.", reply.Say("Running gates are cancelled; results so far are kept.")
	if run.What == work.Runbook {
		summary, line = "The runbook is cancelled.", reply.Say("The running program is stopped, with every process that it started.")
	}
	return reply.Reply{Title: "Cancelled", Summary: summary, Parts: []reply.Part{append(reply.Lines{line}, verb.AsOfLines(c.AsOf)...)}}
}

// cancellable lists the gate runs and runbooks that have not ended.
func cancellable(s *history.State) []*work.Run {
	return slices.DeleteFunc(s.OpenRuns(), func(r *work.Run) bool { return r.Change != nil })
}

func whichRun(open []*work.Run) reply.Reply {
	var buttons reply.Actions
	for _, run := range open {
		buttons = append(buttons, reply.Button{Label: "Stop " + run.Title, Act: reply.Act{Verb: "ready cancel", Run: run.ID}, Style: reply.Danger})
	}
	return reply.Reply{Title: "Which run?", Refused: true, Parts: []reply.Part{buttons}}
}

// stoppers are the roles that may stop a gate run or a runbook.
func stoppers(c *checklist.Checklist) []string {
	return slices.Concat(c.Permissions["run"], c.Permissions["fix"])
}
