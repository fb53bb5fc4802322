package chat

import "sync"

// room limits how much is accepted, for each person and in total. Acts that wait for their turn and
// answers that wait to be delivered are counted separately, so that a slow Slack can't make either
// grow without limit. Its methods may be called from any goroutine.
type room struct {
	mostEach, most int

	mu     sync.Mutex
	all    load
	people map[string]load
}

type load struct{ waiting, unanswered int }

func newRoom(mostEach, most int) *room {
	return &room{mostEach: mostEach, most: most, people: map[string]load{}}
}

// fullness is why there is no room.
type fullness int

const (
	hasRoom fullness = iota
	fullForOne
	fullForAll
)

// enter counts one more waiting act, if there is room for it.
func (r *room) enter(who string) fullness {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.people[who].reaches(r.mostEach, r.mostEach):
		return fullForOne
	case r.all.reaches(r.most, r.most+mostSending):
		return fullForAll
	}
	r.count(who, load{waiting: 1})
	return hasRoom
}

// begin notes that a waiting act has its turn.
func (r *room) begin(who string) { r.change(who, load{waiting: -1, unanswered: 1}) }

// leave notes that an act which had begun was answered.
func (r *room) leave(who string) { r.change(who, load{unanswered: -1}) }

// waiting is how many acts wait for their turn.
func (r *room) waiting() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all.waiting
}

func (r *room) change(who string, by load) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count(who, by)
}

func (r *room) count(who string, by load) {
	r.all = r.all.plus(by)
	if r.people[who] = r.people[who].plus(by); r.people[who] == (load{}) {
		delete(r.people, who)
	}
}

func (l load) plus(by load) load { return load{l.waiting + by.waiting, l.unanswered + by.unanswered} }

func (l load) reaches(waiting, unanswered int) bool {
	return l.waiting >= waiting || l.unanswered >= unanswered
}
