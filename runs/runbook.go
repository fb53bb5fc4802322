package runs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
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

	NewPrivileges bool `json:",omitempty"` // whether it may gain privileges, see program.Command

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
