// Package deploying has the verbs that change what is live, or what may go live:
// everything under /deploy and /rollback.
//
// A deployment is planned ([Deploy]), started ([Start]) and watched ([Status]); so is
// a rollback ([Rollback], [RollbackStart], [RollbackStatus]), until a person chooses
// [Keep] or [Return]. Locks and freezes hold a release back, lifts let it pass, and
// incidents are acknowledged, closed or declared false alarms. [ByHand] has the steps
// for rolling back without gonogo, also for the command line.
//
// Each exported function is one verb, and package commands lists it. Package runs
// does and journals the work; this package asks for it and reports the outcome. A
// verb that can't be recorded starts nothing.
package deploying

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/commands/cards"
	"gonogo/commands/reply"
	"gonogo/commands/verb"
	"gonogo/commands/wording"
	"gonogo/deploy"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/runs/commits"
)

// compareWithin limits the look-up of what changed, so that a plan doesn't wait for it.
const compareWithin = 3 * time.Second

// Deploy is /deploy.
func Deploy() verb.Verb {
	return verb.Verb{Words: []string{"deploy"}, Usage: "ENV [VERSION] [at|in TIME] [--dry-run]", Release: true,
		About: "plans a deployment of a release, with a button that starts or schedules it", Amiss: amissDeploying, Do: plan}
}

// plan shows what a deployment would do, and whether it may start. It starts nothing,
// so anyone may look; starting needs the permission.
func plan(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := deployable(c)
	if refused != nil {
		return *refused
	}
	release := c.View.Release()
	if release == nil {
		return cards.NoRelease()
	}
	if said := c.Act.Release; said != "" && said != release.Version {
		return otherVersion(env, said, release.Version)
	}
	due, refused := dueOf(c)
	if refused != nil {
		return *refused
	}
	steps, err := c.Runs.DeploySteps(env, release.Version)
	if err != nil {
		return notStarted(c, env, err)
	}
	if c.Act.DryRun {
		return dryRun(release.Version+" to "+env, steps, nil)
	}
	c.Runs.Observe(ctx, env)
	c.View = c.Latest().Of(release.Version)
	ctx, cancel := context.WithTimeout(ctx, compareWithin)
	defer cancel()
	since := c.Commits.Since(ctx, c.View.State.Live[env], release)
	platform := platformNow(ctx, c, c.View, env)
	if !due.IsZero() {
		return laterReply(c, env, due, planParts(c, env, release, steps, since, platform))
	}
	return planReply(c, env, release, planParts(c, env, release, steps, since, platform))
}

// platformNow reports whether the platform agrees with what gonogo has recorded, whether
// it accepts deployments, and says what one would do there besides.
func platformNow(ctx context.Context, c verb.Call, v readiness.View, env string) reply.Lines {
	now, err := c.Runs.Current(ctx, env)
	lines := reply.Lines{platformLine(v.State.Live[env], now, err)}
	for _, note := range now.Notes {
		lines = append(lines, reply.Say("⚠ ", note))
	}
	return lines
}

func platformLine(known history.Live, now deploy.Current, err error) reply.Text {
	switch {
	case err != nil:
		return reply.Say("⚠ the platform does not say what is live: ", reply.Shorten(err.Error(), 200))
	case now.Pinned():
		return reply.Say("✗ the platform keeps the app pinned after a rollback and takes no deployment")
	case known.Outside():
		return reply.Say("⚠ the platform says that ", reply.Bold(known.Name()), " is live, which was deployed outside gonogo")
	case now.Next != nil:
		return reply.Say("⚠ the platform is deploying ", cmp.Or(now.Next.Version, "something"), "; this deployment waits until that is done")
	}
	return reply.Say("✓ the platform says that ", cmp.Or(now.Live.Version, "nothing"), " is live, and is free")
}

