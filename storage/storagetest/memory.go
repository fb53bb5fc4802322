package storagetest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"gonogo/storage"
)

// Memory is a Log in memory, for tests.
type Memory struct {
	mu      sync.Mutex
	writer  writer
	records []storage.Record
	keys    map[string]uint64 // to the first record with each
	closed  bool
}

// writer is who claimed a log last.
type writer struct {
	term  uint64
	name  string
	since time.Time
}

var _ storage.Log = (*Memory)(nil)

// NewMemory returns an empty log, or one with exactly the given records, sealed or not,
// such as a log that somebody tampered with.
func NewMemory(records ...storage.Record) *Memory {
	m := &Memory{}
	m.hold(records)
	return m
}

// Reopen returns a new log with the same content, as a file would have after the
// process ended.
func (m *Memory) Reopen() *Memory {
	again := NewMemory(m.Records()...)
	m.mu.Lock()
	defer m.mu.Unlock()
	again.writer = m.writer
	return again
}

// Records copies what the log holds.
func (m *Memory) Records() []storage.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	return cloned(m.records)
}

// Claim implements storage.Log.
func (m *Memory) Claim(ctx context.Context, name string, now time.Time) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case m.closed:
		return 0, storage.ErrClosed
	}
	m.writer = writer{m.writer.term + 1, name, now.UTC().Truncate(time.Microsecond)}
	return m.writer.term, nil
}

// Append implements storage.Log.
func (m *Memory) Append(ctx context.Context, fence storage.Fence, records ...storage.Record) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return 0, storage.ErrClosed
	}
	if m.writer.term != fence.Term {
		return 0, fmt.Errorf("append: %w", &storage.Superseded{Mine: fence.Term, Term: m.writer.term, By: m.writer.name, Since: m.writer.since})
	}
	last := storage.Record{}
	if n := len(m.records); n > 0 {
		last = m.records[n-1]
	}
	if last.Seq != fence.After {
		return 0, fmt.Errorf("append after %d, but the log ends at %d: %w", fence.After, last.Seq, storage.ErrConflict)
	}
	sealed, err := storage.Seal(fence.After, last.Hash, records)
	if err != nil {
		return 0, err
	}
	m.hold(sealed)
	return fence.After + uint64(len(sealed)), nil
}

// hold adds records, and their keys to the index.
func (m *Memory) hold(records []storage.Record) {
	if m.keys == nil {
		m.keys = map[string]uint64{}
	}
	for _, r := range records {
		if _, known := m.keys[r.Key]; r.Key != "" && !known {
			m.keys[r.Key] = r.Seq
		}
	}
	m.records = append(m.records, records...)
}

// Find implements storage.Log.
func (m *Memory) Find(ctx context.Context, keys ...string) ([]uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case m.closed:
		return nil, storage.ErrClosed
	}
	found := make([]uint64, len(keys))
	for i, key := range keys {
		found[i] = m.keys[key]
	}
	return found, nil
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

// cloned copies records with their data, so that readers can't change the log's.
func cloned(records []storage.Record) []storage.Record {
	records = slices.Clone(records)
	for i := range records {
		records[i].Data = slices.Clone(records[i].Data)
	}
	return records
}
