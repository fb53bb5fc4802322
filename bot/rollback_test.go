package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gonogo/commands/reply"
	"gonogo/playground/upstream/digitalocean"
	"gonogo/suite"
)

// onHost runs a subcommand of rollback as a person at the terminal would, who
// types some lines.
func (p *practice) onHost(typed string, args ...string) (code int, shown string) {
	p.t.Helper()
	var out journal
	args = append([]string{"rollback"}, append(args, "--config", p.config)...)
	code = run(p.ctx, args, system{In: strings.NewReader(typed), Out: &out, Err: &out, Environ: p.environ})
	return code, out.String()
}

// inPlainShell is as onHost, in a shell without the variables of the bot but the
// named ones.
func (p *practice) inPlainShell(set []string, typed string, args ...string) (code int, shown string) {
	p.t.Helper()
	var out journal
	environ := func(name string) (string, bool) {
		if slices.Contains(set, name) {
			return p.environ(name)
		}
		return "", false
	}
	args = append([]string{"rollback"}, append(args, "--config", p.config)...)
	code = run(p.ctx, args, system{In: strings.NewReader(typed), Out: &out, Err: &out, Environ: environ})
	return code, out.String()
}

// me is how cards name who runs these tests.
func me(t *testing.T) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return u.Username + " (on the host)"
}

func wantSaid(t *testing.T, shown string, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(shown, want) {
			t.Errorf("it does not say %q:\n%s", want, shown)
		}
	}
}

// TestRollbackOnTheHost goes back and keeps it in a terminal: the plan, the
// word, the steps, the question.
func TestRollbackOnTheHost(t *testing.T) {
	t.Parallel()
	p, platform := newStaging(t)
	p.deploy()
	code, shown := p.onHost("staging\nkeep\n", "staging", "--reason", "it is slow")
	if code != 0 {
		t.Errorf("ended with %d", code)
	}
	wantSaid(t, shown, "Roll staging back to 1.0?", "From  2.0", "Because  it is slow", "Type staging to roll it back: ", "Follow the platform's deployment",
		"1.0 is live and pinned: keep it, or return to 2.0?", "Type keep or return REASON, or press Enter to leave it open: ", "Staging back to 1.0: done, 1.0 is kept", "by "+me(t))
	for _, once := range []string{"waiting for Keep or Return\n", ": Follow the platform's deployment until it is active"} {
		if n := strings.Count(shown, once); n != 1 {
			t.Errorf("%q is said %d times, want once:\n%s", once, n, shown)
		}
	}
	if strings.Contains(shown, ": Return to 2.0") {
		t.Errorf("it says that it returns, which it was told not to:\n%s", shown)
	}
	p.await("the card", func() bool { return p.shows("C0ONCALL", "Staging back to 1.0: done, 1.0 is kept") })
	m, _ := newest(p.slack.Messages("C0ONCALL"), "Staging back to 1.0: done, 1.0 is kept")
	wantShown(t, m, me(t), "it is slow")
	if strings.Contains(string(m.Blocks), "<@host:") {
		t.Errorf("the card mentions somebody whom Slack does not know: %s", m.Blocks)
	}
	p.wantWrites(platform, putApp, rollBack, commit)
}

