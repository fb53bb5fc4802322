package cards

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/commands/reply"
	"gonogo/commands/roster"
	"gonogo/commands/wording"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/work"
)

// changeCards are the messages of a deployment or a rollback: its anchor, its
// steps and the platform's own steps in the thread, and a link to it in the
// other channel for a rollback.
func (b Builder) changeCards(v readiness.View, run *work.Run) []Card {
	subject, home, final := "run/"+run.ID, b.ChannelOf(run), !run.Open()
	cards := []Card{
		{Subject: subject, Channel: home, Reply: b.Change(v, run), First: run.What == work.Rollback || run.Asked != nil, Final: final},
		{Subject: subject + "/steps", Parent: subject, Channel: home, Reply: stepsReply(run), Final: final},
	}
	for _, step := range run.Steps {
		if len(step.Parts) > 0 {
			cards = append(cards, Card{Subject: subject + "/platform/" + step.Name, Parent: subject, Channel: home,
				Reply: platformReply(step), Final: !step.Ended.IsZero() || final})
		}
	}
	if why := v.State.Unsilenced(run.ID, v.Now); why != "" {
		cards = append(cards, Card{Subject: subject + "/unsilenced", Parent: subject, Channel: home, Reply: unsilencedReply(run, why), Final: true})
	}
	if card, ok := b.failedCard(v, run); ok {
		cards = append(cards, card)
	}
	if home != b.Releases {
		cards = append(cards, Card{Subject: subject + "/notice", Channel: b.Releases, Reply: b.noticeReply(v, run), Final: final})
	}
	return cards
}

// Change is the one message that says how a deployment or rollback goes.
func (b Builder) Change(v readiness.View, run *work.Run) reply.Reply {
	title := wording.ChangeTitle(run)
	fields := reply.Fields{{Name: "From", Value: wording.Build(run.Change.From)}, {Name: "To", Value: wording.Build(run.Change.To)}}
	if wording.Returned(run) {
		fields = append(fields, reply.Field{Name: "Returned to", Value: wording.Build(run.Change.From)})
	}
	parts := []reply.Part{fields, b.changeLines(v, run)}
	switch {
	case run.Asked != nil:
		parts = append(parts, b.QuestionParts(run)...)
	case run.Open():
		if run.What == work.Deployment && !run.CancelAsked {
			parts = append(parts, reply.Actions{StopDeployment(run)})
		}
	default:
		parts = append(parts, b.nextMoves(v, run))
	}
	parts = b.withTake(v, run, parts)
	return reply.Reply{Title: title, Summary: title + ".", Parts: reply.NonEmpty(parts), Public: true}
}

// StopDeployment stops a deployment. It is only shown where it disappears when the run
// ends: on a card, or in an answer to somebody who has to wait for the run.
func StopDeployment(run *work.Run) reply.Button {
	if _, baking := run.Baking(); baking {
		return reply.Button{Label: "End the bake", Act: reply.Act{Verb: "deploy cancel", Environment: run.Change.Environment, Run: run.ID},
			Confirm: "End the bake before its time? " + run.Change.To.Version + " stays live, and counts as not baked.", Yes: "End it", No: "Keep watching"}
	}
	return reply.Button{Label: "Stop deployment", Act: reply.Act{Verb: "deploy cancel", Environment: run.Change.Environment, Run: run.ID}, Style: reply.Danger,
		Confirm: "Stop this deployment?", No: "Keep going"}
}

