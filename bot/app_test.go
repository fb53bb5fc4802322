package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"gonogo/bot/checked"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// TestWholeStory takes a release from NO-GO to GO as people would: over Slack's
// Web API and Socket Mode, against a database, reports and a site.
func TestWholeStory(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	stop := p.start()

	expect(t, p.say("U0NEW", "/ready release 19.0.1"), "You don't have permission for that")
	p.openRelease("19.0.1 0a1b2c3d")
	expect(t, p.say("U0DEV", "/ready"), "is not measured yet")
	expect(t, p.say("U0DEV", "/ready run all"), "Running all gates")
	expect(t, p.seen("All gates: ").Text, "All gates: ")
	p.seen("1 failed and 1 could not be measured, of 3")

	p.set("oca-dependencies", "installed")
	p.set("test-run", "all-pass")
	anchor := p.seen("1 failed and 1 could not be measured, of 3")
	expect(t, p.press("U0DEV", anchor, "Run oca again"), "Running oca")
	p.seen("Oca: passed")
	expect(t, p.say("U0DEV", "/ready run suite"), "Running suite")
	p.seen("Suite: passed")

	expect(t, p.say("U0DEV", "/ready check reviewed https://example.com/pull/7"), "You don't have permission for that")
	expect(t, p.say("U0TL", "/ready check reviewed https://example.com/pull/7"), ": checked")
	expect(t, p.say("U0DEV", "/ready signoff"), "The roles are asked")
	card := p.seen("Sign-off: 19.0.1 for staging, 0 of 4")
	expect(t, p.press("U0NEW", card, "Approve"), "You don't have permission for that")
	for _, user := range []string{"U0PO", "U0TL", "U0SO", "U0PM"} {
		expect(t, p.press(user, card, "Approve"), "Approved")
	}
	p.seen("Sign-off: 19.0.1 for staging, 4 of 4")
	expect(t, p.say("U0DEV", "/ready"), "staging: ✓ GO")

	stop()
	before := len(p.slack.Messages("C0RELEASES"))
	p.start()
	expect(t, p.say("U0DEV", "/ready"), "staging: ✓ GO")
	if after := len(p.slack.Messages("C0RELEASES")); after != before {
		t.Errorf("a restart made %d messages into %d", before, after)
	}
}

// TestRejectIsAForm presses Reject, leaves the comment out, then gives it.
func TestRejectIsAForm(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.start()
	p.say("U0DEV", "/ready signoff")
	card := p.seen("Sign-off: next for staging, 0 of 4")
	click(t, p.slack, "U0SO", card, "Reject")
	p.await("the form", func() bool { return len(p.slack.Views("U0SO")) == 1 })
	view := p.slack.Views("U0SO")[0]
	input := inputAction(t, view.Body, "comment")
	delivery, err := p.slack.SubmitView("U0SO", view.ID, map[string]map[string][]string{"comment": {input: {"  "}}})
	if err != nil {
		t.Fatal(err)
	}
	outcome, err := delivery.Wait(p.ctx)
	if err != nil || outcome.Errors["comment"] == "" {
		t.Errorf("an empty comment gives %+v, %v; want an error under comment", outcome, err)
	}
	if _, err := p.slack.SubmitView("U0SO", view.ID, map[string]map[string][]string{"comment": {input: {"not like this"}}}); err != nil {
		t.Fatal(err)
	}
	p.seen("rejected: not like this")
	expect(t, p.say("U0DEV", "/ready"), "NO-GO")
}

func inputAction(t testing.TB, body map[string]any, block string) string {
	t.Helper()
	for _, b := range body["blocks"].([]any) {
		b := b.(map[string]any)
		if b["block_id"] == block {
			return b["element"].(map[string]any)["action_id"].(string)
		}
	}
	t.Fatalf("the form has no input %s", block)
	return ""
}

