package cards

import (
	"cmp"
	"slices"

	"gonogo/commands/reply"
	"gonogo/commands/wording"
	"gonogo/readiness"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// rollbackFailed reports whether a rollback hasn't done its job, so that others must
// help. One that a person cancelled in time hasn't failed, nor has one that stopped a
// deployment and left the earlier version live.
func rollbackFailed(run *work.Run) bool {
	return run.What == work.Rollback && run.Change.Settles == "" && run.Outcome != work.Cancelled && run.Failed()
}

// failedSubject is the message that mentions on-call.
func failedSubject(run *work.Run) string { return "run/" + run.ID + "/failed" }

// failedCard is a message in the thread of a failed rollback. It mentions who is on
// call: an edited card notifies nobody. It stays, and says so if the rollback succeeds
// after all.
func (b Builder) failedCard(v readiness.View, run *work.Run) (Card, bool) {
	_, told := v.State.Anchors[failedSubject(run)]
	if failed := rollbackFailed(run); !failed && !told {
		return Card{}, false
	}
	return Card{Subject: failedSubject(run), Parent: "run/" + run.ID, Channel: b.ChannelOf(run), Reply: b.failedReply(v, run), First: true, Final: !run.Open()}, true
}

func (b Builder) failedReply(v readiness.View, run *work.Run) reply.Reply {
	title := "The rollback of " + run.Change.Environment + " to " + run.Change.To.Version + " has failed"
	lines, actions := reply.Lines{}, b.offers(v, run)
	switch {
	case !rollbackFailed(run):
		title = "The rollback of " + run.Change.Environment + " succeeded after all"
		lines = append(lines, reply.Say(wording.ChangeTitle(run), "."))
	case run.Asked != nil:
		title = "The rollback of " + run.Change.Environment + " to " + run.Change.To.Version + " needs a person"
		lines = append(lines, failedSteps(run)...)
		lines = append(lines, append(b.Mention.text(), reply.Say(reply.Bold(reply.Capital(run.Asked.Why)))...))
		actions = append(QuestionActions(run), b.helpWith(run)...)
	case run.Open(): // a person was asked, and it continues
		lines = append(lines, append(b.Mention.text(), currentLine(run)...))
	default:
		lines = append(lines, append(b.Mention.text(), reply.Say(reply.Capital(cmp.Or(run.Reason, "it didn't finish")), ".")...))
	}
	if live := v.State.Live[run.Change.Environment]; !run.Open() && live.Run == run.ID {
		lines = append(lines, reply.Say(reply.Bold(live.Version), " is live on ", run.Change.Environment, " since ", reply.Time(live.At), reply.By(live.By), "."))
	}
	return reply.Reply{Title: reply.Shorten(title, 150), Summary: title + ".", Parts: reply.NonEmpty([]reply.Part{lines, actions}), Public: true}
}

// offeredBuilds is how many versions, and how many runbooks, a card offers.
const offeredBuilds = 3

// offers are what people may do about a rollback that failed and ended: try again,
// choose another version that the platform still has, run a runbook, or go back by
// hand. Once something else was done, the offers are gone.
func (b Builder) offers(v readiness.View, run *work.Run) reply.Actions {
	env := run.Change.Environment
	if last := v.State.LastChange(env, v.Now); run.Open() || !rollbackFailed(run) || last == nil || last.ID != run.ID || v.State.Live[env].Run == run.ID {
		return nil
	}
	back := func(version string) reply.Act {
		return reply.Act{Verb: "rollback", Environment: env, To: version, Incident: run.Change.Incident, Text: run.Change.Reason, Rehearsal: run.Change.Rehearsal}
	}
	actions := reply.Actions{{Label: "Again", Act: back(run.Change.To.Version), Style: reply.Danger}}
	for _, version := range otherVersions(v, run) {
		actions = append(actions, reply.Button{Label: "To " + version, Act: back(version)})
	}
	return append(actions, b.helpWith(run)...)
}

// otherVersions are the versions that one may go back to besides the one that
// failed: those known to be good first, then those that the platform kept.
func otherVersions(v readiness.View, run *work.Run) []string {
	env := run.Change.Environment
	var versions []string
	add := func(version string) {
		if version != run.Change.To.Version && version != v.State.Live[env].Version && !slices.Contains(versions, version) {
			versions = append(versions, version)
		}
	}
	for _, way := range v.State.WayBack(env) {
		if slices.ContainsFunc(run.Kept, func(b build.Build) bool { return b.Version == way.Version }) {
			add(way.Version)
		}
	}
	for _, build := range run.Kept {
		add(build.Version)
	}
	return versions[:min(len(versions), offeredBuilds)]
}

// helpWith is what helps besides gonogo's own rollback: the runbooks, and the
// steps by hand.
func (b Builder) helpWith(run *work.Run) reply.Actions {
	if !rollbackFailed(run) {
		return nil
	}
	actions := reply.Actions{}
	for _, book := range b.Runbooks[:min(len(b.Runbooks), offeredBuilds)] {
		actions = append(actions, reply.Button{Label: reply.Shorten(book.Title, 60), Act: reply.Act{Verb: "ready fix", Runbook: book.ID}})
	}
	return append(actions, reply.Button{Label: "By hand", Act: reply.Act{Verb: "rollback by-hand", Environment: run.Change.Environment, To: run.Change.To.Version}})
}