// TestRollbackOnTheHostIsAsked does nothing without the word, with --yes does it
// at once, and leaves the question to the next command.
func TestRollbackOnTheHostIsAsked(t *testing.T) {
	t.Parallel()
	p, platform := newStaging(t)
	p.deploy()
	for _, typed := range []string{"", "\n", "yes\n", "production\n"} {
		if code, shown := p.onHost(typed, "staging"); code != 1 || !strings.Contains(shown, "Nothing was done.") {
			t.Errorf("typing %q ended with %d:\n%s", typed, code, shown)
		}
	}
	p.wantWrites(platform, putApp)
	p.wantCounts(map[string]int{"run.started": 1})
	if code, shown := p.onHost("", "moon"); code != 1 || !strings.Contains(shown, `There is no environment "moon" here`) {
		t.Errorf("an environment that there is not ended with %d:\n%s", code, shown)
	}

	code, shown := p.onHost("", "stagin")
	if code != 1 {
		t.Errorf("a misspelt environment ended with %d", code)
	}
	wantSaid(t, shown, `There is no environment "stagin" here`, "Did you mean staging? The environments are: staging.")
	if code, shown = p.onHost("", "staging", "--to", "18.0"); code != 1 {
		t.Errorf("an unknown version ended with %d", code)
	}
	wantSaid(t, shown, "18.0", "Known good there: 1.0.")

	code, shown = p.onHost("", "staging", "--yes")
	if code != 0 {
		t.Errorf("--yes ended with %d", code)
	}
	wantSaid(t, shown, "The question is open. Answer it in Slack, or here:", "gonogo rollback keep staging --config "+p.config+"\n", "gonogo rollback return staging REASON --config "+p.config+"\n")
	if code, shown := p.onHost("", "continue", "staging"); code != 1 {
		t.Errorf("an answer that is not asked ended with %d", code)
	} else {
		wantSaid(t, shown, "That is not asked now", "What is asked: ", "Type gonogo rollback keep staging --config "+p.config+" or gonogo rollback return staging REASON --config "+p.config+".")
	}
	if code, shown := p.onHost("", "staging", "--yes", "--to", "0.9"); code != 1 || !strings.Contains(shown, "A rollback is under way: staging back to 1.0") {
		t.Errorf("a second one ended with %d:\n%s", code, shown)
	}
	if code, shown := p.onHost("", "return", "staging", "it", "was", "the", "network"); code != 0 || !strings.Contains(shown, "Staging returned to 2.0 after a rollback to 1.0") {
		t.Errorf("return ended with %d:\n%s", code, shown)
	}
	if code, shown := p.onHost("", "keep", "staging"); code != 1 || !strings.Contains(shown, "That is not asked now") {
		t.Errorf("keep after return ended with %d:\n%s", code, shown)
	}
	p.wantWrites(platform, putApp, rollBack, revert)
}

// TestRollbackOnTheHostInAPlainShell goes back through the running bot from a
// shell in which no variable of the configuration is set but the ledger's.
func TestRollbackOnTheHostInAPlainShell(t *testing.T) {
	t.Parallel()
	p, platform := newStaging(t)
	p.deploy()
	code, shown := p.inPlainShell([]string{"LEDGER"}, "staging\n", "staging")
	if code != 0 || strings.Contains(shown, "is not set") {
		t.Errorf("ended with %d:\n%s", code, shown)
	}
	wantSaid(t, shown, "Roll staging back to 1.0?", "The question is open.")
	if code, shown := p.inPlainShell([]string{"LEDGER"}, "", "keep", "staging"); code != 0 || !strings.Contains(shown, "Staging back to 1.0: done, 1.0 is kept") || strings.Contains(shown, "is not set") {
		t.Errorf("keep ended with %d:\n%s", code, shown)
	}
	if code, shown := p.inPlainShell([]string{"LEDGER"}, "", "moon"); code != 1 || !strings.Contains(shown, `There is no environment "moon" here`) {
		t.Errorf("an environment that there is not ended with %d:\n%s", code, shown)
	}
	code, shown = p.inPlainShell(nil, "", "staging")
	if code != 2 {
		t.Errorf("without the ledger's path it ended with %d, want 2", code)
	}
	wantSaid(t, shown, "the variable LEDGER is not set", "Nothing was done: without storage, which says where the ledger is, the running bot cannot be found")
	p.wantWrites(platform, putApp, rollBack, commit)
}

// startWithoutSlack starts gonogo while Slack can't be reached at all.
func (p *practice) startWithoutSlack() {
	p.t.Helper()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	p.variables["SLACK_API_URL"] = gone.URL + "/api/"
	inBackground(p.t, func(ctx context.Context) error {
		if code := p.command(ctx, io.Discard, "serve", "--config", p.config); code != 0 {
			p.t.Errorf("serve ended with %d:\n%s", code, p.logs)
		}
		return nil
	})
	p.host()
}

// TestRollbackWithoutSlack goes back and keeps it while Slack cannot be reached
// at all.
func TestRollbackWithoutSlack(t *testing.T) {
	t.Parallel()
	p, platform := newStopped(t)
	p.startWithoutSlack()
	code, shown := p.onHost("staging\nkeep\n", "staging")
	if code != 0 || !strings.Contains(shown, "Staging back to 1.0: done, 1.0 is kept") || p.slack.Sockets() > 0 {
		t.Errorf("ended with %d, with %d sockets to Slack:\n%s", code, p.slack.Sockets(), shown)
	}
	p.wantWrites(platform, putApp, rollBack, commit)
}

