package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckInGitHubActions checks in a step as GitHub runs one: results become
// annotations, a job summary and outputs.
func TestCheckInGitHubActions(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	summary, outputs := filepath.Join(t.TempDir(), "summary"), filepath.Join(t.TempDir(), "outputs")
	runner := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": summary, "GITHUB_OUTPUT": outputs}
	world := p.environ
	p.environ = func(name string) (string, bool) {
		if value, ok := runner[name]; ok {
			return value, true
		}
		return world(name)
	}
	var out bytes.Buffer
	if code := p.command(p.ctx, &out, "check", "--config", p.config); code != 1 {
		t.Errorf("ended with %d, want 1", code)
	}
	for where, want := range map[string]string{out.String(): "\n::error title=", read(t, summary): "# NO-GO: Practice next, by these gates alone\n", read(t, outputs): "decision=NO-GO\n"} {
		if !strings.Contains(where, want) {
			t.Errorf("%q is missing in:\n%s", want, where)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The exit code follows --fail-on. What the flags don't take is refused before anything is
// measured.
func TestCheckFlags(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	for _, tt := range []struct {
		flags []string
		code  int
		says  string
	}{
		{[]string{"--fail-on", "never"}, 0, "NO-GO: Practice"},
		{[]string{"--fail-on", "warned"}, 1, "NO-GO: Practice"},
		{[]string{"--color", "always"}, 1, "\x1b[31mNO-GO:\x1b[0m Practice"},
		{[]string{"--color", "always", "--format", "junit"}, 1, "<testsuites name=\"Practice next\""},
		{[]string{"--format", "xml"}, 64, `there is no format "xml"; there are table, json, junit, sarif, markdown, github`},
		{[]string{"--fail-on", "errored"}, 64, `can't take "errored" for --fail-on; it is failed, warned or never`},
		{[]string{"--color", "blue"}, 64, `can't take "blue" for --color; it is auto, always or never`},
		{[]string{"--watch", "1ms"}, 64, "can't take a --watch of 1ms: the least is 1s"},
	} {
		var out bytes.Buffer
		before := len(p.logs.String())
		code := p.command(p.ctx, &out, append([]string{"check", "--config", p.config}, tt.flags...)...)
		if said := out.String() + p.logs.String()[before:]; code != tt.code || !strings.Contains(said, tt.says) {
			t.Errorf("%q ended with %d, want %d, and %q in:\n%s", tt.flags, code, tt.code, tt.says, said)
		}
	}
}

// With --watch it is measured again until it is GO.
func TestCheckWatches(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.set("test-run", "three-fail")
	out := &watchedOutput{on: "NO-GO: Practice", then: func() { p.set("test-run", "all-pass") }}
	if code := p.command(p.ctx, out, "check", "suite", "--config", p.config, "--watch", "1s"); code != 0 {
		t.Errorf("ended with %d, want 0:\n%s", code, out.String())
	}
	if text := out.String(); !strings.HasSuffix(text, " · GO: Practice next, by these gates alone\n") {
		t.Errorf("it ends with:\n%s", text)
	}
}

// watchedOutput does something once a text was written to it.
type watchedOutput struct {
	bytes.Buffer
	on   string
	then func()
}

// Write implements io.Writer.
func (w *watchedOutput) Write(p []byte) (int, error) {
	if w.then != nil && bytes.Contains(p, []byte(w.on)) {
		w.then()
		w.then = nil
	}
	return w.Buffer.Write(p)
}
