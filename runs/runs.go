// Package runs does work that takes time: it starts runs, journals their steps, and
// resumes them after a restart. Issues, incidents and commits follow the ledger in
// packages of their own: runs/issues, runs/incidents and runs/commits.
//
// runs.go starts and resumes, stopping.go cancels, and stalled.go tells which runs
// stand still. Gate runs are in gates.go, measure.go,
// schedule.go and arrivals.go. Deployments start in deployment.go, or at their time in
// scheduled.go, rollbacks in rollback.go with the plan from rollback_plan.go, or by themselves in auto.go, a late Keep or Return in settle.go;
// order.go carries all three out, with effect.go for the writes among their steps,
// ask.go for the questions, and ending.go for what doesn't end well. Runbooks, which runs/runbook
// describes, start in fix.go, are carried out in runbook_run.go, and are followed by the
// gate run in recheck.go; output.go shows what they print, which runs/transcript keeps.
//
// # Journal
//
// A run is in the ledger before anything happens: RunStarted names all its steps.
// Each step then goes through
//
//	StepStarted (intent) ──▶ the gate measures ──▶ StepEnded (evidence)
//
// and RunEnded closes the run. Steps run side by side up to a limit, each with a
// deadline; a gate that panics, hangs or is cut off is the error of that step alone.
//
// # Limits
//
// Each run may measure Options.Parallel gates at a time, and so may the scheduled
// checks (schedule.go). No limit is shared between runs: however many runs people
// start, and however long their gates hang, new deployments are measured, scheduled
// checks run and a rollback is verified. Only an answer that an open run is about to
// measure is left to that run.
//
// # What is live
//
// observe.go asks the platforms what is live: every minute, before each plan and
// start, and before the first write of a deployment that has waited. What has changed
// goes to the ledger, so the state has the last answer.
//
// # Stopping and resuming
//
// When gonogo stops, gracefully or not, an open run stays open. On the next start Run
// looks at each: steps that have ended keep their evidence; a step that was in
// progress is measured again if its gate only looks (Repeatable), and is otherwise
// recorded as errored, since what it did can't be looked up. A run of a release that
// is no longer open ends as interrupted. A person's cancel is journaled too, so it
// survives a restart; a step that it cuts off leaves the item's earlier evidence
// unchanged.
//
// # A ledger that can't be written
//
// While the disk is full, say, runs wait: executeToEnd attempts a run again from what
// its journal has, as after a restart, and Stalled tells that it waits. What can't be
// found out again, namely what a gate measured and what a runbook's program did, is
// kept meanwhile (record, and keeping for the smoke gates of a deployment), so that the
// gate or program isn't run twice and nobody is asked. Evidence counts from when it was
// measured.
//
// # Who calls it
//
// commands starts and cancels runs; bot/chat shows them from the state alone.
// Nothing here knows of Slack.
package runs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"gonogo/runs/runbook"
	"gonogo/runs/transcript"
	"gonogo/storage"
)

// Options is what runs work with.
type Options struct {
	Ledger       *storage.Ledger
	Checklist    *checklist.Checklist
	Gates        map[answer.Key]gates.Built    // what measures each answer
	Targets      map[string]string             // an environment's URL by its name
	Secrets      []string                      // values that no evidence may contain, besides each gate's own
	Environments map[string]deploy.Environment // those that can be deployed to, by name
	Obstacles    map[string]string             // why one cannot be deployed to, although the configuration says how, by name
	Runbooks     []runbook.Runbook             // in the order in which people see them
	Outputs      string                        // folder for the output of runbooks; empty: only its end is kept
	Environ      func(string) (string, bool)   // variables that runbooks may see; nil: os.LookupEnv
	Visible      time.Duration                 // how long a write whose fate is unknown may take to show; 0: 15 s
	LookWithin   time.Duration                 // how long a rollback waits for the platform to say what it has; 0: 3 s
	Parallel     int                           // gates of one run side by side; 0: 16
	Deadline     time.Duration                 // of one gate that sets none itself; 0: 30 s
	Now          func() time.Time
	Log          *slog.Logger
}

// Runs starts runs and executes them.
type Runs struct {
	opts Options

	mu      sync.Mutex // guards what follows
	ctx     context.Context
	stopped bool
	cancels map[string]context.CancelFunc     // by run ID, of the runs under way here
	asked   map[string]time.Time              // by environment: when the question began whose answer is the newest
	tails   map[string]*transcript.Transcript // by run ID: the output of a runbook's program
	stalls  map[string]stall                  // by run ID, of those that stand still, see Stalled
	stops   map[string]event.RunCancelAsked   // by run ID: a person's word that is not recorded yet
	kept    map[string]kept                   // by run ID: what its present step has measured, see keeping
	busy    sync.WaitGroup
}

// New prepares runs; it starts nothing.
func New(opts Options) *Runs {
	if opts.Parallel == 0 {
		opts.Parallel = 16
	}
	if opts.Deadline == 0 {
		opts.Deadline = 30 * time.Second
	}
	if opts.Visible == 0 {
		opts.Visible = 15 * time.Second
	}
	if opts.LookWithin == 0 {
		opts.LookWithin = seenWithin
	}
	if opts.Environ == nil {
		opts.Environ = os.LookupEnv
	}
	return &Runs{opts: opts, cancels: map[string]context.CancelFunc{}, asked: map[string]time.Time{}, tails: map[string]*transcript.Transcript{},
		stalls: map[string]stall{}, stops: map[string]event.RunCancelAsked{}, kept: map[string]kept{}}
}

