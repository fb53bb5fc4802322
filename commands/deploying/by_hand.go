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
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/storage"
)

// RollbackByHand is /rollback by-hand.
func RollbackByHand() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "by-hand"}, Usage: "ENV [to VERSION]", Permission: "rollback", Host: true,
		About: "shows the steps in the platform's console, for when gonogo can't roll back", Do: byHand}
}

// byHand shows the steps, with a button for when they are done.
func byHand(_ context.Context, c verb.Call) reply.Reply {
	env, refused := c.Environment(verb.EnvironmentNames(c.View.Checklist))
	if refused != nil {
		return *refused
	}
	r := ByHand{Checklist: c.View.Checklist, State: c.View.State, Strategy: strategyOf(c, env), Environment: env, Version: c.Act.To, Host: c.Host != "",
		Why: "If nothing else works, these steps roll back without gonogo."}.Reply()
	r.Refused = false
	if at, _ := c.View.Checklist.Environment(env); c.Host != "" || at.App == "" {
		return r
	}
	r.Parts[len(r.Parts)-1] = reply.Note(reply.Say("Pressed after that, the button has gonogo ask the platform what is live, and record it."))
	r.Parts = append(r.Parts, reply.Actions{{Label: "I did it by hand", Act: reply.DoOn("rollback record", env), Style: reply.Primary}})
	return r
}

// strategyOf is how an environment is deployed to; nil: it isn't, or not by this gonogo.
func strategyOf(c verb.Call, environment string) deploy.Strategy {
	if c.Runs == nil {
		return nil
	}
	return c.Runs.Strategy(environment)
}

// RollbackRecord is /rollback record.
func RollbackRecord() verb.Verb {
	return verb.Verb{Words: []string{"rollback", "record"}, Usage: "ENV", Permission: "rollback", Host: true,
		About: "asks the platform what is live after you went back by hand, and records it", Do: record}
}

// record records that somebody rolled back by hand, and what the platform says is live
// since then.
func record(ctx context.Context, c verb.Call) reply.Reply {
	env, refused := canRollBack(c)
	if refused != nil {
		return *refused
	}
	now, err := c.Runs.Record(ctx, runs.RecordRequest{Key: c.Key, Environment: env, By: c.User})
	var running runs.AlreadyRunning
	again := reply.Say("Nothing was recorded. Look at the platform, then press again; ", reply.Typed("/rollback by-hand "+env), " shows the steps.")
	switch {
	case errors.As(err, &running):
		return busy(c, running.Run)
	case errors.Is(err, runs.ErrSilent):
		return reply.Refuse("The platform does not say what is live", reply.Say(reply.Capital(reply.Shorten(err.Error(), 300)), "."), again)
	case errors.Is(err, runs.ErrRecorded):
		return reply.Reply{Title: now.Live.Version + " is recorded as live on " + env + " already", Parts: reply.NonEmpty([]reply.Part{c.Cards().Holds(c.View, env), cards.SettleActions(c.View, env)})}
	case errors.Is(err, runs.ErrStillThere):
		return reply.Refuse(now.Live.Version+" is still live on "+env, again)
	case errors.Is(err, runs.ErrStillMoving):
		return reply.Refuse("The platform is deploying "+cmp.Or(now.Next.Version, "something"), reply.Say("Until that is over, ", cmp.Or(now.Live.Version, "nothing"), " is live on ", env, "."), again)
	case errors.Is(err, runs.ErrNameless), errors.Is(err, runs.ErrNoChange):
		return reply.Refuse("There is nothing to record", reply.Say(reply.Capital(err.Error()), ". ", reply.Typed("/deploy adopt "+env), " records the live version as known good."))
	case err != nil:
		return c.Failed(err)
	}
	return recorded(c, env, now)
}

