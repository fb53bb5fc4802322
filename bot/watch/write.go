package watch

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"gonogo/storage"
)

// errHangs says that a write to the ledger hasn't ended yet. It may still happen.
var errHangs = errors.New("a write to the ledger hangs")

// writer writes to the ledger for one goroutine, which it never holds up for long: a disk
// that hangs must not keep people from being told so.
type writer struct {
	ledger Ledger
	hangs  atomic.Bool    // the last write hasn't ended
	all    sync.WaitGroup // the writes under way
}

// update is the ledger's Update. It gives up waiting after ten seconds, and doesn't try
// again until that write has ended.
func (w *writer) update(ctx context.Context, decide storage.Decide) error {
	if w.hangs.Load() {
		return errHangs
	}
	ended := make(chan error, 1)
	w.hangs.Store(true)
	w.all.Go(func() {
		_, err := w.ledger.Update(ctx, decide)
		w.hangs.Store(false)
		ended <- err
	})
	overdue := time.NewTimer(within)
	defer overdue.Stop()
	select {
	case err := <-ended:
		return err
	case <-overdue.C:
		return errHangs
	}
}
