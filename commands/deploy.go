package commands

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/deploy"
	"gonogo/readiness"
	"gonogo/runs"
)

// compareWithin bounds the look at what changed: a plan does not wait for it.
const compareWithin = 3 * time.Second

func deployVerb() verb {
	return verb{words: []string{"deploy"}, usage: "ENV [VERSION] [--dry-run]", release: true,
		about: "plans a deployment of a release, with a button that starts it", amiss: (*Bot).amissDeploying, do: (*Bot).plan}
}

// plan shows what a deployment would do, and whether it may start. Nothing is
// begun, so anyone may look; starting takes the permission.
func (b *Bot) plan(ctx context.Context, c call) Reply {
	env, refused := c.deployable(b)
	if refused != nil {
		return *refused
	}
	release := c.view.Release()
	if release == nil {
		return noRelease()
	}
	if said := c.act.Release; said != "" && said != release.Version {
		return otherVersion(env, said, release.Version)
	}
	steps, err := b.Runs.DeploySteps(env, release.Version)
	if err != nil {
		return b.notStarted(c, env, err)
	}
	if c.act.DryRun {
		return dryRun(release.Version, env, steps)
	}
	b.Runs.Observe(ctx)
	c.view = b.View().Of(release.Version)
	ctx, cancel := context.WithTimeout(ctx, compareWithin)
	defer cancel()
	commits := b.Runs.Commits(ctx, env, release.Version)
	return b.planReply(c, env, release, steps, commits, b.platformLine(ctx, c.view, env))
}

// platformLine says whether the platform agrees with what gonogo knows, and
// whether it takes deployments.
func (b *Bot) platformLine(ctx context.Context, v readiness.View, env string) Text {
	now, err := b.Runs.Current(ctx, env)
	known := v.State.Live[env]
	switch {
	case err != nil:
		return Say("⚠ the platform does not say what is live: ", short(err.Error(), 200))
	case now.Pinned:
		return Say("✗ the platform keeps the app pinned after a rollback and takes no deployment")
	case known.Outside():
		return Say("⚠ the platform says that ", Bold(known.Name()), " is live, which was deployed outside gonogo")
	case now.Next != nil:
		return Say("⚠ the platform is at a deployment of ", cmp.Or(now.Next.Version, "something"), "; this one waits for its end")
	}
	return Say("✓ the platform says that ", cmp.Or(now.Live.Version, "nothing"), " is live, and is free")
}

// deployable finds the environment that was named among those that the
// configuration says how to deploy to.
func (c call) deployable(b *Bot) (string, *Reply) {
	word, known := c.act.Environment, b.Runs.Deployable()
	if _, ok := c.view.Checklist.Environment(word); ok && !slices.Contains(known, word) {
		why := "the configuration does not say how; add deploy to that environment"
		if obstacle := b.Obstacles[word]; obstacle != "" {
			why = obstacle
		}
		reply := refuse("gonogo cannot deploy to "+word, Say(capital(why), ". After a deployment by other means, ", Typed("/deploy adopt "+word), " tells gonogo what is live."))
		return "", &reply
	}
	return c.environment(known)
}

func otherVersion(env, said, open string) Reply {
	return Reply{Title: said + " is not the open release", Refused: true, Parts: []Part{
		Lines{Say(Bold(open), " is. Gates and sign-offs belong to one release, so only that one is deployed. To go back to a version that was live, use ", Typed("/rollback "+env+" to "+said), ".")},
		Actions{{Label: "Plan " + open, Act: on("deploy", env)}, {Label: "Open " + said, Act: Act{Verb: "ready release", Release: said}}},
	}}
}

// dryRun lists each step and each outside call, and does none of them.
func dryRun(version, env string, steps []deploy.Step) Reply {
	t := Table{Title: "Each step with its outside calls", Header: []string{"Step", "Calls"}}
	for i, s := range steps {
		calls := strings.Join(s.Calls, "; ")
		if calls == "" {
			calls = "none: the ledger alone"
		}
		t.Rows = append(t.Rows, []Text{Say(fmt.Sprintf("%d. %s", i+1, s.Title)), Say(calls)})
	}
	return Reply{Title: fmt.Sprintf("Dry run: %s to %s", version, env), Parts: []Part{t, Note(Say("Nothing was sent and nothing was begun."))}}
}

// whyNoStart says why a plan has no button that starts it, who may start it once
// it has, and what to do until then.
func (b *Bot) whyNoStart(v readiness.View, env string) Text {
	text := Say("There is no Start while it is NO-GO. Clear what blocks it, then plan again with ", Typed("/deploy "+env), ".")
	roles := v.Checklist.Permissions["deploy"]
	if len(roles) == 0 {
		return append(text, Say(" Nobody may start it: ", Typed("permissions"), " gives ", Typed("deploy"), " to no role.")...)
	}
	return append(text, Say(" Who may start it: ", b.rolesText(roles), ".")...)
}

