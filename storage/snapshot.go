package storage

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"gonogo/readiness/history"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Snapshots is the file in which the ledger saves its state now and then, so that the
// next start doesn't have to fold every event again:
//
//	{"program": …, "seq": …, "hash": …}   a line with what it is bound to
//	the state, see history.Encode
//	SHA-256 of all before it, 32 bytes
//
// It is never the source of truth. If it is torn, was made by another program, or
// belongs to a record that the log doesn't have, it is ignored and the whole log is
// folded.
type Snapshots struct {
	Path    string
	Program func() (string, error) // identifies the code that folds: other code may fold the same events differently
	Every   uint64                 // records between two snapshots; 0: 5,000
}

const (
	usualEvery = 5000
	// worthIt is the part of Every that has to be new for a snapshot at a clean stop:
	// folding fewer events takes no time.
	worthIt = 10
)

// binding is what a snapshot belongs to.
type binding struct {
	Program string `json:"program"`
	Seq     uint64 `json:"seq"`  // of the last record folded into it
	Hash    string `json:"hash"` // of that record
}

// Reasons for not using a snapshot, as the log says them.
var (
	errTorn    = errors.New("it is incomplete or was changed")
	errProgram = errors.New("another version of gonogo made it")
	errStrange = errors.New("the ledger does not hold the record that it stands on")
)

// load reads the snapshot, if it is intact and from this program.
func (s *Snapshots) load() (binding, *history.State, error) {
	file, err := os.Open(s.Path)
	if err != nil {
		return binding{}, nil, err
	}
	defer file.Close()
	body, err := whole(file)
	if err != nil {
		return binding{}, nil, err
	}
	in := bufio.NewReader(body)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return binding{}, nil, errTorn
	}
	var on binding
	if err := json.Unmarshal(line, &on); err != nil {
		return binding{}, nil, errTorn
	}
	program, err := s.Program()
	if err != nil {
		return binding{}, nil, err
	}
	if on.Program != program {
		return binding{}, nil, errProgram
	}
	state, err := history.Decode(in)
	return on, state, err
}

// whole returns a file's content without the hash at its end, if the hash is right.
func whole(file *os.File) (io.Reader, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size() - sha256.Size
	if size < 0 {
		return nil, errTorn
	}
	sum, want := sha256.New(), make([]byte, sha256.Size)
	if _, err := io.Copy(sum, io.NewSectionReader(file, 0, size)); err != nil {
		return nil, err
	}
	if _, err := file.ReadAt(want, size); err != nil {
		return nil, err
	}
	if !bytes.Equal(sum.Sum(nil), want) {
		return nil, errTorn
	}
	return io.NewSectionReader(file, 0, size), nil
}

// save writes a snapshot to a new file and renames it over the last one. The temporary
// name is always the same: a ledger has one owner, and the leftover of a killed process
// is overwritten.
func (s *Snapshots) save(on binding, state *history.State) error {
	draft := s.Path + ".new"
	file, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = write(file, on, state)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(draft))
	}
	return os.Rename(draft, s.Path)
}

func write(file io.Writer, on binding, state *history.State) error {
	sum, buffer := sha256.New(), bufio.NewWriter(file)
	out := io.MultiWriter(sum, buffer)
	if err := json.NewEncoder(out).Encode(on); err != nil {
		return err
	}
	if err := history.Encode(out, state); err != nil {
		return err
	}
	if _, err := buffer.Write(sum.Sum(nil)); err != nil {
		return err
	}
	return buffer.Flush()
}

func (s *Snapshots) every() uint64 {
	if s.Every == 0 {
		return usualEvery
	}
	return s.Every
}

// resume is where the fold begins: at a snapshot that belongs to this log, or at the
// first record.
func (l *Ledger) resume(ctx context.Context) *moment {
	fresh := &moment{state: history.NewState()}
	if l.snapshots == nil {
		return fresh
	}
	on, state, err := l.snapshots.load()
	if err == nil {
		err = l.holds(ctx, on)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fresh
	case err != nil:
		l.logger.Info("the snapshot of the state is of no use, and the whole ledger is read instead", "snapshot", l.snapshots.Path, "reason", err)
		return fresh
	}
	return &moment{state: state, seq: on.Seq}
}

// holds checks that the log has the record that a snapshot belongs to.
func (l *Ledger) holds(ctx context.Context, on binding) error {
	if on.Seq == 0 {
		return errStrange
	}
	hash, err := hashAt(ctx, l.log, on.Seq)
	if err == nil && hash != on.Hash {
		err = errStrange
	}
	return err
}

// hashAt is the hash of a record, or "" if the log has no such record.
func hashAt(ctx context.Context, log Log, seq uint64) (string, error) {
	for r, err := range log.Read(ctx, seq-1) {
		return r.Hash, err
	}
	return "", nil
}

// keepSnapshots saves snapshots until stop is called, which saves a last one. It runs
// beside the goroutine that owns the state and never delays it: published states don't
// change.
func (l *Ledger) keepSnapshots() (stop func()) {
	if l.snapshots == nil {
		return func() {}
	}
	stopping, stopped := make(chan struct{}), make(chan struct{})
	changes, unwatch := l.Watch()
	last := l.resumed
	go func() {
		defer close(stopped)
		defer unwatch()
		for {
			select {
			case <-changes:
				last = l.snapshotAfter(last, l.snapshots.every())
			case <-stopping:
				l.snapshotAfter(last, max(1, l.snapshots.every()/worthIt))
				return
			}
		}
	}()
	return func() { close(stopping); <-stopped }
}

// snapshotAfter saves a snapshot if enough records are new since the last one, and
// returns the number of the one that it belongs to. A failed one is tried again only
// after as many more records.
func (l *Ledger) snapshotAfter(last, records uint64) uint64 {
	now := l.current.Load()
	if now.seq < last+records {
		return last
	}
	if err := l.snapshot(now); err != nil {
		l.logger.Warn("no snapshot of the state was left, so the next start may take longer", "error", err)
	}
	return now.seq
}

func (l *Ledger) snapshot(now *moment) error {
	program, err := l.snapshots.Program()
	if err != nil {
		return err
	}
	hash, err := hashAt(context.Background(), l.log, now.seq)
	if err != nil {
		return fmt.Errorf("read record %d: %w", now.seq, err)
	}
	if err := l.snapshots.save(binding{program, now.seq, hash}, now.state); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(l.snapshots.Path), err)
	}
	return nil
}
