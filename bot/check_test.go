package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gonogo/readiness/event"
	"gonogo/readiness/history"
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
		{[]string{"--version", ""}, 64, "gonogo check got an empty --version; leave it out"},
		{[]string{"--commit", "main"}, 64, `can't take "main" for --commit: a commit is 7 to 64 hex digits`},
		{[]string{"--version", "7.1", "--commit", "0a1b2c3d"}, 1, "NO-GO: Practice 7.1"},
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

// The release that the flags name is the one that is measured, also one that the ledger
// doesn't know; nothing of it is recorded.
func TestCheckChoosesTheRelease(t *testing.T) {
	const one, two = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567", "1a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
	for _, tt := range []struct {
		opened          bool // a ledger with two open releases
		version, commit string
		open, of        string // what is measured
		fault           string
	}{
		{opened: true, open: "2.0", of: two},
		{opened: true, version: "1.0", open: "1.0", of: one},
		{opened: true, commit: "0A1B2C3", open: "1.0", of: one},
		{opened: true, version: "1.0", commit: one + "00", open: "1.0", of: one},
		{opened: true, version: "3.0", commit: "deadbeef", open: "3.0", of: "deadbeef"},
		{opened: true, commit: "deadbeef", fault: "no open release has the commit deadbeef; name the release with --version"},
		{opened: true, version: "1.0", commit: "deadbeef", fault: "1.0 has the commit " + one + " in the ledger, not deadbeef"},
		{open: firstRelease},
		{commit: "deadbeef", open: firstRelease, of: "deadbeef"},
		{version: "3.0", open: "3.0"},
	} {
		state := history.NewState()
		if tt.opened {
			state.Apply(time.Now(), event.ReleaseOpened{Version: "1.0", Commit: one, Beside: true})
			state.Apply(time.Now(), event.ReleaseOpened{Version: "2.0", Commit: two, Beside: true})
		} else {
			state.Apply(time.Now(), event.ReleaseOpened{Version: firstRelease})
		}
		err := (&check{now: time.Now, version: tt.version, commit: tt.commit}).choose(state, tt.opened)
		if tt.fault != "" {
			if err == nil || err.Error() != tt.fault {
				t.Errorf("%+v: %v", tt, err)
			}
			continue
		}
		if r := state.OpenRelease(); err != nil || r.Version != tt.open || r.Commit != tt.of {
			t.Errorf("%+v: %v, %+v", tt, err, r)
		}
	}
}
