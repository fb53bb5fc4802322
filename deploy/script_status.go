package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"slices"
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

// finder finds values in a text: by a path in JSON, or by a pattern.
type finder struct {
	text    string
	path    []string
	pattern *regexp.Regexp
}

// pathShape is a path in JSON of keys and places in lists; * is every place.
var pathShape = regexp.MustCompile(`^\$(\.[A-Za-z_][A-Za-z0-9_-]*|\[([0-9]{1,4}|\*)\])+$`)

var pathSteps = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_-]*|[0-9]+|\*`)

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

// find finds the values, at least one. JSON begins in the first line that begins with a
// bracket, so that a warning before it does no harm, and goes on to the end.
func (f *finder) find(printed string) (found []string, err error) {
	if f.pattern != nil {
		for _, match := range f.pattern.FindAllStringSubmatch(printed, -1) {
			found = append(found, strings.TrimSpace(match[1]))
		}
		if len(found) == 0 {
			return nil, failed("nothing in it matches %s", f.text)
		}
		return found, nil
	}
	value, err := inJSON(printed)
	if err != nil {
		return nil, err
	}
	for _, value := range within([]any{value}, f.path) {
		switch value := value.(type) {
		case string:
			found = append(found, strings.TrimSpace(value))
		case json.Number:
			found = append(found, value.String())
		default:
			return nil, failed("it has no text at %s", f.text)
		}
	}
	if len(found) == 0 {
		return nil, failed("it has nothing at %s", f.text)
	}
	return found, nil
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

// within are the values at the end of a path; nil where a value has nothing there.
func within(values []any, path []string) []any {
	for _, step := range path {
		var next []any
		for _, value := range values {
			switch value := value.(type) {
			case map[string]any:
				next = append(next, value[step])
			case []any:
				next = append(next, places(value, step)...)
			default:
				next = append(next, nil)
			}
		}
		values = next
	}
	return values
}

// places are the values at a place of a list, or at all of them.
func places(list []any, step string) []any {
	n, err := strconv.Atoi(step)
	switch {
	case step == "*":
		return list
	case err == nil && n < len(list):
		return list[n : n+1]
	}
	return []any{nil}
}

// read reads what a status program printed. If it shows several parts, such as machines,
// all must have the same version for that to be live.
func (r statusReader) read(printed string) (t told, err error) {
	versions, err := r.version.find(printed)
	if err != nil {
		return told{}, err
	}
	t.version = versions[0]
	for _, version := range versions {
		switch {
		case version != "" && !scriptVersion.MatchString(version):
			return told{}, failed("%q is no version", phrase.Excerpt(version))
		case version != t.version:
			return told{}, failed("it shows %s and %s side by side", orNothing(t.version), orNothing(version))
		}
	}
	if t.state, err = r.readState(printed); err != nil {
		return told{}, err
	}
	if r.mark != nil {
		marks, _ := r.mark.find(printed) // what gonogo didn't deploy has none
		if marks = slices.Compact(marks); len(marks) == 1 {
			t.mark = marks[0]
		}
	}
	return t, nil
}

// readState reads the state. Of several, one that is still deploying decides, and then one
// that failed.
func (r statusReader) readState(printed string) (State, error) {
	if r.state == nil {
		return StateActive, nil
	}
	words, err := r.state.find(printed)
	if err != nil {
		return "", err
	}
	seen := map[State]bool{}
	for _, word := range words {
		state, ok := r.words[word]
		if !ok {
			return "", failed("its state %q is none of active, deploying and failed; add the word to states", phrase.Excerpt(word))
		}
		seen[state] = true
	}
	for _, state := range []State{StateStarting, StateFailed} {
		if seen[state] {
			return state, nil
		}
	}
	return StateActive, nil
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