// deployable finds the environment that was named, among those that the configuration
// says how to deploy to.
func deployable(c verb.Call) (string, *reply.Reply) {
	word, known := c.Act.Environment, c.Runs.Deployable()
	if _, ok := c.View.Checklist.Environment(word); ok && !slices.Contains(known, word) {
		why := "the configuration does not say how; add deploy to that environment"
		if obstacle := c.Obstacles[word]; obstacle != "" {
			why = obstacle
		}
		refused := reply.Refuse("gonogo cannot deploy to "+word, reply.Say(reply.Capital(why), ". After a deployment by other means, ", reply.Typed("/deploy adopt "+word), " records what is live."))
		return "", &refused
	}
	return c.Environment(known)
}

// canRollBack finds the environment that was named, among those that gonogo can roll
// back: the ones that it deploys to.
func canRollBack(c verb.Call) (string, *reply.Reply) {
	word, known := c.Act.Environment, c.Runs.Deployable()
	if at, ok := c.View.Checklist.Environment(word); ok && !slices.Contains(known, word) {
		by := reply.Say("Roll it back the way it was deployed.")
		if at.App != "" {
			command := "/rollback by-hand " + word
			if c.Host != "" {
				command = "gonogo rollback by-hand " + word
			}
			by = reply.Say(reply.Typed(command), " shows the steps at the platform.")
		}
		refused := reply.Refuse("gonogo can't roll back "+word, append(reply.Say(reply.Capital(whyNotDeployed(c, word)), ". "), by...))
		return "", &refused
	}
	return c.Environment(known)
}

// rollsBack reports whether gonogo can roll back an environment. A terminal that reads
// the ledger doesn't know.
func rollsBack(c verb.Call, env string) bool {
	return c.Runs == nil || slices.Contains(c.Runs.Deployable(), env)
}

// whyNotDeployed says, as part of a sentence, why gonogo doesn't deploy to an
// environment.
func whyNotDeployed(c verb.Call, env string) string {
	return cmp.Or(c.Obstacles[env], "the configuration doesn't say how "+env+" is deployed")
}

func otherVersion(env, said, open string) reply.Reply {
	return reply.Reply{Title: said + " is not the open release", Refused: true, Parts: []reply.Part{
		reply.Lines{reply.Say(reply.Bold(open), " is. Gates and sign-offs belong to one release, so only that one is deployed. To go back to a version that was live, use ", reply.Typed("/rollback "+env+" to "+said), ".")},
		reply.Actions{{Label: "Plan " + open, Act: reply.DoOn("deploy", env)}, {Label: "Open " + said, Act: reply.Act{Verb: "ready release", Release: said}}},
	}}
}

// dryRun lists each step and each outside call, and makes none of them.
func dryRun(what string, steps []deploy.Step, before reply.Lines) reply.Reply {
	t := reply.Table{Title: "Each step with its outside calls", Header: []string{"Step", "Calls"}}
	for i, s := range steps {
		calls := strings.Join(s.Calls, "; ")
		if calls == "" {
			calls = "none: the ledger alone"
		}
		t.Rows = append(t.Rows, []reply.Text{reply.Say(fmt.Sprintf("%d. %s", i+1, s.Title)), reply.Say(calls)})
	}
	return reply.Reply{Title: "Dry run: " + what, Parts: reply.NonEmpty([]reply.Part{before, t, reply.Note(reply.Say("Nothing was sent and nothing was started."))})}
}

// whyNoStart says why a plan has no button that starts it, who may start it when it
// has, and what to do until then.
func whyNoStart(c verb.Call, v readiness.View, env string) reply.Text {
	text := reply.Say("There is no Start while it is NO-GO. Clear what blocks it, then plan again with ", reply.Typed("/deploy "+env), ".")
	roles := v.Checklist.Permissions["deploy"]
	if len(roles) == 0 {
		return append(text, reply.Say(" Nobody may start it: ", reply.Typed("permissions"), " gives ", reply.Typed("deploy"), " to no role.")...)
	}
	return append(text, reply.Say(" Who may start it: ", c.Roster().RolesText(roles), ".")...)
}

