package chat

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gonogo/playground/workspace"
	"gonogo/suite"
)

// Fifty forced reconnects under load: each command is done once and each
// person answered, whether sockets are announced to close or cut. On announced
// ones there is never a moment without a socket.
func TestReconnectsUnderLoad(t *testing.T) {
	suite.LeftToFull(t)
	t.Parallel()
	for _, tt := range []struct {
		name      string
		disturb   func(w *world)
		announced bool
	}{
		{"warning", func(w *world) { w.Disconnect("warning") }, true},
		{"refresh", func(w *world) { w.Disconnect("refresh_requested") }, false},
		{"cut", func(w *world) { w.Cut() }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			reconnectUnderLoad(t, tt.disturb, tt.announced)
		})
	}
}

func reconnectUnderLoad(t *testing.T, disturb func(*world), announced bool) {
	w := newWorld(t, workspace.Options{Unlimited: true, WarnBefore: 2 * time.Second}, Options{}).start()
	w.await("both sockets are open", func() bool { return w.Greeted() == 2 })
	stop := make(chan struct{})
	var load, watch sync.WaitGroup
	var sent atomic.Int64
	load.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
			}
			if w.Sockets() == 0 {
				continue // Slack itself fails a command when there is nobody; that is counted below
			}
			if d, err := w.Slash(owner, releases, "/ready", fmt.Sprintf("n%d", n)); err != nil {
				t.Error(err)
			} else if o, err := d.Wait(w.ctx); err == nil && o.Acked {
				sent.Add(1)
			} else if announced || o.Error != "dispatch_failed" {
				t.Errorf("command %d: %+v, %v", n, o, err)
			}
		}
	})
	var alone atomic.Int64
	watch.Go(func() {
		for {
			changed := w.Changed()
			if w.Sockets() == 0 {
				alone.Add(1)
			}
			select {
			case <-stop:
				return
			case <-changed:
			}
		}
	})
	for i := range 50 {
		greeted := w.Greeted()
		disturb(w)
		w.await(fmt.Sprintf("new sockets after disturbance %d", i), func() bool { return w.Greeted() >= greeted+2 })
		asked := len(w.bot.requests())
		w.await("load on them", func() bool { return len(w.bot.requests()) > asked+20 })
	}
	close(stop)
	load.Wait()
	watch.Wait()
	w.await("everything is answered", func() bool { return len(w.Ephemerals(owner)) >= int(sent.Load()) })
	for text, n := range w.bot.texts() {
		if n != 1 {
			t.Errorf("%s was done %d times, want once", text, n)
		}
	}
	if got := len(w.bot.requests()); got != int(sent.Load()) || got != len(w.Ephemerals(owner)) {
		t.Errorf("%d acknowledged, %d done, %d answered; want the same of each", sent.Load(), got, len(w.Ephemerals(owner)))
	}
	if announced && alone.Load() > 0 {
		t.Errorf("%d moments without a socket, want none", alone.Load())
	}
}
