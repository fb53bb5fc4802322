package script

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gonogo/deploy"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// statusLag is how long the status program may take to show what a program has deployed.
const statusLag = 5 * time.Minute

// lastingFailure is how long the status program must show a failure until it counts: at
// first it may show that of an earlier deployment, or one that the platform mends.
const lastingFailure = 30 * time.Second

// returns follows the names of the steps that return, and the run in their mark.
const returns = "-return"

// Deploy implements [deploy.Strategy].
func (s *strategy) Deploy(e deploy.Environment, o deploy.Order) []deploy.Step {
	run := launch{strategy: s, environment: e.Name, step: "deploy", fact: work.DeploymentFact, command: s.settings.Deploy, to: o.To, from: o.From}
	return deploy.Out(e, o, s.out(e, run))
}

// out takes a build out: steps that deploying, rolling back and returning share.
func (s *strategy) out(e deploy.Environment, run launch) []deploy.Step {
	suffix, to := run.suffix, func(deploy.Work) build.Build { return run.to }
	words, err := run.command.arguments(e.Name, run.to, run.from)
	if err != nil {
		words = run.command.Run
	}
	return []deploy.Step{
		{Name: run.step, Title: fmt.Sprintf("Start %s for %s", run.command.Run[0], run.to.Version), Deadline: time.Minute, Calls: []string{"runs " + strings.Join(words, " ")}, Effect: run,
			Undo: "The old version stays live"},
		{Name: run.followStep(), Title: "Wait until it has ended and " + run.to.Version + " is live", Deadline: time.Duration(run.command.Timeout) + statusLag,
			Calls: []string{"runs " + strings.Join(s.Status.Run, " ") + " every few seconds"}, Watch: run.follow, Undo: "What the program has done so far stays"},
		e.Health.Await("health"+suffix, "Healthy several times in a row", nil, s.healthy),
		deploy.SmokeStep("smoke"+suffix, e, to),
		deploy.VerifyStep("verify"+suffix, run.to.Version, s),
	}
}

// healthy is nil if the status program says that something is live and active.
func (s *strategy) healthy(ctx context.Context, _ deploy.Work) error {
	now, err := s.ask(ctx)
	switch {
	case err != nil:
		return err
	case now.version == "":
		return errors.New("the status program says that nothing is live")
	case now.state != deploy.StateActive:
		return fmt.Errorf("the status program says that %s is %s", now.version, now.state.Words())
	}
	return nil
}

// Rollback implements [deploy.Strategy].
func (s *strategy) Rollback(e deploy.Environment, o deploy.Order) []deploy.Step {
	back := launch{strategy: s, environment: e.Name, step: "rollback", fact: work.DeploymentFact, command: s.settings.Rollback, to: o.To, from: o.From, urgent: true}
	again := launch{strategy: s, environment: e.Name, step: "deploy-return", suffix: returns, fact: work.ReturnedFact, command: s.settings.Deploy, to: o.From, from: o.To}
	return deploy.Back{
		Stop:  []deploy.Step{{Name: "stop", Title: "Stop the deployment under way", Deadline: time.Minute, Effect: stopping{s, o.Stops}}},
		Out:   s.out(e, back),
		Hard:  2, // a program that failed has brought nothing back that could be recorded
		Again: s.out(e, again),
	}.Steps(e, o)
}

// Abort implements [deploy.Strategy].
func (s *strategy) Abort(o deploy.Order) *deploy.Step {
	return &deploy.Step{Name: "abort", Role: work.RoleAbort, Title: "Stop the program that deploys", Deadline: time.Minute, Effect: stopping{s, o.Run}}
}
