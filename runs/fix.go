package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/redact"
	"gonogo/runs/runbook"
)

// The reasons why a runbook does not start.
var (
	ErrNoRunbook      = errors.New("there is no such runbook")
	ErrRunbookChanged = errors.New("the runbook was changed since it was shown")
	ErrNotRunFor      = errors.New("the runbook is not run for that environment")
)

// Runbooks lists the runbooks there are, as the configuration does.
func (r *Runs) Runbooks() []runbook.Runbook { return r.opts.Runbooks }

// Runbook finds a runbook by its ID.
func (r *Runs) Runbook(id string) (runbook.Runbook, bool) {
	i := slices.IndexFunc(r.opts.Runbooks, func(b runbook.Runbook) bool { return b.ID == id })
	if i < 0 {
		return runbook.Runbook{}, false
	}
	return r.opts.Runbooks[i], true
}

// CommandText is a step's command as one would type it, without secrets.
func (r *Runs) CommandText(step runbook.Step) string {
	return redact.Line(step.CommandLine(), r.secretsOf(step))
}

// secretsOf are the values that a step must not show: the configuration's, and those of
// its variables.
func (r *Runs) secretsOf(step runbook.Step) []string {
	secrets := slices.Clone(r.opts.Secrets)
	for _, name := range step.Env {
		if value, ok := step.Lookup(r.opts.Environ)(name); ok {
			secrets = append(secrets, value)
		}
	}
	return secrets
}

// FixRequest asks to run a runbook.
type FixRequest struct {
	Key         string // once-only key of the act that asked
	Runbook     string
	Environment string // the environment to run it for; empty: none in particular
	Digest      string // of what was shown; empty: nothing was
	By, Channel string
}

// Fix starts a runbook and returns the run's ID. A runbook has one run at a time, or
// one for each environment.
func (r *Runs) Fix(ctx context.Context, req FixRequest) (id string, err error) {
	written, ok := r.Runbook(req.Runbook)
	if !ok {
		return "", ErrNoRunbook
	}
	book, ok := written.For(req.Environment)
	switch {
	case !ok:
		return "", ErrNotRunFor
	case req.Digest != "" && req.Digest != book.Digest():
		return "", ErrRunbookChanged
	}
	id = runID(req.Key)
	receipt, err := r.opts.Ledger.Once(ctx, req.Key, func(s *history.State, _ time.Time) ([]event.Event, error) {
		for _, open := range s.OpenRuns() {
			if open.Runbook == book.ID && open.Environment == book.Environment {
				return nil, AlreadyRunning{open}
			}
		}
		return []event.Event{event.RunStarted{Run: id, What: work.Runbook, Title: book.Title, Runbook: book.ID, Environment: book.Environment,
			Release: s.Open, By: req.By, Channel: req.Channel, Plan: r.plannedRunbook(book)}}, nil
	})
	if err != nil {
		return "", err
	}
	if !receipt.Repeat {
		r.launch(id, false)
	}
	return id, nil
}

// plannedRunbook lists a runbook's steps. Their titles contain the command, so a run
// always shows it.
func (r *Runs) plannedRunbook(book runbook.Runbook) []work.Planned {
	plan := make([]work.Planned, len(book.Steps))
	for i, step := range book.Steps {
		title := r.CommandText(step)
		if step.Title != "" {
			title = step.Title + ": " + title
		}
		plan[i] = work.Planned{Name: fmt.Sprintf("step-%d", i+1), Title: title, Deadline: step.Timeout}
	}
	return plan
}