// TestHostOnlyRollsBack has the local socket refuse every act but those of a
// rollback.
func TestHostOnlyRollsBack(t *testing.T) {
	t.Parallel()
	p, platform := newStaging(t)
	h := p.host()
	for _, act := range []reply.Act{{Verb: "deploy start", Environment: "staging"}, {Verb: "deploy lock", Environment: "staging", Text: "x"},
		{Verb: "ready release", Release: "3.0"}, {Verb: "deploy adopt", Environment: "staging"}, {Verb: "ready status"}} {
		r, err := h.act(p.ctx, newKey(), act)
		if err != nil || !r.Refused || r.Title != "This needs a Slack identity" {
			t.Errorf("%s: %+v, %v", act.Verb, r, err)
		}
	}
	p.wantWrites(platform)
}

// host is a person at the terminal while the bot runs.
func (p *practice) host() *host {
	p.t.Helper()
	h, err := newHost(system{Out: io.Discard, Err: io.Discard, Environ: p.environ}, p.config)
	if err != nil {
		p.t.Fatal(err)
	}
	if !h.redial(p.ctx) {
		p.t.Fatal("the bot does not answer at its socket")
	}
	return h
}

// TestRollbackOnTheHostIsFollowedAgain follows the rollback under way in another
// terminal, whose answer ends it: that which began it may be gone.
func TestRollbackOnTheHostIsFollowedAgain(t *testing.T) {
	t.Parallel()
	p, platform := newStaging(t)
	p.deploy()
	h := p.host()
	if r, err := h.act(p.ctx, newKey(), reply.Act{Verb: "rollback start", Environment: "staging", From: "2.0", To: "1.0"}); err != nil || r.Refused {
		t.Fatalf("%+v, %v", r, err)
	}
	code, shown := p.onHost("keep\n", "staging")
	if code != 0 {
		t.Errorf("ended with %d", code)
	}
	wantSaid(t, shown, "A rollback is under way: staging back to 1.0", "1.0 is live and pinned: keep it, or return to 2.0?", "Staging back to 1.0: done, 1.0 is kept")
	p.wantWrites(platform, putApp, rollBack, commit)
	if code, shown = p.onHost("", "keep", "staging"); code != 1 || strings.Contains(shown, "/deploy status") {
		t.Errorf("too late: %d\n%s", code, shown)
	}
}

// TestHostPressesTwice starts one rollback with one key, however often it comes.
func TestHostPressesTwice(t *testing.T) {
	t.Parallel()
	p, platform := newStaging(t)
	p.deploy()
	h, key := p.host(), newKey()
	start := reply.Act{Verb: "rollback start", Environment: "staging", From: "2.0", To: "1.0"}
	var all sync.WaitGroup
	runs := make([]string, 8)
	for i := range runs {
		all.Go(func() {
			r, err := h.act(p.ctx, key, start)
			if err != nil || r.Refused {
				t.Errorf("%+v, %v", r, err)
			}
			runs[i] = r.Run
		})
	}
	all.Wait()
	if slices.Sort(runs); runs[0] == "" || runs[0] != runs[len(runs)-1] {
		t.Errorf("the presses began %q, want one run", runs)
	}
	p.offered("C0ONCALL", "Keep 1.0")
	p.wantWrites(platform, putApp, rollBack)
}

// TestHostAsksAgain asks a bot again that was killed before it answered, under
// the same key.
func TestHostAsksAgain(t *testing.T) {
	dir, err := os.MkdirTemp("", "host")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p := &practice{t: t, ctx: t.Context(), config: "testdata/deploy.yml", logs: &journal{}}
	variables := map[string]string{"LEDGER": filepath.Join(dir, "gonogo.db"), "STAGING_URL": "http://localhost", "STAGING_APP_ID": cloudApp, "ALERT_WEBHOOK_TOKEN": "t"}
	p.environ = func(name string) (string, bool) { value, ok := variables[name]; return value, ok }
	listener, err := net.Listen("unix", filepath.Join(dir, "gonogo.db.sock"))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex // the host also asks how the bot is
	var keys []string
	fake := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/act" {
			return
		}
		var body struct{ Key string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if keys = append(keys, body.Key); len(keys) == 1 {
			panic(http.ErrAbortHandler) // as a bot that dies when it has written the ledger
		}
		_, _ = io.WriteString(w, `{"title":"Rolling staging back","run":"c0ffee"}`)
	})}
	go func() { _ = fake.Serve(listener) }()
	t.Cleanup(func() { _ = fake.Close() })
	answer, err := p.host().act(t.Context(), "host/1", reply.Act{Verb: "rollback start", Environment: "staging"})
	mu.Lock()
	defer mu.Unlock()
	if err != nil || answer.Run != "c0ffee" || !slices.Equal(keys, []string{"host/1", "host/1"}) {
		t.Errorf("%+v, %v after %q", answer, err, keys)
	}
}

