package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// typing runs gonogo and returns its exit code and what it printed.
func typing(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := run(t.Context(), args, system{Out: &out, Err: &out, Environ: func(string) (string, bool) { return "", false }})
	return code, out.String()
}

// every is a command and all below it.
func every(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, below := range cmd.Commands() {
		all = append(all, every(below)...)
	}
	return all
}

// raw is what cobra says by itself.
var raw = regexp.MustCompile(`unknown command|unknown flag|unknown shorthand|accepts |requires at |invalid argument|flag needs|Usage:`)

// TestUsageErrors misuses every command in every way that it can be misused: the
// exit code is none of those that answer a question, and one sentence says what
// is wrong and what to type.
func TestUsageErrors(t *testing.T) {
	var mistakes [][]string
	for _, cmd := range every(newRoot(nil, system{})) {
		path := strings.Fields(cmd.CommandPath())[1:]
		mistakes = append(mistakes, append(slices.Clone(path), "--no-such-flag"), append(slices.Clone(path), "-Z"))
		if cmd.Flags().Lookup("config") != nil || cmd.InheritedFlags().Lookup("config") != nil {
			mistakes = append(mistakes, append(slices.Clone(path), "--config"))
		}
		if cmd.Args == nil {
			t.Errorf("gonogo %s does not say what it takes: set Args", strings.Join(path, " "))
			continue
		}
		for _, n := range []int{0, 1, 2, 9} {
			given := slices.Repeat([]string{"nonsense"}, n)
			if cmd.Args(cmd, given) != nil {
				mistakes = append(mistakes, slices.Concat(path, given))
			}
		}
	}
	mistakes = append(mistakes, []string{"demo", "--story", "--config", "gonogo.yml"})
	if len(mistakes) < 100 {
		t.Errorf("only %d mistakes were made", len(mistakes))
	}
	for _, args := range mistakes {
		code, said := typing(t, args...)
		if code != 64 || strings.Count(said, "\n") != 1 || raw.MatchString(said) || !strings.HasPrefix(said, "gonogo ") || strings.Count(said, "gonogo ")+strings.Count(said, "did you mean") < 2 {
			t.Errorf("gonogo %s: exit code %d and\n%swant 64 and one sentence with the next step", strings.Join(args, " "), code, said)
		}
	}
}

// TestUsageSentences holds the sentences themselves, one of each sort.
func TestUsageSentences(t *testing.T) {
	for typed, want := range map[string]string{
		"chek --env production":    `gonogo has no command "chek"; did you mean check?`,
		"config chek --ledger":     `gonogo config has no command "chek"; did you mean check?`,
		"frobnicate":               `gonogo has no command "frobnicate"; see gonogo --help`,
		"help frobnicate":          `gonogo has no command "frobnicate"; see gonogo --help`,
		"check --jsn":              "gonogo check has no flag --jsn; see gonogo check --help",
		"check -e production":      "gonogo check has no flag -e; see gonogo check --help",
		"check --env":              "gonogo check needs a value after --env; see gonogo check --help",
		"check -c":                 "gonogo check needs a value after -c; see gonogo check --help",
		"check --json=maybe":       `gonogo check can't take "maybe" for --json; see gonogo check --help`,
		"check --=3":               `gonogo check can't read --=3; see gonogo check --help`,
		"serve gonogo.yml":         `gonogo serve takes no arguments, but got "gonogo.yml"; see gonogo serve --help`,
		"config check a.yml b.yml": "gonogo config check takes at most one file, such as: gonogo config check gonogo.yml",
		"timeline production":      `gonogo timeline takes no arguments, but got "production"; see gonogo timeline --help`,
		"status a b c d":           "gonogo status takes at most 3 words, such as: gonogo status database",
		"ledger backup":            "gonogo ledger backup takes one file, such as: gonogo ledger backup gonogo-backup.db",
		"ledger import":            "gonogo ledger import takes one file, such as: gonogo ledger import ledger.jsonl",
		"playground turn staging":  "gonogo playground turn takes a switch and its state, such as: gonogo playground turn test-run all-pass",
		"rollback":                 "gonogo rollback takes one environment, such as: gonogo rollback production",
		"rollback x --confg f":     "gonogo rollback has no flag --confg; see gonogo rollback --help",
		"rollback keep x --dir f":  "gonogo rollback keep has no flag --dir; see gonogo rollback keep --help",
		"rehearse":                 "gonogo rehearse takes one environment, such as: gonogo rehearse staging",
		"version please":           `gonogo version takes no arguments, but got "please"; see gonogo version --help`,
		"ledger verify --ledger":   "gonogo ledger verify needs a value after --ledger; see gonogo ledger verify --help",
	} {
		if code, said := typing(t, strings.Fields(typed)...); code != 64 || said != want+"\n" {
			t.Errorf("gonogo %s: exit code %d and\n%swant 64 and\n%s", typed, code, said, want)
		}
	}
}

// What is asked for is no mistake.
func TestHelpIsNoMistake(t *testing.T) {
	for _, typed := range []string{"", "--help", "help", "help config check", "config", "config --help", "completion"} {
		if code, said := typing(t, strings.Fields(typed)...); code != 0 || !strings.Contains(said, "Usage:") {
			t.Errorf("gonogo %s: exit code %d and\n%s", typed, code, said)
		}
	}
}

// TestReadmeTellsTheExitCodes holds the README to the codes there are.
func TestReadmeTellsTheExitCodes(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"| 0 |", "| 1 |", "| 2 |", "| 64 |"} {
		if !strings.Contains(string(text), "\n"+code) {
			t.Errorf("the README's table of exit codes has no line %q", code)
		}
	}
}
