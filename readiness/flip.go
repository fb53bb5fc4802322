package readiness

import (
	"cmp"
	"fmt"
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
	Wave    time.Time // when the first of the changes was found that are told in one message
}

// flipBatch is how long after a change others are told in the same message, so
// that a database which many items need is one message and not forty.
const flipBatch = 10 * time.Minute

// flipPause is how long people are told nothing further of an answer that goes
// to and fro.
const flipPause = time.Hour

// mostLate is how long a change that nobody was told of is news.
const mostLate = 24 * time.Hour

// Wave is changes that are told in one message, the first that was found first.
type Wave struct {
	Began time.Time
	Keys  []Key
}

// Waves lists the changes that are still shown, by the message that they are
// told in. A message that was told is kept true no longer than an answer keeps
// quiet after a change, so that no answer leaves it for the next; told says
// whether one was. One that was not, since gonogo was down or Slack away, is
// news for a day.
func (r *Release) Waves(now time.Time, told func(Wave) bool) []Wave {
	var batches []Wave
	for key, said := range r.Said {
		if said.At.IsZero() || now.Sub(said.Wave) >= mostLate {
			continue
		}
		i := slices.IndexFunc(batches, func(b Wave) bool { return b.Began.Equal(said.Wave) })
		if i < 0 {
			i, batches = len(batches), append(batches, Wave{Began: said.Wave})
		}
		batches[i].Keys = append(batches[i].Keys, key)
	}
	batches = slices.DeleteFunc(batches, func(b Wave) bool { return now.Sub(b.Began) >= flipPause && told(b) })
	for _, batch := range batches {
		slices.SortFunc(batch.Keys, func(a, b Key) int {
			return cmp.Or(r.Said[a].At.Compare(r.Said[b].At), cmp.Compare(a.String(), b.String()))
		})
	}
	slices.SortFunc(batches, func(a, b Wave) int { return a.Began.Compare(b.Began) })
	return batches
}

// Over reports whether no further change is told in a batch's message.
func (b Wave) Over(now time.Time) bool { return now.Sub(b.Began) >= flipBatch }

// Flip reports whether new evidence for an answer changes what people believe
// of it, so that they should be told. What could not be measured is no change
// before it has happened SteadyErrors times in a row.
func (r *Release) Flip(key Key, ev Evidence, now time.Time) bool {
	before, known := r.Evidence[key]
	was := before.Verdict.LetsThrough()
	if said, told := r.Said[key]; told {
		if now.Sub(said.At) < flipPause {
			return false
		}
		was, known = said.Through, true
	}
	if ev.Verdict == Errored && r.Streaks[key]+1 < SteadyErrors {
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
	before, batch := r.Said[key], at
	for _, said := range r.Said {
		if !said.At.IsZero() && at.Sub(said.Wave) < flipBatch && said.Wave.Before(batch) {
			batch = said.Wave
		}
	}
	r.Said[key] = Said{Through: e.Verdict.LetsThrough(), Verdict: e.Verdict, Summary: e.Summary, At: at, Wave: batch}
	if !before.At.IsZero() && !r.tells(before.Wave) {
		s.forgetAnchors(FlipSubject(e.Release, before.Wave))
	}
}

// tells reports whether something is still told in a batch's message.
func (r *Release) tells(batch time.Time) bool {
	for _, said := range r.Said {
		if !said.At.IsZero() && said.Wave.Equal(batch) {
			return true
		}
	}
	return false
}

// rememberVerdict notes, before a scheduled check replaces the evidence of an answer for
// the first time, what people believe of it.
func (s *State) rememberVerdict(release string, key Key) {
	r := s.changeRelease(release)
	if r == nil {
		return
	}
	if _, told := r.Said[key]; !told && r.Evidence[key].Verdict != "" {
		r.Said[key] = Said{Through: r.Evidence[key].Verdict.LetsThrough(), Verdict: r.Evidence[key].Verdict}
	}
}

// FlipSubject names what the message about a batch of changes shows.
func FlipSubject(release string, batch time.Time) string {
	return fmt.Sprintf("flip/%s/%d", release, batch.Unix())
}

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
	for _, section := range v.Sections() {
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
