package script

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gonogo/deploy"
	"gonogo/gates/program"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/build"
	"gonogo/redact/terminal"
)

// process is a program that deploys, or has.
type process struct {
	name   string
	output *program.Tail
	cancel context.CancelFunc
	ended  chan struct{} // closed once err is set
	err    error         // why it failed
	killed bool          // something else than gonogo ended it, so that nobody knows how far it got
}

// over reports whether the program has ended.
func (j *process) over() bool {
	select {
	case <-j.ended:
		return true
	default:
		return false
	}
}

// keptOutput is how many bytes of what a program prints are kept, from the end.
const keptOutput = 256 << 10

// outcome is how a program ended: nil if it says that it succeeded.
func (s *strategy) outcome(job *process, p *program.Program, ctx context.Context, err error, timeout time.Duration) error {
	switch {
	case p.Stopped() && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("%s did not end within %s; it was stopped, with all it had started", job.name, readiness.Span(timeout))
	case p.Stopped():
		return fmt.Errorf("%s was stopped, with all it had started", job.name)
	case err != nil:
		return errors.New(program.Unstartable(err, job.name, s.Dir))
	case !p.State().Exited():
		job.killed = true
		return fmt.Errorf("%s was ended by %s, and not by gonogo", job.name, program.Ending(p.State()))
	case p.State().ExitCode() != 0:
		return fmt.Errorf("%s ended with %s%s", job.name, exit(p.State()), lastLine(job.output))
	}
	return nil
}

// job is the program of a run's step, if this process has started it.
func (s *strategy) job(key string) *process {
	s.jobs.mu.Lock()
	defer s.jobs.mu.Unlock()
	return s.jobs.running[key]
}

// stop are the programs of a run that haven't ended. It starts no more of them.
func (s *strategy) stop(run string) (jobs []*process) {
	s.jobs.mu.Lock()
	defer s.jobs.mu.Unlock()
	s.jobs.stopped[run] = true
	for key, job := range s.jobs.running {
		if !job.over() && strings.HasPrefix(key, run+"/") {
			jobs = append(jobs, job)
		}
	}
	return jobs
}

// launch runs a program that takes a build out, once.
type launch struct {
	*strategy
	environment, step, fact string
	suffix                  string // of the names of the steps after it
	command                 command
	urgent                  bool // it starts also while the status program fails
	to, from                build.Build
}

func (e launch) key(w deploy.Work) string { return w.Run + "/" + e.step }

func (e launch) before() string { return e.step + "_before" }

// mark is what the program is given to leave behind. Returning has one of its own, since it
// comes after another program of the same run.
func (e launch) mark(w deploy.Work) string { return w.Run + e.suffix }

// shows reports whether the status proves that the program got through: it left its mark,
// or the version is live now and is known not to have been before.
func (e launch) shows(now told, w deploy.Work) bool {
	before := w.Fact(e.before())
	return now.mark == e.mark(w) || now.version == e.to.Version && before != e.to.Version && before != deploy.UnknownLive
}

func (e launch) done(how string) *deploy.Result {
	return &deploy.Result{Summary: how, Facts: map[string]string{e.fact: e.to.Version}}
}

// Look implements [deploy.Effect]. Of a program that an earlier process started, only the status
// program can tell whether it got far enough; if that shows nothing, it may have done a
// part, so it isn't run again.
func (e launch) Look(ctx context.Context, w deploy.Work) (*deploy.Result, error) {
	if e.job(e.key(w)) != nil {
		return e.done("it has been started"), nil
	}
	if w.Fact(e.before()) == "" {
		return nil, nil
	}
	now, err := e.ask(ctx)
	switch {
	case err != nil:
		return nil, err
	case e.shows(now, w):
		return e.done("the status program shows that it got through"), nil
	}
	return nil, fmt.Errorf("gonogo stopped while %s ran, which ended it, and the status program says that %s is live; bring the environment into order, until the status program shows %s or what you want to stay",
		e.command.Run[0], deploy.OrNothing(now.version), e.to.Version)
}

// Prepare implements [deploy.Effect]. A rollback doesn't wait for a status program that fails: in
// an incident it may well do so.
func (e launch) Prepare(ctx context.Context, _ deploy.Work) (map[string]string, error) {
	now, err := e.ask(ctx)
	if err != nil && e.urgent {
		return map[string]string{e.before(): deploy.UnknownLive}, nil
	}
	return map[string]string{e.before(): deploy.OrNothing(now.version)}, err
}

// Act implements [deploy.Effect].
func (e launch) Act(_ context.Context, w deploy.Work) (deploy.Result, error) {
	words, err := e.command.arguments(e.environment, e.to, e.from)
	if err != nil {
		return deploy.Result{}, err
	}
	if err := e.start(w, words); err != nil {
		return deploy.Result{}, err
	}
	return *e.done("started " + words[0]), nil
}

