package cards

import (
	"cmp"
	"fmt"
	"slices"

	"gonogo/commands/reply"
	"gonogo/readiness"
)

// ChannelOf is the channel in which a run is shown: a rollback in on-call's.
func (b Builder) ChannelOf(run *readiness.Run) string {
	if run.What == readiness.RunRollback && b.OnCall != "" {
		return b.OnCall
	}
	return b.Releases
}

// StepWord says where a run stands: "step 4 of 8".
func StepWord(run *readiness.Run) string {
	all := len(run.Path())
	return fmt.Sprintf("step %d of %d", min(run.Done()+1, all), all)
}

func Build(build readiness.Build) reply.Text {
	if build.Version == "" {
		return reply.Say("nothing that gonogo knows of")
	}
	return reply.Say(reply.Bold(build.Version), ", commit ", reply.Typed(ShortCommit(build.Commit)))
}

// ShortCommit is enough of a commit for people to tell it by.
func ShortCommit(commit string) string {
	return OrUnknown(commit[:min(len(commit), 12)])
}

// OrUnknown is a commit, or says that it is not known.
func OrUnknown(commit string) string {
	if commit == "" {
		return "unknown"
	}
	return commit
}

// ChangeTitle says what is done and where it stands.
func ChangeTitle(run *readiness.Run) string {
	what := "Deploying " + run.Title
	switch {
	case run.Change.Settles != "":
		what = reply.Capital(run.Title)
	case run.What == readiness.RunRollback:
		what = "Rolling " + run.Title
	}
	switch {
	case run.Asked != nil && run.Asked.Interrupted:
		return what + ": interrupted"
	case run.Asked != nil && slices.Contains(run.Asked.Choices, readiness.ChooseKeep) && slices.Contains(run.Asked.Choices, readiness.ChooseReturn):
		return what + ": " + whatFailed(run) + "waiting for Keep or Return"
	case run.Asked != nil:
		return what + ": waiting for a person"
	case run.Open():
		return what + ": " + StepWord(run)
	}
	return run.Title + ": " + Outcome(run)
}

// whatFailed counts what went wrong so far, ahead of what the run waits for:
// nobody is to keep a version unhealthy for want of reading on.
func whatFailed(run *readiness.Run) string {
	n := 0
	for _, step := range run.Steps {
		if step.Evidence.Verdict == readiness.Failed {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return reply.Count(n, "step") + " failed, "
}

// Outcome says how a run ended.
func Outcome(run *readiness.Run) string {
	switch {
	case run.Outcome == readiness.Completed && run.Change.Settles != "":
		return "done"
	case run.Outcome == readiness.Completed && run.What == readiness.RunRollback && chosen(run) == readiness.ChooseReturn:
		return "returned to " + run.Change.From.Version
	case run.Outcome == readiness.Completed && run.What == readiness.RunRollback:
		return "done, " + run.Change.To.Version + " is kept"
	case run.Outcome == readiness.Completed:
		return "live and verified"
	}
	return string(run.Outcome)
}

func chosen(run *readiness.Run) string {
	return run.Decision().Choice
}

func StepTitle(step readiness.Step) string { return cmp.Or(step.Title, step.Name) }

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

func Live(v readiness.View, env string) reply.Text {
	live, o := v.LiveOn(env), v.State.Observed[env]
	text := reply.Say(reply.Bold(live.Name()), ", since ", reply.Time(live.At), reply.By(live.By))
	switch {
	case !live.Known():
		text = reply.Say("nothing that gonogo knows of")
	case live.Outside():
		text = reply.Say(reply.Bold(live.Name()), ", deployed outside gonogo, seen ", reply.Time(live.At), ", ⚠ not verified")
	case !live.Verified:
		text = append(append(text, lateText(v.State.AfterAll(live))...), reply.Say(", ⚠ not verified")...)
	}
	if o.Problem != "" {
		text = append(text, reply.Say("; ⚠ not known now: ", reply.Shorten(o.Problem, 200))...)
	}
	return text
}

// lateText says of a run whose build went live only after the run had ended who
// had ended it, and how.
func lateText(run *readiness.Run) reply.Text {
	if run == nil {
		return nil
	}
	how := map[readiness.Outcome]string{readiness.Cancelled: "cancelled", readiness.Unsuccessful: "failed", readiness.Interrupted: "abandoned"}[run.Outcome]
	text := reply.Say("; its ", run.What, " (", cmp.Or(how, "ended"))
	return append(append(text, reply.By(run.EndedBy())...), reply.Say(") went live after all")...)
}

// Doing says what is under way on an environment.
func (b Builder) Doing(v readiness.View, env string) reply.Text {
	run := v.State.Changing(env)
	if run == nil {
		return reply.Say("nothing under way")
	}
	text := reply.Say(run.Title, ", ", StepWord(run), ", since ", reply.Time(run.Started), reply.By(run.By))
	return append(text, reply.Say(" ", b.Thread(v, "run/"+run.ID, b.ChannelOf(run)))...)
}