// changeLines say who, why, under which circumstances, and how far it is.
func (b Builder) changeLines(v readiness.View, run *work.Run) reply.Part {
	lines := reply.Lines{reply.Say("Started ", reply.Time(run.Started), b.ByDeputy(run.By, run.Change.Deputy), ".")}
	if i := v.State.Incidents[run.Change.Incident]; i != nil {
		lines = append(lines, reply.Say("Because of ", reply.Bold(i.Title), ", since ", reply.Time(i.Began), "."))
	}
	if run.Change.Scheduled != "" {
		lines = append(lines, reply.Say("It was scheduled for this time."))
	}
	if run.Change.Auto {
		lines = append(lines, reply.Say("gonogo started it by itself, as the configuration says."))
	}
	if run.Change.Reason != "" {
		lines = append(lines, reply.Say("Because: ", run.Change.Reason, "."))
	}
	if lock := run.Change.Overrode; lock != nil {
		lines = append(lines, reply.Say("⚠ It overrides the lock", reply.By(lock.By), " since ", reply.Time(lock.At), ": ", lock.Reason, ". That lock comes back afterwards."))
	}
	for _, p := range run.Change.Passes {
		lines = append(lines, wording.PassedHold(p))
	}
	if asOf := run.Change.MembershipAsOf; !asOf.IsZero() {
		lines = append(lines, reply.Say("Started", reply.By(run.By), roster.AsOf(asOf), ": Slack could not be asked."))
	}
	if run.Change.NoWayBack {
		lines = append(lines, reply.Say("⚠ There is no way back from it, which was accepted", reply.By(run.By), "."))
	}
	lines = append(lines, overrideLines(run.Change.Override)...)
	if run.Change.Rehearsal {
		lines = append(lines, reply.Say("It is a rehearsal, and goes out again with ", run.Change.From.Version, ", which is not held afterwards; approvals stay."))
	}
	if run.What == work.Rollback && run.Change.Settles == "" {
		lines = append(lines, wording.RemovedBy(run.Compared)...)
	}
	if stopped := v.State.Runs[run.Change.Stops]; stopped != nil {
		lines = append(lines, reply.Say("⚠ It stops the deployment of ", stopped.Title, ", started", reply.By(stopped.By), "."))
	}
	if after := run.Fact(work.RestoredFact); after != "" {
		lines = append(lines, reply.Say("✓ Restored ", reply.Bold(after), " after the alert."))
	}
	switch {
	case run.Open() && run.CancelAsked:
		lines = append(lines, reply.Say("Being stopped", reply.By(run.CancelledBy), roster.AsOf(run.CancelledAsOf), "."))
	case run.Open() && run.Asked == nil:
		lines = append(lines, bakingLines(v, run)...)
		lines = append(lines, currentLine(run), progressLine(v, run))
	case !run.Open():
		lines = append(lines, endLines(run)...)
	}
	lines = append(lines, b.escalatedLines(v, "run/"+run.ID)...)
	if line := b.AcknowledgedText(run); line != nil {
		lines = append(lines, line)
	}
	return lines
}

// bakingLines say that what a deployment brought is live, and how long it bakes.
func bakingLines(v readiness.View, run *work.Run) []reply.Text {
	until, baking := run.Baking()
	switch {
	case !baking || run.Change == nil:
		return nil
	case until.Before(v.Now):
		return []reply.Text{reply.Say(reply.Bold(run.Change.To.Version), " is live. It has been baking since ", reply.Time(run.BakeBegan()), ", and its time is over; it keeps baking until no trigger is breached.")}
	}
	return []reply.Text{reply.Say(reply.Bold(run.Change.To.Version), " is live, and bakes until ", reply.Time(until), ". Until then ", reply.Bold(run.Change.Environment), " stays locked.")}
}

// currentLine says what is being done now.
func currentLine(run *work.Run) reply.Text {
	step := run.Current()
	if step == nil {
		return reply.Say("Finishing.")
	}
	text := reply.Say("▸ ", step.Title)
	if step.Doing != "" {
		text = append(text, reply.Say(": ", reply.Shorten(step.Doing, 200))...)
	}
	return text
}

// barLength is how many signs a bar has at most.
const barLength = 20

// progressLine shows the steps as a bar, and when a deployment is usually done. It says no
// time that passes, since the message would have to be changed all the time.
func progressLine(v readiness.View, run *work.Run) reply.Text {
	all := len(run.Path())
	done, signs := run.Done(), min(all, barLength)
	if all == 0 {
		return nil
	}
	full := min(done*signs/all, signs)
	text := reply.Say(strings.Repeat("▰", full)+strings.Repeat("▱", signs-full), " "+phrase.Of(done, all, "step"))
	if takes, of := v.Usual(run.Change.Environment); of > 0 && run.What == work.Deployment && takes >= time.Second {
		text = append(text, reply.Say(", usually done after ", readiness.Span(takes), ", ", reply.Time(run.Started.Add(takes)))...)
	}
	return append(text, reply.Say(".")...)
}

func endLines(run *work.Run) []reply.Text {
	lines := []reply.Text{reply.Say("Took ", readiness.Span(run.Ended.Sub(run.Started)), ".")}
	if run.CancelAsked {
		lines = append(lines, reply.Say("Stopped", reply.By(run.CancelledBy), roster.AsOf(run.CancelledAsOf), "."))
	}
	lines = append(lines, failedSteps(run)...)
	if run.Reason != "" {
		lines = append(lines, reply.Say(reply.Capital(run.Reason), "."))
	}
	return lines
}

