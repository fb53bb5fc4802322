package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gonogo/playground"
	"gonogo/playground/workspace"
	"gonogo/storage"
)

// asProgram is the variable by which the test binary is gonogo, whole.
const asProgram = "GONOGO_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if config := os.Getenv("GONOGO_TEST_SERVE"); config != "" { // this process is the bot of a test that kills it
		os.Exit(run(context.Background(), []string{"serve", "--config", config}, system{Out: os.Stdout, Err: os.Stderr, Environ: os.LookupEnv, Visible: testVisible, LookWithin: testWithin}))
	}
	if os.Getenv(asProgram) != "" {
		main()
	}
	if len(os.Args) > 1 && os.Args[1] == "playground" { // this process is the program of a runbook
		os.Exit(run(context.Background(), os.Args[1:], system{Out: os.Stdout, Err: os.Stderr, Environ: os.LookupEnv}))
	}
	// These tests mostly wait: for Slack's limits, a platform, a browser.
	if err := flag.Set("test.parallel", "20"); err != nil {
		panic(err)
	}
	useMemory()
	goleak.VerifyTestMain(m)
}

// useMemory has the dozens of bots in this process, and those that it starts,
// leave the memory to Go: to spare it costs the processor's time.
func useMemory() {
	const percent = 200
	if err := os.Setenv("GOGC", strconv.Itoa(percent)); err != nil {
		panic(err)
	}
	debug.SetGCPercent(percent)
}

const (
	testVisible = 500 * time.Millisecond // how long these tests give a write to show
	testWithin  = time.Minute            // and the platform to say what it has, where it is well
)

// haste is how many times as fast as in the demo deployments and alerts take
// their course.
const haste = 5

// practice is a practice world, with the bot in it once it is started.
type practice struct {
	t       testing.TB
	ctx     context.Context // ends the test when something never comes
	giveUp  func()          // ends ctx: nothing more can come
	world   *playground.World
	slack   *workspace.Workspace
	ledger  string
	environ func(string) (string, bool)
	logs    *journal

	config    string            // the bot's
	listens   chan string       // where the bot that was started last listens for alerts
	variables map[string]string // that come before the world's
	watch     watchPace         // of the bot's looks at itself
	disk      func(storage.Log) storage.Log
	slackRate float64 // how many times Slack's usual rates the bot may call; 0: 1
}

// journal collects what the bot logs.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// newPractice starts a world that lasts as long as the test.
func newPractice(t testing.TB) *practice {
	t.Helper()
	if testing.Short() {
		t.Skip("a practice world takes its time")
	}
	return startPractice(t)
}

// startPractice is newPractice for what is tried with -short too. Slack gives the bot
// as long as it likes to acknowledge and to open a form, which a busy machine may need;
// only a benchmark has to keep Slack's three seconds.
func startPractice(t testing.TB) *practice {
	t.Helper()
	p := strictPractice(t)
	if _, measures := t.(*testing.B); !measures {
		p.slack.Admin().LiftDeadlines()
	}
	return p
}

// strictPractice starts a world in which Slack's three seconds hold.
func strictPractice(t testing.TB) *practice {
	t.Helper()
	dir := t.TempDir()
	world, err := playground.New(playground.Options{Dir: filepath.Join(dir, "world"), Listen: "127.0.0.1:0", Haste: haste, Log: newLogger(io.Discard, nil)})
	if err != nil {
		t.Fatal(err)
	}
	inBackground(t, world.Run)
	ctx, cancel := context.WithDeadline(context.Background(), lastMoment(t))
	t.Cleanup(cancel)
	p := &practice{t: t, ctx: ctx, giveUp: cancel, world: world, slack: world.Workspace(), ledger: filepath.Join(dir, "gonogo.db"), logs: &journal{}, config: "testdata/practice.yml"}
	p.environ = func(name string) (string, bool) {
		if name == "LEDGER" {
			return p.ledger, true
		}
		if value, ok := p.variables[name]; ok {
			return value, true
		}
		return worldEnviron(world, os.LookupEnv)(name)
	}
	return p
}