// Run resumes the runs that an earlier process left open, executes those that are
// started meanwhile, and returns once ctx is done and every gate has ended. Runs in
// progress then stay open in the ledger.
func (r *Runs) Run(ctx context.Context) error {
	r.mu.Lock()
	r.ctx = ctx
	r.mu.Unlock()
	for _, open := range r.opts.Ledger.State().OpenRuns() {
		r.launch(open.ID, true)
	}
	<-ctx.Done()
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	r.busy.Wait()
	return nil
}

// AlreadyRunning says that the same work is under way.
type AlreadyRunning struct{ Run *work.Run }

// Error implements error.
func (a AlreadyRunning) Error() string {
	return fmt.Sprintf("%s is being run already", a.Run.Title)
}

// ErrNoRelease says that there is nothing to work on.
var ErrNoRelease = errors.New("no release is open")

// GateRunRequest asks for a gate run.
type GateRunRequest struct {
	Key     string // once-only key of the act that asked
	Title   string // "all gates", "section tests"
	By      string
	Channel string
	Answers []answer.Key // what to measure; items without a gate are a mistake of the caller
	After   string       // the run whose effect is measured; empty: none
	Release string       // version; empty: the open release that was opened last
}

// StartGates starts a gate run and returns its ID. The same key starts one run
// only, whenever it comes again. While a run of the same title is under way
// for the release, the answer is AlreadyRunning.
func (r *Runs) StartGates(ctx context.Context, req GateRunRequest) (id string, err error) {
	id = runID(req.Key)
	steps := make([]string, len(req.Answers))
	for i, key := range req.Answers {
		steps[i] = key.String()
	}
	receipt, err := r.opts.Ledger.Once(ctx, req.Key, func(s *history.State, _ time.Time) ([]event.Event, error) {
		version := cmp.Or(req.Release, s.Open)
		if !s.IsOpen(version) {
			return nil, ErrNoRelease
		}
		for _, open := range s.OpenRuns() {
			if open.What == work.Gates && open.Title == req.Title && open.Release == version {
				return nil, AlreadyRunning{open}
			}
		}
		return []event.Event{event.RunStarted{
			Run: id, What: work.Gates, Title: req.Title, Release: version, By: req.By, Channel: req.Channel, Steps: steps, After: req.After,
		}}, nil
	})
	if err != nil {
		return "", err
	}
	if !receipt.Repeat {
		r.launch(id, false)
	}
	return id, nil
}

// runID names a run after the act that asked for it.
func runID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:4])
}

// launch executes one run in a goroutine of its own. Before Run and after its end it
// does nothing: the run is in the ledger and waits there.
func (r *Runs) launch(id string, resumed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx == nil || r.stopped || r.cancels[id] != nil {
		return
	}
	ctx := r.attempt(id)
	r.busy.Add(1)
	go func() {
		defer r.busy.Done()
		defer r.forget(id)
		r.executeToEnd(ctx, id, resumed)
	}()
}

// attempt makes the context of one attempt at a run, which cut ends. The caller
// holds mu.
func (r *Runs) attempt(id string) context.Context {
	ctx, cancel := context.WithCancel(r.ctx)
	r.cancels[id] = cancel
	return ctx
}

// The pauses between attempts at a run whose journal could not be written.
const (
	firstAttempt = time.Second
	lastAttempt  = 30 * time.Second
)

// executeToEnd executes a run to its end. If its journal can't be written, for example
// because the disk is full, it continues from what the journal has, as after a restart:
// after a pause, or at once when somebody stops the run. If only a restart of gonogo
// helps, the run stays open for that.
func (r *Runs) executeToEnd(ctx context.Context, id string, resumed bool) {
	for wait := firstAttempt; ; wait = min(2*wait, lastAttempt) {
		err := r.execute(ctx, id, resumed)
		r.noteStall(id, err)
		if again(err) {
			r.waitToWrite(ctx, wait)
		}
		r.cut(id)
		if !again(err) || r.life().Err() != nil {
			return
		}
		ctx, resumed = r.anotherAttempt(id), true
		r.trying(id)
	}
}

// noteStall notes whether a run stands still after an attempt that ended with err.
func (r *Runs) noteStall(id string, err error) {
	switch {
	case err == nil:
		r.moving(id)
		return
	case again(err):
		r.stalled(id, waitsForLedger)
	case errors.Is(err, storage.ErrRestart):
		r.stalled(id, needsRestart)
	default:
		r.stalled(id, brokeOff)
	}
	r.opts.Log.Error("run could not be seen through", "run", id, "error", err)
}

func (r *Runs) anotherAttempt(id string) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.attempt(id)
}

func (r *Runs) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.cancels, id)
	delete(r.tails, id)
	delete(r.stops, id)
	delete(r.kept, id)
}
