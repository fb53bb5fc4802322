package runs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"gonogo/readiness/work"
	"gonogo/storage"
)

// stall is why a run makes no progress, in words that follow its title.
type stall struct {
	why    string
	trying bool // it is being attempted again, so it only stands still while the ledger fails
}

// The reasons why a run stands still.
const (
	waitsForLedger = "waits until the ledger can be written"
	needsRestart   = "can't continue until gonogo is restarted, since this gonogo can no longer write its ledger"
	brokeOff       = "stopped because of an error inside gonogo, whose log has the cause; restart gonogo to continue it"
	needsSettings  = "can't continue with the present configuration; the run's thread says why"
)

// Stalled says which open runs make no progress and why, in one sentence each, by
// run ID. It lists runs that wait until the ledger can be written, and runs that
// can't continue without a restart of gonogo or another configuration. A run that
// waits for a person's decision isn't listed.
func (r *Runs) Stalled() map[string]string {
	state, failing := r.opts.Ledger.State(), r.opts.Ledger.Health().Failing != nil
	said := map[string]string{}
	for _, run := range state.OpenRuns() {
		if asked := run.Asked; asked != nil && asked.Interrupted && asked.Step == stuckStep {
			said[run.ID] = stalledSentence(run, needsSettings)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.stalls, func(id string, _ stall) bool {
		run := state.Runs[id]
		return run == nil || !run.Open()
	})
	for id, s := range r.stalls {
		if failing || !s.trying {
			said[id] = stalledSentence(state.Runs[id], s.why)
		}
	}
	return said
}

func stalledSentence(run *work.Run, why string) string {
	return fmt.Sprintf("“%s” %s.", run.Title, why)
}

// stalled notes that a run stands still.
func (r *Runs) stalled(id, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stalls[id] = stall{why: why}
}

// trying notes that a run that stood still is attempted again.
func (r *Runs) trying(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.stalls[id]; ok {
		s.trying = true
		r.stalls[id] = s
	}
}

// moving notes that a run no longer stands still.
func (r *Runs) moving(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.stalls, id)
}

// waitToWrite waits before the next attempt to write to a failed ledger: until the
// pause is over, or until something else was written, but at least a second, so that a
// disk with space for small records only isn't written to all the time. It ends early
// with ctx.
func (r *Runs) waitToWrite(ctx context.Context, most time.Duration) {
	changes, stop := r.opts.Ledger.Watch()
	defer stop()
	if pause(ctx, firstAttempt) != nil {
		return
	}
	rest := time.NewTimer(most - firstAttempt)
	defer rest.Stop()
	select {
	case <-changes:
	case <-rest.C:
	case <-ctx.Done():
	}
}

// again reports whether a later attempt may succeed after err.
func again(err error) bool {
	return errors.Is(err, storage.ErrUnwritten) && !errors.Is(err, storage.ErrRestart)
}

// record makes a decision of a run durable that can't be made again, such as what a
// program has done. While the ledger can't be written, it is kept and attempted again.
// It returns the last error if no other attempt may succeed, or if gonogo stops.
func (r *Runs) record(run string, decide storage.Decide) error {
	for wait := firstAttempt; ; wait = min(2*wait, lastAttempt) {
		_, err := r.opts.Ledger.Update(context.Background(), decide)
		if !again(err) || r.life().Err() != nil {
			r.moving(run)
			return err
		}
		r.stalled(run, waitsForLedger)
		r.opts.Log.Error("an outcome waits to be recorded", "run", run, "error", err)
		r.waitToWrite(r.life(), wait)
		r.trying(run)
	}
}
