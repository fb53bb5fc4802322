package chat

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	// remembered is how long repeats are recognised, at least. Slack repeats an
	// event for the last time five minutes after the first.
	remembered = time.Hour
	// mostSeen bounds the memory of one generation to a few megabytes; in a
	// storm of more than seventy acts a second repeats are recognised for less
	// than an hour, though never for less than ten minutes up to 200 a second.
	mostSeen = 1 << 18
)

// seen recognises repeats of what people did. It keeps two generations of
// hashes: the older is forgotten when the younger is an hour old, or full.
// Whether an act was turned away is remembered with it: who was told that
// nothing was done must be able to rely on it.
type seen struct {
	now  func() time.Time
	seed maphash.Seed

	mu          sync.Mutex
	began       time.Time
	young, aged map[uint64]verdict
}

// verdict is what became of an act.
type verdict bool

const (
	taken      verdict = true
	turnedAway verdict = false
)

func newSeen(now func() time.Time) *seen {
	return &seen{now: now, seed: maphash.MakeSeed(), began: now(), young: map[uint64]verdict{}}
}

// first decides an act that is known by any of its keys, empty ones aside. The
// first time it calls decide and remembers the result; a repeat gets what was
// decided then.
func (s *seen) first(decide func() verdict, keys ...string) (v verdict, repeat bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		if v, known := s.find(key); known {
			return v, true
		}
	}
	v = decide()
	s.age()
	for _, key := range keys {
		if key != "" {
			s.young[maphash.String(s.seed, key)] = v
		}
	}
	return v, false
}

func (s *seen) find(key string) (verdict, bool) {
	if key == "" {
		return false, false
	}
	hash := maphash.String(s.seed, key)
	if v, known := s.young[hash]; known {
		return v, true
	}
	v, known := s.aged[hash]
	return v, known
}

// age starts a new generation when it is time.
func (s *seen) age() {
	if now := s.now(); now.Sub(s.began) > remembered || len(s.young) >= mostSeen {
		s.aged, s.young, s.began = s.young, make(map[uint64]verdict), now
	}
}