// planReply is the plan of a deployment.
func (b *Bot) planReply(c call, env string, release *readiness.Release, steps []deploy.Step, commits runs.Commits, platform Text) Reply {
	decision := c.view.DecideStart(env, c.User)
	title := fmt.Sprintf("Plan: %s to %s", release.Version, env)
	fields := Fields{
		{"Version", Say(Bold(release.Version), ", commit ", Typed(shortCommit(release.Commit)))},
		{"Live now", liveText(c.view, env)},
		{"Commits", commitsText(commits)},
		{"Decision", verdictText(decision)},
	}
	parts := []Part{fields, tagLines(release), kindLines(c.view, env)}
	parts = append(parts, b.blockerParts(decision, map[readiness.Key]bool{})...) // first, since nothing starts before they are cleared
	parts = append(parts, append(b.preconditions(c.view, env, decision), platform), overdueLines(c.view))
	if others := c.view.Checklist.Sharing(env); len(others) > 0 {
		parts = append(parts, Lines{Say("⚠ It redeploys the whole app, and so ", Bold(strings.Join(others, ", ")), " with the version that is live there.")})
	}
	if c.view.State.NoWayBack(env, release.Version) {
		parts = append(parts, Lines{noWayBackLine(env)})
	}
	if waived := waiverLines(c.view, env); len(waived) > 0 {
		parts = append(parts, append(Lines{Say(Bold("Waived"))}, waived...))
	}
	parts = append(parts, b.liftedLines(c.view, env))
	parts = append(parts, planTable(steps))
	actions := Actions{{Label: "Cancel", Act: Act{Verb: "deploy withdraw", Environment: env, Plan: planID(c.Key)}}}
	if decision.Go {
		actions = append(Actions{startButton(c, env, release.Version)}, actions...)
		parts = append(parts, actions, Note(Say("Start checks all of this again, and that whoever presses it may deploy.")))
		return Reply{Title: title, Summary: title + ": GO.", Parts: nonEmpty(parts), Public: true}
	}
	parts = append(parts, Actions{{Label: "Status", Act: say("ready status")}}, Note(b.whyNoStart(c.view, env)))
	return Reply{Title: title + ": NO-GO", Summary: fmt.Sprintf("%s: NO-GO, %s.", title, count(len(decision.Blockers), "blocker")), Parts: nonEmpty(parts), Refused: true}
}

// noWayBackLine says that a deployment is the first.
func noWayBackLine(env string) Text {
	return Say("⚠ ", Bold("There is no way back"), ": nothing is known to have been live on ", env, " before. Whoever starts it accepts that. If something is live there, ",
		Typed("/deploy adopt "+env), " first makes it the way back.")
}

// startButton starts what a plan shows. Where there is no way back, pressing it
// accepts that, after a question.
func startButton(c call, env, version string) Button {
	start := Button{Label: "Start", Act: Act{Verb: "deploy start", Environment: env, Release: version, Plan: planID(c.Key)}, Style: Primary}
	if c.view.State.NoWayBack(env, version) {
		start.Act.NoWayBack = true
		start.Confirm, start.Yes, start.No = "There is no way back from a first deployment. Start it all the same?", "Start without a way back", "Don't start"
	}
	return start
}

// shortCommit is enough of a commit for people to tell it by.
func shortCommit(commit string) string {
	return orUnknown(commit[:min(len(commit), 12)])
}

// planID names a plan after the act that asked for it, so that its Start is
// done once, whoever presses it.
func planID(key string) string {
	sum := sha256.Sum256([]byte("plan " + key))
	return hex.EncodeToString(sum[:6])
}

func liveText(v readiness.View, env string) Text {
	live, o := v.LiveOn(env), v.State.Observed[env]
	text := Say(Bold(live.Name()), ", since ", Time(live.At), by(live.By))
	switch {
	case !live.Known():
		text = Say("nothing that gonogo knows of")
	case live.Outside():
		text = Say(Bold(live.Name()), ", deployed outside gonogo, seen ", Time(live.At), ", ⚠ not verified")
	case !live.Verified:
		text = append(append(text, lateText(v.State.AfterAll(live))...), Say(", ⚠ not verified")...)
	}
	if o.Problem != "" {
		text = append(text, Say("; ⚠ not known now: ", short(o.Problem, 200))...)
	}
	return text
}

