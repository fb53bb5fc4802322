package lane

import (
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) {
	flag.Parse()
	flag.Set("rapid.nofailfile", "true") // a failure prints all that is needed to repeat it
	goleak.VerifyTestMain(m)
}

// turnsModel drives turns as a lane does, and knows what each person waits for.
type turnsModel struct {
	turns   *turns
	waiting map[string][]*Turn // in the order that was promised
	holding []*Turn            // whose lines stand still
	aside   []*Turn
	passed  map[string]int // turns that others had while a person's line could move
	added   int
	served  map[*Turn]int
}

func newTurnsModel() *turnsModel {
	return &turnsModel{turns: newTurns(), waiting: map[string][]*Turn{}, passed: map[string]int{}, served: map[*Turn]int{}}
}

func (m *turnsModel) add(who string, ahead bool) {
	t := &Turn{who: who, ahead: ahead}
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
	return !slices.ContainsFunc(m.holding, func(t *Turn) bool { return t.who == who })
}

func (m *turnsModel) take(from *[]*Turn, i int) *Turn {
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
	m.waiting[t.who] = append([]*Turn{t}, m.waiting[t.who]...)
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
		ts.add(&Turn{who: fmt.Sprint("ahead", i), ahead: true})
		ts.add(&Turn{who: fmt.Sprint("rest", i)})
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
	l := New(Limits{AtOnce: most, Most: most, Patience: time.Hour, InOrder: true})
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
				l.Put(who, i%5 == 0, func(turn *Turn) {
					enter(1)
					if i%7 == 0 {
						enter(-1)
						turn.Aside(func() {})
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
	l.Begin()
	putters.Wait()
	l.Drain()
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
			l := New(Limits{AtOnce: 1, Most: 3, Patience: time.Second, InOrder: inOrder})
			l.Begin()
			began, free := time.Now(), make(chan struct{})
			after := func(into *time.Duration) func(*Turn) {
				return func(*Turn) { *into = time.Since(began) }
			}
			var other, own time.Duration
			l.Put("U1", false, func(*Turn) { <-free })
			l.Put("U1", false, after(&own))
			l.Put("U2", false, after(&other))
			time.Sleep(time.Minute)
			close(free)
			l.Drain()
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
