package socket

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	// window is how long repeats are recognised, at least. Slack repeats an
	// event for the last time five minutes after the first.
	window = time.Hour
	// maxKeys bounds the memory of one generation to a few megabytes; in a
	// storm of more than seventy acts a second repeats are recognised for less
	// than an hour, though never for less than ten minutes up to 200 a second.
	maxKeys = 1 << 18
)

// Deduplicator recognizes repeats of acts. It keeps two generations of hashes: the
// older is forgotten when the younger is an hour old, or full. It also remembers
// whether an act was accepted, since people who were told that nothing was done must be
// able to rely on it. Its methods may be called from any goroutine.
type Deduplicator struct {
	now  func() time.Time
	seed maphash.Seed

	mu                sync.Mutex
	began             time.Time
	current, previous map[uint64]bool // by the hash of a key: whether the act was accepted
}

// NewDeduplicator returns a Deduplicator that remembers nothing yet.
func NewDeduplicator(now func() time.Time) *Deduplicator {
	return &Deduplicator{now: now, seed: maphash.MakeSeed(), began: now(), current: map[uint64]bool{}}
}

// Do decides an act that is identified by any of its keys, except empty ones. The first
// time it calls decide, which reports whether the act was accepted, and remembers the
// result; a repeat gets the same result.
func (d *Deduplicator) Do(decide func() (accepted bool), keys ...string) (accepted, repeat bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, key := range keys {
		if accepted, known := d.lookUp(key); known {
			return accepted, true
		}
	}
	accepted = decide()
	d.rotate()
	for _, key := range keys {
		if key != "" {
			d.current[maphash.String(d.seed, key)] = accepted
		}
	}
	return accepted, false
}

func (d *Deduplicator) lookUp(key string) (accepted, known bool) {
	if key == "" {
		return false, false
	}
	hash := maphash.String(d.seed, key)
	if accepted, known = d.current[hash]; !known {
		accepted, known = d.previous[hash]
	}
	return accepted, known
}

// rotate starts a new generation when it is time.
func (d *Deduplicator) rotate() {
	if now := d.now(); now.Sub(d.began) > window || len(d.current) >= maxKeys {
		d.previous, d.current, d.began = d.current, make(map[uint64]bool), now
	}
}