// failedSteps lists the failed steps that the run's reason doesn't mention.
func failedSteps(run *work.Run) []reply.Text {
	var lines []reply.Text
	for _, step := range run.Steps {
		if said := step.Evidence.Summary; step.Evidence.Verdict == answer.Failed && (said == "" || !strings.HasPrefix(run.Reason, said)) {
			lines = append(lines, reply.Say("✗ ", reply.Bold(wording.StepTitle(step)), ": ", reply.Shorten(said, 300)))
		}
	}
	return lines
}

// QuestionParts asks a person. The buttons name the versions.
func (b Builder) QuestionParts(run *work.Run) []reply.Part {
	lines := append(reply.Lines(failedSteps(run)), reply.Say(reply.Bold(reply.Capital(run.Asked.Why))))
	if run.Asked.Interrupted && slices.Contains(run.Asked.Choices, work.ChooseContinue) {
		lines = append(lines, reply.Say("Continue checks again, and repeats it only if it wasn't done. Check the platform first."))
	}
	actions := QuestionActions(run)
	if _, known := b.Checklist.Environment(run.Change.Environment); !known {
		actions = slices.DeleteFunc(actions, func(button reply.Button) bool { return button.Act.Verb == "rollback" })
	}
	return []reply.Part{lines, append(actions, b.helpWith(run)...)}
}

// QuestionActions are the answers to what a run asks.
func QuestionActions(run *work.Run) reply.Actions {
	env, c := run.Change.Environment, run.Change
	of := func(verb string) reply.Act { return reply.Act{Verb: verb, Environment: env, Run: run.ID} }
	buttons := map[string]reply.Button{
		work.ChooseKeep:     {Label: "Keep " + c.To.Version, Act: of("rollback keep"), Style: reply.Primary},
		work.ChooseReturn:   {Label: "Return to " + c.From.Version, Act: of("rollback return")},
		work.ChooseContinue: {Label: "Continue", Act: of("deploy continue"), Style: reply.Primary},
		work.ChooseAbandon:  {Label: "Abandon", Act: of("deploy abandon"), Confirm: "Leave " + env + " as it is and end this run?", Yes: "End the run", No: "Leave it open"},
	}
	actions := reply.Actions{}
	for _, choice := range run.Asked.Choices {
		if button, ok := buttons[choice]; ok {
			if choice == work.ChooseKeep && run.Failed() {
				button.Style = reply.Plain // the card recommends nothing if a step failed
			}
			actions = append(actions, button)
		}
	}
	if run.What == work.Deployment {
		if !run.CancelAsked {
			actions = append(actions, StopDeployment(run))
		}
		actions = append(actions, reply.Button{Label: "Roll back", Act: reply.DoOn("rollback", env), Style: reply.Danger})
	}
	return actions
}

// nextMoves are what one may want to do after a run has ended.
func (b Builder) nextMoves(v readiness.View, run *work.Run) reply.Part {
	env := run.Change.Environment
	actions := SettleActions(v, env)
	if offers := b.offers(v, run); len(offers) > 0 {
		return append(append(actions, offers...), reply.Button{Label: "Status", Act: reply.DoOn("deploy status", env)})
	}
	if run.What == work.Deployment && run.Outcome != work.Completed && run.Release == v.State.Open {
		actions = append(actions, reply.Button{Label: "Plan again", Act: reply.DoOn("deploy", env)})
	}
	if ways := v.State.WayBack(env); len(ways) > 0 && v.State.Live[env].Version == run.Change.To.Version {
		actions = append(actions, reply.Button{Label: "Roll back to " + ways[0].Version, Act: reply.DoOn("rollback", env), Style: reply.Danger})
	}
	return append(actions, reply.Button{Label: "Status", Act: reply.DoOn("deploy status", env)})
}

// stepsReply shows every step with its result.
func stepsReply(run *work.Run) reply.Reply {
	progress := reply.Progress{Title: "Steps"}
	for _, step := range run.Path() {
		if step.Ended.IsZero() && !run.Open() && step.Started.IsZero() {
			continue // it will not be done any more
		}
		shown := reply.ProgressStep{Title: wording.StepTitle(step), Status: changeStatus(step), Detail: changeDetail(step)}
		if !run.Open() && step.Ended.IsZero() {
			shown.Status, shown.Detail = reply.Notable, reply.Say("cut off")
		}
		progress.Steps = append(progress.Steps, shown)
		if asked := run.Asked; asked != nil && asked.Step == step.Name && !asked.Interrupted {
			break // the person decides what comes after it
		}
	}
	title := phrase.Of(run.Done(), len(run.Path()), "step") + " done"
	return reply.Reply{Title: title, Summary: title + ".", Parts: []reply.Part{progress}, Public: true}
}