// start starts the program, unless its run was stopped. Nothing but its own time limit and
// stop ends it.
func (e launch) start(w deploy.Work, words []string) error {
	c := e.command
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(c.Timeout))
	job := &process{name: words[0], output: program.NewTail(keptOutput), cancel: cancel, ended: make(chan struct{})}
	shown := terminal.NewScreen(job.output)
	env := append(program.Environ(c.Env, e.environ), "GONOGO_RUN="+e.mark(w))
	p := program.New(program.Command{Args: words, Dir: e.Dir, Env: env, Mark: program.Own(), NewPrivileges: c.NewPrivileges}, shown)
	if !e.jobs.add(w.Run, e.key(w), job) {
		cancel()
		return fmt.Errorf("%s was not started, since its run was stopped", job.name)
	}
	go func() {
		defer cancel()
		err := p.Run(ctx)
		_ = shown.Close() // a tail accepts everything
		job.err = e.outcome(job, p, ctx, err, time.Duration(c.Timeout))
		close(job.ended)
	}()
	return nil
}

// follow waits for the end of the program, and then until the status program shows the
// build. Once a person has answered a question about it, or if the program ended with an
// earlier process, only the status program counts.
func (e launch) follow(ctx context.Context, w deploy.Work) (r deploy.Result, err error) {
	job := e.job(e.key(w))
	_, answered := w.State().Runs[w.Run].AnswerTo(e.followStep())
	if job != nil {
		defer func() { r.Details = job.output.Lines(20) }()
	}
	lost := job == nil || answered
	if !lost {
		if err := job.await(ctx, w); err != nil && !job.killed {
			return deploy.Result{}, err
		}
		lost = job.killed
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, statusLag)
		defer cancel()
	}
	said := "the status program has not answered"
	var failing time.Time // since when
	err = deploy.Poll(ctx, w, func() (bool, error) {
		now, err := e.ask(ctx)
		if err != nil && ctx.Err() == nil {
			said = phrase.Cause(err)
		}
		if err != nil {
			return false, deploy.UnlessPassing(err, w)
		}
		said = "the status program says that " + deploy.OrNothing(now.version) + " is " + now.state.Words()
		w.Tell(said)
		if now.state != deploy.StateFailed {
			failing = time.Time{}
		} else if failing.IsZero() {
			failing = time.Now()
		}
		if now.state == deploy.StateFailed && time.Since(failing) < lastingFailure {
			return false, nil
		}
		return e.arrivedAt(now, lost, answered || e.shows(now, w))
	})
	return deploy.Result{Summary: e.to.Version + " is live", Facts: map[string]string{e.fact: e.to.Version}}, deploy.OrTooLong(ctx, err, said)
}

// followStep is the name of the step that follows the program.
func (e launch) followStep() string { return "follow" + e.suffix }

// arrivedAt reports whether the build is live. lost says that nothing will come that isn't
// under way, and proven that the version alone shows that the program got through: another
// one was live before it, or a person says so.
func (e launch) arrivedAt(now told, lost, proven bool) (bool, error) {
	switch {
	case now.state == deploy.StateFailed:
		return false, fmt.Errorf("the status program says that the deployment failed")
	case now.state == deploy.StateStarting:
		return false, nil
	case now.version == e.to.Version && (proven || !lost):
		return true, nil
	case lost:
		return false, fmt.Errorf("it isn't known how far %s got; the status program says that %s is live", e.command.Run[0], deploy.OrNothing(now.version))
	}
	return false, nil
}

// await waits for the end of a program.
func (j *process) await(ctx context.Context, w deploy.Work) error {
	return deploy.Poll(ctx, w, func() (bool, error) {
		if j.over() {
			return true, j.err
		}
		if lines := j.output.Lines(1); len(lines) > 0 {
			w.Tell(j.name + ": " + phrase.Excerpt(lines[len(lines)-1]))
		}
		return false, nil
	})
}

// stopping stops the programs of a run.
type stopping struct {
	*strategy
	run string
}

// Look implements [deploy.Effect].
func (e stopping) Look(context.Context, deploy.Work) (*deploy.Result, error) {
	if len(e.stop(e.run)) > 0 {
		return nil, nil
	}
	return &deploy.Result{Summary: "no program of it is running"}, nil
}

// Prepare implements [deploy.Effect].
func (e stopping) Prepare(context.Context, deploy.Work) (map[string]string, error) { return nil, nil }

// Act implements [deploy.Effect].
func (e stopping) Act(ctx context.Context, _ deploy.Work) (deploy.Result, error) {
	for _, job := range e.stop(e.run) {
		job.cancel()
		select {
		case <-job.ended:
		case <-ctx.Done():
			return deploy.Result{}, &deploy.Unknown{Cause: fmt.Errorf("%s was told to stop and hasn't yet", job.name)}
		}
	}
	return deploy.Result{Summary: "it was stopped, with all it had started"}, nil
}
