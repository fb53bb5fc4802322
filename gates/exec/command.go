package exec

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/gates/program"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/redact/terminal"
)

// Command is the kind command.
var Command = gates.Kind{
	Name: "command", About: "a program's exit code, and numbers in its output",
	Verdicts: gates.Verdicts{
		Passed:  "the program exits with the expected code, and every number is within its limit",
		Failed:  "it exits with another code, or a number is outside its limit",
		Errored: "it can't be started or doesn't finish in time, or its output lacks a number, or has NaN or Infinity in its place",
	},
	Notes: `The program runs on gonogo's host. ` + "`{target.url}`" + ` and the like in its arguments are replaced. Numbers are looked for in the last 256 KiB of its output.

Not visible to it: a failure that the program's exit code doesn't show. [Compatibility](compatibility.md#exit-codes-and-queries) lists some programs that exit
with 0 after one. gonogo can't tell whether the program changes something, so after an interruption it doesn't run it again by itself.`,
	Example: `run: [sh, -c, "echo coverage: 83.5%"]
dir: .
env: [GOFLAGS]
timeout: 5m
exit: 0
numbers: { coverage: { match: 'coverage: ([0-9.]+)%', limit: ">= 80%" } }`,
	New: newCommand,
}

// commandSettings are the settings of kind command.
type commandSettings struct {
	Run     []string                 `yaml:"run" required:"true" from:"1"` // the program and its arguments, which are run without a shell
	Dir     string                   `yaml:"dir"`                          // the working directory, relative to the configuration's folder; default: the configuration's folder
	Env     []string                 `yaml:"env"`                          // the environment variables that the program sees, besides PATH, HOME and LANG; default: none
	Timeout limit.Duration           `yaml:"timeout"`                      // the time limit; default: 30s
	Exit    int                      `yaml:"exit"`                         // the expected exit code; default: 0
	Numbers map[string]commandNumber `yaml:"numbers"`                      // numbers to find in the output, each under a name

	NewPrivileges bool `yaml:"new_privileges" json:",omitempty"` // whether the program may gain privileges, as sudo does; without it, Linux lets it and what it starts gain none; default: false
}

// commandNumber picks a number from the output.
type commandNumber struct {
	Match string      `yaml:"match" required:"true"` // a regular expression with one group, which captures the number; the last match counts, in the output as a terminal would show it in the end
	Limit limit.Limit `yaml:"limit"`                 // the limit of the number; default: any number
}

const (
	keptOutput = 256 << 10 // bytes of output that are read, from the end, as a terminal would show them
	tailLines  = 20        // lines of output that evidence shows
)

type commandGate struct {
	settings commandSettings
	patterns map[string]*regexp.Regexp
	dir      string
	environ  func(string) (string, bool)
}

func newCommand(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	s := commandSettings{Timeout: limit.Duration(gates.UsualDeadline)}
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	if err := s.faults().OrNil(); err != nil {
		return gates.Built{}, err
	}
	g := &commandGate{settings: s, patterns: map[string]*regexp.Regexp{}, dir: s.Dir, environ: deps.Environ}
	for name, n := range s.Numbers {
		g.patterns[name] = regexp.MustCompile(n.Match)
	}
	if !filepath.IsAbs(g.dir) {
		g.dir = filepath.Join(deps.Dir, g.dir)
	}
	if g.environ == nil {
		g.environ = os.LookupEnv
	}
	return gates.Built{Gate: g, Settings: gates.SettingsHash("command", s), Secrets: g.secrets(), Warning: s.warning()}, nil
}

func (s *commandSettings) faults() gates.Faults {
	var faults gates.Faults
	if len(s.Run) == 0 || s.Run[0] == "" {
		faults = append(faults, gates.Fault{Field: "run", Problem: "run has no program; write it as a list, the program and then its arguments"})
	}
	if s.Timeout <= 0 {
		faults = append(faults, gates.Fault{Field: "timeout", Problem: "timeout is a time above zero"})
	}
	for i, name := range s.Env {
		if name == "" || strings.ContainsAny(name, "= ") {
			faults = append(faults, gates.Fault{Field: fmt.Sprintf("env.[%d]", i), Problem: "env lists names of variables, whose values come from gonogo's own"})
		}
	}
	for name, n := range s.Numbers {
		pattern, err := regexp.Compile(n.Match)
		if err != nil || pattern.NumSubexp() != 1 {
			faults = append(faults, gates.Fault{Field: "numbers." + name + ".match", Problem: "match must be a regular expression with exactly one group, such as total: ([0-9.]+)"})
		}
		if n.Limit.Percentile != 0 {
			faults = append(faults, gates.Fault{Field: "numbers." + name + ".limit", Problem: "limit compares one number, so it takes no percentile"})
		}
	}
	return faults
}

