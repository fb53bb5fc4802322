package history

import (
	"slices"
	"strings"
	"time"

	"gonogo/readiness/event"
)

// keptPostmortems is how many postmortems the state remembers.
const keptPostmortems = 50

// Postmortem is what people talk about after a rollback, with its GitHub issue:
//
//	opened, when the rollback reached the platform ──▶ planned for a day ──▶ ended
//
// It ends when a person says so or closes the issue.
type Postmortem struct {
	Rollback, Environment, From, To string // the run, and versions
	Incident                        string // empty: a person asked for the rollback
	Opened                          time.Time
	On                              time.Time // the day, as 00:00 UTC of it; zero: not planned
	PlannedBy                       string
	Ended                           time.Time // zero: not yet
	EndedBy, Note                   string    // EndedBy is empty if the issue was closed

	Number    int // of the issue; 0: there is none yet
	URL       string
	IssueOpen bool
	Said      string         // digest of the issue's text
	FollowUps []string       // open tasks in the issue
	Written   time.Time      // when the issue was last written or read anew
	Pending   event.IssueAct // the write that was intended and may have happened; empty: none
	Asked     time.Time      // when that was intended
	Away      event.IssueAway
}

// OpenPostmortem is the newest postmortem of an environment that has not ended.
func (s *State) OpenPostmortem(environment string) (Postmortem, bool) {
	for _, r := range s.postmortems(environment) {
		if r.Ended.IsZero() {
			return r, true
		}
	}
	return Postmortem{}, false
}

// postmortems lists the postmortems of an environment, or of all, the newest first.
func (s *State) postmortems(environment string) []Postmortem {
	var all []Postmortem
	for _, r := range s.Postmortems {
		if environment == "" || r.Environment == environment {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b Postmortem) int {
		if order := b.Opened.Compare(a.Opened); order != 0 {
			return order
		}
		return strings.Compare(a.Rollback, b.Rollback)
	})
	return all
}

// OpenPostmortems lists all postmortems that have not ended, the newest first.
func (s *State) OpenPostmortems() []Postmortem {
	return slices.DeleteFunc(s.postmortems(""), func(r Postmortem) bool { return !r.Ended.IsZero() })
}

// applyPostmortem folds the events about postmortems.
func (s *State) applyPostmortem(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.PostmortemOpened:
		if _, known := s.Postmortems[e.Rollback]; !known {
			s.setPostmortem(Postmortem{Rollback: e.Rollback, Environment: e.Environment, From: e.From, To: e.To, Incident: e.Incident, Opened: at})
			s.forgetPostmortems()
		}
	case event.PostmortemPlanned:
		s.changePostmortem(e.Rollback, func(r *Postmortem) { r.On, r.PlannedBy = e.On, e.By })
	case event.PostmortemEnded:
		s.changePostmortem(e.Rollback, func(r *Postmortem) {
			if r.Ended.IsZero() {
				r.Ended, r.EndedBy, r.Note = at, e.By, e.Note
			}
		})
	case event.PostmortemIssueIntended:
		s.changePostmortem(e.Rollback, func(r *Postmortem) { r.Pending, r.Asked = e.Act, at })
	case event.PostmortemIssueWritten:
		s.changePostmortem(e.Rollback, func(r *Postmortem) {
			r.Number, r.URL, r.IssueOpen, r.Said, r.FollowUps, r.Away, r.Written = e.Number, e.URL, e.Open, e.Said, e.FollowUps, e.Away, at
			r.Pending, r.Asked = "", time.Time{}
		})
	}
}

func (s *State) changePostmortem(rollback string, change func(*Postmortem)) {
	if r, ok := s.Postmortems[rollback]; ok {
		change(&r)
		s.setPostmortem(r)
	}
}

func (s *State) setPostmortem(r Postmortem) {
	ownMap(&s.Postmortems, &s.own.postmortems)
	s.Postmortems[r.Rollback] = r
}

// forgetPostmortems drops the oldest postmortems that have ended.
func (s *State) forgetPostmortems() {
	all := s.postmortems("")
	for _, r := range slices.Backward(all) {
		if len(s.Postmortems) <= keptPostmortems {
			return
		}
		if !r.Ended.IsZero() {
			delete(s.Postmortems, r.Rollback)
		}
	}
}
