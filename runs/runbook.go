package runs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/gates/program"
	"gonogo/readiness"
	"gonogo/redact"
	"gonogo/runs/phrase"
	"gonogo/storage"
)

// Runbook is programs that mend something, run one after another. One that has
// Environments is run for one of them: for a database of each, say. [Runbook.For]
// makes it that one's.
type Runbook struct {
	ID, Title    string
	Steps        []RunbookStep
	Environments []string                     `json:",omitempty"` // those it can be run for; empty: for none in particular
	Variables    map[string]map[string]string `json:"-"`          // by environment: what its programs see in place of gonogo's own
	Environment  string                       `json:",omitempty"` // that it is run for; For sets it
}

// environmentWord stands for the name of the environment in titles and commands.
const environmentWord = "{environment}"

// For is the runbook as it is run for an environment; ok is false where it is
// not run for that one, or with "" where it has to be for one.
func (b Runbook) For(environment string) (book Runbook, ok bool) {
	if environment == "" {
		return b, len(b.Environments) == 0
	}
	if !slices.Contains(b.Environments, environment) {
		return Runbook{}, false
	}
	b.Environment, b.Title = environment, b.Title+" on "+environment
	b.Steps = slices.Clone(b.Steps)
	for i, step := range b.Steps {
		step.Title, step.values = strings.ReplaceAll(step.Title, environmentWord, environment), b.Variables[environment]
		step.Run = slices.Clone(step.Run)
		for j, word := range step.Run {
			step.Run[j] = strings.ReplaceAll(word, environmentWord, environment)
		}
		b.Steps[i] = step
	}
	return b, true
}

// NamesEnvironment reports whether a command, or its title, names the
// environment that it is run for.
func (s RunbookStep) NamesEnvironment() bool {
	return strings.Contains(s.Title, environmentWord) || slices.ContainsFunc(s.Run, func(word string) bool { return strings.Contains(word, environmentWord) })
}

// RunbookStep is one program of a runbook. No shell is involved.
type RunbookStep struct {
	Title   string        // for people; empty: the command says it
	Run     []string      // the program and its arguments
	Dir     string        // where it runs; empty: where gonogo does
	Env     []string      // names of the variables that it may see, besides PATH, HOME and LANG
	Timeout time.Duration // how long it may take

	values map[string]string // variables of the environment that it is run for
}

// Lookup finds a variable as the step's program sees it: the environment's own,
// or else gonogo's.
func (s RunbookStep) Lookup(otherwise func(string) (string, bool)) func(name string) (string, bool) {
	return func(name string) (string, bool) {
		if value, own := s.values[name]; own {
			return value, true
		}
		return otherwise(name)
	}
}

// Digest tells a runbook from what it was before somebody changed it.
func (b Runbook) Digest() string {
	data, err := json.Marshal(b)
	if err != nil {
		panic(err) // strings and numbers alone
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:4])
}

// The reasons for which a runbook does not start.
var (
	ErrNoRunbook      = errors.New("there is no such runbook")
	ErrRunbookChanged = errors.New("the runbook was changed since it was shown")
	ErrNotRunFor      = errors.New("the runbook is not run for that environment")
)

// Runbooks lists the runbooks there are, as the configuration does.
func (r *Runs) Runbooks() []Runbook { return r.opts.Runbooks }

// Runbook finds a runbook by its ID.
func (r *Runs) Runbook(id string) (Runbook, bool) {
	i := slices.IndexFunc(r.opts.Runbooks, func(b Runbook) bool { return b.ID == id })
	if i < 0 {
		return Runbook{}, false
	}
	return r.opts.Runbooks[i], true
}

// CommandText is a step's command as one would type it, without secrets.
func (r *Runs) CommandText(step RunbookStep) string {
	words := make([]string, len(step.Run))
	for i, word := range step.Run {
		words[i] = shellWord(word)
	}
	return redact.Line(strings.Join(words, " "), r.secretsOf(step))
}

