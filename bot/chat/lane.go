package chat

import (
	"sync"
	"time"
)

// lane works through what people wait for, fairly: see turns. What has worked for
// as long as the lane's patience is taken to be waiting, for a platform, for Slack
// or for the disk, and no longer keeps others from their turns. Its methods may be
// called from any goroutine.
type lane struct {
	laneLimits

	mu       sync.Mutex
	open     bool
	turns    *turns
	working  int
	underway int
	pending  sync.WaitGroup // turns that are not over
}

// laneLimits say how much a lane does at a time.
type laneLimits struct {
	atOnce   int           // turns that may work
	most     int           // turns that may be under way, those that wait included
	patience time.Duration // for a turn that works
	inOrder  bool          // a person's next turn begins when the last is over, however long that takes
}

// turn is a place in a lane.
type turn struct {
	lane  *lane
	who   string
	ahead bool   // goes before what other people wait for
	start func() // called once when it has its turn, with the lane locked

	// These are guarded by lane.mu.
	works, holdsLine, counted bool
	patience                  *time.Timer
}

func newLane(limits laneLimits) *lane { return &lane{laneLimits: limits, turns: newTurns()} }

// begin lets turns begin; those that came before it have waited.
func (l *lane) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = true
	l.advance()
}

// put has something done when it is who's turn.
func (l *lane) put(who string, ahead bool, do func(t *turn)) {
	t := &turn{lane: l, who: who, ahead: ahead}
	t.start = func() { go l.serve(t, do) }
	l.pending.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turns.add(t)
	l.advance()
}

// drain returns when every turn is over. None may be put meanwhile, but by those
// that are not over.
func (l *lane) drain() { l.pending.Wait() }

// advance begins every turn that may begin. It is called with the lane locked.
func (l *lane) advance() {
	for l.open && l.working < l.atOnce && l.underway < l.most {
		t := l.turns.next()
		if t == nil {
			return
		}
		t.works, t.holdsLine, t.counted = true, true, true
		l.working++
		l.underway++
		t.patience = time.AfterFunc(l.patience, func() { l.release(t, !l.inOrder, false) })
		t.start()
	}
}

func (l *lane) serve(t *turn, do func(*turn)) {
	defer l.pending.Done()
	defer l.release(t, true, true)
	do(t)
}

// release gives back what a turn keeps from others: the right to work, and where
// asked for its person's line and its place among those under way.
func (l *lane) release(t *turn, line, place bool) {
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

// aside waits without keeping anybody from their turn, and returns when it is this
// one's again, before all that its person has waiting. A nil turn only waits.
func (t *turn) aside(wait func()) {
	if t == nil {
		wait()
		return
	}
	t.lane.release(t, true, true)
	wait()
	again := make(chan struct{})
	t.lane.resume(t, func() { close(again) })
	<-again
}

func (l *lane) resume(t *turn, start func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.start = start
	l.turns.resume(t)
	l.advance()
}
