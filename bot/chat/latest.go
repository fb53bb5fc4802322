package chat

import (
	"context"
	"errors"
	"sync"
)

// errReplaced says that a newer answer takes the same message's place.
var errReplaced = errors.New("a newer answer replaces the same message")

// latest sees to it that of the answers which replace one message the newest wins,
// also where Slack makes an older one wait.
type latest struct {
	mu  sync.Mutex
	all map[string]*replacement // by message: the newest answer that is not over
}

type replacement struct{ giveUp context.CancelCauseFunc }

func newLatest() *latest { return &latest{all: map[string]*replacement{}} }

// replace gives the context of an answer that replaces a message, and ends that of
// an older one. done is called when the answer is over. An empty message is none.
func (l *latest) replace(ctx context.Context, message string) (_ context.Context, done func()) {
	if message == "" {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	own := &replacement{cancel}
	l.mu.Lock()
	defer l.mu.Unlock()
	if older := l.all[message]; older != nil {
		older.giveUp(errReplaced)
	}
	l.all[message] = own
	return ctx, func() {
		cancel(nil)
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.all[message] == own {
			delete(l.all, message)
		}
	}
}
