// Package bolt stores the ledger in one file, with bbolt. It is the log for a single
// gonogo on a machine with a persistent disk.
//
// # The file
//
//	bucket "gonogo"    format   what this file is, and in which version
//	                   end      number and hash of the last record
//	                   indexed  number of the last record that is in the index
//	                   writer   who claimed the log last, see encodeWriter
//	                   trial    padding, there only while it is tried whether a write would last
//	bucket "records"   number (8 bytes, big-endian) to record, see encodeRecord
//	bucket "keys"      once-only key, see indexName, to number of its first record
//
// The index of keys is updated in the same transactions as the records. If a version
// of gonogo without the index has written to the file, opening it for writing adds what
// the index lacks, in several transactions; a reader looks that part up in memory.
//
// The file is created with mode 0600, completely or not at all: it is filled under
// another name and then linked to its own. One process writes to it, under an exclusive
// lock; a second one gets an error at once. While nobody writes, any number may read it
// with [OpenReadOnly].
//
// # Damage
//
// bbolt trusts its pages. With a damaged file it may read invalid memory, recurse
// without end, or overwrite data that is still needed. So every page is checked before
// bbolt follows the first pointer, see pages.go, and a file that fails is refused and
// left unchanged. Faults that appear later are errors, not crashes. The content of the
// records isn't judged here; the chain proves that.
//
// A file with one bad meta page is refused too, although bbolt would use the other
// one: that would be the state before the last write, which somebody may have been
// told about. A power cut doesn't leave such a page, because the bytes that matter are
// in one disk sector.
package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"gonogo/storage"
)

// A chunk is what Read copies in one transaction. A transaction that stays open while a
// reader is slow would keep bbolt from growing the file.
const (
	chunkRecords = 512
	chunkBytes   = 1 << 20
)

// Log is a storage.Log in a file.
type Log struct {
	path   string
	db     *bbolt.DB
	update func(func(*bbolt.Tx) error) error // db's own
	file   *os.File                          // db's own
	info   os.FileInfo                       // which file it is
	broken atomic.Pointer[error]             // bbolt panicked, and may still hold its locks
	rest   func() (map[string]uint64, error) // for a read-only log: keys that the file's index lacks
}

var _ storage.Log = (*Log)(nil)

// String is the file's path.
func (l *Log) String() string { return l.path }

// Claim implements storage.Log.
func (l *Log) Claim(ctx context.Context, name string, now time.Time) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := l.inPlace(); err != nil {
		return 0, err
	}
	var w writer
	err := l.guarded(func() error {
		return l.update(func(tx *bbolt.Tx) error {
			before, err := readWriter(tx)
			if err != nil {
				return err
			}
			w = writer{before.term + 1, now.UTC().Truncate(time.Microsecond), name}
			return tx.Bucket(headBucket).Put(writerKey, encodeWriter(w))
		})
	})
	if err != nil {
		return 0, fmt.Errorf("claim %s: %w", l.path, err)
	}
	return w.term, nil
}

