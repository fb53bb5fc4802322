package pace

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// place is a channel whose posts one limit holds back.
const place = "C0RELEASES"

// stay waits as those do who keep nobody from their turn.
func stay(wait func()) { wait() }

// callers make calls that one limit holds back, within a synctest bubble.
type callers struct {
	limiter *limiter
	busy    sync.WaitGroup
	mu      sync.Mutex
	made    []string // in the order in which they were made
}

// call makes calls one after the other, and returns once the first is made or waits.
func (cs *callers) call(ctx context.Context, c Class, names ...string) {
	cs.busy.Go(func() {
		for _, name := range names {
			if cs.limiter.wait(ctx, c, false, "chat.postMessage", place, stay) == nil {
				cs.mu.Lock()
				cs.made = append(cs.made, name)
				cs.mu.Unlock()
			}
		}
	})
	synctest.Wait()
}

func (cs *callers) count() int {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return len(cs.made)
}

// crowded makes callers whose channel takes no more at once, and has answers wait.
func crowded(ctx context.Context, answers ...string) *callers {
	cs := &callers{limiter: newLimiter()}
	cs.call(ctx, Answering, "burst", "burst", "burst")
	cs.made = nil
	for _, name := range answers {
		cs.call(ctx, Answering, name)
	}
	return cs
}

// While cards wait they have every second slot. Of the others urgent answers go
// first; the rest and the cards of people's runs take turns.
func TestSlotsAreShared(t *testing.T) {
	for _, tt := range []struct {
		name, cards, runs, urgent string
		want                      string
	}{
		{"answers alone", "", "", "", "a1 a2 a3 a4"},
		{"cards", "c1 c2 c3", "", "", "a1 c1 a2 c2 a3 c3 a4"},
		{"people's runs", "", "r1 r2", "", "r1 a1 r2 a2 a3 a4"},
		{"cards and people's runs", "c1 c2 c3", "r1 r2", "", "r1 c1 a1 c2 r2 c3 a2 a3 a4"},
		{"urgent", "", "", "u1 u2", "u1 u2 a1 a2 a3 a4"},
		{"all", "c1 c2 c3", "r1", "u1 u2", "u1 c1 u2 c2 r1 c3 a1 a2 a3 a4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cs := crowded(t.Context(), "a1", "a2", "a3", "a4")
				for c, names := range map[Class]string{Unasked: tt.cards, Started: tt.runs, Urgent: tt.urgent} {
					cs.call(t.Context(), c, strings.Fields(names)...)
				}
				cs.busy.Wait()
				if diff := cmp.Diff(strings.Fields(tt.want), cs.made); diff != "" {
					t.Errorf("made (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Who gives up leaves the slot to the next, also where it was granted already.
func TestSlotsOfThoseWhoGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, giveUp := context.WithCancel(t.Context())
		cs := crowded(t.Context())
		cs.busy.Go(func() {
			err := cs.limiter.wait(ctx, Answering, false, "chat.postMessage", place, func(wait func()) { wait(); <-ctx.Done() })
			if err == nil {
				t.Error("a call was made whose caller had given up")
			}
		})
		synctest.Wait()
		cs.call(ctx, Answering, "a1")
		cs.call(ctx, Unasked, "c1")
		cs.call(t.Context(), Answering, "a2", "a3")
		time.Sleep(time.Second) // the first slot is granted, and not used
		giveUp()
		cs.busy.Wait()
		if diff := cmp.Diff([]string{"a2", "a3"}, cs.made); diff != "" || time.Since(began) != 2*time.Second {
			t.Errorf("made within %v (-want +got):\n%s", time.Since(began), diff)
		}
	})
}

// A pause that Slack asks for holds all of them back, and their shares stand after it.
func TestSlotsAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		cs := crowded(t.Context(), "a1", "a2")
		cs.call(t.Context(), Unasked, "c1")
		cs.call(t.Context(), Urgent, "u1")
		cs.limiter.pause("chat.postMessage", place, time.Minute)
		time.Sleep(time.Minute - 1)
		synctest.Wait()
		if n := cs.count(); n != 0 {
			t.Errorf("%d were made in the pause", n)
		}
		cs.busy.Wait()
		slices.Sort(cs.made[:3]) // which are made at once
		if diff := cmp.Diff([]string{"a1", "c1", "u1", "a2"}, cs.made); diff != "" || time.Since(began) != time.Minute+time.Second {
			t.Errorf("made within %v (-want +got):\n%s", time.Since(began), diff)
		}
	})
}

// Any minute stays within what Slack allows, however much there is to say.
func TestPaceStaysWithinAMinute(t *testing.T) {
	for method, most := range map[string]int{"chat.update": 50, "conversations.open": 50, "users.info": 100} {
		synctest.Test(t, func(t *testing.T) {
			p, began := newLimiter(), time.Now()
			var calls []time.Duration
			for time.Since(began) < 5*time.Minute {
				if err := p.wait(t.Context(), Answering, false, method, "", stay); err != nil {
					t.Fatal(err)
				}
				calls = append(calls, time.Since(began))
			}
			for i := range calls {
				if i >= most && calls[i]-calls[i-most] < time.Minute {
					t.Fatalf("%s: %d calls within %v", method, most+1, calls[i]-calls[i-most])
				}
			}
			if len(calls) < 3*most {
				t.Errorf("%s: %d calls in five minutes, want use made of the %d a minute", method, len(calls), most)
			}
		})
	}
}

// A pause holds the method, and for posts and response_urls only the one channel or
// address that it was asked for.
func TestPauseHoldsOneMethodBack(t *testing.T) {
	for _, tt := range []struct{ method, channel, other, otherChannel string }{
		{"chat.update", "C1", "chat.postMessage", "C1"},
		{"chat.postMessage", "C1", "chat.postMessage", "C2"},
		{"response_url", "https://one", "response_url", "https://two"},
	} {
		synctest.Test(t, func(t *testing.T) {
			p, began := newLimiter(), time.Now()
			p.pause(tt.method, tt.channel, 20*time.Second)
			if err := p.wait(t.Context(), Answering, false, tt.other, tt.otherChannel, stay); err != nil || time.Since(began) != 0 {
				t.Errorf("%s %s: waited %v, %v", tt.other, tt.otherChannel, time.Since(began), err)
			}
			if err := p.wait(t.Context(), Answering, false, tt.method, tt.channel, stay); err != nil || time.Since(began) != 20*time.Second {
				t.Errorf("%s %s: waited %v, %v; want 20s", tt.method, tt.channel, time.Since(began), err)
			}
		})
	}
}
