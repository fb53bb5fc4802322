package lane

import (
	"sync"
	"time"
)

// Lane works through what people wait for, fairly; see turns. A turn that has worked
// for as long as the lane's patience is assumed to be waiting, for a platform, for
// Slack or for the disk, and no longer takes a place from others. Its methods may be
// called from any goroutine.
type Lane struct {
	limits Limits

	mu       sync.Mutex
	open     bool
	turns    *turns
	working  int
	underway int
	pending  sync.WaitGroup // turns that are not over
}

// Limits say how much a lane does at a time.
type Limits struct {
	AtOnce   int           // turns that may work
	Most     int           // turns that may be under way, including those that wait
	Patience time.Duration // for a turn that works
	InOrder  bool          // a person's next turn begins only when the last is over, however long that takes
}

// Turn is a place in a lane.
type Turn struct {
	lane  *Lane
	who   string
	ahead bool   // goes before what other people wait for
	start func() // called once when it has its turn, with the lane locked

	// These are guarded by lane.mu.
	works, holdsLine, counted bool
	patience                  *time.Timer
}

// New makes a lane in which no turn begins before Begin.
func New(limits Limits) *Lane { return &Lane{limits: limits, turns: newTurns()} }

// Begin starts the lane. Turns that were put earlier have waited for it.
func (l *Lane) Begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = true
	l.advance()
}

// Put queues something to be done when it is who's turn, and returns at once. If ahead,
// it goes before the turns of other people, three times out of four.
func (l *Lane) Put(who string, ahead bool, do func(t *Turn)) {
	t := &Turn{lane: l, who: who, ahead: ahead}
	t.start = func() { go l.serve(t, do) }
	l.pending.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turns.add(t)
	l.advance()
}

// Drain returns when every turn is over. Meanwhile only a turn that isn't over may put
// another.
func (l *Lane) Drain() { l.pending.Wait() }

// advance begins every turn that may. It is called with the lane locked.
func (l *Lane) advance() {
	for l.open && l.working < l.limits.AtOnce && l.underway < l.limits.Most {
		t := l.turns.next()
		if t == nil {
			return
		}
		t.works, t.holdsLine, t.counted = true, true, true
		l.working++
		l.underway++
		t.patience = time.AfterFunc(l.limits.Patience, func() { l.release(t, !l.limits.InOrder, false) })
		t.start()
	}
}

func (l *Lane) serve(t *Turn, do func(*Turn)) {
	defer l.pending.Done()
	defer l.release(t, true, true)
	do(t)
}

// release gives up the right to work and, where asked, the person's line and the place
// among those under way.
func (l *Lane) release(t *Turn, line, place bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.patience.Stop()
	if t.works {
		t.works = false
		l.working--
	}
	if line && t.holdsLine {
		t.holdsLine = false
		l.turns.release(t.who)
	}
	if place && t.counted {
		t.counted = false
		l.underway--
	}
	l.advance()
}

// Aside waits without taking anybody's turn, and returns when it has a turn again,
// ahead of everything else that its person has waiting.
func (t *Turn) Aside(wait func()) {
	t.lane.release(t, true, true)
	wait()
	again := make(chan struct{})
	t.lane.resume(t, func() { close(again) })
	<-again
}

func (l *Lane) resume(t *Turn, start func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.start = start
	l.turns.resume(t)
	l.advance()
}