// warning warns of a program that can do nothing without privileges.
func (s *commandSettings) warning() string {
	if s.NewPrivileges || !program.NeedsPrivileges(s.Run[0]) {
		return ""
	}
	return "runs " + filepath.Base(s.Run[0]) + ", which can't gain privileges; set new_privileges: true if it should"
}

// secrets are the values of the variables that the program may see.
func (g *commandGate) secrets() []string {
	var secrets []string
	for _, name := range g.settings.Env {
		if value, ok := g.environ(name); ok {
			secrets = append(secrets, value)
		}
	}
	return secrets
}

// Deadline implements [gates.WithDeadline].
func (g *commandGate) Deadline() time.Duration {
	return time.Duration(g.settings.Timeout) + g.GracePeriod()
}

// GracePeriod implements [gates.WithGracePeriod]: a program is asked to stop before it is killed.
func (g *commandGate) GracePeriod() time.Duration { return program.Patience + time.Second }

// Check implements [gates.Gate].
func (g *commandGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	args, err := s.ExpandAll(g.settings.Run)
	if err != nil {
		return gates.Errored("%v", err)
	}
	output := program.NewTail(keptOutput)
	shown := terminal.NewScreen(output)
	p := program.New(program.Command{Args: args, Dir: g.dir, Env: program.Environ(g.settings.Env, g.environ), Mark: program.Own(), NewPrivileges: g.settings.NewPrivileges}, shown)
	within, cancel := context.WithTimeout(ctx, time.Duration(g.settings.Timeout))
	defer cancel()
	err = p.Run(within)
	_ = shown.Close() // a tail accepts everything
	var ev answer.Evidence
	switch {
	case p.Stopped() && ctx.Err() != nil:
		ev = gates.Errored("cut off before %s had ended; it was stopped, with all it had started", g.settings.Run[0])
	case p.Stopped():
		ev = gates.Errored("%s did not end within %s; it was stopped, with all it had started", g.settings.Run[0], readiness.Span(time.Duration(g.settings.Timeout)))
	case err != nil:
		return gates.Errored("%s", program.Unstartable(err, g.settings.Run[0], g.dir))
	default:
		ev = g.judge(p.State(), output.String())
	}
	ev.Details = output.Lines(tailLines)
	return ev
}

// judge compares how the program ended, and what it printed, with the settings.
func (g *commandGate) judge(ended *os.ProcessState, output string) answer.Evidence {
	exit := answer.Measure{Name: "exit code", Value: program.Ending(ended), Limit: strconv.Itoa(g.settings.Exit), OK: ended.ExitCode() == g.settings.Exit}
	measures := []answer.Measure{exit}
	var unread []string
	for _, name := range slices.Sorted(maps.Keys(g.settings.Numbers)) {
		m, problem := g.number(name, output)
		if problem != "" {
			unread = append(unread, problem)
			continue
		}
		measures = append(measures, m)
	}
	ev := gates.Judged(measures, fmt.Sprintf("ended with exit code %d", ended.ExitCode()))
	if len(unread) > 0 && ev.Verdict == answer.Passed {
		ev.Verdict, ev.Summary = answer.Errored, "its output shows "+strings.Join(unread, ", and ")+"; see whether match fits the lines below"
	}
	return ev
}

// number finds a number in the output; problem says why there is none to compare.
func (g *commandGate) number(name, output string) (m answer.Measure, problem string) {
	found := g.patterns[name].FindAllStringSubmatch(output, -1)
	if len(found) == 0 {
		return m, "no number for " + name
	}
	text, limit := found[len(found)-1][1], g.settings.Numbers[name].Limit
	met, fits := limit.Meets(text)
	if !fits {
		return m, fmt.Sprintf("%q for %s, which can't be compared with a limit", phrase.Excerpt(text), name)
	}
	return answer.Measure{Name: name, Value: phrase.Excerpt(text), Limit: limit.Text, OK: met || !limit.Set()}, ""
}