// TestApprovalsAtOnce has four roles and an outsider press Approve 64 times at
// once, and one of them approve again after a restart.
func TestApprovalsAtOnce(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	stop := p.start()
	p.say("U0DEV", "/ready signoff")
	card := p.seen("Sign-off: next for staging, 0 of 4")
	block, action, value := button(t, card, "Approve")
	users := []string{"U0PO", "U0TL", "U0SO", "U0PM", "U0NEW"}
	pressed := map[string]int{}
	var all sync.WaitGroup
	for i := range 64 {
		user := users[i%len(users)]
		pressed[user]++
		all.Go(func() {
			if _, err := p.slack.PressIn(user, card.Channel, card.TS, block, action, value); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, user := range users {
		p.await("an answer to each press of "+user, func() bool { return len(p.slack.Ephemerals(user)) >= pressed[user] })
	}
	p.seen("Sign-off: next for staging, 4 of 4")
	stop()
	p.start()
	if card := p.seen("Sign-off: next for staging, 4 of 4"); !bytes.Contains(card.Blocks, []byte("approved")) {
		t.Errorf("the card shows no approval: %s", card.Blocks)
	}
	expect(t, p.say("U0PO", "/ready approve staging"), "Already approved")
	if n := p.count("signoff.given"); n != 4 {
		t.Errorf("the ledger holds %d sign-offs, want 4", n)
	}
}

// count counts events of a kind, as the command line reads them from the
// running bot.
func (p *practice) count(kind string) int {
	p.t.Helper()
	n, ok := p.counted(kind)
	if !ok {
		p.t.Fatalf("the ledger could not be exported: %s", p.logs)
	}
	return n
}

// counted is count; ok is false if the bot went away meanwhile.
func (p *practice) counted(kind string) (n int, ok bool) {
	p.t.Helper()
	var out bytes.Buffer
	if code := p.command(p.ctx, &out, "ledger", "export", "--ledger", p.ledger); code != 0 {
		return 0, false
	}
	for line := range strings.Lines(out.String()) {
		var event struct{ Kind string }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			p.t.Fatal(err)
		}
		if event.Kind == kind {
			n++
		}
	}
	return n, true
}

func (p *practice) set(id, state string) {
	p.t.Helper()
	if err := p.world.Set(id, state); err != nil {
		p.t.Fatal(err)
	}
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("got %q, want it to say %q", got, want)
	}
}

// TestKilled kills the bot with -9 while a gate run is under way and looks at
// what a new one makes of it: what was told to a person is there, and the run
// ends.
func TestKilled(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	kill := p.startProcess()
	p.openRelease("19.0.1 0a1b2c3d")
	p.set("staging-site", "slow")
	expect(t, p.say("U0DEV", "/ready run all"), "Running all gates")
	p.seen("Measuring login@staging")
	p.seen("Gates: ") // stands in the thread, so the ledger knows the message that the thread hangs on
	kill()
	p.set("staging-site", "answering")
	p.await("the sockets to go", func() bool { return p.slack.Sockets() == 0 })

	p.start()
	p.seen("1 failed and 1 could not be measured, of 3")
	expect(t, p.say("U0DEV", "/ready"), "Practice 19.0.1")
	if n := p.count("run.started"); n != 1 {
		t.Errorf("the ledger holds %d runs, want 1", n)
	}
	if n := p.count("run.ended"); n != 1 {
		t.Errorf("the ledger holds %d ends of runs, want 1", n)
	}
	roots := 0
	for _, m := range p.slack.Messages("C0RELEASES") {
		if (m.ThreadTS == "" || m.ThreadTS == m.TS) && !strings.Contains(m.Text, "19.0.1 is open") {
			roots++
		}
	}
	if roots != 1 {
		t.Errorf("#releases shows %d messages for one run", roots)
	}
}

// startProcess runs the bot as a process of its own, which kill ends with -9.
func (p *practice) startProcess() (kill func()) {
	p.t.Helper()
	bot := exec.Command(os.Args[0])
	bot.Env = append(os.Environ(), "GONOGO_TEST_SERVE="+p.config, "LEDGER="+p.ledger)
	for _, v := range p.world.Variables() {
		bot.Env = append(bot.Env, v.Name+"="+v.Value)
	}
	for name, value := range p.variables {
		bot.Env = append(bot.Env, name+"="+value)
	}
	bot.Stderr = p.logs
	if err := bot.Start(); err != nil {
		p.t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = bot.Process.Signal(syscall.SIGKILL)
		_ = bot.Wait()
	})
	p.t.Cleanup(kill)
	p.await("two sockets", func() bool { return p.slack.Sockets() == 2 })
	return kill
}

// TestCommandLine looks at the ledger and runs gates while a bot runs, and when
// none does.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	config := []string{"--config", "testdata/practice.yml"}
	look := func(wantCode int, wantText string, args ...string) {
		t.Helper()
		var out bytes.Buffer
		code := p.command(p.ctx, io.MultiWriter(&out, p.logs), args...)
		if code != wantCode {
			t.Errorf("%v ended with %d, want %d:\n%s", args, code, wantCode, p.logs)
		}
		expect(t, out.String(), wantText)
	}
	with := func(args ...string) []string { return append(args, config...) }

	look(1, "NO-GO: Practice next, by these gates alone", with("check")...)
	look(0, "GO: Practice next, by these gates alone", with("check", "login")...)
	look(2, "", with("check", "nosuch")...)
	look(2, "", with("check", "--env", "moon")...)
	look(0, "Practice next is not measured yet", with("status")...)
	look(0, "No release is open. next collects answers until one is", with("status")...)
	look(0, "next, commit unknown, not opened by anybody\n", with("status")...)
	look(0, "Technical Lead (U0TL)", with("status", "reviewed")...)

	stop := p.start()
	p.openRelease("19.0.1 0a1b2c3d")
	look(0, "Practice 19.0.1 is not measured yet", with("status")...)
	look(0, "# Readiness report of Practice 19.0.1\n", with("report")...)
	look(0, "Release 19.0.1 opened", with("history", "before", "1000000")...)
	look(0, "is intact: 3 records", with("ledger", "verify")...)
	look(1, "19.0.1 for staging", with("check", "--env", "staging")...)
	look(0, "is valid: Practice, 4 items, 3 of them measured by gates", "config", "check", "testdata/practice.yml")
	look(2, "", with("serve")...)
	stop()

	look(0, "# Readiness report of Practice 19.0.1\n", with("report")...)
	look(0, "Release 19.0.1 opened", with("history", "before", "1000000")...)
	look(0, "is intact: 3 records", with("ledger", "verify")...)
	look(0, "release.opened", with("ledger", "export")...)
	p.tamper()
	for _, looker := range [][]string{{"ledger", "verify"}, {"status"}, {"check", "--env", "staging"}, {"report"}, {"doctor"}} {
		before := len(p.logs.String())
		var out bytes.Buffer
		code := p.command(p.ctx, &out, with(looker...)...)
		if said := out.String() + p.logs.String()[before:]; code == 0 || !strings.Contains(said, "is damaged: record 3 was altered: its content does not match its hash; restore a backup") {
			t.Errorf("%v of an altered ledger ended with %d:\n%s", looker, code, said)
		}
	}
}

