package lane

import (
	"sync"
	"time"
)

// Lane works through what people wait for, fairly: see turns. What has worked for
// as long as the lane's patience is taken to be waiting, for a platform, for Slack
// or for the disk, and no longer keeps others from their turns. Its methods may be
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
	Most     int           // turns that may be under way, those that wait included
	Patience time.Duration // for a turn that works
	InOrder  bool          // a person's next turn begins when the last is over, however long that takes
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

// New makes a lane in which nothing has its turn before Begin.
func New(limits Limits) *Lane { return &Lane{limits: limits, turns: newTurns()} }

// Begin lets turns begin; those that came before it have waited.
func (l *Lane) Begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = true
	l.advance()
}

// Put has something done when it is who's turn, and waits for nothing. What goes ahead
// goes before what other people wait for, in three turns of four.
func (l *Lane) Put(who string, ahead bool, do func(t *Turn)) {
	t := &Turn{lane: l, who: who, ahead: ahead}
	t.start = func() { go l.serve(t, do) }
	l.pending.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turns.add(t)
	l.advance()
}

// Drain returns when every turn is over. None may be put meanwhile, but by those
// that are not over.
func (l *Lane) Drain() { l.pending.Wait() }

// advance begins every turn that may begin. It is called with the lane locked.
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

// release gives back what a turn keeps from others: the right to work, and where
// asked for its person's line and its place among those under way.
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

// Aside waits without keeping anybody from their turn, and returns when it is this
// one's again, before all that its person has waiting.
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