// planParts are what a plan shows, without its buttons.
func planParts(c verb.Call, env string, release *history.Release, steps []deploy.Step, since commits.Distance, platform reply.Lines) []reply.Part {
	decision := c.View.DecideStart(env, c.User)
	fields := reply.Fields{
		{Name: "Version", Value: reply.Say(reply.Bold(release.Version), ", commit ", reply.Typed(wording.ShortCommit(release.Commit)))},
		{Name: "Live now", Value: wording.Live(c.View, env)},
		{Name: "Commits", Value: commitsText(since)},
		{Name: "Decision", Value: wording.Decision(decision)},
	}
	parts := []reply.Part{openPostmortem(c.View, env), fields, cards.Tag(release), cards.Kind(c.View, env)}
	parts = append(parts, c.Cards().Blockers(c.View, decision, map[answer.Key]bool{})...) // nothing starts before they are cleared
	parts = append(parts, cards.Overridden(decision))
	parts = append(parts, append(preconditions(c.View, env, decision), platform...), cards.Overdue(c.View))
	if others := c.View.Checklist.Sharing(env); len(others) > 0 {
		parts = append(parts, reply.Lines{reply.Say("⚠ It redeploys the whole app, and so ", reply.Bold(strings.Join(others, ", ")), " with the version that is live there.")})
	}
	parts = append(parts, silencedLines(c, env, steps))
	if c.View.State.NoWayBack(env, release.Version) {
		parts = append(parts, reply.Lines{noWayBackLine(env)})
	}
	if waived := cards.Waivers(c.View, env); len(waived) > 0 {
		parts = append(parts, append(reply.Lines{reply.Say(reply.Bold("Waived"))}, waived...))
	}
	return append(parts, c.Cards().Lifted(c.View, env), planTable(c.View, env, steps), tookLine(c.View, env))
}

// planReply is the plan of a deployment that starts at once.
func planReply(c verb.Call, env string, release *history.Release, parts []reply.Part) reply.Reply {
	decision := c.View.DecideStart(env, c.User)
	title := fmt.Sprintf("Plan: %s to %s", release.Version, env)
	if d, waits := c.View.State.ScheduledOn(env); waits {
		parts = append(parts, scheduledToo(c, d, release.Version))
	}
	actions := reply.Actions{withdrawButton(c, env)}
	if decision.Go {
		actions = append(reply.Actions{startButton(c, env, release.Version)}, actions...)
		parts = append(parts, actions, reply.Note(reply.Say("Start checks all of this again, and that whoever presses it may deploy.")))
		return reply.Reply{Title: title, Summary: title + ": GO.", Parts: reply.NonEmpty(parts), Public: true}
	}
	parts = append(parts, overrideWaits(c, c.View, env), append(overrideButton(c.View, decision), reply.Button{Label: "Status", Act: reply.Do("ready status")}), reply.Note(whyNoStart(c, c.View, env)))
	return reply.Reply{Title: title + ": NO-GO", Summary: fmt.Sprintf("%s: NO-GO, %s.", title, phrase.Count(len(decision.Blockers), "blocker")), Parts: reply.NonEmpty(parts), Refused: true}
}

// withdrawButton cancels a plan.
func withdrawButton(c verb.Call, env string) reply.Button {
	return reply.Button{Label: "Cancel", Act: reply.Act{Verb: "deploy withdraw", Environment: env, Plan: verb.PlanID(c.Key)}}
}

// openPostmortem is the rollback whose postmortem is still to come, with what is open about it.
func openPostmortem(v readiness.View, env string) reply.Lines {
	if r, ok := v.State.OpenPostmortem(env); ok {
		return append(reply.Lines{reply.Say("⚠ ", reply.Bold("Open incident"))}, wording.Postmortem(v, r)...)
	}
	return nil
}