// shellWord quotes a word where a shell would read it as more than one.
func shellWord(word string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./:=@%+,", c)
	}
	if word != "" && strings.IndexFunc(word, func(c rune) bool { return !plain(c) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// secretsOf are the values that a step must not show: the configuration's, and
// those of the variables that it may see.
func (r *Runs) secretsOf(step RunbookStep) []string {
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
	Environment string // that it is to be run for; empty: none in particular
	Digest      string // of what was shown; empty: nothing was
	By, Channel string
}

// Fix starts a runbook and returns the run's ID. One run of a runbook is under
// way at a time, or one for each environment.
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
	receipt, err := r.opts.Ledger.Once(ctx, req.Key, func(s *readiness.State, _ time.Time) ([]readiness.Event, error) {
		for _, open := range s.OpenRuns() {
			if open.Runbook == book.ID && open.Environment == book.Environment {
				return nil, AlreadyRunning{open}
			}
		}
		return []readiness.Event{readiness.RunStarted{Run: id, What: readiness.RunRunbook, Title: book.Title, Runbook: book.ID, Environment: book.Environment,
			Release: s.Open, By: req.By, Channel: req.Channel, Plan: r.plannedBook(book)}}, nil
	})
	if err != nil {
		return "", err
	}
	if !receipt.Repeat {
		r.launch(id, false)
	}
	return id, nil
}

// plannedBook lists a runbook's steps. Their titles say what runs, so that a
// run shows it for ever.
func (r *Runs) plannedBook(book Runbook) []readiness.Planned {
	plan := make([]readiness.Planned, len(book.Steps))
	for i, step := range book.Steps {
		title := r.CommandText(step)
		if step.Title != "" {
			title = step.Title + ": " + title
		}
		plan[i] = readiness.Planned{Name: fmt.Sprintf("step-%d", i+1), Title: title, Deadline: step.Timeout}
	}
	return plan
}

// bookRun is one runbook being carried out.
//
//	step ──▶ StepStarted ──▶ the program runs ──▶ StepEnded ──▶ next step
//	              │                                  │
//	              └─ gonogo is stopped: RunAsked     └─ fails: RunEnded (failed)
//
// What a program has done when it is cut off cannot be looked up, so that a
// person says whether to run it again; what it has left running is ended first,
// whatever becomes of the run. When the run ends, what the runbook is to mend
// is measured.
type bookRun struct {
	*Runs
	id   string
	book Runbook
	left int // processes of a step that was cut off, which were ended
}

// carryOutBook sees a runbook through to its end.
func (r *Runs) carryOutBook(ctx context.Context, run *readiness.Run) error {
	b := &bookRun{Runs: r, id: run.ID}
	b.endLeft(run)
	written, there := r.Runbook(run.Runbook)
	book, ok := written.For(run.Environment)
	if !there || !ok || !slices.EqualFunc(run.Steps, r.plannedBook(book), func(s readiness.Step, p readiness.Planned) bool { return s.Title == p.Title }) {
		return b.leave(readiness.Interrupted, "its runbook was changed or removed since it began")
	}
	b.book = book
	for i, step := range run.Steps {
		if err := b.take(ctx, step, book.Steps[i]); err != nil {
			return b.stopped(ctx, err)
		}
	}
	return b.end(ctx, readiness.Completed, "")
}

// take does one step, unless it was done before.
func (b *bookRun) take(ctx context.Context, step readiness.Step, how RunbookStep) error {
	switch {
	case !step.Ended.IsZero():
		return outcomeOf(step.Title, step.Evidence)
	case b.cancelled():
		return errStopping
	case !step.Started.IsZero():
		if err := b.askAbout(ctx, step); err != nil {
			return err
		}
	}
	if err := b.journal(readiness.StepStarted{Run: b.id, Step: step.Name}); err != nil {
		return err
	}
	ev, facts := b.perform(ctx, step, how)
	if ev.Verdict == readiness.Errored && !b.cancelled() {
		return errStopping // what it has done by now is not known
	}
	if err := b.journal(readiness.StepEnded{Run: b.id, Step: step.Name, Evidence: ev, Facts: facts}); err != nil {
		return err
	}
	if b.cancelled() {
		return errStopping
	}
	return outcomeOf(step.Title, ev)
}

// outcomeOf is why a runbook ends at a step that ended, or nil.
func outcomeOf(title string, ev readiness.Evidence) error {
	if ev.Verdict.LetsThrough() {
		return nil
	}
	return fmt.Errorf("“%s” %s", brief(title), ev.Summary)
}

// mostBrief bounds a step's title within a sentence, in letters.
const mostBrief = 100

// brief is a step's title where more has to be said: a whole script in it would
// leave no room for that.
func brief(title string) string {
	title = strings.Join(strings.Fields(title), " ")
	if runes := []rune(title); len(runes) > mostBrief {
		return string(runes[:mostBrief-1]) + "…"
	}
	return title
}

// endLeft ends what an earlier process has left running of a step that was
// under way when it ended.
func (b *bookRun) endLeft(run *readiness.Run) {
	for _, step := range run.Steps {
		if cutOff(step) {
			b.left += program.EndMarked(b.mark(step.Name))
		}
	}
}

// cutOff reports whether a step was begun and has no end.
func cutOff(step readiness.Step) bool { return !step.Started.IsZero() && step.Ended.IsZero() }

// askAbout asks a person whether to run a step again that was under way when
// gonogo was stopped. A run that was abandoned then stays so.
func (b *bookRun) askAbout(ctx context.Context, step readiness.Step) error {
	asked := b.run().Asked
	if answer, _ := b.run().AnswerTo(step.Name); asked == nil && answer.Choice == readiness.ChooseAbandon {
		return errAbandoned
	}
	if asked == nil || asked.Step != step.Name {
		why := fmt.Sprintf("gonogo was stopped while “%s” ran, and what it did by then is not known", brief(step.Title))
		if b.left > 0 {
			why += "; what was left of it was ended"
		}
		if err := b.journal(readiness.RunAsked{Run: b.id, Step: step.Name, Why: why, Interrupted: true,
			Choices: []string{readiness.ChooseContinue, readiness.ChooseAbandon}}); err != nil {
			return err
		}
	}
	err := b.until(ctx, func(s *readiness.State) bool {
		run := s.Runs[b.id]
		return run == nil || run.Asked == nil || run.CancelledBy != ""
	})
	switch answer, _ := b.run().AnswerTo(step.Name); {
	case err != nil || b.cancelled():
		return errStopping
	case answer.Choice == readiness.ChooseAbandon:
		return errAbandoned
	}
	return nil
}

// perform runs a step's program.
func (b *bookRun) perform(ctx context.Context, step readiness.Step, how RunbookStep) (readiness.Evidence, map[string]string) {
	kept := b.openTranscript(step.Name)
	out := redact.NewWriter(kept, b.secretsOf(how))
	p := program.New(program.Command{Args: how.Run, Dir: how.Dir, Env: program.Environ(how.Env, how.Lookup(b.opts.Environ)), Mark: b.mark(step.Name)}, out)
	within, cancel := context.WithTimeout(ctx, how.Timeout)
	stopTelling := b.tellProgress(ctx, step.Name, kept)
	began := b.opts.Now()
	err := p.Run(within)
	stopTelling()
	ev := readiness.Evidence{Took: b.opts.Now().Sub(began)}
	switch {
	case p.Stopped() && ctx.Err() != nil:
		ev.Verdict, ev.Summary = readiness.Errored, "was stopped, with all it had started"
	case p.Stopped():
		ev.Verdict, ev.Summary = readiness.Failed, "did not end within "+readiness.Span(how.Timeout)+" and was stopped, with all it had started"
	case err != nil:
		ev.Verdict, ev.Summary = readiness.Failed, "did not start: "+program.Unstartable(err, how.Run[0], how.Dir)
	default:
		ev = exited(ev, p.State())
	}
	cancel()
	_ = out.Close() // the transcript tells what it could not keep
	kept.close()
	ev.Details = kept.lines(tailLines)
	return gates.Presentable(ev, b.secretsOf(how)), kept.facts()
}

// exited is what a program's end says: success is exit code 0, as everywhere.
func exited(ev readiness.Evidence, state *os.ProcessState) readiness.Evidence {
	code := program.Ending(state)
	ev.Verdict, ev.Summary = readiness.Passed, "succeeded"
	if code != "0" {
		ev.Verdict, ev.Summary = readiness.Failed, "ended with exit code "+code
		if state.ExitCode() < 0 {
			ev.Summary = "was ended by " + code
		}
	}
	ev.Measures = []readiness.Measure{{Name: "exit code", Value: code, Limit: "0", OK: code == "0"}}
	return ev
}

// mark is carried by all that a step's program starts.
func (b *bookRun) mark(step string) string { return "runbook/" + b.id + "/" + step }

// stopped ends a run that did not come to a good end.
func (b *bookRun) stopped(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, errAbandoned):
		return b.leave(readiness.Interrupted, "a person left it as it is")
	case b.cancelled():
		return b.leave(readiness.Cancelled, "")
	case errors.Is(err, errStopping), ctx.Err() != nil:
		return nil // the run stays open, and is gone on with
	case errors.Is(err, storage.ErrUnwritten):
		return err
	}
	return b.end(ctx, readiness.Unsuccessful, redact.Line(phrase.Cause(err), b.opts.Secrets))
}