// TestWearersWithoutSlack holds that a terminal names whom the configuration
// names, and does not call a user group empty.
func TestWearersWithoutSlack(t *testing.T) {
	users, err := written{}.Members(checklist.Role{ID: "lead", Users: []string{"U0TL"}})
	if err != nil || !slices.Equal(users, []string{"U0TL"}) {
		t.Errorf("got %v, %v, want U0TL", users, err)
	}
	if users, err := (written{}).Members(checklist.Role{ID: "on_call", Usergroup: "S0ONCALL"}); err == nil {
		t.Errorf("a user group has the members %v without Slack", users)
	}
}

// tamper changes a version within the ledger's file.
func (p *practice) tamper() {
	p.t.Helper()
	data, err := os.ReadFile(p.ledger)
	if err != nil {
		p.t.Fatal(err)
	}
	changed := bytes.ReplaceAll(data, []byte("0a1b2c3d"), []byte("0a1b2c3e"))
	if bytes.Equal(changed, data) {
		p.t.Fatal("the ledger does not hold the commit")
	}
	if err := os.WriteFile(p.ledger, changed, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// TestCheckJSON reads what a pipeline would read.
func TestCheckJSON(t *testing.T) {
	p := newPractice(t)
	var out bytes.Buffer
	if code := p.command(p.ctx, &out, "check", "--json", "--env", "staging", "--config", "testdata/practice.yml"); code != 1 {
		t.Errorf("ended with %d, want 1", code)
	}
	var got checked.Report
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]answer.Verdict{}
	for _, f := range got.Items {
		verdicts[f.Item] = f.Verdict
	}
	want := map[string]answer.Verdict{"oca": answer.Failed, "suite": answer.NotConfigured, "login": answer.Passed}
	if fmt.Sprint(verdicts) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", verdicts, want)
	}
	if got.Go || len(got.Blockers) != 7 {
		t.Errorf("got go %t with %d blockers, want NO-GO with 7", got.Go, len(got.Blockers))
	}
}

// TestMissingToken refuses to start without one, in a sentence.
func TestMissingToken(t *testing.T) {
	p := newPractice(t)
	world := p.environ
	p.environ = func(name string) (string, bool) {
		if name == "SLACK_APP_TOKEN" {
			return "", false
		}
		return world(name)
	}
	if code := p.command(p.ctx, io.Discard, "serve", "--config", "testdata/practice.yml"); code != 2 {
		t.Errorf("ended with %d, want 2", code)
	}
	expect(t, p.logs.String(), "SLACK_APP_TOKEN is not set")
}

// TestLogsHoldNoSecret logs secrets as they are, as JSON writes them, in an
// address and in base64; one of them begins as another does.
func TestLogsHoldNoSecret(t *testing.T) {
	var out bytes.Buffer
	secrets := []string{"canary-plain", `canary"quo\\ted`, "canary<angle>&\a\u2028", "canary-plain-and-onkel"}
	logger := newLogger(&out, secrets)
	for _, secret := range secrets {
		logger.Error("failed with "+secret, "error", fmt.Errorf("at %s", secret), "quoted", fmt.Sprintf("%q", secret), "any", []string{secret},
			"address", "http://127.0.0.1/"+url.QueryEscape(secret), "sent", base64.StdEncoding.EncodeToString([]byte("user:"+secret)))
	}
	if found := regexp.MustCompile("canary|onkel|OmNhbmFye|Y2FuYXJ5").FindString(out.String()); found != "" || strings.Count(out.String(), "[redacted]") != 6*len(secrets) {
		t.Errorf("the log holds a secret, in which stands %q:\n%s", found, &out)
	}
}

// TestCheckWithoutALedger measures as CI does: no release was opened, so no
// report is older than it.
func TestCheckWithoutALedger(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.set("test-run", "all-pass")
	var out bytes.Buffer
	if code := p.command(p.ctx, &out, "check", "suite", "--config", p.config); code != 0 {
		t.Errorf("exit code %d:\n%s%s", code, &out, p.logs)
	}
}