// lastMoment is when a test that waits in vain says for what: shortly before go test
// ends them all. It is as late as that because a busy machine may take ten times as
// long as an idle one.
func lastMoment(t testing.TB) time.Time {
	if t, ok := t.(*testing.T); ok {
		if deadline, ok := t.Deadline(); ok {
			return deadline.Add(-30 * time.Second)
		}
	}
	return time.Now().Add(time.Hour)
}

// inBackground runs until the test ends or stop is called, and waits for it.
func inBackground(t testing.TB, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("it stopped with: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// start runs the bot until the test ends or stop is called. The world's
// Alertmanager sends to wherever it listens.
func (p *practice) start() (stop func()) {
	p.t.Helper()
	listens := make(chan string, 1)
	p.listens = listens
	stop = inBackground(p.t, func(ctx context.Context) error {
		if code := p.serve(ctx, listens); code != 0 {
			p.t.Errorf("serve ended with %d:\n%s", code, p.logs)
			p.giveUp()
		}
		return nil
	})
	p.await("two sockets", func() bool { return p.slack.Sockets() == 2 })
	return stop
}

// serve runs the bot in this process, and tells where it listens for alerts.
func (p *practice) serve(ctx context.Context, listens chan<- string) int {
	sys := p.system(io.Discard)
	sys.Listening = func(address string) {
		p.world.SendAlertsTo("http://" + address + "/alerts/alertmanager")
		listens <- address
	}
	return run(ctx, []string{"serve", "--config", p.config}, sys)
}

// address waits until the bot listens for alerts, and returns where.
func (p *practice) address() string {
	p.t.Helper()
	select {
	case address := <-p.listens:
		p.listens <- address // for whoever asks next
		return address
	case <-p.ctx.Done():
		p.t.Fatalf("the bot does not listen for alerts; it logged:\n%s", p.logs)
		return ""
	}
}

// command runs a subcommand in this process.
func (p *practice) command(ctx context.Context, out io.Writer, args ...string) int {
	return run(ctx, args, p.system(out))
}

func (p *practice) system(out io.Writer) system {
	return system{Out: out, Err: p.logs, Environ: p.environ, Visible: testVisible, LookWithin: testWithin, SlackRate: p.slackRate, Watch: p.watch, Disk: p.disk}
}

// liftSlackLimits has Slack take, and the bot make, many more calls than usual: for tests
// with many cards that are about something else.
func (p *practice) liftSlackLimits() {
	p.slack.Admin().LiftLimits()
	p.slackRate = 20
}

// await waits until something holds in the workspace.
func (p *practice) await(what string, holds func() bool) {
	p.t.Helper()
	if err := p.slack.Await(p.ctx, holds); err != nil {
		p.t.Fatalf("%s never came; the last to be said:\n%s\nthe bot logged:\n%s", what, p.lastSaid(), p.logs)
	}
}

// lastSaid are the last words in each channel, and to each person.
func (p *practice) lastSaid() string {
	var text strings.Builder
	for _, channel := range []string{"C0RELEASES", "C0ONCALL"} {
		for _, m := range last(3, p.slack.Messages(channel)) {
			fmt.Fprintf(&text, "\tin %s: %s\n", channel, m.Text)
		}
	}
	for _, user := range []string{"U0DEV", "U0ONCALL", "U0PO", "U0TL", "U0SO", "U0PM"} {
		for _, m := range last(1, p.slack.Ephemerals(user)) {
			fmt.Fprintf(&text, "\tto %s: %s\n\t\t%.2000s\n", user, m.Text, m.Blocks)
		}
	}
	return text.String()
}

func last(n int, all []workspace.Message) []workspace.Message { return all[max(0, len(all)-n):] }

// say says something as a person in #releases and returns what only they see
// as the answer.
func (p *practice) say(user, text string) string {
	p.t.Helper()
	before := len(p.slack.Ephemerals(user))
	if err := p.slack.Say(user, "C0RELEASES", "", text); err != nil {
		p.t.Fatal(err)
	}
	return p.answer(user, before)
}

// openRelease has the deployer open a release, which everybody in #releases is told. As a
// person would, they try again where the bot asks for that, since it was so slow to start
// that it doesn't know yet who they are.
func (p *practice) openRelease(release string) string {
	p.t.Helper()
	version, _, _ := strings.Cut(release, " ")
	isOpen, notYet := version+" is open", "Can't look up who may do that at the moment"
	for {
		before := len(p.slack.Ephemerals("U0DEV"))
		p.tell("U0DEV", "/ready release "+release)
		p.await("a message with "+isOpen, func() bool {
			_, open := p.showing(isOpen)
			return open || len(p.slack.Ephemerals("U0DEV")) > before
		})
		if all := p.slack.Ephemerals("U0DEV"); len(all) == before || all[before].Text != notYet {
			return p.seen(isOpen).Text
		}
	}
}

// answer waits for one more message that only this person sees.
func (p *practice) answer(user string, before int) string {
	p.t.Helper()
	p.await("an answer for "+user, func() bool { return len(p.slack.Ephemerals(user)) > before })
	return p.slack.Ephemerals(user)[before].Text
}

// seen waits for a message in #releases, or in a thread there, that has a text
// in it, and returns it.
func (p *practice) seen(text string) (found workspace.Message) {
	p.t.Helper()
	p.await("a message with "+text, func() (ok bool) { found, ok = p.showing(text); return ok })
	return found
}

// showing finds a message in #releases, or in a thread there, that has a text in it.
func (p *practice) showing(text string) (found workspace.Message, ok bool) {
	for _, m := range p.slack.Messages("C0RELEASES") {
		if strings.Contains(m.Text, text) || bytes.Contains(m.Blocks, []byte(text)) {
			return m, true
		}
	}
	return workspace.Message{}, false
}

// press presses the button with a label under a message and returns what only
// the presser sees as the answer.
func (p *practice) press(user string, m workspace.Message, label string) string {
	p.t.Helper()
	before := len(p.slack.Ephemerals(user))
	click(p.t, p.slack, user, m, label)
	return p.answer(user, before)
}

// pressed presses a button whose answer everybody sees.
func (p *practice) pressed(user string, m workspace.Message, label string) {
	p.t.Helper()
	click(p.t, p.slack, user, m, label)
}

// click presses the button with a label under a message, as a window does that may show an earlier version of it.
func click(t testing.TB, slack *workspace.Workspace, user string, m workspace.Message, label string) *workspace.Delivery {
	t.Helper()
	block, action, value := button(t, m, label)
	sent, err := slack.PressIn(user, m.Channel, m.TS, block, action, value)
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

// button finds a button by its label.
func button(t testing.TB, m workspace.Message, label string) (block, action, value string) {
	t.Helper()
	block, action, value, ok := findButton(m, label)
	if !ok {
		t.Fatalf("there is no button %q under %q", label, m.Text)
	}
	return block, action, value
}

// findButton is button for a message that may have changed.
func findButton(m workspace.Message, label string) (block, action, value string, ok bool) {
	var blocks []struct {
		ID       string `json:"block_id"`
		Elements []struct {
			Action string          `json:"action_id"`
			Value  string          `json:"value"`
			Text   json.RawMessage `json:"text"`
		} `json:"elements"`
	}
	_ = json.Unmarshal(m.Blocks, &blocks) // a message without blocks has no buttons
	for _, b := range blocks {
		for _, e := range b.Elements {
			var text struct{ Text string }
			if json.Unmarshal(e.Text, &text) == nil && text.Text == label {
				return b.ID, e.Action, e.Value, true
			}
		}
	}
	return "", "", "", false
}
