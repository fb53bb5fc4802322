package chat

import (
	"context"
	"errors"
	"sync"
)

// errReplaced says that a newer answer takes the same message's place.
var errReplaced = errors.New("a newer answer replaces the same message")

// latest makes the newest of the answers that replace one message win, also where Slack
// delays an older one.
type latest struct {
	mu  sync.Mutex
	all map[string]*replacement // by message: the newest answer that isn't finished
}

type replacement struct{ giveUp context.CancelCauseFunc }

func newLatest() *latest { return &latest{all: map[string]*replacement{}} }

// replace returns the context for an answer that replaces a message, and cancels that
// of an older one. Call done when the answer is finished. An empty message stands for
// none.
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
