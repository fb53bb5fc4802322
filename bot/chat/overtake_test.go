package chat

import (
	"context"
	"strings"
	"sync"
	"testing"

	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/playground/workspace"
)

// pipeline is a scripted Commands of one environment: what starts is under way
// until it is stopped.
type pipeline struct {
	slow, starting *gate // that /ready slow and a Start wait for

	mu       sync.Mutex
	underWay bool
	broken   bool // a Stop cannot be recorded
}

// newPipeline makes a world with a pipeline, in which the technical lead's Stop
// goes at once.
func newPipeline(t *testing.T) (*world, *pipeline) {
	w, p := newWorld(t, workspace.Options{Unlimited: true}, Options{}), &pipeline{slow: newGate(), starting: newGate()}
	w.bot.handle = p.handle
	w.bot.rank = func(r commands.Request) commands.Precedence {
		if isStop(r) {
			return commands.AtOnce
		}
		return commands.InTurn
	}
	w.bot.stops = func(stop, waiting commands.Request) bool { return isStop(stop) && isStart(waiting) }
	w.start()
	t.Cleanup(p.slow.release) // before the Chat ends
	t.Cleanup(p.starting.release)
	return w, p
}

func isStop(r commands.Request) bool  { return strings.HasPrefix(saidBy(r), "deploy cancel") }
func isStart(r commands.Request) bool { return strings.HasPrefix(saidBy(r), "deploy start") }

func (p *pipeline) handle(_ context.Context, r commands.Request) reply.Reply {
	switch {
	case isStart(r):
		p.starting.pass()
	case !isStop(r):
		p.slow.pass()
		return reply.Reply{Title: "Done " + r.Text}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken && isStop(r) {
		return reply.Refuse("It was not stopped", reply.Say("The ledger cannot be written."))
	}
	was := p.underWay
	p.underWay = isStart(r)
	switch {
	case isStart(r):
		return reply.Reply{Title: "Started"}
	case was:
		return reply.Reply{Title: "Stopping"}
	}
	return reply.Reply{Title: "Nothing is under way", Refused: true}
}

// under tells whether something is under way.
func (p *pipeline) under() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.underWay
}

// A Stop that overtakes a Start keeps it from starting, and both people are told.
func TestStopOvertakesAWaitingStart(t *testing.T) {
	w, p := newPipeline(t)
	w.send(owner, "/ready slow")
	w.await("the slow command is taken", func() bool { return len(w.bot.requests()) == 1 })
	w.send(owner, "/deploy start staging")
	w.send(lead, "/deploy cancel staging")
	m := w.whisper(lead, stoppedTitle)
	if !mentions(m, "/deploy start staging") || !mentions(m, owner) {
		t.Errorf("the Stop is answered %s", m.Blocks)
	}
	p.slow.release()
	if m := w.whisper(owner, stoppedTitle); !mentions(m, lead) {
		t.Errorf("the Start is answered %s", m.Blocks)
	}
	if n := w.bot.texts()["deploy start staging"]; n != 0 || p.under() {
		t.Errorf("it was started %d times", n)
	}
	p.starting.release()
	w.send(owner, "/deploy start staging again")
	w.whisper(owner, "Started") // a Stop is of what came before it
}

// A Stop that keeps a Start from starting and fails to stop what is under way says
// both.
func TestStopOvertakesAWaitingStartAndFails(t *testing.T) {
	w, p := newPipeline(t)
	p.mu.Lock()
	p.underWay, p.broken = true, true
	p.mu.Unlock()
	w.send(owner, "/ready slow")
	w.await("the slow command is taken", func() bool { return len(w.bot.requests()) == 1 })
	w.send(owner, "/deploy start staging")
	w.send(lead, "/deploy cancel staging")
	m := w.whisper(lead, "It was not stopped")
	if !mentions(m, "The ledger cannot be written.") || !mentions(m, "/deploy start staging") || !mentions(m, owner) {
		t.Errorf("the Stop is answered %s", m.Blocks)
	}
	p.slow.release()
	w.whisper(owner, stoppedTitle)
	if n := w.bot.texts()["deploy start staging"]; n != 0 || !p.under() {
		t.Errorf("it was started %d times", n)
	}
}

// A Start that has begun and is not under way yet is stopped once it is.
func TestStopWaitsForAStartThatHasBegun(t *testing.T) {
	w, p := newPipeline(t)
	w.send(owner, "/deploy start staging")
	w.await("it has begun", func() bool { return w.bot.texts()["deploy start staging"] == 1 })
	w.send(lead, "/deploy cancel staging")
	w.await("the Stop found nothing", func() bool { return w.bot.texts()["deploy cancel staging"] == 1 })
	p.starting.release()
	w.whisper(lead, "Stopping")
	if p.under() {
		t.Error("it goes on")
	}
}

// What is under way is stopped without waiting for a Start that has begun.
func TestStopOfWhatIsUnderWayWaitsForNothing(t *testing.T) {
	w, p := newPipeline(t)
	p.mu.Lock()
	p.underWay = true
	p.mu.Unlock()
	w.send(owner, "/deploy start staging")
	w.await("it has begun", func() bool { return w.bot.texts()["deploy start staging"] == 1 })
	w.send(lead, "/deploy cancel staging")
	w.whisper(lead, "Stopping")
}
