package history

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"gonogo/readiness/event"
)

// Silence is a silence that gonogo keeps in each Alertmanager:
//
//	asked ── intended ──▶ in force ── its time, or intended to end ──▶ gone
//	             │            └── ended by somebody else, or forgotten ──▶ lost
//	             └── refused
type Silence struct {
	ID          string // gonogo's mark
	Incident    string
	Fingerprint string // of the incident's alert
	By          string
	Run         string            // whose cutover it is for; empty: a person asked for it
	Environment string            // with Run
	Labels      map[string]string // with Run
	At, Until   time.Time         // Until is zero for a cutover: as long as that lasts
	EndedBy     string            // who ended it before its time; empty: nobody
	Ended       time.Time

	Sources map[string]SilenceAt // by the Alertmanager's host
}

// SilenceAt is a silence in one Alertmanager.
type SilenceAt struct {
	ID            string    // there; empty: it isn't known to have been created
	Until         time.Time // when it ends there
	At            time.Time // of the last event
	Intended      bool      // it was about to be told, and no outcome is known
	Problem       string    // why it couldn't be told or asked, the last time; empty: it could
	Refused, Lost bool
	Gone          bool
}

// Wanted reports whether a silence is to be in force.
func (s Silence) Wanted(now time.Time) bool {
	return s.Ended.IsZero() && (s.Run != "" || now.Before(s.Until))
}

// InForce reports whether an Alertmanager has it, as far as is known.
func (s Silence) InForce(now time.Time) bool {
	for _, at := range s.Sources {
		if at.ID != "" && !at.Gone && now.Before(at.Until) {
			return true
		}
	}
	return false
}

// Failed is why a silence isn't in force and won't be by itself; empty: it is, or may be.
func (s Silence) Failed(now time.Time) string {
	if s.InForce(now) {
		return ""
	}
	for _, host := range slices.Sorted(maps.Keys(s.Sources)) {
		switch at := s.Sources[host]; {
		case at.Lost:
			return "somebody ended it in Alertmanager, or Alertmanager lost it"
		case at.Refused:
			return at.Problem
		}
	}
	return ""
}

// SilencesOf lists the silences of an incident's alerts, the oldest first.
func (s *State) SilencesOf(incident string) []Silence {
	var all []Silence
	for _, x := range s.Silences {
		if x.Incident == incident {
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(a, b Silence) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return all
}

// Unsilenced is why a silence for a run's cutover failed; empty: none has.
func (s *State) Unsilenced(run string, now time.Time) string {
	for _, id := range slices.Sorted(maps.Keys(s.Silences)) {
		if x := s.Silences[id]; x.Run == run && x.Failed(now) != "" {
			return x.Failed(now)
		}
	}
	return ""
}

// applySilence folds the events of silences.
func (s *State) applySilence(at time.Time, happened event.Event) {
	switch e := happened.(type) {
	case event.SilenceAsked:
		s.forgetSilences(at)
		s.setSilence(Silence{ID: e.ID, Incident: e.Incident, Fingerprint: e.Fingerprint, By: e.By,
			Run: e.Run, Environment: e.Environment, Labels: e.Labels, At: at, Until: e.Until})
	case event.SilenceEndAsked:
		if x, known := s.Silences[e.ID]; known && x.Ended.IsZero() {
			x.EndedBy, x.Ended = e.By, at
			s.setSilence(x)
		}
	case event.SilenceIntended:
		s.silenceAt(at, e.ID, e.Source, func(x *SilenceAt) { x.Intended = true })
	case event.SilenceWritten:
		s.silenceAt(at, e.ID, e.Source, func(x *SilenceAt) { *x = SilenceAt{ID: e.Silence, Until: e.Until} })
	case event.SilenceDelayed:
		s.silenceAt(at, e.ID, e.Source, func(x *SilenceAt) { x.Problem, x.Refused = e.Problem, e.Refused })
	case event.SilenceGone:
		s.silenceAt(at, e.ID, e.Source, func(x *SilenceAt) { x.Gone, x.Lost, x.Intended, x.Problem = true, e.Lost, false, "" })
	}
}

func (s *State) silenceAt(at time.Time, id, source string, change func(*SilenceAt)) {
	x, known := s.Silences[id]
	if !known {
		return
	}
	x.Sources = ownClone(x.Sources)
	one := x.Sources[source]
	change(&one)
	one.At = at
	x.Sources[source] = one
	s.setSilence(x)
}

func (s *State) setSilence(x Silence) {
	ownMap(&s.Silences, &s.own.silences)
	s.Silences[x.ID] = x
}

// forgetSilences drops the silences that were over a day ago.
func (s *State) forgetSilences(at time.Time) {
	ownMap(&s.Silences, &s.own.silences)
	before := at.Add(-24 * time.Hour)
	maps.DeleteFunc(s.Silences, func(_ string, x Silence) bool {
		if x.Run != "" {
			return !x.Ended.IsZero() && x.Ended.Before(before)
		}
		return x.Until.Before(before)
	})
}

// endCutoverSilences ends the silences of cutovers that are over, or that wait for a
// person: what has gone wrong is to be heard.
func (s *State) endCutoverSilences(at time.Time) {
	for id, x := range s.Silences {
		if x.Run == "" || !x.Ended.IsZero() {
			continue
		}
		if run := s.Runs[x.Run]; run != nil {
			if first, lasts := run.Cutover(); lasts && CutoverSilence(run.ID, first) == id {
				continue
			}
		}
		x.Ended = at
		s.setSilence(x)
	}
}

// CutoverSilence is the ID of the silence for a run's cutover.
func CutoverSilence(run, firstStep string) string { return run + "/" + firstStep }