// noWayBackLine says that a deployment is the first.
func noWayBackLine(env string) reply.Text {
	return reply.Say("⚠ ", reply.Bold("There is no way back"), ": nothing is known to have been live on ", env, " before. Whoever starts it accepts that. If something is live there, ",
		reply.Typed("/deploy adopt "+env), " first makes it the way back.")
}

// startButton starts what a plan shows.
func startButton(c verb.Call, env, version string) reply.Button {
	return acceptingNoWayBack(c, reply.Button{Label: "Start", Act: reply.Act{Verb: "deploy start", Environment: env, Release: version, Plan: verb.PlanID(c.Key)}, Style: reply.Primary})
}

// acceptingNoWayBack is a button of a plan. If there is no way back, pressing it accepts
// that, after a confirmation.
func acceptingNoWayBack(c verb.Call, b reply.Button) reply.Button {
	if c.View.State.NoWayBack(b.Act.Environment, b.Act.Release) {
		b.Act.NoWayBack = true
		word := strings.ToLower(strings.Fields(b.Label)[0])
		b.Confirm = "There is no way back from a first deployment. " + reply.Capital(word) + " it all the same?"
		b.Yes, b.No = reply.Capital(word)+" without a way back", "Don't "+word
	}
	return b
}

func commitsText(c commits.Distance) reply.Text {
	switch {
	case c.Unknown != "":
		return reply.Say(c.Unknown)
	case c.URL != "":
		return reply.Say(reply.LinkTo(c.URL, phrase.Count(c.Ahead, "commit")), " since ", c.Since)
	}
	return reply.Say(phrase.Count(c.Ahead, "commit"), " since ", c.Since)
}

// preconditions lists what must be true, and whether it is.
func preconditions(v readiness.View, env string, d readiness.Decision) reply.Lines {
	open := map[readiness.BlockerKind]int{}
	for _, blocker := range d.Blockers {
		open[blocker.Kind]++
	}
	lines := reply.Lines{reply.Say(reply.Bold("Preconditions"))}
	say := func(kind readiness.BlockerKind, good, bad string) {
		if open[kind] == 0 {
			lines = append(lines, reply.Say("✓ ", good))
		} else {
			lines = append(lines, reply.Say("✗ ", bad))
		}
	}
	pass := "all blocking items pass with current evidence"
	if n := len(d.Overridden); n > 0 {
		pass = "all blocking items pass with current evidence, except " + phrase.Count(n, "that is", "that are") + " overridden"
	}
	say(readiness.BlockedByItem, pass, phrase.Count(open[readiness.BlockedByItem], "blocking item")+" not met")
	if a := v.Approval(env); len(a.Roles) > 0 {
		say(readiness.BlockedBySignOff, "sign-offs: "+a.Summary(), "sign-offs: "+a.Summary())
		if a.Rule.SelfApproval {
			lines = append(lines, reply.Say("✓ whoever deploys may be among those who approved"))
		} else {
			say(readiness.BlockedBySelfApproval, "whoever deploys is not among those who approved", "whoever deploys is among those who approved")
		}
	}
	if e, _ := v.Checklist.Environment(env); len(e.After) > 0 {
		say(readiness.BlockedByEarlier, "live and verified on "+strings.Join(e.After, ", "), "not live and verified on "+strings.Join(e.After, ", ")+" yet")
	}
	say(readiness.BlockedByHold, "no lock, freeze or alert holds it back", phrase.Count(open[readiness.BlockedByHold], "hold")+" in the way")
	if v.State.Changing(env) == nil {
		return append(lines, reply.Say("✓ nothing else is under way there"))
	}
	return append(lines, reply.Say("✗ something is under way there"))
}