// recorded reports the result of a rollback by hand, and what it blocks.
func recorded(c verb.Call, env string, now deploy.Current) reply.Reply {
	v := c.Latest()
	lines := reply.Lines{reply.Say("The platform says so, asked", reply.By(c.User), ". It isn't verified, because no gate has checked it. If it is good, ", reply.Typed("/deploy adopt "+env), " says so.")}
	lines = append(lines, c.Cards().Holds(v, env)...)
	lines = append(lines, c.Effect()...)
	return reply.Reply{Title: now.Live.Version + " is live on " + env + ", brought back by hand", Public: true, Parts: reply.NonEmpty([]reply.Part{lines, cards.SettleActions(v, env)})}
}

// unwritten reports whether the ledger couldn't record something because its disk is
// full or faulty, or hangs.
func unwritten(err error) bool {
	return !errors.Is(err, context.Canceled) && (errors.Is(err, storage.ErrNothingDone) || errors.Is(err, storage.ErrNotDurable))
}

// WhileHanging is how to do by hand what a call waits for while a write to the ledger
// hangs; ok is false if it is no rollback, or no answer to one.
func WhileHanging(c verb.Call, hangs time.Duration) (told reply.Reply, ok bool) {
	choice := ""
	switch c.Verb.Name() {
	case "rollback", "rollback start":
	case "rollback keep":
		choice = work.ChooseKeep
	case "rollback return":
		choice = work.ChooseReturn
	default:
		return told, false
	}
	env, refused := canRollBack(c)
	if refused != nil {
		return told, false
	}
	why := fmt.Sprintf("A write to the ledger has been under way for %s, so this waits, and so far it sent nothing to the platform. "+
		"gonogo goes on with it once the disk of its host responds. Look at the platform before you go back by hand.", hangs)
	return ByHand{Checklist: c.View.Checklist, State: c.View.State, Strategy: strategyOf(c, env), Environment: env, Version: c.Act.To, Choice: choice, Why: why, Host: c.Host != ""}.Reply(), true
}

// unwrittenWhy explains that to people.
func unwrittenWhy(err error) string {
	if errors.Is(err, storage.ErrNotDurable) {
		return "The ledger holds this, but its disk reported an error, so gonogo does not act on it: nothing was sent to the platform."
	}
	if errors.Is(err, storage.ErrRestart) {
		return "The ledger can't be written until gonogo is restarted, so nothing was started or sent to the platform. The log of gonogo has the cause."
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "The ledger did not respond in time, so nothing was started or sent to the platform. Look at the disk of gonogo's host."
	}
	return "The ledger could not be written, so nothing was started or sent to the platform. " + verb.WhyUnwritten(err)
}

// ByHand is a rollback that a person makes on the platform, without gonogo.
type ByHand struct {
	Checklist            *checklist.Checklist // nil: the configuration can't be used
	State                *history.State       // nil: the ledger can't be read
	Strategy             deploy.Strategy      // how the environment is deployed to; nil: not known
	Environment, Version string               // the version to go back to; empty: the last good one
	Why                  string               // why it has to be done by hand
	Choice               string               // answers an earlier rollback, work.ChooseKeep or ChooseReturn; empty: a new one
	Host                 bool                 // it is shown on the bot's host, not in Slack
}

// Reply shows the steps, with as much as the state and the configuration say. It begins
// with the reason, and makes no claim about what was done or is live.
func (h ByHand) Reply() reply.Reply {
	parts := []reply.Part{reply.Lines{reply.Say(h.Why)}}
	parts = append(parts, underWayByHand(h.State, h.Environment)...)
	app := h.app()
	switch {
	case app != "":
		if h.Checklist == nil {
			parts = append(parts, reply.Lines{reply.Say("The configuration can't be used, so these steps are based on the ledger alone.")})
		}
		parts = append(parts, h.steps(deploy.ParseApp(app))...)
	case h.Checklist == nil:
		parts = append(parts, reply.Lines{reply.Say("The configuration cannot be used, and the ledger knows of no app for ", h.Environment, ", so the steps cannot be shown.")})
	default: // there is no platform to ask afterwards either
		parts = append(parts, reply.Lines{reply.Say("The configuration has no app for ", h.Environment, ". Roll back the way it was deployed.")})
		return reply.Reply{Title: h.title(), Parts: parts, Refused: true}
	}
	return reply.Reply{Title: h.title(), Parts: append(parts, reply.Note(h.afterwards())), Refused: true}
}

