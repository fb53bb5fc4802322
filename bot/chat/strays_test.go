package chat

import (
	"context"
	"testing"
	"time"

	"gonogo/bot/chat/socket"
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
