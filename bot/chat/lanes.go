package chat

import (
	"context"
	"runtime"
	"time"

	"gonogo/bot/chat/lane"
	"gonogo/commands"
)

const (
	mostEach       = 32   // acts of one person that may wait, in each lane
	mostUrgent     = 1024 // acts that may wait in the urgent lane
	mostTurnedAway = 256  // people who may wait to be told that nothing was done

	// perCore is how many acts of a lane may compute for each processor core. More
	// of them would only keep the goroutines that acknowledge from theirs.
	perCore = 2
	// actPatience is after how long an act is taken to be waiting, for a platform
	// or for the disk.
	actPatience = 20 * time.Millisecond

	sendersAtOnce = 64 // answers that are sent at a time: as many connections as are pooled
	mostSending   = 1024
	sendPatience  = time.Second // after which Slack is taken to be slow
)

// lanes is where acts wait for their turns and answers for their delivery. The
// urgent lane is apart from the plain one, so that neither waits for the other;
// so are the answers from the sentences for those who were turned away.
type lanes struct {
	urgent, plain       *decisions
	answers, turnedAway *outbox
	refusals            *room // for what turnedAway delivers
	undecided           *undecided

	// These are set by serve, before the first act is taken.
	decide   func(*act) (deliver func(*lane.Turn))
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
		// What is urgent waits for nothing, not even for the same person's rollback
		// whose plan asks a platform.
		urgent:  &decisions{lane.New(lane.Limits{AtOnce: atOnce, Most: opts.Workers, Patience: actPatience}), newRoom(mostEach, mostUrgent)},
		plain:   &decisions{lane.New(lane.Limits{AtOnce: atOnce, Most: opts.Workers, Patience: actPatience, InOrder: true}), newRoom(mostEach, opts.QueueSize)},
		answers: newOutbox(), turnedAway: newOutbox(), refusals: newRoom(mostEach, mostTurnedAway),
		undecided: newUndecided(),
	}
}

// take lets an act wait for its turn, if there is room. It waits for nothing
// itself.
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
		deliver := ls.decide(a)
		ls.answers.put(delivery{a.line(), a.destination(), func(t *lane.Turn) {
			defer d.room.leave(who)
			deliver(t)
		}})
	})
	return hasRoom
}

// refuse has a person told why nothing is done, if there is room for that.
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

// serve says who decides and answers. What is under way may go on until ctx ends.
func (ls *lanes) serve(ctx context.Context, s *answers) {
	ls.decide = func(a *act) func(*lane.Turn) {
		defer ls.undecided.leave(a)
		return s.decide(ctx, a, ls.undecided)
	}
	ls.turnAway = func(a *act, t *lane.Turn) { s.turnAway(ctx, t, a) }
	ls.answers.lane.Begin()
	ls.turnedAway.lane.Begin()
}

// begin lets acts be decided.
func (ls *lanes) begin() {
	ls.urgent.lane.Begin()
	ls.plain.lane.Begin()
}

// drain returns when all that was taken is decided and answered. Nothing may be
// taken any longer.
func (ls *lanes) drain() {
	for _, l := range []*lane.Lane{ls.urgent.lane, ls.plain.lane, ls.answers.lane, ls.turnedAway.lane} {
		l.Drain()
	}
}

// waiting is how many acts wait to be decided.
func (ls *lanes) waiting() int { return ls.urgent.room.waiting() + ls.plain.room.waiting() }