// app is the platform's app: from the configuration or, without one, as last recorded
// in the ledger.
func (h ByHand) app() string {
	switch {
	case h.Checklist != nil:
		env, _ := h.Checklist.Environment(h.Environment)
		return env.App
	case h.State != nil:
		return cmp.Or(h.State.Live[h.Environment].App, h.State.Observed[h.Environment].App)
	}
	return ""
}

func (h ByHand) title() string {
	switch h.Choice {
	case work.ChooseKeep:
		return "Keep the rollback of " + h.Environment + " by hand"
	case work.ChooseReturn:
		return "Return from the rollback of " + h.Environment + " by hand"
	}
	return "Roll " + h.Environment + " back by hand"
}

// steps are what to do on an app; to answer a rollback, that is one request.
func (h ByHand) steps(app deploy.App) []reply.Part {
	var p history.Pin
	if h.State != nil {
		p = h.State.PinOn(h.Environment)
	}
	if !app.Known() {
		return []reply.Part{reply.Lines{reply.Say("This version of gonogo doesn't know the platform of that app, so the steps cannot be shown. Go back the way it was deployed.")}}
	}
	switch h.Choice {
	case work.ChooseKeep:
		return append(h.decided(p, "To keep ", cmp.Or(p.Keeps, "what the rollback brought back")), handParts(deploy.DecideByHand(app, h.Choice, build.Build{}))...)
	case work.ChooseReturn:
		return append(h.decided(p, "To return to ", cmp.Or(p.Left, "what was live before the rollback")), handParts(h.returning(app, wayByHand(h.State, h.Environment, p.Left)))...)
	}
	to := wayByHand(h.State, h.Environment, h.Version)
	return append([]reply.Part{reply.Lines{h.goingTo(to)}}, handParts(h.back(app, to))...)
}

// back are the steps that bring a build back.
func (h ByHand) back(app deploy.App, to build.Build) []deploy.HandStep {
	stepper, ok := h.Strategy.(deploy.HandStepper)
	if !ok {
		return deploy.BackByHand(app, to)
	}
	var live build.Build
	if h.State != nil {
		live = h.State.Live[h.Environment].Build
	}
	return stepper.StepsByHand(h.Environment, h.Choice, to, live)
}

// returning are the steps that return to what a rollback left.
func (h ByHand) returning(app deploy.App, left build.Build) []deploy.HandStep {
	if _, ok := h.Strategy.(deploy.HandStepper); ok {
		return h.back(app, left)
	}
	return deploy.DecideByHand(app, h.Choice, left)
}

// decided says what an answer is about. It warns if, according to the ledger, no
// rollback is waiting for one.
func (h ByHand) decided(p history.Pin, what, version string) []reply.Part {
	lines := reply.Lines{reply.Say(what, reply.Bold(version), ":")}
	if run := h.undecided(); run != nil {
		lines = slices.Insert(lines, 0, reply.Say("⚠ It isn't known whether the platform has brought ", run.Change.To.Version, " back and pinned the app: the rollback had not come to that question. Do this only if the platform shows so."))
	}
	if h.State != nil && p.Keeps == "" {
		lines = slices.Insert(lines, 0, reply.Say("⚠ The ledger knows of no rollback of ", h.Environment, " that is to be kept or returned from. Look first whether the platform keeps the app pinned."))
	}
	return []reply.Part{lines}
}

// goingTo says which version the steps go back to, or why that is not known.
func (h ByHand) goingTo(to build.Build) reply.Text {
	switch {
	case to.Version != "":
		return reply.Say("To go back to ", reply.Bold(to.Version), ":")
	case to.Deployment == "" && h.State != nil && h.State.Live[h.Environment].Known():
		return reply.Say("There is no other known good version: no other was verified or adopted on ", h.Environment, ".")
	}
	return reply.Say("It isn't known which version was good there.")
}

