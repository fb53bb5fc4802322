package chat

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/chat/lane"
	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/playground/workspace"
)

// byHolders ranks as Commands does where only the technical lead holds roles.
func byHolders(r commands.Request) commands.Precedence {
	switch said := saidBy(r); {
	case r.User != lead:
		return commands.InTurn
	case strings.HasPrefix(said, "rollback"):
		return commands.AtOnce
	case strings.HasPrefix(said, "ready approve"):
		return commands.Ahead
	}
	return commands.InTurn
}

// gate lets nobody through until it is opened.
type gate struct {
	open    chan struct{}
	release func()
}

func newGate() *gate {
	g := &gate{open: make(chan struct{})}
	g.release = sync.OnceFunc(func() { close(g.open) })
	return g
}

// pass returns when the gate is opened. It is for commands: a context would end them
// after a minute, and a busy machine may need longer for what a test does meanwhile.
func (g *gate) pass() { <-g.open }

// wait returns when the gate is opened, or who waits has gone.
func (g *gate) wait(ctx context.Context) {
	select {
	case <-g.open:
	case <-ctx.Done():
	}
}

// asks lists what was asked, in the order in which it was decided.
func (b *bot) asks() []string {
	var all []string
	for _, r := range b.requests() {
		all = append(all, saidBy(r))
	}
	return all
}

// send has people type commands at the same time as far as anybody can tell: all
// are acknowledged before it returns.
func (w *world) send(user string, commands ...string) (told []string) {
	w.t.Helper()
	for _, c := range commands {
		root, text, _ := strings.Cut(c, " ")
		told = append(told, string(w.must(w.Slash(user, releases, root, text)).Payload))
	}
	return told
}

func numbered(n int, command string) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%s %d", command, i))
	}
	return all
}

// patient lets a Chat wait for Slack's answers for ever: otherwise it gives up those that
// take long, also where only the test and a busy machine are slow.
func patient(c *Chat) {
	c.http.Timeout = 0
	c.http.Transport.(*http.Transport).ResponseHeaderTimeout = 0
}

// However slowly Slack takes one person's answers, it holds up neither what others
// ask for nor an Acknowledge, their own included.
func TestSlowSlackHoldsNobodysTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{Unlimited: true}, Options{})
	slow := newGate()
	defer slow.release()
	w.guard(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/hooks/") {
			slow.wait(r.Context())
		}
		return false
	})
	w.bot.rank = byHolders
	w.tune = patient
	w.start()
	told := w.send(owner, numbered(2000, "/ready status")...)
	w.send(lead, numbered(40, "/ready status")...)
	w.send(lead, "/rollback ack 1")
	w.await("the Acknowledge is decided", func() bool { return w.bot.texts()["rollback ack 1"] == 1 })

	taken := slices.DeleteFunc(told, func(ack string) bool { return strings.Contains(ack, "nothing was done") })
	if len(taken) > 2*mostEach {
		t.Errorf("%d of 2000 commands of one person were taken while none was answered, want at most %d", len(taken), 2*mostEach)
	}
	slow.release()
	w.await("all that was taken is answered", func() bool { return len(w.Ephemerals(owner)) >= len(taken) })
}

// Acknowledge, Stop and rollback of people who hold the role overtake everything,
// also what the same person asked before; those of an outsider overtake nothing,
// however many there are.
func TestUrgentOvertakesEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{Unlimited: true}, Options{Workers: 4})
	platform := newGate()
	defer platform.release()
	w.bot.rank = byHolders
	w.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
		if strings.HasPrefix(r.Text, "deploy status") || r.User == owner {
			platform.pass()
		}
		return reply.Reply{Title: "Done " + r.Text}
	}
	w.start()
	w.send(owner, numbered(1000, "/rollback ack")...)
	w.send(lead, "/deploy status", "/ready status")
	w.await("two acts wait for the platform", func() bool { return len(w.bot.requests()) == 2 })
	for i, urgent := range []string{"/rollback ack mine", "/rollback production"} {
		w.send(lead, urgent)
		w.await(urgent, func() bool { return len(w.bot.requests()) == 3+i })
	}
	if err := w.Say(lead, releases, "", "<@U0GONOGO> rollback ack said"); err != nil {
		t.Fatal(err)
	}
	w.await("the mention", func() bool { return len(w.bot.requests()) == 5 })

	got := w.bot.asks()
	slices.Sort(got[:2])
	want := []string{"deploy status", "rollback ack 0", "rollback ack mine", "rollback production", "rollback ack said"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decided (-want +got):\n%s", diff)
	}
	platform.release()
	w.await("what was overtaken", func() bool { return w.bot.texts()["ready status"] == 1 && w.bot.texts()["rollback ack 31"] == 1 })
}

