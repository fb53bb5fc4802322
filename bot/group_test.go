package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
)

// A misspelt command is an error, also below another.
func TestMisspeltCommands(t *testing.T) {
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"config", "chek"}, 64, `gonogo config has no command "chek"; did you mean check?`},
		{[]string{"ledger", "verfy"}, 64, `gonogo ledger has no command "verfy"; did you mean verify?`},
		{[]string{"srve"}, 64, `gonogo has no command "srve"; did you mean serve?`},
		{[]string{"config"}, 0, "Checks a configuration"},
	} {
		var out bytes.Buffer
		code := run(context.Background(), tt.args, system{Out: &out, Err: &out, Environ: func(string) (string, bool) { return "", false }})
		if code != tt.code || !strings.Contains(out.String(), tt.says) {
			t.Errorf("gonogo %q: exit code %d and %q, want %d and %q", tt.args, code, out.String(), tt.code, tt.says)
		}
	}
}

// A shell completes what a verb takes: the words of its usage and the names of
// the checklist.
func TestCompletion(t *testing.T) {
	var out, fault bytes.Buffer
	args := []string{"__complete", "status", "--config", "../examples/minimal.yml", ""}
	code := run(t.Context(), args, system{Out: &out, Err: &fault, Environ: func(string) (string, bool) { return "", false }})
	offered := strings.Fields(out.String())
	for _, want := range []string{"sections", "changelog"} {
		if !slices.Contains(offered, want) {
			t.Errorf("exit code %d, offered %q, want %q among them\n%s", code, offered, want, fault.String())
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		out.Reset()
		if code := run(t.Context(), []string{"completion", shell}, system{Out: &out, Err: &fault}); code != 0 || !strings.Contains(out.String(), "gonogo") {
			t.Errorf("gonogo completion %s: exit code %d", shell, code)
		}
	}
}
