// Package runbook describes runbooks: programs that fix something, run one after
// another. It runs nothing and stores nothing.
//
// bot/config makes a [Runbook] from the configuration. [Runbook.For] sets it up for one
// environment. runs shows people each step's command line and, when they start it, runs
// the steps. [Runbook.Digest] lets it refuse a start if the runbook is no longer the one
// that was shown.
package runbook

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Runbook is a list of programs. One with Environments is run for one of them at a time,
// such as for that environment's database.
type Runbook struct {
	ID, Title    string
	Steps        []Step
	Environments []string                     `json:",omitempty"` // that it can be run for; empty: it concerns no environment
	Variables    map[string]map[string]string `json:"-"`          // by environment: what its programs see in place of gonogo's own
	Environment  string                       `json:",omitempty"` // that it is run for; set by For
}

// Step is one program of a runbook. No shell is involved.
type Step struct {
	Title   string        // for people; empty: the command is shown instead
	Run     []string      // the program and its arguments
	Dir     string        // working directory; empty: gonogo's
	Env     []string      // names of the variables that it may see, besides PATH, HOME and LANG
	Timeout time.Duration // how long it may take

	NewPrivileges bool `json:",omitempty"` // whether it may gain privileges, see program.Command

	values map[string]string // variables of the environment that it is run for
}

// placeholder is replaced by the environment's name in titles and commands.
const placeholder = "{environment}"

// For returns the runbook for an environment, or with "" for none. ok is false if it
// can't be run for that environment, or needs one.
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
		b.Steps[i] = step.on(environment, b.Variables[environment])
	}
	return b, true
}

// on returns the step for an environment.
func (s Step) on(environment string, values map[string]string) Step {
	s.Title, s.values = strings.ReplaceAll(s.Title, placeholder, environment), values
	s.Run = slices.Clone(s.Run)
	for i, word := range s.Run {
		s.Run[i] = strings.ReplaceAll(word, placeholder, environment)
	}
	return s
}

// NamesEnvironment reports whether the command or its title contains the name of the
// environment that it is run for.
func (s Step) NamesEnvironment() bool {
	return strings.Contains(s.Title, placeholder) || slices.ContainsFunc(s.Run, func(word string) bool { return strings.Contains(word, placeholder) })
}

// Lookup finds a variable as the step's program sees it: the environment's own, or else
// gonogo's.
func (s Step) Lookup(otherwise func(string) (string, bool)) func(name string) (string, bool) {
	return func(name string) (string, bool) {
		if value, own := s.values[name]; own {
			return value, true
		}
		return otherwise(name)
	}
}

// CommandLine is the step's command as one would type it into a shell. It may contain
// secrets.
func (s Step) CommandLine() string {
	words := make([]string, len(s.Run))
	for i, word := range s.Run {
		words[i] = shellWord(word)
	}
	return strings.Join(words, " ")
}

// shellWord quotes a word that a shell would otherwise split or expand.
func shellWord(word string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./:=@%+,", c)
	}
	if word != "" && strings.IndexFunc(word, func(c rune) bool { return !plain(c) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Digest is a short hash, which changes when somebody changes the runbook.
func (b Runbook) Digest() string {
	data, err := json.Marshal(b)
	if err != nil {
		panic(err) // strings and numbers only
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:4])
}
