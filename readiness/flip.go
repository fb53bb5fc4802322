package readiness

import (
	"slices"
	"time"
)

// Said is what people were last told, unasked, of an answer that is checked on
// a schedule.
type Said struct {
	Through bool
	Verdict Verdict
	Summary string
	At      time.Time
}

// flipPause is how long people are told nothing further of an answer that goes
// to and fro.
const flipPause = time.Hour

// Flip reports whether new evidence for an answer changes what people believe
// of it, so that they should be told. What could not be measured is no change
// before it has happened as often in a row as patience says.
func (r *Release) Flip(key Key, ev Evidence, now time.Time, patience int) bool {
	before, known := r.Evidence[key]
	was := before.Verdict.LetsThrough()
	if said, told := r.Said[key]; told {
		if now.Sub(said.At) < flipPause {
			return false
		}
		was, known = said.Through, true
	}
	if ev.Verdict == Errored && r.Streaks[key]+1 < patience {
		return false
	}
	return known && before.Verdict != "" && was != ev.Verdict.LetsThrough()
}

func (s *State) flip(at time.Time, e ItemFlipped) {
	r := s.changeRelease(e.Release)
	if r == nil {
		return
	}
	key := Key{e.Item, e.Environment}
	s.forgetAnchors(FlipSubject(e.Release, key))
	r.Said[key] = Said{Through: e.Verdict.LetsThrough(), Verdict: e.Verdict, Summary: e.Summary, At: at}
}

// believe notes, before a scheduled check replaces the evidence of an answer for
// the first time, what people believe of it.
func (s *State) believe(release string, key Key) {
	r := s.changeRelease(release)
	if r == nil {
		return
	}
	if _, told := r.Said[key]; !told && r.Evidence[key].Verdict != "" {
		r.Said[key] = Said{Through: r.Evidence[key].Verdict.LetsThrough(), Verdict: r.Evidence[key].Verdict}
	}
}

// FlipSubject names what the messages about an answer's changes show.
func FlipSubject(release string, key Key) string { return "flip/" + release + "/" + key.String() }

// countStreak counts errors in a row.
func (s *State) countStreak(release string, key Key, verdict Verdict) {
	if r := s.changeRelease(release); r != nil && verdict == Errored {
		r.Streaks[key]++
	} else if r != nil {
		delete(r.Streaks, key)
	}
}

// StaleItem is an answer whose evidence counts only until a moment.
type StaleItem struct {
	Item  *Item
	Key   Key
	Until time.Time
}

// StaleSoon lists the answers that let through now and stop counting within a
// while, the first to stop first.
func (v View) StaleSoon(within time.Duration) []StaleItem {
	var soon []StaleItem
	for _, section := range v.Checklist.Sections {
		for _, it := range section.Items {
			for _, s := range v.Standings(it) {
				if s.Through && !s.Until.IsZero() && s.Until.Sub(v.Now) <= within {
					soon = append(soon, StaleItem{it, s.Key, s.Until})
				}
			}
		}
	}
	slices.SortStableFunc(soon, func(a, b StaleItem) int { return a.Until.Compare(b.Until) })
	return soon
}
