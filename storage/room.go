package storage

import (
	"fmt"
	"path/filepath"
	"syscall"
	"time"
)

// Room is how much space there was on the ledger's disk when it was last looked at. It
// is zero for a ledger without a reserve.
type Room struct {
	Free int64 // bytes that gonogo's user may still write
	Held int64 // bytes that the reserve occupies
	Size int64 // bytes that it should
	Low  bool  // Free is less than LeastFree, or was and has hardly grown since
	Err  error // why it can't be found out
}

// LeastFree is the space in bytes below which the next rollback may not be recorded
// soon: many hundred times what one takes, since others write to the disk too.
const LeastFree = 16 << 20

// roomLook is the time between two looks at the space.
const roomLook = 5 * time.Second

// Whole reports whether all of the space that should be kept for a rollback is.
func (r Room) Whole() bool { return r.Err == nil && r.Held >= r.Size }

// Full reports whether the ledger can't be written because its disk, or a quota, is full.
func (h Health) Full() bool { return outOfRoom(h.Failing) }

// TakesRollback reports whether a rollback can be recorded although the disk is full.
func (h Health) TakesRollback() bool { return h.Full() && h.Room.Size > 0 && h.Room.Whole() }

// Free is how many bytes gonogo's user may still write to a folder's disk.
func Free(folder string) (int64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil {
		return 0, fmt.Errorf("look at the disk of %s: %w", folder, err)
	}
	return int64(disk.Bavail) * int64(disk.Bsize), nil
}

// free is how much space there is next to the reserve.
func (r *Reserve) free() (int64, error) {
	if r.Free != nil {
		return r.Free()
	}
	return Free(filepath.Dir(r.Path))
}

// lookAtRoom notes how much space there is, and fills the reserve up again once that
// leaves enough for everything else.
func (l *Ledger) lookAtRoom() {
	r := l.reserve
	if r == nil {
		return
	}
	_ = l.noticed(func() error {
		free, err := r.free()
		if missing := r.size() - r.held(); err == nil && missing > 0 && free-missing >= LeastFree {
			l.refill(l.now())
		}
		was := l.pulse.room.Load()
		low := free < LeastFree || was != nil && was.Low && free < 2*LeastFree
		l.pulse.room.Store(&Room{Free: free, Held: r.held(), Size: r.size(), Low: err == nil && low, Err: err})
		return err
	})
}

// refill fills the reserve up where there is space. If something else prevents that, it
// is tried again some time later.
func (l *Ledger) refill(now time.Time) {
	r := l.reserve
	if !r.unfilled.IsZero() && now.Sub(r.unfilled) < refillAfter {
		return
	}
	r.unfilled = time.Time{}
	if err := r.fill(); err != nil {
		r.unfilled = now
		l.logger.Warn("room for a rollback can't be kept", "reserve", r.Path, "error", err)
	}
}
