package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"gonogo/commands"
	"gonogo/readiness"
)

// TestWait waits in a pipeline until the last role has approved, while the bot is
// restarted in between.
func TestWait(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.config = "testdata/wait.yml"
	stop := p.start()
	read, write := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(p.ctx, []string{"wait", "--config", p.config, "--env", "staging", "--commit", "0a1b2c3d", "--timeout", "24h"}, p.system(write))
		write.Close()
	}()
	lines := bufio.NewScanner(read)
	printed := func(want string) {
		t.Helper()
		if lines.Scan(); lines.Text() != want {
			t.Fatalf("printed %q, want %q; the bot logged:\n%s", lines.Text(), want, p.logs)
		}
	}
	printed("NO-GO: commit 0a1b2c3d for staging, 1 blocker; waiting up to 24h")
	printed("blocks: No release: no release of commit 0a1b2c3d is open. /ready release VERSION 0a1b2c3d")
	p.openRelease("19.0.1 0a1b2c3d")
	printed("no longer blocks: No release")
	printed("blocks: Product Owner: has not signed off. /ready approve staging")
	printed("blocks: Technical Lead: has not signed off. /ready approve staging")
	stop()
	p.start()
	expect(t, p.say("U0DEV", "/ready signoff"), "The roles are asked")
	card := p.seen("Sign-off: 19.0.1 for staging, 0 of 2")
	p.openRelease("19.0.2 1a1b2c3d")
	expect(t, p.press("U0PO", card, "Approve"), "Approved")
	printed("no longer blocks: Product Owner")
	expect(t, p.press("U0TL", card, "Approve"), "Approved")
	printed("no longer blocks: Technical Lead")
	printed("GO: 19.0.1 for staging")
	if lines.Scan() {
		t.Errorf("after the end it printed %q", lines.Text())
	}
	if got := <-code; got != 0 {
		t.Errorf("ended with %d", got)
	}
	p.openRelease("19.0.0 2a1b2c3d")
	p.tell("U0DEV", "/ready close 19.0.0")
	p.seen("19.0.0 is closed")
	for name, c := range map[string]struct {
		code int
		args []string
		says string
	}{
		"GO as JSON":           {0, []string{"--env", "staging", "--version", "19.0.1", "--json"}, `{"environment":"staging","release":"19.0.1","commit":"0a1b2c3d","go":true}`},
		"the time is over":     {3, []string{"--env", "staging", "--version", "19.0.2", "--timeout", "1ns"}, "timed out after "},
		"another commit":       {1, []string{"--env", "staging", "--version", "19.0.2", "--commit", "ffffffff"}, "NO-GO: 19.0.2 for staging: 19.0.2 is commit 1a1b2c3d, not ffffffff"},
		"no such environment":  {64, []string{"--env", "stagin"}, `there is no environment "stagin"; the configuration has staging`},
		"no release is named":  {64, []string{"--env", "staging"}, "more than one release is open: 19.0.1, 19.0.2; name one with --version"},
		"no environment":       {64, nil, "gonogo wait needs an environment, such as: gonogo wait --env production"},
		"no commit":            {64, []string{"--env", "staging", "--commit", ""}, `gonogo wait can't take "" for --commit`},
		"an empty version":     {64, []string{"--env", "staging", "--version", ""}, "gonogo wait got an empty --version"},
		"no time at all":       {64, []string{"--env", "staging", "--timeout", "0s"}, "must be more than 0"},
		"a release that ended": {1, []string{"--env", "staging", "--commit", "2a1b2c3d"}, "19.0.0, the release of commit 2a1b2c3d, is closed"},
	} {
		t.Run(name, func(t *testing.T) {
			var out journal
			sys := p.system(&out)
			sys.Err = &out
			if code := run(p.ctx, append([]string{"wait", "--config", p.config}, c.args...), sys); code != c.code || !strings.Contains(out.String(), c.says) {
				t.Errorf("ended with %d, want %d:\n%s\nwant it to say %s", code, c.code, out.String(), c.says)
			}
		})
	}
}

