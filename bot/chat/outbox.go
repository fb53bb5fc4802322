package chat

import (
	"sync"

	"gonogo/bot/chat/lane"
)

// outbox delivers answers: in order for each destination, and fairly between people. A
// destination that has to wait doesn't delay the others.
type outbox struct {
	lane *lane.Lane

	mu     sync.Mutex
	queued map[string][]delivery // by destination; the first of each is being delivered
}

// delivery is one answer on its way to a person.
type delivery struct {
	who, to string
	send    func(t *lane.Turn)
}

func newOutbox() *outbox {
	return &outbox{lane: lane.New(lane.Limits{AtOnce: sendersAtOnce, Most: mostSending, Patience: sendPatience}), queued: map[string][]delivery{}}
}

// put queues an answer behind the others for the same destination.
func (o *outbox) put(d delivery) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queued[d.to] = append(o.queued[d.to], d)
	if len(o.queued[d.to]) == 1 {
		o.start(d)
	}
}

func (o *outbox) start(d delivery) {
	o.lane.Put(d.who, false, func(t *lane.Turn) {
		defer o.next(d.to)
		d.send(t)
	})
}

// next starts the next delivery for a destination whose first is done.
func (o *outbox) next(to string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.queued[to] = o.queued[to][1:]; len(o.queued[to]) == 0 {
		delete(o.queued, to)
		return
	}
	o.start(o.queued[to][0])
}