// lateText says of a run whose build went live only after the run had ended who
// had ended it, and how.
func lateText(run *readiness.Run) Text {
	if run == nil {
		return nil
	}
	how := map[readiness.Outcome]string{readiness.Cancelled: "cancelled", readiness.Unsuccessful: "failed", readiness.Interrupted: "abandoned"}[run.Outcome]
	text := Say("; its ", run.What, " (", cmp.Or(how, "ended"))
	return append(append(text, by(run.EndedBy())...), Say(") went live after all")...)
}

func commitsText(c runs.Commits) Text {
	switch {
	case c.Unknown != "":
		return Say(c.Unknown)
	case c.URL != "":
		return Say(LinkTo(c.URL, count(c.Ahead, "commit")), " since ", c.Since)
	}
	return Say(count(c.Ahead, "commit"), " since ", c.Since)
}

// preconditions says what must hold, and whether it does.
func (b *Bot) preconditions(v readiness.View, env string, d readiness.Decision) Lines {
	open := map[readiness.BlockerKind]int{}
	for _, blocker := range d.Blockers {
		open[blocker.Kind]++
	}
	lines := Lines{Say(Bold("Preconditions"))}
	say := func(kind readiness.BlockerKind, good, bad string) {
		if open[kind] == 0 {
			lines = append(lines, Say("✓ ", good))
		} else {
			lines = append(lines, Say("✗ ", bad))
		}
	}
	say(readiness.BlockedByItem, "all blocking items pass with current evidence", count(open[readiness.BlockedByItem], "blocking item")+" not met")
	if a := v.Approval(env); len(a.Roles) > 0 {
		say(readiness.BlockedBySignOff, "sign-offs: "+a.Summary(), "sign-offs: "+a.Summary())
		if a.Rule.SelfApproval {
			lines = append(lines, Say("✓ whoever deploys may be among those who approved"))
		} else {
			say(readiness.BlockedBySelfApproval, "whoever deploys is not among those who approved", "whoever deploys is among those who approved")
		}
	}
	if e, _ := v.Checklist.Environment(env); len(e.After) > 0 {
		say(readiness.BlockedByEarlier, "live and verified on "+strings.Join(e.After, ", "), "not live and verified on "+strings.Join(e.After, ", ")+" yet")
	}
	say(readiness.BlockedByHold, "no lock, freeze or alert holds it back", count(open[readiness.BlockedByHold], "hold")+" in the way")
	if v.State.Changing(env) == nil {
		return append(lines, Say("✓ nothing else is under way there"))
	}
	return append(lines, Say("✗ something is under way there"))
}

func planTable(steps []deploy.Step) Part {
	t := Table{Title: "Steps", Header: []string{"Step", "Within", "If it fails"}}
	for i, s := range steps {
		within, undo := "–", s.Undo
		if s.Deadline > 0 {
			within = readiness.Span(s.Deadline)
		}
		if undo == "" {
			undo = "–"
		}
		t.Rows = append(t.Rows, []Text{Say(fmt.Sprintf("%d. %s", i+1, s.Title)), Say(within), Say(undo)})
	}
	return t
}

func startVerb() verb {
	return verb{words: []string{"deploy", "start"}, usage: "ENV [VERSION]", options: "[--plan=PLAN] [--no-way-back]", permission: "deploy", release: true, byButton: true,
		about: "starts a deployment of the planned release; everything is checked again", amiss: (*Bot).amissDeploying, do: (*Bot).start}
}

// start starts a deployment, once for each plan.
func (b *Bot) start(ctx context.Context, c call) Reply {
	env, refused := c.deployable(b)
	if refused != nil {
		return *refused
	}
	release := c.view.Release()
	switch said := c.act.Release; {
	case release == nil:
		return noRelease()
	case said != "" && said != release.Version:
		return otherVersion(env, said, release.Version)
	}
	key := c.Key
	if c.act.Plan != "" {
		key = planKey(env, c.act.Plan)
	}
	id, err := b.Runs.Deploy(ctx, runs.DeployRequest{Key: key, Environment: env, Version: release.Version, Commit: release.Commit, NoWayBack: c.act.NoWayBack, By: c.User, Channel: c.Channel})
	if err != nil {
		return b.notStarted(c, env, err)
	}
	run := b.Ledger.State().Runs[id]
	if run == nil {
		return Reply{Title: "That plan was started before", Parts: []Part{Lines{Say("It has ended long since. ", Typed("/deploy status "+env), " shows what is live.")}}}
	}
	title, actions := changeTitle(run), Actions{{Label: "Status", Act: on("deploy status", env)}}
	if run.Open() {
		title = "Deploying " + run.Title
	}
	return Reply{Title: title, Replace: true, Public: c.act.Plan != "", Parts: []Part{
		Lines{Say("Started ", Time(run.Started), by(run.By), ". Follow or stop it in ", b.threadOf("run/"+id, b.Releases), ".")}, actions}}
}