// TestWaitWithoutABot says that no bot runs, at once.
func TestWaitWithoutABot(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	environ := func(name string) (string, bool) { return t.TempDir() + "/gonogo.db", name == "LEDGER" }
	code := run(t.Context(), []string{"wait", "--config", "testdata/wait.yml", "--env", "staging"}, system{Out: &out, Err: &out, Environ: environ})
	if code != 2 || !strings.Contains(out.String(), "No running bot answers at ") {
		t.Errorf("ended with %d:\n%s", code, out.String())
	}
}

// TestWaitPrints prints a blocker again when its reason changes, and stays with the
// release that it found first.
func TestWaitPrints(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := waiting{host: &host{s: system{Out: &out}}, asked: commands.Awaited{Environment: "live"}, timeout: time.Hour}
	suite := commands.Blocked{Kind: readiness.BlockedByItem, Name: "suite", Title: "Suite", Reason: "not measured yet", Next: "/ready run suite"}
	worse := suite
	worse.Reason = "3 of 9 failed"
	hold := commands.Blocked{Kind: readiness.BlockedByHold, Name: "freeze/live", Title: "Frozen", Reason: "until Monday"}
	for _, blockers := range [][]commands.Blocked{{suite}, {worse, hold}, {hold}} {
		w.tell(commands.Decided{Environment: "live", Release: "1.0", Blockers: blockers})
	}
	want := `NO-GO: 1.0 for live, 1 blocker; waiting up to 1h
blocks: Suite (suite): not measured yet. /ready run suite
blocks: Suite (suite): 3 of 9 failed. /ready run suite
blocks: Frozen: until Monday
no longer blocks: Suite
`
	if got := out.String(); got != want {
		t.Errorf("printed:\n%s\nwant:\n%s", got, want)
	}
	if w.asked.Release != "1.0" {
		t.Errorf("waits for %q", w.asked.Release)
	}
	if err := w.timedOut(); exitCode(err, &out) != exitTimedOut || err.Error() != "timed out after 1h: still NO-GO: 1.0 for live, blocked by Frozen" {
		t.Errorf("in the end it says %v", err)
	}
}

// TestWaitPrintsWhatIsOverridden prints each item once that two people have overridden.
func TestWaitPrintsWhatIsOverridden(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := waiting{host: &host{s: system{Out: &out}}, asked: commands.Awaited{Environment: "live"}, timeout: time.Hour}
	docs := commands.Overridden{Name: "docs", Title: "Docs", Reason: "nobody has checked it yet", By: "U0TL", ConfirmedBy: "U0SEC", Because: "the shop is down"}
	for _, d := range []commands.Decided{{Blockers: []commands.Blocked{{Kind: readiness.BlockedByItem, Name: "docs", Title: "Docs", Reason: "nobody has checked it yet"}}},
		{Go: true, Overridden: []commands.Overridden{docs}}, {Go: true, Overridden: []commands.Overridden{docs}}} {
		d.Environment, d.Release = "live", "1.0"
		w.tell(d)
	}
	want := `NO-GO: 1.0 for live, 1 blocker; waiting up to 1h
blocks: Docs (docs): nobody has checked it yet
no longer blocks: Docs
overridden: Docs (docs): nobody has checked it yet; overridden by U0TL and U0SEC: the shop is down
`
	if got := out.String(); got != want {
		t.Errorf("printed:\n%s\nwant:\n%s", got, want)
	}
}

// TestWaitIsInterrupted ends the wait with Ctrl-C, which is no answer.
func TestWaitIsInterrupted(t *testing.T) {
	t.Parallel()
	h, _, _, _ := frozenBot(t, false, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := waiting{host: h, asked: commands.Awaited{Environment: "staging"}, timeout: time.Hour}
	if err := w.run(ctx); err != context.Canceled {
		t.Errorf("got %v", err)
	}
}
