package main

import (
	"bytes"
	"context"
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
		{[]string{"config", "chek"}, 1, `unknown command "chek" for "gonogo config"`},
		{[]string{"ledger", "verfy"}, 1, `unknown command "verfy" for "gonogo ledger"`},
		{[]string{"srve"}, 1, `unknown command "srve" for "gonogo"`},
		{[]string{"config"}, 0, "Looks at a configuration"},
	} {
		var out bytes.Buffer
		code := run(context.Background(), tt.args, surroundings{Out: &out, Err: &out, Environ: func(string) (string, bool) { return "", false }})
		if code != tt.code || !strings.Contains(out.String(), tt.says) {
			t.Errorf("gonogo %q: exit code %d and %q, want %d and %q", tt.args, code, out.String(), tt.code, tt.says)
		}
	}
}
