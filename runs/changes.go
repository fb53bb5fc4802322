package runs

import (
	"errors"

	"gonogo/deploy"
	"gonogo/readiness/answer"
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
)

// The reasons why a deployment or a rollback does not start, apart from a decision.
var (
	ErrNoStrategy   = errors.New("the configuration does not say how to deploy there")
	ErrOtherRelease = errors.New("that release is no longer open, or has another commit")
	ErrWithdrawn    = errors.New("that plan was taken back")
	ErrNoWayBack    = errors.New("no version is known to be good there besides the one that is live")
	ErrOtherPlace   = errors.New("that alert is about another environment")
	ErrFirst        = errors.New("there is no way back from a first deployment, and nobody has accepted that")
	ErrSilent       = errors.New("the platform does not say")
	ErrNotPinned    = errors.New("no rollback there waits to be decided")
)

// starting is the decision that starts a deployment or rollback: the run with its
// planned steps, and the lock.
func starting(env deploy.Environment, run event.RunStarted) []event.Event {
	run.Plan = planned(deploy.ToDo(stepsOf(env, run.What, orderFor(run.Run, run.Change))))
	events := []event.Event{run, event.EnvironmentLocked{Environment: env.Name, Claim: claim(run.Run), By: run.By, Reason: run.Title, Run: run.Run}}
	for _, step := range run.Plan {
		if step.Role == work.RoleLock {
			locked := answer.Evidence{Verdict: answer.Passed, Summary: env.Name + " is locked for this run"}
			events = append(events, event.StepStarted{Run: run.Run, Step: step.Name}, event.StepEnded{Run: run.Run, Step: step.Name, Evidence: locked})
		}
	}
	return events
}

// knownBuild adds the release's commit to a build as the platform names it.
func knownBuild(s *history.State, b build.Build) build.Build {
	if release := s.Releases[b.Version]; release != nil && b.Commit == "" {
		b.Commit = release.Commit
	}
	return b
}

// planned lists the steps of a run that would start now, for a plan.
func planned(steps []deploy.Step) []work.Planned {
	plan := make([]work.Planned, len(steps))
	for i, s := range steps {
		plan[i] = work.Planned{Name: s.Name, Title: s.Title, Deadline: s.Deadline, Lasts: s.Lasts, Choice: s.Choice, Role: s.Role}
	}
	return plan
}
