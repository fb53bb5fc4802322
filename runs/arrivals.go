package runs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"gonogo/gates"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
	"gonogo/storage"
)

// Arrivals measures the items of deployment scope once a build is live: the one that a
// deployment brought, one that came back, and one that gonogo only found there. Each
// arrival is measured by one gate run, under a key of its own, and what a killed
// process left open is resumed as any gate run is. Nothing waits for it: a rollback can
// start meanwhile.
type Arrivals struct {
	Ledger    *storage.Ledger
	Checklist *checklist.Checklist
	Gates     map[answer.Key]gates.Built
	Runs      *Runs
	Log       *slog.Logger
}

// arrivalRetry is how long after a gate run of the same title, or an error of
// the ledger, an arrival is tried again.
const arrivalRetry = time.Second

// Run watches what is live until ctx ends.
func (a Arrivals) Run(ctx context.Context) error {
	changes, stop := a.Ledger.Watch()
	defer stop()
	measured := map[string]arrival{} // by environment: the last arrival that was handled
	for {
		var again <-chan time.Time
		for _, env := range a.Checklist.Environments {
			newest := arrivalOn(a.Ledger.State(), env.Name)
			if measured[env.Name] == newest {
				continue
			}
			switch done, err := a.measure(ctx, env.Name); {
			case done:
				measured[env.Name] = newest
			default:
				if err != nil && ctx.Err() == nil {
					a.Log.Error("an arrival could not be measured", "environment", env.Name, "error", err)
				}
				again = time.After(arrivalRetry)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changes:
		case <-again:
		}
	}
}

// arrival is a build that went live, and whether its release is open: it is measured
// only then.
type arrival struct {
	number int
	open   bool
}

func arrivalOn(s *history.State, environment string) arrival {
	live := s.Live[environment]
	return arrival{live.Arrival, s.IsOpen(live.Version)}
}

// measure starts the gate run for what is live on an environment, if that is an open
// release. done is false if that has to be tried again.
func (a Arrivals) measure(ctx context.Context, environment string) (done bool, err error) {
	state := a.Ledger.State()
	live := state.Live[environment]
	answers := a.answers(state, environment)
	if !state.IsOpen(live.Version) || len(answers) == 0 {
		return true, nil
	}
	_, err = a.Runs.StartGates(ctx, GateRunRequest{
		Key:   fmt.Sprintf("arrival/%s/%d", environment, live.Arrival),
		Title: fmt.Sprintf("%s as it is live on %s", live.Version, environment), Answers: answers, After: live.Run, Release: live.Version,
	})
	var running AlreadyRunning
	switch {
	case errors.As(err, &running):
		return false, nil
	case errors.Is(err, ErrNoRelease):
		return true, nil
	}
	return err == nil, err
}

// answers lists what has to be measured for the live build and wasn't yet.
func (a Arrivals) answers(state *history.State, environment string) []answer.Key {
	live := state.Live[environment]
	release := state.Releases[live.Version]
	if release == nil {
		return nil
	}
	var answers []answer.Key
	for _, section := range a.Checklist.AllSections() {
		for _, it := range section.Items {
			key := answer.Key{Item: it.ID, Environment: environment}
			_, gated := a.Gates[key]
			known := release.Evidence[key]
			if it.Scope == answer.DeploymentScope && gated && !it.Off && slices.Contains(it.Environments, environment) &&
				known.Verdict != answer.NotApplicable && known.Subject.Arrival != live.Arrival {
				answers = append(answers, key)
			}
		}
	}
	return answers
}
