package chat

import (
	"cmp"
	"slices"
	"sync"

	"gonogo/commands"
)

// undecided is what was taken and is not decided yet, in the order of arrival. A
// Stop overtakes a Start that waits for its turn: it then finds nothing under way,
// and what it was meant for must not begin afterwards. Its methods may be called
// from any goroutine.
type undecided struct {
	mu   sync.Mutex
	last uint64
	acts map[*act]*place
}

// place is where an act stands that is not decided.
type place struct {
	number    uint64        // in the order of arrival
	begun     bool          // Commands is at it
	stoppedBy *act          // it must not begin
	decided   chan struct{} // closed by its end; nil where nobody waits for that
}

func newUndecided() *undecided { return &undecided{acts: map[*act]*place{}} }

// enter takes an act's number.
func (u *undecided) enter(a *act) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.last++
	u.acts[a] = &place{number: u.last}
}

// begin says that Commands is to decide an act now. stoppedBy is what stopped it
// meanwhile; nil: nothing did.
func (u *undecided) begin(a *act) (stoppedBy *act) {
	u.mu.Lock()
	defer u.mu.Unlock()
	at := u.acts[a]
	at.begun = true
	return at.stoppedBy
}

// leave says that an act is decided.
func (u *undecided) leave(a *act) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if ended := u.acts[a].decided; ended != nil {
		close(ended)
	}
	delete(u.acts, a)
}

// stop keeps what arrived before a Stop from beginning, as far as the Stop is of it.
// Of what has begun it gives the ends to wait for.
func (u *undecided) stop(by *act, of func(commands.Request) bool) (stopped []*act, begun []<-chan struct{}) {
	for _, a := range u.before(by) { // of may take a while, and nobody is to wait for it
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

// before are the acts that arrived before another, the first first.
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