func changeStatus(step work.Step) reply.Status {
	if step.Evidence.Verdict == answer.NotApplicable && !step.Ended.IsZero() {
		return reply.Good
	}
	return stepStatus(step)
}

func changeDetail(step work.Step) reply.Text {
	switch {
	case step.Ended.IsZero() && !step.Begun():
		return nil
	case step.Ended.IsZero():
		return reply.Say(reply.Shorten(step.Doing, 200))
	case step.Evidence.Verdict == answer.NotApplicable:
		return reply.Say("not needed: ", step.Evidence.Summary)
	}
	text := reply.Say(reply.Shorten(step.Evidence.Summary, 300))
	if took := step.Ended.Sub(step.Started); !step.Started.IsZero() {
		text = append(text, reply.Say(" (", readiness.Span(took), ")")...)
	}
	for _, detail := range step.Evidence.Details[:min(len(step.Evidence.Details), 6)] {
		text = append(text, reply.Say("\n• ", reply.Shorten(detail, 200))...)
	}
	return text
}

// unsilencedReply says that alerts come through during a cutover, although they were to be
// silenced.
func unsilencedReply(run *work.Run, why string) reply.Reply {
	title := "The alerts of " + run.Change.Environment + " aren't silenced during this cutover"
	return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: []reply.Part{reply.Lines{reply.Say("⚠ ", reply.Capital(reply.Shorten(why, 200)), ". gonogo doesn't silence them again.")}}}
}

// platformReply shows the platform's own steps within one of ours.
func platformReply(step work.Step) reply.Reply {
	progress := reply.Progress{Title: "At the platform"}
	done := 0
	for _, part := range step.Parts {
		status := map[string]reply.Status{"running": reply.Running, "good": reply.Good, "bad": reply.Bad}[part.Status]
		if status == reply.Good {
			done++
		}
		progress.Steps = append(progress.Steps, reply.ProgressStep{Title: part.Name, Status: orWaiting(status), Detail: reply.Say(reply.Shorten(part.Detail, 300))})
	}
	title := fmt.Sprintf("At the platform: %d of %d", done, len(step.Parts))
	return reply.Reply{Title: title, Summary: title + " steps done.", Parts: []reply.Part{progress}, Public: true}
}

func orWaiting(s reply.Status) reply.Status {
	if s == "" {
		return reply.Waiting
	}
	return s
}

// noticeReply informs the releases channel of a rollback whose card is in on-call's.
func (b Builder) noticeReply(v readiness.View, run *work.Run) reply.Reply {
	title := wording.ChangeTitle(run)
	return reply.Reply{Title: title, Summary: title + ".", Public: true, Parts: []reply.Part{
		reply.Lines{reply.Say("Started ", reply.Time(run.Started), reply.By(run.By), ". It is shown in ", b.Thread(v, "run/"+run.ID, b.OnCall), ".")}}}
}

// SettleActions are the ways on from a rollback that ended without a decision,
// and left the platform pinned.
func SettleActions(v readiness.View, env string) reply.Actions {
	pin := v.State.PinOn(env)
	if pin.Keeps == "" || v.State.Changing(env) != nil {
		return nil
	}
	actions := reply.Actions{{Label: "Keep " + pin.Keeps, Act: reply.DoOn("rollback keep", env), Style: reply.Primary}}
	if pin.Left != "" {
		actions = append(actions, reply.Button{Label: "Return to " + pin.Left, Act: reply.DoOn("rollback return", env)})
	}
	return actions
}

// Doing says what is being done on an environment.
func (b Builder) Doing(v readiness.View, env string) reply.Text {
	run := v.State.Changing(env)
	if run == nil {
		return append(reply.Say("nothing under way"), wording.Scheduled(v, env)...)
	}
	text := reply.Say(run.Title, ", ", wording.Progress(run), ", since ", reply.Time(run.Started), reply.By(run.By))
	return append(append(text, reply.Say(" ", b.Thread(v, "run/"+run.ID, b.ChannelOf(run)))...), wording.Scheduled(v, env)...)
}
