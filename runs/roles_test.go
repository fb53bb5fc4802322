package runs_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/deploy"
	"gonogo/deploy/deploytest"
	"gonogo/readiness/answer"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/storage/storagetest"
)

// otherNames is a platform whose strategy calls every step differently.
type otherNames struct{ *deploytest.Platform }

func renamed(steps []deploy.Step) []deploy.Step {
	for i := range steps {
		steps[i].Name = "my-" + steps[i].Name
	}
	return steps
}

func (p otherNames) Deploy(e deploy.Environment, o deploy.Order) []deploy.Step {
	return renamed(p.Platform.Deploy(e, o))
}

func (p otherNames) Rollback(e deploy.Environment, o deploy.Order) []deploy.Step {
	return renamed(p.Platform.Rollback(e, o))
}

func (p otherNames) Abort(o deploy.Order) *deploy.Step {
	return &renamed([]deploy.Step{*p.Platform.Abort(o)})[0]
}

// What a step is to its run is told by its role, whatever its strategy calls it.
func TestStepsHaveRoles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYardOn(t, storagetest.NewMemory(), otherNames{deploytest.New("1")})
		defer y.open()()
		run := y.run(y.begin())
		if locked, _ := run.Step("my-lock"); locked.Evidence.Summary != "production is locked for this run" {
			t.Errorf("the step that locks says %q", locked.Evidence.Summary)
		}
		id, err := y.runs.RollBack(t.Context(), runs.RollbackRequest{Key: "back", Environment: "production", By: "U0ONCALL"})
		if err != nil {
			t.Fatal(err)
		}
		y.run(id)
		if err := y.runs.Cancel(t.Context(), "cancel", id, "U0TL"); !errors.Is(err, runs.ErrBegun) {
			t.Errorf("a rollback that was sent could be cancelled: %v", err)
		}
		if err := y.runs.Answer(t.Context(), "keep", id, work.ChooseKeep, "U0ONCALL"); err != nil {
			t.Fatal(err)
		}
		run = y.run(id)
		skipped := slices.ContainsFunc(run.Path(), func(s work.Step) bool { return s.Name == "my-return" })
		if kept, _ := run.Step("my-keep"); run.Outcome != work.Completed || kept.Evidence.Verdict != answer.Passed || skipped || run.Decision().Choice != work.ChooseKeep {
			t.Errorf("ended %q: %s; kept: %+v; it shows the way that was not taken: %v", run.Outcome, run.Reason, kept.Evidence, skipped)
		}
	})
}

// A deployment that is cancelled is stopped by the step of that role.
func TestCancelledDeploymentIsStoppedByItsRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := deploytest.New("1")
		y := newYardOn(t, storagetest.NewMemory(), otherNames{p})
		defer y.open()()
		id := y.begin()
		time.Sleep(time.Second) // of the bubble's time
		if err := y.runs.Cancel(t.Context(), "cancel", id, "U0TL"); err != nil {
			t.Fatal(err)
		}
		if run := y.run(id); run.Outcome != work.Cancelled || !slices.Contains(p.Writes, "abort") {
			t.Errorf("ended %q: %s; the platform saw %v", run.Outcome, run.Reason, p.Writes)
		}
	})
}
