package storage

import (
	"crypto/rand"
	"errors"
	"fmt"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
	"gonogo/readiness/work"
	"io"
	"os"
	"syscall"
	"time"
)

// Reserve is a file that occupies space on the ledger's disk, so that a rollback can be
// recorded when the disk is full. It is shortened piece by piece as events of a
// rollback need the space, and filled up again later. On a file system with snapshots
// or copy-on-write, freeing space may not work; a rollback is then refused like
// anything else.
type Reserve struct {
	Path string
	Size int64                 // bytes; 0: 1 MiB, several hundred times what a rollback takes
	Free func() (int64, error) // bytes that are free next to it; nil: the file system is asked

	tried    time.Time // when it was last filled or emptied
	unfilled time.Time // when it couldn't be filled although there was space
}

// The sizes and times of a reserve.
const (
	reserveSize  = 1 << 20
	reservePiece = 64 << 10
	refillAfter  = 10 * time.Minute // after space was needed, before the reserve is filled up again
)

func (r *Reserve) size() int64 {
	if r.Size == 0 {
		return reserveSize
	}
	return r.Size
}

// held is how many bytes the file occupies.
func (r *Reserve) held() int64 {
	info, err := os.Stat(r.Path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// fill makes the file as long as it should be, with bytes that no file system stores
// sparsely. If there is no space for that, it leaves the file unchanged.
func (r *Reserve) fill() error {
	held := r.held()
	if held >= r.size() {
		return nil
	}
	file, err := os.OpenFile(r.Path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("keep room for a rollback: %w", err)
	}
	_, err = file.Seek(held, io.SeekStart)
	if err == nil {
		_, err = io.CopyN(file, rand.Reader, r.size()-held)
	}
	if err = errors.Join(err, file.Sync()); err != nil {
		err = errors.Join(err, file.Truncate(held))
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("keep room for a rollback: %w", err)
	}
	return nil
}

// release frees a piece of the space, and reports whether there was any.
func (r *Reserve) release() bool {
	held := r.held()
	if held == 0 {
		return false
	}
	return os.Truncate(r.Path, max(0, held-reservePiece)) == nil
}

// outOfRoom reports whether a write failed because the disk, or the user's quota, is
// full.
func outOfRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// makeRoom frees a piece of the reserve if the batch contains part of a rollback.
func (l *Ledger) makeRoom(b *batch) bool {
	return b.rollsBack() && l.useReserve(b.at)
}

// useReserve frees a piece of the reserve, and reports whether there was any.
func (l *Ledger) useReserve(at time.Time) bool {
	if l.reserve == nil || !l.reserve.release() {
		return false
	}
	l.reserve.tried = at
	l.logger.Warn("the disk is full; room that was kept for a rollback is being used", "reserve", l.reserve.Path, "left", l.reserve.held())
	return true
}

// keepRoom fills the reserve up, at the start and some time after it was used.
func (l *Ledger) keepRoom(now time.Time) {
	r := l.reserve
	if r == nil || !r.tried.IsZero() && now.Sub(r.tried) < refillAfter {
		return
	}
	r.tried = now
	if err := l.noticed(r.fill); err != nil {
		l.logger.Warn("there is not enough room on the disk to keep some for a rollback", "reserve", r.Path, "error", err)
	}
}

// rollsBack reports whether a batch contains part of a rollback.
func (b *batch) rollsBack() bool {
	for _, req := range b.requests {
		for _, event := range req.receipt.Events {
			if ofRollback(b.state, event) {
				return true
			}
		}
	}
	return false
}

// ofRollback reports whether a rollback needs an event in order to continue. That
// includes events of the deployment that it stops and waits for, but not a step's
// progress.
func ofRollback(s *history.State, happened event.Event) bool {
	id := ""
	switch e := happened.(type) {
	case event.RunStarted:
		return e.What == work.Rollback
	case event.StepStarted:
		id = e.Run
	case event.StepEnded:
		id = e.Run
	case event.RunAsked:
		id = e.Run
	case event.RunAnswered:
		id = e.Run
	case event.RunEnded:
		id = e.Run
	case event.VersionWentLive:
		id = e.Run
	}
	run := s.Runs[id]
	return run != nil && (run.What == work.Rollback || stoppedByRollback(s, run))
}

// stoppedByRollback reports whether an open rollback stops a run.
func stoppedByRollback(s *history.State, run *work.Run) bool {
	if run.Change == nil {
		return false
	}
	latest := s.Changing(run.Change.Environment)
	return latest != nil && latest.What == work.Rollback && latest.Change.Stops == run.ID
}
