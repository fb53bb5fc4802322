package chat

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// turnsModel drives turns as a lane does, and knows what each person waits for.
type turnsModel struct {
	turns   *turns
	waiting map[string][]*turn // in the order that was promised
	holding []*turn            // whose lines stand still
	aside   []*turn
	passed  map[string]int // turns that others had while a person's line could move
	added   int
	served  map[*turn]int
}

func newTurnsModel() *turnsModel {
	return &turnsModel{turns: newTurns(), waiting: map[string][]*turn{}, passed: map[string]int{}, served: map[*turn]int{}}
}

func (m *turnsModel) add(who string, ahead bool) {
	t := &turn{who: who, ahead: ahead}
	m.turns.add(t)
	m.waiting[who] = append(m.waiting[who], t)
	m.added++
}

// next serves whose turn it is, and returns what is wrong with that.
func (m *turnsModel) next() (fault string) {
	t := m.turns.next()
	if t == nil {
		for who, waiting := range m.waiting {
			if len(waiting) > 0 && m.movable(who) {
				return who + " could go, and nobody has a turn"
			}
		}
		return ""
	}
	if !m.movable(t.who) || len(m.waiting[t.who]) == 0 || m.waiting[t.who][0] != t {
		return t.who + " was served out of order"
	}
	m.waiting[t.who] = m.waiting[t.who][1:]
	m.holding = append(m.holding, t)
	m.served[t]++
	m.passed[t.who] = 0
	for who, waiting := range m.waiting {
		if len(waiting) == 0 || !m.movable(who) {
			m.passed[who] = 0
			continue
		}
		if m.passed[who]++; m.passed[who] > (aheadShare+1)*crowd {
			return who + " is starved"
		}
	}
	return ""
}

func (m *turnsModel) movable(who string) bool {
	return !slices.ContainsFunc(m.holding, func(t *turn) bool { return t.who == who })
}

func (m *turnsModel) take(from *[]*turn, i int) *turn {
	t := (*from)[i]
	*from = slices.Delete(*from, i, i+1)
	return t
}

// end ends a turn, or lets it step aside.
func (m *turnsModel) end(i int, aside bool) {
	t := m.take(&m.holding, i)
	m.turns.release(t.who)
	if aside {
		m.aside = append(m.aside, t)
	}
}

func (m *turnsModel) resume(i int) {
	t := m.take(&m.aside, i)
	m.turns.resume(t)
	m.waiting[t.who] = append([]*turn{t}, m.waiting[t.who]...)
}

const crowd = 5 // people

// Whatever happens in whichever order: each person is served in order and one turn
// at a time, nobody whose line may move is passed over for long, nothing is lost
// and nothing is kept.
func TestTurnsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newTurnsModel()
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			switch what := rapid.IntRange(0, 5).Draw(t, "what"); {
			case what <= 1:
				m.add(fmt.Sprint("U", rapid.IntRange(1, crowd).Draw(t, "who")), rapid.Bool().Draw(t, "ahead"))
			case what <= 3:
				if fault := m.next(); fault != "" {
					t.Fatal(fault)
				}
			case what == 4 && len(m.holding) > 0:
				m.end(rapid.IntRange(0, len(m.holding)-1).Draw(t, "which"), rapid.Bool().Draw(t, "aside"))
			case what == 5 && len(m.aside) > 0:
				m.resume(rapid.IntRange(0, len(m.aside)-1).Draw(t, "which"))
			}
		}
		for len(m.aside) > 0 {
			m.resume(0)
		}
		for range 2*m.added + 1 {
			if fault := m.next(); fault != "" {
				t.Fatal(fault)
			}
			for len(m.holding) > 0 {
				m.end(0, false)
			}
		}
		if len(m.served) != m.added || len(m.turns.lines) != 0 || len(m.turns.ahead)+len(m.turns.rest) != 0 {
			t.Fatalf("%d of %d served; %d lines are kept", len(m.served), m.added, len(m.turns.lines))
		}
	})
}

