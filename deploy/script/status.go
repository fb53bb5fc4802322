package script

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/deploy"
	"gonogo/gates"
	"gonogo/gates/program"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/redact/terminal"
)

// told is what the status program said.
type told struct {
	version string
	state   deploy.State
	mark    string
}

// statusReader finds values in what a status program prints.
type statusReader struct {
	version, state, mark *deploy.Finder // nil: not asked for
	words                map[string]deploy.State
}

func newStatusReader(s statusSettings) (r statusReader, faults gates.Faults) {
	r.words = map[string]deploy.State{"active": deploy.StateActive, "deploying": deploy.StateStarting, "failed": deploy.StateFailed}
	for state, words := range map[deploy.State][]string{deploy.StateActive: s.States.Active, deploy.StateStarting: s.States.Deploying, deploy.StateFailed: s.States.Failed} {
		for _, word := range words {
			if was, taken := r.words[word]; taken && was != state {
				faults = append(faults, gates.Fault{Field: "status.states", Problem: strconv.Quote(word) + " stands for two states; keep one"})
			}
			r.words[word] = state
		}
	}
	for _, part := range []struct {
		field, text string
		into        **deploy.Finder
	}{{"version", s.Version, &r.version}, {"state", s.State, &r.state}, {"mark", s.Mark, &r.mark}} {
		if part.text == "" && part.field != "version" {
			continue
		}
		found, ok := deploy.NewFinder(part.text)
		if !ok {
			faults = append(faults, gates.Fault{Field: "status." + part.field,
				Problem: part.field + " is a path in JSON, such as $." + part.field + ", or a regular expression with exactly one group, such as " + part.field + "=(\\S+)"})
		}
		*part.into = found
	}
	return r, faults
}

// read reads what a status program printed. If it shows several parts, such as machines,
// all must have the same version for that to be live.
func (r statusReader) read(printed string) (t told, err error) {
	versions, err := r.version.Find(printed)
	if err != nil {
		return told{}, err
	}
	t.version = versions[0]
	for _, version := range versions {
		switch {
		case version != "" && !deploy.SafeVersion(version):
			return told{}, fmt.Errorf("%q is no version", phrase.Excerpt(version))
		case version != t.version:
			return told{}, fmt.Errorf("it shows %s and %s side by side", deploy.OrNothing(t.version), deploy.OrNothing(version))
		}
	}
	if t.state, err = r.readState(printed); err != nil {
		return told{}, err
	}
	if r.mark != nil {
		marks, _ := r.mark.Find(printed) // what gonogo didn't deploy has none
		if marks = slices.Compact(marks); len(marks) == 1 {
			t.mark = marks[0]
		}
	}
	return t, nil
}

// readState reads the state. Of several, one that is still deploying decides, and then one
// that failed.
func (r statusReader) readState(printed string) (deploy.State, error) {
	if r.state == nil {
		return deploy.StateActive, nil
	}
	words, err := r.state.Find(printed)
	if err != nil {
		return "", err
	}
	seen := map[deploy.State]bool{}
	for _, word := range words {
		state, ok := r.words[word]
		if !ok {
			return "", fmt.Errorf("its state %q is none of active, deploying and failed; add the word to states", phrase.Excerpt(word))
		}
		seen[state] = true
	}
	for _, state := range []deploy.State{deploy.StateStarting, deploy.StateFailed} {
		if seen[state] {
			return state, nil
		}
	}
	return deploy.StateActive, nil
}

const (
	keptStatus = 256 << 10 // bytes of what a status program prints that are read, from the end
	statusPace = 5 * time.Second
)

// ask runs the status program. Whatever goes wrong may pass: it is asked again.
func (s *strategy) ask(ctx context.Context) (told, error) {
	within, cancel := context.WithTimeout(ctx, time.Duration(s.Status.Timeout))
	defer cancel()
	output := program.NewTail(keptStatus)
	shown := terminal.NewScreen(output)
	name := s.Status.Run[0]
	p := program.New(program.Command{Args: s.Status.Run, Dir: s.Dir, Env: program.Environ(s.Status.Env, s.environ), Mark: program.Own()}, shown)
	err := p.Run(within)
	_ = shown.Close() // a tail accepts everything
	switch {
	case p.Stopped() && ctx.Err() != nil:
		return told{}, &deploy.Passing{After: statusPace, Cause: ctx.Err()}
	case p.Stopped():
		return told{}, &deploy.Passing{After: statusPace, Cause: fmt.Errorf("the status program %s did not end within %s", name, readiness.Span(time.Duration(s.Status.Timeout)))}
	case err != nil:
		return told{}, &deploy.Passing{After: statusPace, Cause: errors.New(program.Unstartable(err, name, s.Dir))}
	case p.State().ExitCode() != 0:
		return told{}, &deploy.Passing{After: statusPace, Cause: fmt.Errorf("the status program %s ended with %s%s", name, exit(p.State()), lastLine(output))}
	}
	t, err := s.status.read(output.String())
	if err != nil {
		return told{}, &deploy.Passing{After: statusPace, Cause: fmt.Errorf("what the status program %s prints can't be read: %w", name, err)}
	}
	return t, nil
}

// exit is how a program ended: by itself, or by a signal.
func exit(state *os.ProcessState) string {
	if state.Exited() {
		return "exit code " + program.Ending(state)
	}
	return program.Ending(state)
}

// lastLine is what a program said last, to follow a sentence about its end.
func lastLine(output *program.Tail) string {
	lines := output.Lines(1)
	if len(lines) == 0 {
		return " and printed nothing"
	}
	return ": " + phrase.Excerpt(strings.TrimPrefix(lines[len(lines)-1], "…"))
}
