package history

import (
	"time"

	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

func (s *State) lock(at time.Time, e event.EnvironmentLocked) {
	lock := work.Lock{Claim: e.Claim, By: e.By, Reason: e.Reason, Run: e.Run, At: at, Until: e.Until}
	s.takeOver(at, e)
	s.taken(e.Environment)
	if held, ok := s.Locks[e.Environment]; ok {
		if held.Claim == e.Claim {
			return
		}
		if lock.Under = lowest(held); lock.Under != nil && lock.Run == "" && lock.Under.Over(at) {
			lock.Under = nil
		}
	}
	if lock.Run == "" {
		s.leaveQueue(e.Environment, e.By)
	}
	ownMap(&s.Locks, &s.own.locks)
	s.Locks[e.Environment] = lock
}

// lowest is the person's lock in a pile of locks, or nil: only that one is restored.
func lowest(l work.Lock) *work.Lock {
	if l.Run == "" {
		return &l
	}
	return l.Under
}

func (s *State) unlock(at time.Time, e event.EnvironmentUnlocked) {
	held, ok := s.Locks[e.Environment]
	if !ok {
		return
	}
	if e.Expired && held.Claim == e.Claim {
		s.addLockNews(LockNews{Kind: LockExpired, Environment: e.Environment, To: held.By, Reason: held.Reason, At: at, Since: held.At})
	}
	left := without(held, e.Claim)
	ownMap(&s.Locks, &s.own.locks)
	if left == nil {
		delete(s.Locks, e.Environment)
		return
	}
	s.Locks[e.Environment] = *left
}

// without is a pile of locks without the one of a claim, or nil if none is left. The
// pile may be shared with an earlier state, so it is copied.
func without(l work.Lock, claim string) *work.Lock {
	if l.Claim == claim {
		return l.Under
	}
	if l.Under != nil {
		l.Under = without(*l.Under, claim)
	}
	return &l
}

// PinClaim is the claim of the lock that exists while the platform keeps an environment
// pinned after a rollback that ended without a decision.
func PinClaim(environment string) string { return "pin/" + environment }

// Pinned reports whether there is such a lock.
func (s *State) Pinned(environment string) bool {
	lock := s.Locks[environment]
	for l := &lock; l != nil; l = l.Under {
		if l.Claim == PinClaim(environment) {
			return true
		}
	}
	return false
}
