package history

import (
	"slices"
	"time"

	"gonogo/readiness/event"
)

// Trouble is something that keeps gonogo from its work, or did last.
type Trouble struct {
	ID    string // of its message; among those of its kind
	Kind  event.TroubleKind
	Why   string    // a sentence, with the next step
	Since time.Time // when it was first seen, some time before it was recorded
	Ended time.Time // zero: it lasts
	Page  Page
}

// Lasts reports whether it is not over.
func (t Trouble) Lasts() bool { return !t.Since.IsZero() && t.Ended.IsZero() }

// Subject is the subject of its message.
func (t Trouble) Subject() string { return "trouble/" + string(t.Kind) + "/" + t.ID }

// mostPastTroubles is how many of [State.PastTroubles] there are.
const mostPastTroubles = 20

// keepPast keeps a trouble that another one of its kind follows, if its message may not
// say yet that it is over, and drops those whose messages do.
func (s *State) keepPast(t Trouble) {
	kept := make([]Trouble, 0, len(s.PastTroubles)+1)
	for _, past := range append(slices.Clip(s.PastTroubles), t) {
		anchor, posted := s.Anchors[past.Subject()]
		if _, posting := s.Posts[past.Subject()]; posting || posted && anchor.Shows == "" {
			kept = append(kept, past)
		}
	}
	s.PastTroubles = kept[max(0, len(kept)-mostPastTroubles):]
}

// applyTrouble folds gonogo's own troubles. Of each kind the newest is known, and those
// before it whose messages may not say yet that they are over.
func (s *State) applyTrouble(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.Troubled:
		known := s.Troubles[e.Trouble]
		if !known.Lasts() {
			if !known.Since.IsZero() {
				s.keepPast(known)
			}
			// Not made from Since when it is needed, since that changes if the clock was ahead.
			known = Trouble{ID: at.UTC().Format("20060102T150405.000000"), Kind: e.Trouble, Since: at}
			if !e.Since.IsZero() && e.Since.Before(at) {
				known.Since = e.Since
			}
		}
		known.Why = e.Why
		if e.Page && known.Page.Asked.IsZero() {
			known.Page.Asked = at
		}
		s.setTrouble(known)
	case event.TroubleEnded:
		if known, ok := s.Troubles[e.Trouble]; ok && known.Lasts() {
			known.Ended = at
			s.setTrouble(known)
		}
	case event.TroublePaged:
		if known, ok := s.Troubles[e.Trouble]; ok {
			known.Page.Outcome, known.Page.Status, known.Page.Why, known.Page.At = e.Outcome, e.Status, e.Why, at
			s.setTrouble(known)
		}
	}
}

func (s *State) setTrouble(t Trouble) {
	ownMap(&s.Troubles, &s.own.troubles)
	s.Troubles[t.Kind] = t
}
