package runs_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"gonogo/deploy"
	"gonogo/deploy/deploytest"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
	"gonogo/runs"
	"gonogo/storage/storagetest"
)

// newer is a platform whose rollbacks have a step that an older gonogo did not
// plan.
type newer struct {
	*deploytest.Platform
	took *int
}

func (p newer) Rollback(e deploy.Environment, o deploy.Order) []deploy.Step {
	steps := p.Platform.Rollback(e, o)
	return slices.Insert(steps, 1, deploy.Step{Name: "added", Title: "Added", Added: true, Watch: func(context.Context, deploy.Work) (deploy.Result, error) {
		*p.took++
		return deploy.Result{Summary: "done"}, nil
	}})
}

// A rollback that an older gonogo has begun goes on after an update, without the
// steps that were added since; a new one takes them.
func TestUpdateDuringARollback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, p, took := storagetest.NewMemory(), deploytest.New("1"), 0
		y := newYard(t, log, p)
		stop := y.open()
		y.run(y.begin())
		id, err := y.runs.RollBack(t.Context(), runs.RollbackRequest{Key: "back", Environment: "production", By: "U0ONCALL"})
		if err != nil {
			t.Fatal(err)
		}
		y.run(id)
		stop()
		y = newYardOn(t, log.Reopen(), newer{p, &took})
		defer y.open()()
		if err := y.runs.Answer(t.Context(), "keep", id, work.ChooseKeep, "U0ONCALL"); err != nil {
			t.Fatal(err)
		}
		if run := y.run(id); run.Outcome != work.Completed || took != 0 {
			t.Errorf("ended %q after %d of the new steps: %s", run.Outcome, took, run.Reason)
		}
		y.add(event.EnvironmentAdopted{Environment: "production", Version: "0", Deployment: "d0", App: "app/web", By: "U0TL"},
			event.EnvironmentAdopted{Environment: "production", Version: "1", Deployment: "d1", App: "app/web", By: "U0TL"})
		again, err := y.runs.RollBack(t.Context(), runs.RollbackRequest{Key: "again", Environment: "production", By: "U0ONCALL"})
		if err != nil {
			t.Fatal(err)
		}
		if y.run(again); took != 1 {
			t.Errorf("a new rollback took the new step %d times", took)
		}
	})
}

// emptied is a platform whose rollbacks have a step with nothing to do, which an
// older gonogo planned all the same.
type emptied struct {
	*deploytest.Platform
	older bool
}

func (p emptied) Rollback(e deploy.Environment, o deploy.Order) []deploy.Step {
	idle := deploy.Step{Name: "smoke", Title: "Measure 0 smoke gates", Added: true, Empty: !p.older, Unless: func(deploy.Work) string { return "there are none" }}
	return slices.Insert(p.Platform.Rollback(e, o), 1, idle)
}

// A step with nothing to do is not planned. A rollback that an older gonogo has
// begun with one goes on after an update.
func TestNothingToDoIsNotPlanned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, p := storagetest.NewMemory(), deploytest.New("1")
		y := newYardOn(t, log, emptied{p, true})
		stop := y.open()
		y.run(y.begin())
		id, err := y.runs.RollBack(t.Context(), runs.RollbackRequest{Key: "back", Environment: "production", By: "U0ONCALL"})
		if err != nil {
			t.Fatal(err)
		}
		if _, planned := y.run(id).Step("smoke"); !planned {
			t.Error("the older gonogo did not plan the step")
		}
		stop()
		y = newYardOn(t, log.Reopen(), emptied{p, false})
		defer y.open()()
		if err := y.runs.Answer(t.Context(), "keep", id, work.ChooseKeep, "U0ONCALL"); err != nil {
			t.Fatal(err)
		}
		if run := y.run(id); run.Outcome != work.Completed {
			t.Errorf("ended %q: %s", run.Outcome, run.Reason)
		}
		y.add(event.EnvironmentAdopted{Environment: "production", Version: "0", Deployment: "d0", App: "app/web", By: "U0TL"},
			event.EnvironmentAdopted{Environment: "production", Version: "1", Deployment: "d1", App: "app/web", By: "U0TL"})
		again, err := y.runs.RollBack(t.Context(), runs.RollbackRequest{Key: "again", Environment: "production", By: "U0ONCALL"})
		if err != nil {
			t.Fatal(err)
		}
		if _, planned := y.run(again).Step("smoke"); planned {
			t.Error("a step with nothing to do was planned")
		}
	})
}
