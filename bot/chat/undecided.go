package chat

import (
	"cmp"
	"slices"
	"sync"

	"gonogo/commands"
)

// undecided holds the acts that were accepted and not decided yet, in order of arrival.
// A Stop overtakes a Start that waits for its turn: the Stop then finds nothing under
// way, and the Start must not begin afterwards. Its methods may be called from any
// goroutine.
type undecided struct {
	mu   sync.Mutex
	last uint64
	acts map[*act]*place
}

// place is the position of an act that isn't decided.
type place struct {
	number    uint64        // in the order of arrival
	begun     bool          // Commands is handling it
	stoppedBy *act          // the Stop because of which it must not begin
	decided   chan struct{} // closed when it is decided; nil where nobody waits for that
}

func newUndecided() *undecided { return &undecided{acts: map[*act]*place{}} }

// enter numbers an act.
func (u *undecided) enter(a *act) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.last++
	u.acts[a] = &place{number: u.last}
}

// begin notes that Commands is about to handle an act. stoppedBy is the Stop that
// overtook it; nil: none did.
func (u *undecided) begin(a *act) (stoppedBy *act) {
	u.mu.Lock()
	defer u.mu.Unlock()
	at := u.acts[a]
	at.begun = true
	return at.stoppedBy
}

// leave notes that an act is decided.
func (u *undecided) leave(a *act) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if ended := u.acts[a].decided; ended != nil {
		close(ended)
	}
	delete(u.acts, a)
}

// stop keeps acts that arrived before a Stop from beginning, if the Stop applies to
// them. For those that have begun it returns channels that close when they are decided.
func (u *undecided) stop(by *act, of func(commands.Request) bool) (stopped []*act, begun []<-chan struct{}) {
	for _, a := range u.before(by) { // of may take a while, so it runs without the lock
		if !of(a.request) {
			continue
		}
		u.mu.Lock()
		switch at := u.acts[a]; {
		case at == nil: // it was decided meanwhile
		case at.begun:
			if at.decided == nil {
				at.decided = make(chan struct{})
			}
			begun = append(begun, at.decided)
		case at.stoppedBy == nil:
			at.stoppedBy = by
			stopped = append(stopped, a)
		}
		u.mu.Unlock()
	}
	return stopped, begun
}

// before lists the acts that arrived before another, oldest first.
func (u *undecided) before(other *act) (all []*act) {
	u.mu.Lock()
	defer u.mu.Unlock()
	number := func(a *act) uint64 { return u.acts[a].number }
	for a := range u.acts {
		if number(a) < number(other) {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b *act) int { return cmp.Compare(number(a), number(b)) })
	return all
}