// TestKilledWhileTheHostRollsBack kills the bot at each call of a rollback that
// a terminal began. The terminal waits for the next bot and sees the end, and
// every write is made once.
func TestKilledWhileTheHostRollsBack(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	for _, route := range []string{validate, rollBack, commit} {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			p := newPractice(t)
			platform := p.newCloud()
			kill := p.startProcess()
			p.open()
			p.deploy()
			killed := make(chan struct{})
			onFirst(platform, route, digitalocean.Fault{Before: func() { kill(); close(killed) }, Drop: true})
			restarted := make(chan struct{})
			go func() {
				defer close(restarted)
				<-killed
				if p.slack.Await(p.ctx, func() bool { return p.slack.Sockets() == 0 }) == nil {
					p.start()
				}
			}()
			code, shown := p.onHost("staging\nkeep\n", "staging")
			<-restarted
			if code != 0 {
				t.Errorf("ended with %d", code)
			}
			wantSaid(t, shown, "The bot has stopped. Waiting for it to start again; nothing is done twice.", "Staging back to 1.0: done, 1.0 is kept")
			p.wantWrites(platform, putApp, rollBack, commit)
			p.wantCounts(map[string]int{"run.started": 2, "run.ended": 2})
		})
	}
}

// TestKilledRollbackIsNotCalledDone kills the bot while the platform has its rollback.
// Until gonogo runs again, the doctor and the steps by hand say that the outcome isn't
// known, whatever the platform shows: here the rollback took place.
func TestKilledRollbackIsNotCalledDone(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	p := newPractice(t)
	platform := p.newCloud()
	kill := p.startProcess()
	p.open()
	p.deploy()
	onFirst(platform, rollBack, digitalocean.Fault{Before: kill, Drop: true, Done: true})
	p.tell("U0DEV", "/rollback start staging from 2.0 to 1.0 because it is slow")
	p.await("the kill", func() bool { return p.slack.Sockets() == 0 })
	p.lives(platform, "1.0")
	code, out := p.doctor()
	if code != 1 || strings.Contains(out, "pinned after a rollback") {
		t.Errorf("the doctor ended with %d:\n%s", code, out)
	}
	wantLines(t, out, []string{"✗", "environment staging", "a rollback was begun and has not ended: staging back to 1.0, started 20", "its step “Roll the app back to 1.0 and pin it” was sent or begun 20",
		"and the outcome isn't known; look at the platform first, which shows 1.0 live and pinned now; then start gonogo", "gonogo rollback by-hand staging"})
	const unknown = "⚠ It isn't known whether the platform has brought 1.0 back and pinned the app"
	for verb, says := range map[string][]string{"": {"To go back to 1.0:"}, "by-hand": {"To go back to 1.0:"}, "keep": {unknown, "To keep 1.0:"}, "return": {unknown, "To return to 2.0:"}} {
		args := strings.Fields(verb + " staging")
		if verb == "return" {
			args = append(args, "it was the network")
		}
		code, shown := p.onHost("", args...)
		if code != 1 {
			t.Errorf("%q ended with %d, want 1: nothing was done", args, code)
		}
		wantSaid(t, shown, append(says, "⚠ A rollback was begun and has not ended, according to the ledger: staging back to 1.0", "Its step “Roll the app back to 1.0 and pin it” was sent or begun 20", "and the outcome isn't known.",
			"Look at the platform first", "When gonogo is running again, it looks at the platform, resumes from there and does nothing twice.")...)
	}
	p.wantWrites(platform, putApp, rollBack)
}

