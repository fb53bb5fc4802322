package deploy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// statusLag is how long the status program may take to show what a program has deployed.
const statusLag = 5 * time.Minute

// lastingFailure is how long the status program must show a failure until it counts: at
// first it may show that of an earlier deployment, or one that the platform mends.
const lastingFailure = 30 * time.Second

// Deploy implements [Strategy].
func (s *script) Deploy(e Environment, o Order) []Step {
	run := scriptRun{script: s, environment: e.Name, step: "deploy", fact: factDeployment, command: s.scriptSettings.Deploy, to: o.To, from: o.From}
	steps := append([]Step{LockStep(e.Name)}, s.out(e, run)...)
	return append(steps, Step{Name: "record", Title: "Record what is live and release the lock",
		Record: func(w Work) *Arrival { return arrived(w, o.To, factDeployment) }})
}

// out takes a build out: steps that deploying, rolling back and returning share.
func (s *script) out(e Environment, run scriptRun) []Step {
	suffix, to := run.suffix, func(Work) build.Build { return run.to }
	words, err := run.command.arguments(e.Name, run.to, run.from)
	if err != nil {
		words = run.command.Run
	}
	return []Step{
		{Name: run.step, Title: fmt.Sprintf("Start %s for %s", run.command.Run[0], run.to.Version), Deadline: time.Minute, Calls: []string{"runs " + strings.Join(words, " ")}, Effect: run,
			Undo: "The old version stays live"},
		{Name: run.followStep(), Title: "Wait until it has ended and " + run.to.Version + " is live", Deadline: time.Duration(run.command.Timeout) + statusLag,
			Calls: []string{"runs " + strings.Join(s.Status.Run, " ") + " every few seconds"}, Watch: run.follow, Undo: "What the program has done so far stays"},
		e.Health.Await("health"+suffix, "Healthy several times in a row", nil, s.healthy),
		SmokeStep("smoke"+suffix, e, to),
		{Name: "verify" + suffix, Title: "See that " + run.to.Version + " is what is live", Deadline: time.Minute, Watch: func(ctx context.Context, w Work) (Result, error) {
			now, err := seeLive(ctx, w, s)
			if err == nil && now.Live.Version != run.to.Version {
				err = failed("%s is live, and not %s", orNothing(now.Live.Version), run.to.Version)
			}
			return Result{Summary: now.Live.Version + " is live"}, err
		}},
	}
}

// healthy is nil if the status program says that something is live and active.
func (s *script) healthy(ctx context.Context, _ Work) error {
	now, err := s.ask(ctx)
	switch {
	case err != nil:
		return err
	case now.version == "":
		return errors.New("the status program says that nothing is live")
	case now.state != StateActive:
		return failed("the status program says that %s is %s", now.version, now.state.words())
	}
	return nil
}

// Rollback implements [Strategy].
func (s *script) Rollback(e Environment, o Order) []Step {
	steps := []Step{LockStep(e.Name), {Name: "stop", Title: "Stop the deployment under way", Deadline: time.Minute, Effect: scriptStop{s, o.Stops},
		Unless: func(Work) string {
			if o.Stops == "" {
				return "no deployment is under way"
			}
			return ""
		}}}
	back := scriptRun{script: s, environment: e.Name, step: "rollback", fact: factDeployment, command: s.scriptSettings.Rollback, to: o.To, from: o.From, urgent: true}
	for i, step := range s.out(e, back) {
		switch i {
		case 0:
			step.Role = work.RoleRollback
		case 1: // a program that failed has brought nothing back that could be recorded
		default:
			step = soft(step)
		}
		steps = append(steps, step)
	}
	steps = append(steps, Step{Name: "restored", Title: "Record what is live again", Record: func(w Work) *Arrival {
		at := arrived(w, o.To, factDeployment)
		at.Instead = w.From.Version
		return at
	}}, soft(quietStep(o)), decideStep(o, func(w Work) string {
		return fmt.Sprintf("%s is live: keep it, or return to %s?", o.To.Version, w.From.Version)
	}))
	again := scriptRun{script: s, environment: e.Name, step: "deploy-return", suffix: "-return", fact: factReturned, command: s.scriptSettings.Deploy, to: o.From, from: o.To}
	for _, step := range append(s.out(e, again), Step{Name: "returned", Title: "Record what is live",
		Record: func(w Work) *Arrival { return arrived(w, w.From, factReturned) }}) {
		steps = append(steps, onlyFor(step, work.ChooseReturn))
	}
	return steps
}

// Abort implements [Strategy].
func (s *script) Abort(o Order) *Step {
	return &Step{Name: "abort", Role: work.RoleAbort, Title: "Stop the program that deploys", Deadline: time.Minute, Effect: scriptStop{s, o.Run}}
}