// leave closes a run that is not gone on with. A step that was cut off ends
// with it, so that people see what it had printed.
func (b *bookRun) leave(outcome readiness.Outcome, reason string) error {
	var events []readiness.Event
	for _, step := range b.run().Steps {
		if cutOff(step) {
			ev := lost("was cut off when gonogo was stopped")
			kept := b.openTranscript(step.Name)
			kept.recall()
			kept.close()
			ev.Details = kept.lines(tailLines)
			events = append(events, readiness.StepEnded{Run: b.id, Step: step.Name, Evidence: ev, Facts: kept.facts()})
		}
	}
	return b.close(append(events, readiness.RunEnded{Run: b.id, Outcome: outcome, Reason: reason})...)
}

// end has measured what the runbook mends, and closes the run.
func (b *bookRun) end(ctx context.Context, outcome readiness.Outcome, reason string) error {
	if err := b.measureMended(ctx); err != nil && ctx.Err() != nil {
		return nil // gone on with at the next start
	} else if err != nil {
		b.opts.Log.Error("what a runbook mends could not be measured", "run", b.id, "error", err)
	}
	return b.close(readiness.RunEnded{Run: b.id, Outcome: outcome, Reason: reason})
}

// measureMended starts a gate run over the items that name the runbook, once.
func (b *bookRun) measureMended(ctx context.Context) error {
	view := readiness.View{Checklist: b.opts.Checklist, State: b.opts.Ledger.State(), Now: b.opts.Now()}
	answers := mendedBy(view, b.book)
	if len(answers) == 0 {
		return nil
	}
	run := b.run()
	_, err := b.StartGates(ctx, GateRunRequest{Key: "mended/" + b.id, Title: mendsTitle(b.book), By: run.By, Channel: run.Channel, Answers: answers, After: b.id})
	var running AlreadyRunning
	if errors.As(err, &running) || errors.Is(err, ErrNoRelease) {
		return nil
	}
	return err
}

// mendsTitle is the title of the gate run that measures what a runbook mends.
func mendsTitle(book Runbook) string {
	if book.Environment != "" {
		return "re-check after " + book.ID + " on " + book.Environment
	}
	return "re-check after " + book.ID
}

// mendedBy lists the answers that a runbook is to mend, as far as gates give
// them: those of the environment that it is run for, and the release's.
func mendedBy(v readiness.View, book Runbook) []readiness.Key {
	var keys []readiness.Key
	for _, sections := range [][]readiness.Section{v.Checklist.Sections, v.Checklist.Afterwards} {
		for _, section := range sections {
			for _, it := range section.Items {
				if it.Fix != book.ID || it.Gate == nil || it.Off {
					continue
				}
				for _, s := range v.Standings(it) {
					elsewhere := book.Environment != "" && s.Key.Environment != "" && s.Key.Environment != book.Environment
					if s.Evidence.Verdict != readiness.NotApplicable && !elsewhere {
						keys = append(keys, s.Key)
					}
				}
			}
		}
	}
	return keys
}

func (b *bookRun) run() *readiness.Run { return b.opts.Ledger.State().Runs[b.id] }

func (b *bookRun) cancelled() bool { return b.cancelAsked(b.id) }
