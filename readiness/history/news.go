package history

import (
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/event"
)

// VerdictChange is the last time that an answer's verdict changed.
type VerdictChange struct {
	From answer.Verdict // "": there was no answer
	At   time.Time
}

// Nudge is the last time that the people responsible for an answer, or for the missing
// sign-offs of an environment, were asked to deal with it.
type Nudge struct {
	By string
	At time.Time
}

// noteChange notes the verdict of an answer.
func (r *Release) noteChange(at time.Time, key answer.Key, verdict answer.Verdict) {
	if before := r.Evidence[key].Verdict; before != verdict {
		r.VerdictChanges[key] = VerdictChange{From: before, At: at}
	}
}

func (s *State) nudge(at time.Time, e event.Nudged) {
	if r := s.changeRelease(e.Release); r != nil {
		r.Nudges[answer.Key{Item: e.Item, Environment: e.Environment}] = Nudge{By: e.By, At: at}
	}
}

func (s *State) see(at time.Time, e event.StatusSeen) {
	ownMap(&s.StatusSeen, &s.own.statusSeen)
	s.StatusSeen[e.By] = at
}
