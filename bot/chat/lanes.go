package chat

import (
	"context"
	"runtime"
	"sync"
	"time"

	"gonogo/bot/chat/lane"
	"gonogo/commands"
)

const (
	mostEach       = 32   // acts of one person that may wait in each lane
	mostUrgent     = 1024 // acts that may wait in the urgent lane
	mostTurnedAway = 256  // people who may wait to be told that nothing was done

	// perCore is how many acts of a lane may compute for each processor core. More would
	// take processor time from the goroutines that acknowledge.
	perCore = 2
	// actPatience is how long an act may compute before it is assumed to be waiting for
	// a platform or the disk.
	actPatience = 20 * time.Millisecond

	sendersAtOnce = 64 // answers sent at a time: as many as there are pooled connections
	mostSending   = 1024
	sendPatience  = time.Second // how long a call may take before Slack is assumed to be slow
)

// lanes holds the acts that wait for their turn, and the answers that wait to be sent.
// Urgent acts have a lane of their own, so that they don't wait for the others;
// likewise, answers don't wait for messages to people whose acts were rejected.
type lanes struct {
	urgent, plain       *decisions
	answers, turnedAway *outbox
	refusals            *room // what turnedAway has to deliver
	undecided           *undecided

	// Set by serve, before the first act is taken.
	decide   func(*act) (deliver func(*lane.Turn))
	hanging  func(*act) (tell func(*lane.Turn), hangs bool)
	turnAway func(*act, *lane.Turn)
}

// decisions is a lane in which acts wait to be decided, and the room for them.
type decisions struct {
	lane *lane.Lane
	room *room
}

func newLanes(opts Options) *lanes {
	atOnce := perCore * runtime.GOMAXPROCS(0)
	return &lanes{
		// Urgent acts wait for nothing, not even for the same person's rollback whose
		// plan asks a platform.
		urgent:  &decisions{lane.New(lane.Limits{AtOnce: atOnce, Most: opts.Workers, Patience: actPatience}), newRoom(mostEach, mostUrgent)},
		plain:   &decisions{lane.New(lane.Limits{AtOnce: atOnce, Most: opts.Workers, Patience: actPatience, InOrder: true}), newRoom(mostEach, opts.QueueSize)},
		answers: newOutbox(), turnedAway: newOutbox(), refusals: newRoom(mostEach, mostTurnedAway),
		undecided: newUndecided(),
	}
}

// take queues an act, if there is room. It never blocks.
func (ls *lanes) take(a *act) fullness {
	d, who := ls.plain, a.request.User
	if a.precedence == commands.AtOnce {
		d = ls.urgent
	}
	if full := d.room.enter(who); full != hasRoom {
		return full
	}
	ls.undecided.enter(a)
	d.lane.Put(who, a.precedence == commands.Ahead, func(*lane.Turn) {
		d.room.begin(who)
		told := ls.watchHanging(a)
		deliver := ls.decide(a)
		told()
		ls.answers.put(delivery{a.line(), a.destination(), func(t *lane.Turn) {
			defer d.room.leave(who)
			deliver(t)
		}})
	})
	return hasRoom
}

// lookForHanging is how often a person who waits is looked after.
const lookForHanging = time.Second

// watchHanging tells the person of an act once if it waits because a write to the ledger
// hangs. The answer comes as well, later. It stops when the returned function is called.
func (ls *lanes) watchHanging(a *act) (stop func()) {
	var mu sync.Mutex
	over := false
	var look *time.Timer
	mu.Lock() // until look is set
	defer mu.Unlock()
	look = time.AfterFunc(lookForHanging, func() {
		mu.Lock()
		defer mu.Unlock()
		if over {
			return
		}
		if tell, hangs := ls.hanging(a); hangs {
			ls.answers.put(delivery{a.line(), a.destination(), tell})
			return
		}
		look.Reset(lookForHanging)
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		over = true
		look.Stop()
	}
}

// refuse queues the message that says why nothing is done, if there is room.
func (ls *lanes) refuse(a *act) fullness {
	who := a.request.User
	if full := ls.refusals.enter(who); full != hasRoom {
		return full
	}
	ls.turnedAway.put(delivery{who, a.destination(), func(t *lane.Turn) {
		ls.refusals.begin(who)
		defer ls.refusals.leave(who)
		ls.turnAway(a, t)
	}})
	return hasRoom
}

// serve sets who decides and answers. What is under way may continue until ctx ends.
func (ls *lanes) serve(ctx context.Context, s *answers) {
	ls.decide = func(a *act) func(*lane.Turn) {
		defer ls.undecided.leave(a)
		return s.decide(ctx, a, ls.undecided)
	}
	ls.hanging = s.hanging(ctx)
	ls.turnAway = func(a *act, t *lane.Turn) { s.turnAway(ctx, t, a) }
	ls.answers.lane.Begin()
	ls.turnedAway.lane.Begin()
}

// begin starts deciding acts.
func (ls *lanes) begin() {
	ls.urgent.lane.Begin()
	ls.plain.lane.Begin()
}

// drain returns when everything that was taken is decided and answered. Nothing may be
// taken any longer.
func (ls *lanes) drain() {
	for _, l := range []*lane.Lane{ls.urgent.lane, ls.plain.lane, ls.answers.lane, ls.turnedAway.lane} {
		l.Drain()
	}
}

// waiting is how many acts wait to be decided.
func (ls *lanes) waiting() int { return ls.urgent.room.waiting() + ls.plain.room.waiting() }