// What goes ahead leaves every fourth turn to others.
func TestTurnsShare(t *testing.T) {
	ts := newTurns()
	for i := range 8 {
		ts.add(&turn{who: fmt.Sprint("ahead", i), ahead: true})
		ts.add(&turn{who: fmt.Sprint("rest", i)})
	}
	var got []bool
	for range 8 {
		got = append(got, ts.next().ahead)
	}
	if diff := cmp.Diff([]bool{true, true, true, false, true, true, true, false}, got); diff != "" {
		t.Errorf("turns that went ahead (-want +got):\n%s", diff)
	}
}

// A lane loses nothing however many put, wait aside and end at the same time, and
// does no more at once than it may.
func TestLaneUnderLoad(t *testing.T) {
	const each, most = 200, 3
	l := newLane(laneLimits{atOnce: most, most: most, patience: time.Hour, inOrder: true})
	var mu sync.Mutex
	working, done := 0, map[string][]int{}
	enter := func(by int) {
		mu.Lock()
		defer mu.Unlock()
		if working += by; working > most {
			t.Errorf("%d work at a time, want at most %d", working, most)
		}
	}
	var putters sync.WaitGroup
	for p := range crowd {
		who := fmt.Sprint("U", p)
		putters.Go(func() {
			for i := range each {
				l.put(who, i%5 == 0, func(turn *turn) {
					enter(1)
					if i%7 == 0 {
						enter(-1)
						turn.aside(func() {})
						enter(1)
					}
					mu.Lock()
					done[who] = append(done[who], i)
					mu.Unlock()
					enter(-1)
				})
			}
		})
	}
	l.begin()
	putters.Wait()
	l.drain()
	for who, got := range done {
		if slices.Sort(got); len(got) != each || got[each-1] != each-1 {
			t.Errorf("%s: %d done, want %d", who, len(got), each)
		}
	}
	if len(done) != crowd || len(l.turns.lines) != 0 {
		t.Errorf("%d people were served, %d lines are kept", len(done), len(l.turns.lines))
	}
}

// Who works longer than the lane's patience keeps nobody else waiting; the same
// person's next waits where order counts.
func TestLanePatience(t *testing.T) {
	for _, inOrder := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			l := newLane(laneLimits{atOnce: 1, most: 3, patience: time.Second, inOrder: inOrder})
			l.begin()
			began, free := time.Now(), make(chan struct{})
			after := func(into *time.Duration) func(*turn) {
				return func(*turn) { *into = time.Since(began) }
			}
			var other, own time.Duration
			l.put("U1", false, func(*turn) { <-free })
			l.put("U1", false, after(&own))
			l.put("U2", false, after(&other))
			time.Sleep(time.Minute)
			close(free)
			l.drain()
			wantOwn := time.Second
			if inOrder {
				wantOwn = time.Minute
			}
			if other != time.Second || own != wantOwn {
				t.Errorf("in order %t: another person waited %v, the same %v; want 1s and %v", inOrder, other, own, wantOwn)
			}
		})
	}
}

// Answers to one destination arrive in order, though the first has to wait; what
// goes elsewhere does not wait for it.
func TestOutboxOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutbox()
		o.lane.begin()
		var mu sync.Mutex
		var sent []string
		began := time.Now()
		put := func(who, to, what string, wait time.Duration) {
			o.put(delivery{who, to, func(turn *turn) {
				if wait > 0 {
					turn.aside(func() { time.Sleep(wait) })
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
		o.lane.drain()
		if diff := cmp.Diff([]string{"b1 after 0s", "a1 after 1m0s", "a2 after 1m0s", "a3 after 1m0s"}, sent); diff != "" || len(o.queued) != 0 {
			t.Errorf("sent (-want +got):\n%s; %d destinations are kept", diff, len(o.queued))
		}
	})
}
