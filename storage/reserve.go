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

// Reserve is a file that takes up room on the ledger's disk, so that a rollback
// can be recorded when that is full. It is made shorter piece by piece as events
// of a rollback need the room, and filled up again once there is some. On a file
// system that keeps snapshots of its own, or moves what is rewritten, giving
// room back may not work; then the rollback is refused like anything else.
type Reserve struct {
	Path string
	Size int64 // bytes; 0: 1 MiB, some hundred times what a rollback takes

	tried time.Time // when it was filled, or emptied, last
}

// The measures of a reserve.
const (
	reserveSize  = 1 << 20
	reservePiece = 64 << 10
	refillAfter  = 10 * time.Minute // after room was needed, before the reserve is filled up again
)

func (r *Reserve) size() int64 {
	if r.Size == 0 {
		return reserveSize
	}
	return r.Size
}

// held is how much room the file holds.
func (r *Reserve) held() int64 {
	info, err := os.Stat(r.Path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// fill makes the file as long as it is to be, with bytes that no file system
// stores as nothing. Where there is no room for that, it stays as it was.
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

// release gives back a piece of the room, and reports whether there was any.
func (r *Reserve) release() bool {
	held := r.held()
	if held == 0 {
		return false
	}
	return os.Truncate(r.Path, max(0, held-reservePiece)) == nil
}

// outOfRoom reports whether a write failed since the disk, or the user's share of
// it, is full.
func outOfRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// makeRoom gives back a piece of the reserve for a batch that a rollback is part
// of.
func (l *Ledger) makeRoom(b *batch) bool {
	return b.rollsBack() && l.useReserve(b.at)
}

// useReserve gives back a piece of the reserve, and reports whether there was any.
func (l *Ledger) useReserve(at time.Time) bool {
	if l.reserve == nil || !l.reserve.release() {
		return false
	}
	l.reserve.tried = at
	l.logger.Warn("the disk is full; room that was kept for a rollback is being used", "reserve", l.reserve.Path, "left", l.reserve.held())
	return true
}

// keepRoom fills the reserve up, at the start and a while after it was used.
func (l *Ledger) keepRoom(now time.Time) {
	r := l.reserve
	if r == nil || !r.tried.IsZero() && now.Sub(r.tried) < refillAfter {
		return
	}
	r.tried = now
	if err := r.fill(); err != nil {
		l.logger.Warn("there is not enough room on the disk to keep some for a rollback", "reserve", r.Path, "error", err)
	}
}

// rollsBack reports whether a batch records something of a rollback.
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

// ofRollback reports whether an event is part of a rollback, which cannot go on
// without it: of the deployment that it stops, too, whose end it waits for. That
// a step makes progress is none.
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

// stoppedByRollback reports whether a rollback under way stops a run.
func stoppedByRollback(s *history.State, run *work.Run) bool {
	if run.Change == nil {
		return false
	}
	latest := s.Changing(run.Change.Environment)
	return latest != nil && latest.What == work.Rollback && latest.Change.Stops == run.ID
}