// TestRollbackOnTheHostMisspelt says in one sentence what a subcommand takes.
func TestRollbackOnTheHostMisspelt(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"":                   "gonogo rollback takes one environment, such as: gonogo rollback production",
		"staging production": "gonogo rollback takes one environment, such as: gonogo rollback production",
		"keep":               "gonogo rollback keep takes one environment, such as: gonogo rollback keep production",
		"keep staging 1.0":   "gonogo rollback keep takes one environment, such as: gonogo rollback keep production",
		"return":             `gonogo rollback return takes an environment and a reason, such as: gonogo rollback return production "the fault was the database's"`,
		"return staging":     `gonogo rollback return takes an environment and a reason, such as: gonogo rollback return production "the fault was the database's"`,
		"continue":           "gonogo rollback continue takes one environment, such as: gonogo rollback continue production",
		"abandon":            "gonogo rollback abandon takes one environment, such as: gonogo rollback abandon production",
		"by-hand":            "gonogo rollback by-hand takes one environment, such as: gonogo rollback by-hand production",
		"record":             "gonogo rollback record takes one environment, such as: gonogo rollback record production",
	} {
		var out journal
		code := run(t.Context(), append([]string{"rollback"}, strings.Fields(typed)...), system{Out: &out, Err: &out, Environ: os.LookupEnv})
		if code != 64 || out.String() != want+"\n" {
			t.Errorf("%q ended with %d:\n%swant:\n%s", typed, code, out.String(), want)
		}
	}
}

// TestReasonThatIsTooLong is about an act that isn't sent: nothing was begun, so nobody
// is told to act by hand.
func TestReasonThatIsTooLong(t *testing.T) {
	t.Parallel()
	var says bytes.Buffer
	h := &host{s: system{Out: &says, Err: &says}}
	err := h.do(t.Context(), newKey(), reply.Act{Verb: "rollback return", Environment: "staging", Text: strings.Repeat("long ", 1000)}, true)
	var ended exit
	if !errors.As(err, &ended) || ended.code != 1 {
		t.Errorf("it ended with %v, want 1", err)
	}
	if got, want := says.String(), "Nothing was done: the reason is too long; write at most 300 characters.\n"; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
}

// screen is a terminal whose text can be waited for.
type screen struct {
	journal
	wrote chan struct{} // what was written may be new
}

// Write implements io.Writer.
func (s *screen) Write(p []byte) (int, error) {
	n, err := s.journal.Write(p)
	select {
	case s.wrote <- struct{}{}:
	default:
	}
	return n, err
}

// await waits until the terminal shows something.
func (s *screen) await(ctx context.Context, what string) {
	for !strings.Contains(s.String(), what) {
		select {
		case <-s.wrote:
		case <-ctx.Done():
			return
		}
	}
}

// TestRollbackOnTheHostShowsItWhenItHappens has the platform answer only once the
// terminal shows what is being waited for: the step that looks at the platform before
// its write, and then the platform's error.
func TestRollbackOnTheHostShowsItWhenItHappens(t *testing.T) {
	t.Parallel()
	p, platform := newStaging(t)
	p.deploy()
	out := screen{wrote: make(chan struct{}, 1)}
	const looks, fails = ": Roll the app back to 1.0 and pin it\n    looking at the platform first\n", "    the platform does not answer yet: "
	var validated, held atomic.Bool
	platform.OnCall(func(c digitalocean.Call) digitalocean.Fault {
		switch {
		case c.Route == validate: // the plan asks that too
			validated.Store(strings.Contains(out.String(), "\nRolling staging back\n"))
		case !validated.Load() || c.Write:
		case held.CompareAndSwap(false, true):
			return digitalocean.Fault{Before: func() { out.await(p.ctx, looks) }, Status: http.StatusServiceUnavailable}
		case !strings.Contains(out.String(), fails):
			return digitalocean.Fault{Status: http.StatusServiceUnavailable}
		}
		return digitalocean.Fault{}
	})
	code := run(p.ctx, []string{"rollback", "staging", "--config", p.config}, system{In: strings.NewReader("staging\nkeep\n"), Out: &out, Err: &out, Environ: p.environ})
	if code != 0 {
		t.Errorf("ended with %d:\n%s", code, out.String())
	}
	wantSaid(t, out.String(), looks, fails, "Staging back to 1.0: done, 1.0 is kept")
}