// planTable lists the steps, each with its deadline and what its failure leaves, and how
// long it usually takes if that is known.
func planTable(v readiness.View, env string, steps []deploy.Step) reply.Part {
	t := reply.Table{Title: "Steps", Header: []string{"Step", "Within", "If it fails"}}
	usual, known := v.UsualSteps(env), tookLine(v, env) != nil
	if known {
		t.Header = []string{"Step", "Usually", "Within", "If it fails"}
	}
	for i, s := range steps {
		within, undo := "–", s.Undo
		switch {
		case s.Deadline > 0:
			within = readiness.Span(s.Deadline)
		case s.Lasts > 0:
			within = readiness.Span(s.Lasts) + " or longer"
		}
		if undo == "" {
			undo = "–"
		}
		row := []reply.Text{reply.Say(fmt.Sprintf("%d. %s", i+1, s.Title)), reply.Say(within), reply.Say(undo)}
		if known {
			row = slices.Insert(row, 1, reply.Say(usually(usual[s.Name])))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// usually is the time that a step takes, if it is worth mentioning.
func usually(takes time.Duration) string {
	if takes < time.Second {
		return "–"
	}
	return readiness.Span(takes)
}

// tookLine says how long the last deployments took, if it is worth mentioning.
func tookLine(v readiness.View, env string) reply.Part {
	var last []string
	for _, took := range v.LastTook(env) {
		last = append(last, readiness.Span(took))
	}
	takes, of := v.Usual(env)
	if takes < time.Second {
		return nil
	}
	return reply.Note(reply.Say("Usually done after ", readiness.Span(takes), " (last ", fmt.Sprint(of), ": ", strings.Join(last, ", "), ")."))
}

// Start is /deploy start.
func Start() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "start"}, Usage: "ENV [VERSION]", Options: "[--plan=PLAN] [--no-way-back]", Permission: "deploy", Release: true, ByButton: true,
		About: "starts a deployment of the planned release; everything is checked again", Amiss: amissDeploying, Do: start}
}

// start starts a deployment, once for each plan.
func start(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := deployable(c)
	if refused != nil {
		return *refused
	}
	release := c.View.Release()
	switch said := c.Act.Release; {
	case release == nil:
		return cards.NoRelease()
	case said != "" && said != release.Version:
		return otherVersion(env, said, release.Version)
	}
	key := c.Key
	if c.Act.Plan != "" {
		key = planKey(env, c.Act.Plan)
	}
	id, err := c.Runs.Deploy(ctx, runs.DeployRequest{Key: key, Environment: env, Version: release.Version, Commit: release.Commit, NoWayBack: c.Act.NoWayBack, By: c.User, Channel: c.Channel})
	if err != nil {
		return notStarted(c, env, err)
	}
	run := c.Ledger.State().Runs[id]
	if run == nil {
		return reply.Reply{Title: "That plan was started before", Parts: []reply.Part{reply.Lines{reply.Say("It has ended long since. ", reply.Typed("/deploy status "+env), " shows what is live.")}}}
	}
	title, actions := wording.ChangeTitle(run), reply.Actions{{Label: "Status", Act: reply.DoOn("deploy status", env)}}
	if run.Open() {
		title = "Deploying " + run.Title
	}
	return reply.Reply{Title: title, Replace: true, Public: c.Act.Plan != "", Parts: []reply.Part{
		reply.Lines{reply.Say("Started ", reply.Time(run.Started), reply.By(run.By), ". Follow or stop it in ", c.ThreadOf("run/"+id, c.Releases), ".")}, actions}}
}

// planKey is the once-only key under which a plan is started or withdrawn.
func planKey(env, plan string) string { return "plan/" + env + "/" + plan }

