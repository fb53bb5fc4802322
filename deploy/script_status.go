package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/gates/program"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/redact/terminal"
)

// told is what the status program said.
type told struct {
	version string
	state   State
	mark    string
}

// statusReader finds values in what a status program prints.
type statusReader struct {
	version, state, mark *finder // nil: not asked for
	words                map[string]State
}

func newStatusReader(s scriptStatus) (r statusReader, faults gates.Faults) {
	r.words = map[string]State{"active": StateActive, "deploying": StateStarting, "failed": StateFailed}
	for state, words := range map[State][]string{StateActive: s.States.Active, StateStarting: s.States.Deploying, StateFailed: s.States.Failed} {
		for _, word := range words {
			if was, taken := r.words[word]; taken && was != state {
				faults = append(faults, gates.Fault{Field: "status.states", Problem: strconv.Quote(word) + " stands for two states; keep one"})
			}
			r.words[word] = state
		}
	}
	for _, part := range []struct {
		field, text string
		into        **finder
	}{{"version", s.Version, &r.version}, {"state", s.State, &r.state}, {"mark", s.Mark, &r.mark}} {
		if part.text == "" && part.field != "version" {
			continue
		}
		found, ok := newFinder(part.text)
		if !ok {
			faults = append(faults, gates.Fault{Field: "status." + part.field,
				Problem: part.field + " is a path in JSON, such as $." + part.field + ", or a regular expression with exactly one group, such as " + part.field + "=(\\S+)"})
		}
		*part.into = found
	}
	return r, faults
}

// finder finds one value in a text: by a path in JSON, or by a pattern.
type finder struct {
	text    string
	path    []string
	pattern *regexp.Regexp
}

// pathShape is a path in JSON of keys and places in lists.
var pathShape = regexp.MustCompile(`^\$(\.[A-Za-z_][A-Za-z0-9_-]*|\[[0-9]{1,4}\])+$`)

var pathSteps = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_-]*|[0-9]+`)

func newFinder(text string) (*finder, bool) {
	if pathShape.MatchString(text) {
		return &finder{text: text, path: pathSteps.FindAllString(text, -1)}, true
	}
	pattern, err := regexp.Compile(text)
	if err != nil || pattern.NumSubexp() != 1 {
		return nil, false
	}
	return &finder{text: text, pattern: pattern}, true
}

// find finds the value. JSON begins in the first line that begins with a bracket, so that
// a warning before it does no harm, and goes on to the end.
func (f *finder) find(printed string) (string, error) {
	if f.pattern != nil {
		all := f.pattern.FindAllStringSubmatch(printed, -1)
		if len(all) == 0 {
			return "", failed("nothing in it matches %s", f.text)
		}
		return all[len(all)-1][1], nil
	}
	value, err := inJSON(printed)
	for _, step := range f.path {
		value = within(value, step)
	}
	switch value := value.(type) {
	case string:
		return value, err
	case json.Number:
		return value.String(), err
	}
	return "", errors.Join(err, failed("it has no text at %s", f.text))
}

var jsonBegins = regexp.MustCompile(`(?m)^\s*[{\[]`)

func inJSON(printed string) (value any, err error) {
	at := jsonBegins.FindStringIndex(printed)
	if at == nil {
		return nil, failed("it isn't JSON")
	}
	d := json.NewDecoder(bytes.NewReader([]byte(printed[at[0]:])))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil, failed("it isn't JSON: %v", err)
	}
	if d.More() {
		return nil, failed("something follows its JSON; print nothing after it, also on standard error")
	}
	return value, nil
}

func within(value any, step string) any {
	switch value := value.(type) {
	case map[string]any:
		return value[step]
	case []any:
		if n, err := strconv.Atoi(step); err == nil && n < len(value) {
			return value[n]
		}
	}
	return nil
}

// read reads what a status program printed.
func (r statusReader) read(printed string) (t told, err error) {
	t.state = StateActive
	if t.version, err = r.version.find(printed); err != nil {
		return told{}, err
	}
	t.version = strings.TrimSpace(t.version)
	if t.version != "" && !scriptVersion.MatchString(t.version) {
		return told{}, failed("%q is no version", phrase.Excerpt(t.version))
	}
	if r.state != nil {
		word, err := r.state.find(printed)
		if err != nil {
			return told{}, err
		}
		state, ok := r.words[strings.TrimSpace(word)]
		if !ok {
			return told{}, failed("its state %q is none of active, deploying and failed; add the word to states", phrase.Excerpt(word))
		}
		t.state = state
	}
	if r.mark != nil {
		t.mark, _ = r.mark.find(printed) // what gonogo didn't deploy has none
	}
	return t, nil
}

const (
	keptStatus = 256 << 10 // bytes of what a status program prints that are read, from the end
	statusPace = 5 * time.Second
)

// ask runs the status program. Whatever goes wrong may pass: it is asked again.
func (s *script) ask(ctx context.Context) (told, error) {
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
		return told{}, &Passing{statusPace, ctx.Err()}
	case p.Stopped():
		return told{}, &Passing{statusPace, failed("the status program %s did not end within %s", name, readiness.Span(time.Duration(s.Status.Timeout)))}
	case err != nil:
		return told{}, &Passing{statusPace, errors.New(program.Unstartable(err, name, s.Dir))}
	case p.State().ExitCode() != 0:
		return told{}, &Passing{statusPace, failed("the status program %s ended with %s%s", name, exit(p.State()), lastLine(output))}
	}
	t, err := s.status.read(output.String())
	if err != nil {
		return told{}, &Passing{statusPace, failed("what the status program %s prints can't be read: %w", name, err)}
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