// handParts are steps by hand: each in the console and, if there is one, as a command.
func handParts(steps []deploy.HandStep) (parts []reply.Part) {
	if len(steps) == 0 {
		return []reply.Part{reply.Lines{reply.Say("There is nothing to do at the platform: it pins nothing.")}}
	}
	for i, step := range steps {
		number := ""
		if len(steps) > 1 {
			number = fmt.Sprintf("%d. ", i+1)
		}
		parts = append(parts, reply.Lines{reply.Say(number, step.Console, ".")})
		if step.Command != "" {
			parts = append(parts, reply.Output(strings.Split(step.Command, "\n")))
		}
	}
	return parts
}

// afterwards says how to tell gonogo what was done.
func (h ByHand) afterwards() reply.Text {
	if h.asked() {
		return reply.Say("When gonogo is running again, its question is still open. Give the same answer, ", h.typed("rollback "+h.usage()), ": it looks at the platform first and does nothing twice.")
	}
	if h.State != nil && h.State.Changing(h.Environment) != nil {
		return reply.Say("When gonogo is running again, it looks at the platform, resumes from there and does nothing twice.")
	}
	return reply.Say("When gonogo is running again, ", h.typed("rollback record "+h.Environment), " has it ask the platform what is live, and record that.")
}

// asked reports whether a rollback is waiting for the answer that is given by hand.
func (h ByHand) asked() bool {
	if h.State == nil || h.Choice == "" {
		return false
	}
	run := h.State.Changing(h.Environment)
	return run != nil && run.Asked != nil && slices.Contains(run.Asked.Choices, h.Choice)
}

// undecided is the rollback under way that has not asked for an answer yet, or nil.
func (h ByHand) undecided() *work.Run {
	if h.State == nil || h.asked() {
		return nil
	}
	if run := h.State.Changing(h.Environment); run != nil && run.What == work.Rollback && run.Change.Settles == "" && run.Decision().Choice == "" {
		return run
	}
	return nil
}

// usage is how the answer is typed.
func (h ByHand) usage() string {
	if h.Choice == work.ChooseReturn {
		return h.Choice + " " + h.Environment + " REASON"
	}
	return h.Choice + " " + h.Environment
}

// typed is a command where the steps are shown.
func (h ByHand) typed(command string) reply.Span {
	if h.Host {
		return reply.Typed("gonogo " + command)
	}
	return reply.Typed("/" + command)
}

// underWayByHand says what is under way according to the state, so that nobody rolls
// back twice.
func underWayByHand(s *history.State, environment string) []reply.Part {
	if s == nil {
		return nil
	}
	run := s.Changing(environment)
	if run == nil {
		return nil
	}
	what := "deployment"
	if run.What == work.Rollback {
		what = "rollback"
	}
	lines := reply.Lines{reply.Say("⚠ A ", what, " was begun and has not ended, according to the ledger: ", run.Title, ", started ", reply.Time(run.Started), reply.By(run.By), ".")}
	if step, ok := run.Unknown(); ok {
		lines = append(lines, reply.Say("Its step “", wording.StepTitle(step), "” was sent or begun ", reply.Time(step.Started), ", and the outcome isn't known."))
	}
	return []reply.Part{append(lines, reply.Say("Look at the platform first: what that ", what, " does may be done already, or still be going on; then leave out the steps for it. The ", what, " resumes when gonogo does."))}
}

// wayByHand is the build to go back to, if it is known.
func wayByHand(s *history.State, environment, version string) build.Build {
	if s == nil {
		return build.Build{Version: version}
	}
	ways := s.WayBack(environment)
	i := slices.IndexFunc(ways, func(l history.Live) bool { return version == "" || l.Version == version })
	if i < 0 {
		return build.Build{Version: version}
	}
	return ways[i].Build
}
