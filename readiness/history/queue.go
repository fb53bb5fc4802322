package history

import (
	"slices"
	"time"

	"gonogo/readiness/event"
	"gonogo/readiness/work"
)

// Queue is who wants to be told when an environment is free.
type Queue struct {
	Waiting []Waiting // who waits, the next one first
	Offered time.Time // when somebody was told last that it is free; zero: nobody was since it was locked last
}

// Waiting is a person in a queue.
type Waiting struct {
	By string
	At time.Time // since when
}

// LockNewsKind is the kind of a LockNews.
type LockNewsKind string

// The kinds of news about locks.
const (
	LockExpired  LockNewsKind = "expired" // a lock has ended by its time; To held it
	LockTaken    LockNewsKind = "taken"   // By took the lock of To over
	LockLasts    LockNewsKind = "lasts"   // To is reminded of a lock
	LockIsNoMore LockNewsKind = "free"    // To was next in line
)

// LockNews is something about a lock that a person has to know.
type LockNews struct {
	Kind        LockNewsKind
	Environment string
	To, By      string
	Reason      string // of the lock that is there now or, if none is, that was
	At          time.Time
	Since       time.Time // when that lock was taken
}

// keptLockNews is how much of it the state remembers.
const keptLockNews = 20

func (s *State) addLockNews(n LockNews) {
	news := append(slices.Clip(s.LockNews), n)
	s.LockNews = news[max(0, len(news)-keptLockNews):]
}

// Free reports whether an environment has neither a lock nor a run that changes it.
func (s *State) Free(environment string, now time.Time) bool {
	lock, locked := s.Locks[environment]
	return (!locked || lock.Over(now)) && s.Changing(environment) == nil
}

// applyQueue folds the events around locks.
func (s *State) applyQueue(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.EnvironmentQueued:
		s.leaveQueue(e.Environment, e.By)
		if q := s.Queues[e.Environment]; !e.Leaves {
			q.Waiting = append(slices.Clip(q.Waiting), Waiting{e.By, at})
			s.setQueue(e.Environment, q)
		}
	case event.EnvironmentOffered:
		s.leaveQueue(e.Environment, e.To)
		q := s.Queues[e.Environment]
		q.Offered = at
		s.setQueue(e.Environment, q)
		s.addLockNews(LockNews{Kind: LockIsNoMore, Environment: e.Environment, To: e.To, At: at})
	case event.LockReminded:
		s.remindOfLock(at, e)
	}
}

func (s *State) setQueue(environment string, q Queue) {
	ownMap(&s.Queues, &s.own.queues)
	s.Queues[environment] = q
}

// leaveQueue takes a person out of a queue: what they waited for has come, or they say so.
func (s *State) leaveQueue(environment, by string) {
	q, ok := s.Queues[environment]
	is := func(w Waiting) bool { return w.By == by }
	if !ok || !slices.ContainsFunc(q.Waiting, is) {
		return
	}
	q.Waiting = slices.DeleteFunc(slices.Clone(q.Waiting), is)
	s.setQueue(environment, q)
}

func (s *State) remindOfLock(at time.Time, e event.LockReminded) {
	lock, ok := s.Locks[e.Environment]
	if !ok || lock.Claim != e.Claim {
		return
	}
	lock.Reminded = at
	ownMap(&s.Locks, &s.own.locks)
	s.Locks[e.Environment] = lock
	s.addLockNews(LockNews{Kind: LockLasts, Environment: e.Environment, To: lock.By, Reason: lock.Reason, At: at, Since: lock.At})
}

// taken notes that an environment is no longer free.
func (s *State) taken(environment string) {
	if q := s.Queues[environment]; !q.Offered.IsZero() {
		q.Offered = time.Time{}
		s.setQueue(environment, q)
	}
}

// takeOver removes the person's lock that another one takes over, and says so.
func (s *State) takeOver(at time.Time, e event.EnvironmentLocked) {
	held, ok := s.Locks[e.Environment]
	if !ok || held.Run != "" || held.Claim != e.Takes {
		return
	}
	if held.By != e.By {
		s.addLockNews(LockNews{Kind: LockTaken, Environment: e.Environment, To: held.By, By: e.By, Reason: e.Reason, At: at, Since: held.At})
	}
	ownMap(&s.Locks, &s.own.locks)
	delete(s.Locks, e.Environment)
}

// beginsOn takes whoever deploys out of the environment's queue.
func (s *State) beginsOn(run *work.Run) {
	if run.Change != nil && run.What == work.Deployment {
		s.leaveQueue(run.Change.Environment, run.By)
	}
}
