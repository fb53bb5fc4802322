package storagetest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"

	"gonogo/storage"
)

// Memory is a Log that lasts as long as the process. It is for tests.
type Memory struct {
	mu      sync.Mutex
	records []storage.Record
	closed  bool
}

var _ storage.Log = (*Memory)(nil)

// NewMemory returns an empty log, or one that holds exactly the given records,
// sealed or not: the way to a log that somebody tampered with.
func NewMemory(records ...storage.Record) *Memory {
	return &Memory{records: slices.Clone(records)}
}

// Reopen returns a new log that holds what m holds, as a file would after the
// process ended.
func (m *Memory) Reopen() *Memory { return NewMemory(m.Records()...) }

// Records copies what the log holds.
func (m *Memory) Records() []storage.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	return cloned(m.records)
}

// Append implements storage.Log.
func (m *Memory) Append(ctx context.Context, after uint64, records ...storage.Record) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return 0, storage.ErrClosed
	}
	last := storage.Record{}
	if n := len(m.records); n > 0 {
		last = m.records[n-1]
	}
	if last.Seq != after {
		return 0, fmt.Errorf("append after %d, but the log ends at %d: %w", after, last.Seq, storage.ErrConflict)
	}
	sealed, err := storage.Seal(after, last.Hash, records)
	if err != nil {
		return 0, err
	}
	m.records = append(m.records, sealed...)
	return after + uint64(len(sealed)), nil
}

// Read implements storage.Log.
func (m *Memory) Read(ctx context.Context, after uint64) iter.Seq2[storage.Record, error] {
	return func(yield func(storage.Record, error) bool) {
		for i := after; ; i++ {
			r, ok, err := m.at(ctx, i)
			if err != nil {
				yield(storage.Record{}, err)
				return
			}
			if !ok || !yield(r, nil) {
				return
			}
		}
	}
}

// at returns the record at position i, counted from 0, unless the log ends there.
func (m *Memory) at(ctx context.Context, i uint64) (storage.Record, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return storage.Record{}, false, storage.ErrClosed
	case ctx.Err() != nil:
		return storage.Record{}, false, ctx.Err()
	case i >= uint64(len(m.records)):
		return storage.Record{}, false, nil
	}
	return cloned(m.records[i : i+1])[0], true, nil
}

// Close implements storage.Log.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// cloned copies records with their data, so that what a reader does to them
// stays with the reader.
func cloned(records []storage.Record) []storage.Record {
	records = slices.Clone(records)
	for i := range records {
		records[i].Data = slices.Clone(records[i].Data)
	}
	return records
}