// notStarted says why a deployment did not start.
func notStarted(c verb.Call, env string, err error) reply.Reply {
	var not runs.NotGo
	var bad runs.BadVersion
	switch {
	case errors.As(err, &not):
		return noGo(c, env, not.Decision)
	case errors.As(err, &bad):
		return reply.Refuse(bad.Version+" cannot be deployed to "+env, reply.Say(reply.Capital(bad.Why), "."))
	case errors.Is(err, runs.ErrFirst):
		return reply.Reply{Title: "There is no way back from a first deployment", Refused: true, Parts: []reply.Part{reply.Lines{noWayBackLine(env), reply.Say("Nothing was started.")},
			reply.Actions{{Label: "Plan again", Act: reply.DoOn("deploy", env)}}}}
	case errors.Is(err, runs.ErrScheduled):
		return planScheduled(env)
	case errors.Is(err, runs.ErrWithdrawn):
		return reply.Refuse("That plan was cancelled", reply.Say("Make another with ", reply.Typed("/deploy "+env), "."))
	case errors.Is(err, runs.ErrOtherRelease):
		return reply.Reply{Title: "That release is no longer open", Refused: true, Parts: []reply.Part{
			reply.Lines{reply.Say("The plan is out of date; nothing was started.")}, reply.Actions{{Label: "Plan again", Act: reply.DoOn("deploy", env)}}}}
	}
	return c.Failed(err)
}

// noGo lists what blocks a deployment, each with how to clear it.
func noGo(c verb.Call, env string, d readiness.Decision) reply.Reply {
	for _, blocker := range d.Blockers {
		if blocker.Kind == readiness.BlockedByRun {
			return busy(c, blocker.Run)
		}
	}
	title := fmt.Sprintf("NO-GO for %s: %s", env, phrase.Count(len(d.Blockers), "blocker"))
	parts := append(c.Cards().Blockers(c.Latest(), d, map[answer.Key]bool{}), reply.Actions{{Label: "Plan again", Act: reply.DoOn("deploy", env)}, {Label: "Status", Act: reply.Do("ready status")}})
	return reply.Reply{Title: title, Parts: parts, Refused: true}
}

// busy tells who is running what on the environment, and since when.
func busy(c verb.Call, run *work.Run) reply.Reply {
	what := "A deployment is under way"
	if run.What == work.Rollback {
		what = "A rollback is under way"
	}
	actions := reply.Actions{{Label: "Status", Act: reply.DoOn("deploy status", run.Change.Environment)}, {Label: "Tell me when it's free", Act: reply.DoOn("deploy queue", run.Change.Environment)}}
	if run.What == work.Deployment {
		actions = append(actions, cards.StopDeployment(run))
	}
	return reply.Reply{Title: what + ": " + run.Title, Refused: true, Run: run.ID, Parts: []reply.Part{
		reply.Lines{reply.Say("Started ", reply.Time(run.Started), reply.By(run.By), ". Follow it in ", c.ThreadOf("run/"+run.ID, c.Cards().ChannelOf(run)), ".", c.Stalled(run))}, actions}}
}

// Withdraw is /deploy withdraw.
func Withdraw() verb.Verb {
	return verb.Verb{Words: []string{"deploy", "withdraw"}, Usage: "ENV", Options: "[--plan=PLAN]", Permission: "deploy", ByButton: true,
		About: "cancels a plan that wasn't started", Do: withdraw}
}

func withdraw(ctx context.Context, c verb.Call) reply.Reply {
	env, plan := c.Act.Environment, c.Act.Plan
	if plan == "" {
		return reply.Refuse("Which plan?", reply.Say("A plan is cancelled with its own button."))
	}
	started, err := c.Runs.Withdraw(ctx, planKey(env, plan), env, c.User)
	switch {
	case errors.Is(err, runs.ErrScheduled):
		return planScheduled(env)
	case err != nil:
		return c.Failed(err)
	case started != "":
		return reply.Refuse("That plan was started already", reply.Say("Stop it with ", reply.Typed("/deploy cancel "+env), "."))
	}
	return reply.Reply{Title: "The plan was cancelled", Replace: true, Public: true, Parts: []reply.Part{reply.Lines{reply.Say("Nothing was started. Cancelled", reply.By(c.User), ".")}}}
}

// amissDeploying says what is wrong with a deployment, whichever release is meant.
func amissDeploying(c verb.Call) *reply.Reply {
	_, refused := deployable(c)
	return refused
}