// Append implements storage.Log.
func (l *Log) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := l.inPlace(); err != nil {
		return 0, err
	}
	err := l.guarded(func() error {
		if len(records) == 0 {
			return l.try(fence)
		}
		err := l.update(func(tx *bbolt.Tx) error { return write(tx, fence, records) })
		if err != nil && l.confirm(storage.Fence{Term: fence.Term, After: fence.After + uint64(len(records))}, err) {
			err = nil
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("append to %s: %w", l.path, err)
	}
	return fence.After + uint64(len(records)), nil
}

// trial is what an attempt writes: as much as a medium batch, and not zeros, which some
// file systems store sparsely.
var trial = bytes.Repeat([]byte("a trial "), 8<<10)

// try finds out whether a write would be durable. It leaves nothing but free pages.
func (l *Log) try(fence storage.Fence) error {
	err := l.update(func(tx *bbolt.Tx) error {
		if err := stands(tx, fence); err != nil {
			return err
		}
		return tx.Bucket(headBucket).Put(trialKey, trial)
	})
	if err != nil {
		return err
	}
	return l.update(func(tx *bbolt.Tx) error { return tx.Bucket(headBucket).Delete(trialKey) })
}

// inPlace refuses a write if the log's path no longer leads to its file: the write
// would be lost when the file is closed, while another gonogo may start a new one under
// the path.
func (l *Log) inPlace() error {
	now, err := os.Stat(l.path)
	if err == nil && os.SameFile(l.info, now) {
		return nil
	}
	return gone(l.path, err)
}

// gone says that a path no longer leads to the file that gonogo uses. err is from
// looking at the path.
func gone(path string, err error) error {
	switch {
	case err == nil:
		return &storage.Unusable{Path: path, Problem: "was replaced by another file while gonogo was using it",
			NextStep: "restart gonogo once the right file is there", Cause: storage.ErrRestart}
	case errors.Is(err, fs.ErrNotExist):
		return &storage.Unusable{Path: path, Problem: "was deleted or moved while gonogo was using it",
			NextStep: "move it back, or restore a backup and restart gonogo", Cause: err}
	}
	return refused(path, err)
}

// confirm makes a write durable if only its last sync failed, and reports whether it is
// now. bbolt writes a transaction's pages, syncs them, and then writes the meta page
// that refers to them. If only the sync of that page failed, the transaction is
// visible, and another one that succeeds makes it durable as well.
func (l *Log) confirm(then storage.Fence, cause error) bool {
	var superseded *storage.Superseded
	if errors.Is(cause, storage.ErrConflict) || errors.As(cause, &superseded) {
		return false
	}
	return l.update(func(tx *bbolt.Tx) error {
		if err := stands(tx, then); err != nil {
			return err
		}
		end, err := readEnd(tx)
		if err != nil {
			return err
		}
		return writeEnd(tx, end)
	}) == nil
}

// stands checks what a writer assumes.
func stands(tx *bbolt.Tx, fence storage.Fence) error {
	w, err := readWriter(tx)
	if err != nil {
		return err
	}
	if w.term != fence.Term {
		return &storage.Superseded{Mine: fence.Term, Term: w.term, By: w.name, Since: w.since}
	}
	end, err := readEnd(tx)
	if err == nil && end.seq != fence.After {
		err = fmt.Errorf("after %d, but the log ends at %d: %w", fence.After, end.seq, storage.ErrConflict)
	}
	return err
}

func write(tx *bbolt.Tx, fence storage.Fence, records []storage.Record) error {
	if err := stands(tx, fence); err != nil {
		return err
	}
	before, err := readEnd(tx)
	if err != nil {
		return err
	}
	sealed, err := storage.Seal(fence.After, before.hash, records)
	if err != nil {
		return err
	}
	bucket := tx.Bucket(recordsBucket)
	bucket.FillPercent = 1 // records only come at the end, so a full page stays full
	for _, r := range sealed {
		if err := bucket.Put(encodeSeq(r.Seq), encodeRecord(r)); err != nil {
			return err
		}
	}
	last := sealed[len(sealed)-1]
	if err := extendIndex(tx, sealed); err != nil {
		return err
	}
	return writeEnd(tx, end{last.Seq, last.Hash})
}

// Read implements storage.Log.
func (l *Log) Read(ctx context.Context, after uint64) iter.Seq2[storage.Record, error] {
	return func(yield func(storage.Record, error) bool) {
		for more := true; more; {
			chunk := chunk{after: after}
			err := ctx.Err()
			if err == nil {
				err = l.guarded(func() error { return l.db.View(chunk.read) })
			}
			for _, r := range chunk.records {
				if !yield(r, nil) {
					return
				}
				after = r.Seq
			}
			if err != nil {
				yield(storage.Record{}, l.readError(after, err))
				return
			}
			more = chunk.more
		}
	}
}

// readError is what went wrong after a record. If bbolt panicked, a page that was valid
// when the file was opened no longer is.
func (l *Log) readError(after uint64, err error) error {
	var panicked *panicked
	if errors.As(err, &panicked) {
		err = fmt.Errorf("%w: %w", &storage.Damage{Seq: after + 1, Problem: "cannot be read: its page is destroyed"}, err)
	}
	return fmt.Errorf("read %s: %w", l.path, err)
}

// Close implements storage.Log. It waits for the current append. After a panic of bbolt
// it releases the file and its lock, and leaves the rest to the end of the process.
func (l *Log) Close() error {
	release := l.db.Close
	if l.broken.Load() != nil {
		release = l.file.Close
	}
	if err := release(); err != nil {
		return fmt.Errorf("close %s: %w", l.path, err)
	}
	return nil
}

// guarded calls bbolt. A panic, or a read outside the file, becomes the error of this
// call and of every later one.
func (l *Log) guarded(call func() error) error {
	if broken := l.broken.Load(); broken != nil {
		return *broken
	}
	err := recovered(call)
	var panicked *panicked
	switch {
	case errors.As(err, &panicked):
		l.broken.CompareAndSwap(nil, &err)
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return storage.ErrClosed
	}
	return err
}

// panicked is a panic of bbolt as an error.
type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprintf("bbolt panicked: %v", p.value) }

// recovered turns a panic or a memory fault in call into an error.
func recovered(call func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{p}
		}
	}()
	return call()
}

// chunk is some records, copied out of one transaction.
type chunk struct {
	after   uint64
	records []storage.Record
	more    bool // there may be records after these
}

func (c *chunk) read(tx *bbolt.Tx) error {
	end, err := readEnd(tx)
	if err != nil {
		return err
	}
	cursor, size := tx.Bucket(recordsBucket).Cursor(), 0
	for key, value := cursor.Seek(encodeSeq(c.after + 1)); key != nil; key, value = cursor.Next() {
		if len(c.records) == chunkRecords || size > chunkBytes {
			c.more = true
			return nil
		}
		r, err := decodeRecord(key, value, c.last().Seq+1)
		if err != nil {
			return err
		}
		if r.Seq > end.seq {
			return &storage.Damage{Seq: r.Seq, Problem: fmt.Sprintf("was not written by gonogo, which ended at %d", end.seq)}
		}
		c.records, size = append(c.records, r), size+len(value)
	}
	return c.ended(end)
}

// last is the last record read, or where the chunk began.
func (c *chunk) last() storage.Record {
	if n := len(c.records); n > 0 {
		return c.records[n-1]
	}
	return storage.Record{Seq: c.after}
}

// ended checks that the records end where the last append left them.
func (c *chunk) ended(end end) error {
	last := c.last()
	switch {
	case last.Seq < end.seq:
		return &storage.Damage{Seq: last.Seq + 1, Problem: fmt.Sprintf("is missing, as all up to %d are: the tail was cut off", end.seq)}
	case last.Hash != "" && last.Hash != end.hash:
		return &storage.Damage{Seq: last.Seq, Problem: "is not the one that was written last"}
	}
	return nil
}