// An approval goes before what other people wait for, and keeps its place among
// what its own person asked.
func TestApprovalsGoAhead(t *testing.T) {
	w := newWorld(t, workspace.Options{Unlimited: true}, Options{Workers: 1})
	begun := newGate()
	defer begun.release()
	w.bot.rank = byHolders
	w.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
		begun.pass()
		return reply.Reply{Title: "Done " + r.Text}
	}
	w.start()
	w.send(owner, "/ready first")
	w.await("the worker is taken", func() bool { return len(w.bot.requests()) == 1 })
	w.send(guest, "/ready approve staging", "/ready second")
	w.send(owner, "/ready third")
	w.send(lead, "/ready approve staging 2.0", "/ready after it", "/ready approve production")
	begun.release()
	w.await("all", func() bool { return len(w.bot.requests()) == 7 })
	want := []string{"ready first", "ready approve staging 2.0", "ready approve staging", "ready third", "ready after it", "ready approve production", "ready second"}
	got := w.bot.asks()
	if ahead, second := slices.Index(got, "ready approve production"), slices.Index(got, "ready after it"); got[1] != want[1] || ahead < second {
		t.Errorf("decided %q, want the lead's first approval next, and the second after what they asked before it", got)
	}
}

// A person may have 32 acts waiting; whoever asks for more is told, by whichever
// way, and others are not concerned.
func TestMostWaitingActs(t *testing.T) {
	w := newWorld(t, workspace.Options{Unlimited: true}, Options{})
	free := newGate()
	defer free.release()
	w.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
		if r.User == owner {
			free.pass()
		}
		return reply.Reply{Title: "Done " + saidBy(r)}
	}
	w.start()
	button := pressable(w)
	w.send(owner, "/ready first")
	w.await("it has begun", func() bool { return len(w.bot.requests()) == 1 })
	for i, ack := range w.send(owner, numbered(32, "/ready wait")...) {
		if ack != "" {
			t.Errorf("waiting act %d got %s, want a bare acknowledgement", i+1, ack)
		}
	}
	if ack := w.send(owner, "/ready too much")[0]; !strings.Contains(ack, crowdedSentence) {
		t.Errorf("the 33rd got %s, want %q", ack, crowdedSentence)
	}
	w.must(w.Press(owner, releases, button, "gonogo:0"))
	w.await("a press is told, too", func() bool { return mentions(last(w.Ephemerals(owner)), crowdedSentence) })
	w.send(lead, "/ready status")
	w.whisper(lead, "Done ready status")

	free.release()
	w.await("what was taken is answered", func() bool { return w.bot.texts()["ready wait 31"] == 1 })
	if n := w.bot.texts()["ready too much"]; n != 0 {
		t.Errorf("it was done %d times after its person was told that nothing was done", n)
	}
}

// A pause that Slack asks for on one response_url holds the answer that goes there,
// and no other.
func TestPausedResponseURLHoldsOnlyItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{Unlimited: true}, Options{})
	var paused sync.Map
	var first sync.Once
	w.guard(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/hooks/") {
			return false
		}
		first.Do(func() { paused.Store(r.URL.Path, true) })
		if _, held := paused.Load(r.URL.Path); held {
			rw.Header().Set("Retry-After", "120")
			rw.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		return false
	})
	w.start()
	w.send(owner, "/ready held")
	w.await("the pause", func() bool { return strings.Contains(w.logs.String(), "Slack limited the rate") })
	for i := range 20 {
		for _, user := range []string{owner, lead, guest, "U0ONCALL"} {
			w.send(user, fmt.Sprintf("/ready status %d", i))
		}
	}
	for _, user := range []string{owner, lead, guest, "U0ONCALL"} {
		w.await("every answer to "+user, func() bool { return len(w.Ephemerals(user)) == 20 })
	}
}

