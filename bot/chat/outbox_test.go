package chat

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/bot/chat/lane"
)

// Answers to one destination arrive in order, though the first has to wait; what
// goes elsewhere does not wait for it.
func TestOutboxOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutbox()
		o.lane.Begin()
		var mu sync.Mutex
		var sent []string
		began := time.Now()
		put := func(who, to, what string, wait time.Duration) {
			o.put(delivery{who, to, func(turn *lane.Turn) {
				if wait > 0 {
					turn.Aside(func() { time.Sleep(wait) })
				}
				mu.Lock()
				defer mu.Unlock()
				sent = append(sent, fmt.Sprint(what, " after ", time.Since(began)))
			}})
		}
		put("U1", "a", "a1", time.Minute)
		put("U1", "a", "a2", 0)
		put("U1", "b", "b1", 0)
		put("U2", "a", "a3", 0)
		o.lane.Drain()
		if diff := cmp.Diff([]string{"b1 after 0s", "a1 after 1m0s", "a2 after 1m0s", "a3 after 1m0s"}, sent); diff != "" || len(o.queued) != 0 {
			t.Errorf("sent (-want +got):\n%s; %d destinations are kept", diff, len(o.queued))
		}
	})
}