// planKey is the once-only key under which a plan is started or taken back.
func planKey(env, plan string) string { return "plan/" + env + "/" + plan }

// RunLink is the address of a run's thread, or "" while it is not known.
func (b *Bot) RunLink(run string) string {
	return b.LinkOf("run/" + run)
}

// LinkOf is the address of the message that shows a subject, or "" while it is
// not known.
func (b *Bot) LinkOf(subject string) string {
	a, ok := b.Ledger.State().Anchors[subject]
	if !ok || b.Links == nil {
		return ""
	}
	return b.Links(a.Channel, a.TS)
}

// threadOf points to the message that shows a subject.
func (b *Bot) threadOf(subject, channel string) Span {
	if b.Links != nil {
		if a, ok := b.Ledger.State().Anchors[subject]; ok {
			if link := b.Links(a.Channel, a.TS); link != "" {
				return LinkTo(link, "its thread")
			}
		}
	}
	return InChannel(channel)
}

// notStarted says why a deployment did not start.
func (b *Bot) notStarted(c call, env string, err error) Reply {
	var not runs.NotGo
	var bad runs.BadVersion
	switch {
	case errors.As(err, &not):
		return b.noGo(env, not.Decision)
	case errors.As(err, &bad):
		return refuse(bad.Version+" cannot be deployed to "+env, Say(capital(bad.Why), "."))
	case errors.Is(err, runs.ErrFirst):
		return Reply{Title: "There is no way back from a first deployment", Refused: true, Parts: []Part{Lines{noWayBackLine(env), Say("Nothing was begun.")},
			Actions{{Label: "Plan again", Act: on("deploy", env)}}}}
	case errors.Is(err, runs.ErrWithdrawn):
		return refuse("That plan was cancelled", Say("Make another with ", Typed("/deploy "+env), "."))
	case errors.Is(err, runs.ErrOtherRelease):
		return Reply{Title: "That release is no longer open", Refused: true, Parts: []Part{
			Lines{Say("The plan is out of date; nothing was begun.")}, Actions{{Label: "Plan again", Act: on("deploy", env)}}}}
	}
	return b.failed(err)
}

// noGo names what keeps a deployment from starting, each with what mends it.
func (b *Bot) noGo(env string, d readiness.Decision) Reply {
	for _, blocker := range d.Blockers {
		if blocker.Kind == readiness.BlockedByRun {
			return b.busy(blocker.Run)
		}
	}
	title := fmt.Sprintf("NO-GO for %s: %s", env, count(len(d.Blockers), "blocker"))
	parts := append(b.blockerParts(d, map[readiness.Key]bool{}), Actions{{Label: "Plan again", Act: on("deploy", env)}, {Label: "Status", Act: say("ready status")}})
	return Reply{Title: title, Parts: parts, Refused: true}
}

// busy tells a second asker who is at it, with what and since when.
func (b *Bot) busy(run *readiness.Run) Reply {
	what := "A deployment is under way"
	if run.What == readiness.RunRollback {
		what = "A rollback is under way"
	}
	actions := Actions{{Label: "Status", Act: on("deploy status", run.Change.Environment)}}
	if run.What == readiness.RunDeployment {
		actions = append(actions, stopDeployment(run))
	}
	return Reply{Title: what + ": " + run.Title, Refused: true, Run: run.ID, Parts: []Part{
		Lines{Say("Started ", Time(run.Started), by(run.By), ". Follow it in ", b.threadOf("run/"+run.ID, b.homeOf(run)), ".")}, actions}}
}

func withdrawVerb() verb {
	return verb{words: []string{"deploy", "withdraw"}, usage: "ENV", options: "[--plan=PLAN]", permission: "deploy", byButton: true,
		about: "takes a plan back that was not started", do: (*Bot).withdraw}
}

func (b *Bot) withdraw(ctx context.Context, c call) Reply {
	env, plan := c.act.Environment, c.act.Plan
	if plan == "" {
		return refuse("Which plan?", Say("A plan is taken back with its own button."))
	}
	started, err := b.Runs.Withdraw(ctx, planKey(env, plan), env, c.User)
	switch {
	case err != nil:
		return b.failed(err)
	case started != "":
		return refuse("That plan was started already", Say("Stop it with ", Typed("/deploy cancel "+env), "."))
	}
	return Reply{Title: "The plan was cancelled", Replace: true, Public: true, Parts: []Part{Lines{Say("Nothing was begun. Cancelled", by(c.User), ".")}}}
}
