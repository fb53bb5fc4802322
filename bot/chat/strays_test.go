package chat

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"gonogo/bot/chat/socket"
	"gonogo/commands"
	"gonogo/commands/reply"
	"gonogo/playground/workspace"
)

// A second gonogo with the same app token says that it is not alone, and no longer once
// the first has stopped.
func TestTwoWithOneToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, workspace.Options{Unlimited: true}, Options{}).start()
	second := New(NewWorkspace(w.opts), newBot())
	second.pool = socket.NewPool(socket.Options{API: second.web.api, Connections: 2, Handle: second.intake.take, Recount: 20 * time.Millisecond,
		Now: time.Now, Log: second.opts.Log, Meter: second.opts.Meter})
	ctx, stop := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	go func() { ended <- second.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the second: %v", err)
		}
	})
	w.await("that the second counts the first", func() bool { return second.Health().Strays > 0 })
	w.quit()
	w.await("that the second is alone", func() bool { return second.Health().Strays == 0 })
}

// A press on what another gonogo posted makes the first one count at once, rather than
// when it is time for the next count.
func TestForeignPressMakesTheFirstCount(t *testing.T) {
	t.Parallel()
	var instance atomic.Pointer[string]
	become := func(name string) { instance.Store(&name) }
	w := newWorld(t, workspace.Options{Unlimited: true}, Options{Instance: func() string { return *instance.Load() }})
	w.bot.handle = func(_ context.Context, r commands.Request) reply.Reply {
		return reply.Reply{Title: "You said " + saidBy(r), Parts: []reply.Part{reply.Actions{{Label: "Again", Act: runTests}}}}
	}
	rarely := func(c *Chat) {
		c.pool = socket.NewPool(socket.Options{API: c.web.api, Connections: 2, Handle: c.intake.take, Recount: time.Hour,
			Now: time.Now, Log: c.opts.Log, Meter: c.opts.Meter})
	}
	w.tune = rarely
	become("0a1b2c3d")
	w.start()
	w.await("both sockets", func() bool { return w.chat.Health().Sockets == 2 })
	w.must(w.Slash(owner, releases, "/ready", "theirs"))
	theirs := w.whisper(owner, "You said ready theirs")
	become("e4f5a6b7")

	// The second only listens, so that all it hears of is lost.
	second := socket.NewPool(socket.Options{API: w.chat.web.api, Connections: 2, Handle: func(string, *socket.Envelope) []byte { return nil },
		Now: time.Now, Log: w.chat.opts.Log, Meter: w.chat.opts.Meter})
	ctx, stop := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	go func() { ended <- second.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the second: %v", err)
		}
	})
	w.await("the second's sockets", func() bool { return second.Status().Open == 2 })
	if n := w.chat.Health().Strays; n != 0 {
		t.Fatalf("it counts %d sockets of others before it opened another one", n)
	}
	for range 4 { // as Slack does, the workspace takes the sockets in turn
		w.must(w.Press(owner, releases, theirs.TS, "gonogo:0:0a1b2c3d"))
	}
	w.await("that the first counts the second", func() bool { return w.chat.Health().Strays == 2 })
}
