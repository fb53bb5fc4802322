package main

import (
	"os/exec"
	"testing"
)

// A path in a suggested command is one word for the shell.
func TestSuggestedConfigIsOneWord(t *testing.T) {
	for _, path := range []string{"gonogo.yml", "nights/gonogo.yml", "", "my file.yml", "it's.yml", "$HOME/a.yml", "`id`", "a;b", "é.yml"} {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf '[%s]' "+shellQuoted(path)).Output()
		if want := "[" + path + "]"; err != nil || string(out) != want {
			t.Errorf("the shell reads %q as %q, %v, want %q", shellQuoted(path), out, err, want)
		}
	}
	if got := shellQuoted("nights/gonogo.yml"); got != "nights/gonogo.yml" {
		t.Errorf("a plain path is quoted: %s", got)
	}
}