// Of the answers that replace one message the newest wins, also where Slack makes
// an older one wait.
func TestNewestReplacementWins(t *testing.T) {
	w := newWorld(t, workspace.Options{Unlimited: true}, Options{})
	next := reply.Act{Verb: "ready report"}
	w.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
		n := len(w.bot.requests())
		return reply.Reply{Title: fmt.Sprintf("Page %d", n), Replace: n > 1, Parts: []reply.Part{reply.Actions{{Label: "Next", Act: next}}}}
	}
	w.start()
	w.send(owner, "/ready report")
	page := w.whisper(owner, "Page 1")
	var once sync.Once
	var calls []string
	var mu sync.Mutex
	w.guard(func(rw http.ResponseWriter, r *http.Request) (answered bool) {
		if !strings.HasPrefix(r.URL.Path, "/hooks/") {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, r.URL.Path)
		once.Do(func() {
			rw.Header().Set("Retry-After", "1")
			rw.WriteHeader(http.StatusTooManyRequests)
			answered = true
		})
		return answered
	})
	w.must(w.Press(owner, releases, page.TS, "gonogo:0"))
	w.await("the pause", func() bool { return strings.Contains(w.logs.String(), "Slack limited the rate") })
	w.must(w.Press(owner, releases, page.TS, "gonogo:0"))
	w.whisper(owner, "Page 3")
	w.quit()
	if len(calls) != 2 || calls[0] == calls[1] || !mentions(last(w.Ephemerals(owner)), "Page 3") {
		t.Errorf("answers went to %d addresses; the message says %q, want the older given up", len(calls), last(w.Ephemerals(owner)).Text)
	}
}

// What one person asks for is done in that order: not before what they asked first
// is done, and right after the start as well.
func TestOnePersonsOrder(t *testing.T) {
	w := newWorld(t, workspace.Options{Unlimited: true}, Options{Roles: nil})
	w.opts.Roles = append(w.opts.Roles, groupRole)
	known, slow := newGate(), newGate()
	defer known.release()
	defer slow.release()
	w.guard(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/api/usergroups.") {
			known.wait(r.Context())
		}
		return false
	})
	w.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
		if strings.HasPrefix(r.Text, "ready release") {
			slow.pass()
		}
		return reply.Reply{Title: "Done " + r.Text}
	}
	w.tune = func(c *Chat) { // whatever is slow is so at once
		c.intake.lanes.plain.lane = lane.New(lane.Limits{AtOnce: perCore, Most: 256, InOrder: true})
	}
	w.start()
	var want []string
	for i := range 10 {
		want = append(want, fmt.Sprintf("ready release 2.%d.0", i), fmt.Sprintf("ready run all %d", i))
	}
	for _, text := range want {
		w.send(owner, "/"+text)
	}
	known.release()
	w.send(lead, "/ready status")
	w.whisper(lead, "Done ready status")
	if got := w.bot.texts(); got["ready run all 0"] != 0 {
		t.Error("a run began before the release that was asked for first")
	}
	slow.release()
	w.await("all", func() bool { return len(w.bot.requests()) == len(want)+1 })
	got := slices.DeleteFunc(w.bot.asks(), func(s string) bool { return s == "ready status" })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decided (-want +got):\n%s", diff)
	}
}

// What was acknowledged before the end is decided and answered, however many wait.
func TestDrainHandlesWhatWaits(t *testing.T) {
	w := newWorld(t, workspace.Options{Unlimited: true}, Options{})
	free := newGate()
	defer free.release()
	w.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
		free.pass()
		return reply.Reply{Title: "Done " + r.Text}
	}
	w.start()
	w.send(owner, numbered(20, "/ready status")...)
	w.send(lead, numbered(20, "/ready status")...)
	w.stop()
	w.await("the sockets are closed", func() bool { return w.Sockets() == 0 })
	free.release()
	w.quit()
	if n, m := len(w.Ephemerals(owner)), len(w.Ephemerals(lead)); n != 20 || m != 20 {
		t.Errorf("%d and %d answers, want 20 each", n, m)
	}
}
