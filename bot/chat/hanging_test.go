package chat

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gonogo/bot/chat/lane"
	"gonogo/commands"
)

// Whoever waits for a disk that hangs is told so, once and before the answer. Whoever waits
// for something else isn't.
func TestWhoWaitsForAHangingDiskIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var began, waits, hangs atomic.Int64 // when acts began, and for how long from then
		var said []string
		tell := func(what string) func(*lane.Turn) {
			return func(*lane.Turn) {
				said = append(said, fmt.Sprint(time.Duration(time.Now().UnixNano()-began.Load()), " ", what))
			}
		}
		ls := newLanes(Options{QueueSize: 8, Workers: 8})
		ls.decide = func(*act) func(*lane.Turn) {
			time.Sleep(time.Duration(waits.Load()))
			return tell("answer")
		}
		ls.hanging = func(*act) (func(*lane.Turn), bool) {
			since := time.Duration(time.Now().UnixNano() - began.Load())
			return tell("hangs"), since > 5*time.Second && since < time.Duration(hangs.Load())
		}
		ls.begin()
		ls.answers.lane.Begin()
		act := &act{request: commands.Request{User: onCall}, precedence: commands.AtOnce, responseURL: "https://slack.example/1"}
		for _, tt := range []struct {
			waits, hangs time.Duration
			want         []string
		}{
			{20 * time.Millisecond, 0, []string{"20ms answer"}},
			{30 * time.Second, 0, []string{"30s answer"}}, // for a platform
			{4 * time.Second, 4 * time.Second, []string{"4s answer"}},
			{8500 * time.Millisecond, time.Hour, []string{"6s hangs", "8.5s answer"}},
			{time.Hour, time.Hour, []string{"6s hangs", "1h0m0s answer"}},
		} {
			said = nil
			began.Store(time.Now().UnixNano())
			waits.Store(int64(tt.waits))
			hangs.Store(int64(tt.hangs))
			ls.take(act)
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			if !slices.Equal(said, tt.want) {
				t.Errorf("%s, of which the disk hangs for %s: they were told %q, want %q", tt.waits, tt.hangs, said, tt.want)
			}
		}
		ls.drain()
	})
}
