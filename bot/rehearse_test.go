package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// allowed lets rollbacks be rehearsed on staging.
var allowed = []string{"      smoke:\n", "      rehearse: true\n      smoke:\n"}

// rehearse runs gonogo rehearse as a person at the terminal would, who types some lines.
func (p *practice) rehearse(typed string, args ...string) (code int, shown string) {
	p.t.Helper()
	var out journal
	args = append([]string{"rehearse"}, append(args, "--config", p.config)...)
	code = run(p.ctx, args, system{In: strings.NewReader(typed), Out: &out, Err: &out, Environ: p.environ})
	return code, out.String()
}

// TestRehearseWithoutSlack rehearses a rollback in a terminal while Slack can't be reached
// at all: back, out again by itself, and nobody is asked to keep anything.
func TestRehearseWithoutSlack(t *testing.T) {
	t.Parallel()
	p, platform := newStopped(t, allowed...)
	p.startWithoutSlack()
	for _, typed := range []string{"", "production\n"} {
		if code, shown := p.rehearse(typed, "staging"); code != 1 || !strings.Contains(shown, "Nothing was done.") {
			t.Errorf("typing %q ended with %d:\n%s", typed, code, shown)
		}
	}
	code, shown := p.rehearse("staging\n", "staging", "--reason", "the monthly drill")
	if code != 0 || p.slack.Sockets() > 0 {
		t.Errorf("ended with %d, with %d sockets to Slack", code, p.slack.Sockets())
	}
	wantSaid(t, shown, "It is a rehearsal: it goes back for real and then out again with 2.0, by itself.", "Because  the monthly drill", "Type staging to rehearse it: ")
	if strings.Contains(shown, "Type keep or return") {
		t.Errorf("it asks what a rehearsal decides by itself:\n%s", shown)
	}
	if live, _ := platform.Live(cloudApp); live != "2.0" {
		t.Errorf("%s is live, want 2.0", live)
	}
	p.wantWrites(platform, putApp, rollBack, revert)
}

// TestRehearseThatFails ends with 1 where the earlier version no longer works, although the
// newer one is live again afterwards, and where no rehearsal is possible.
func TestRehearseThatFails(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	platform := p.newCloud()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if live, _ := platform.Live(cloudApp); live == "1.0" {
			http.Error(w, "the database is too new", http.StatusInternalServerError)
		}
	}))
	t.Cleanup(site.Close)
	p.variables["STAGING_URL"] = site.URL
	p.configure(allowed...)
	p.start()
	p.open()
	p.deploy()
	code, shown := p.rehearse("", "staging", "--yes")
	if code != 1 {
		t.Errorf("ended with %d", code)
	}
	wantSaid(t, shown, "Again: gonogo rehearse staging --config "+p.config)
	if live, _ := platform.Live(cloudApp); live != "2.0" {
		t.Errorf("%s is live, want 2.0", live)
	}

	p.tell("U0DEV", "/deploy lock staging the database work")
	p.seen("staging is locked")
	code, shown = p.rehearse("", "staging", "--yes")
	if code != 1 || !strings.Contains(shown, "No rollback can be rehearsed on staging") || !strings.Contains(shown, "the database work") {
		t.Errorf("under a lock it ended with %d:\n%s", code, shown)
	}
}

// TestRehearseNeedsTheBot does nothing where no bot runs, and doesn't show how to roll
// back by hand: that would be no rehearsal.
func TestRehearseNeedsTheBot(t *testing.T) {
	t.Parallel()
	p, platform := newStopped(t, allowed...)
	code, shown := p.rehearse("", "staging", "--yes")
	if code != 1 || strings.Contains(shown, "To go back to") {
		t.Errorf("ended with %d:\n%s", code, shown)
	}
	wantSaid(t, shown, "so nothing was done.", "Only the bot can rehearse a rollback.", "then run this again: gonogo rehearse staging --config "+p.config)
	if code, shown := p.rehearse("", "moon", "--yes"); code != 1 || !strings.Contains(shown, "there is no environment moon") {
		t.Errorf("an environment that there is not ended with %d:\n%s", code, shown)
	}
	p.wantWrites(platform, putApp)
}
