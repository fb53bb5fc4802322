package history

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/event"
)

// Notice is what people were last told, unasked, of an answer that is checked on
// a schedule.
type Notice struct {
	Through bool
	Verdict answer.Verdict
	Summary string
	At      time.Time
	Batch   time.Time // when the first of the changes was found that are told in one message
}

// flipBatch is how long after a change others are told in the same message, so
// that a database which many items need is one message and not forty.
const flipBatch = 10 * time.Minute

// flipPause is how long people are told nothing further of an answer that goes
// to and fro.
const flipPause = time.Hour

// mostLate is how long a change that nobody was told of is news.
const mostLate = 24 * time.Hour

// Batch is changes that are told in one message, the first that was found first.
type Batch struct {
	Began time.Time
	Keys  []answer.Key
}

// Batches lists the changes that are still shown, by the message that they are
// told in. A message that was told is kept true no longer than an answer keeps
// quiet after a change, so that no answer leaves it for the next; told says
// whether one was. One that was not, since gonogo was down or Slack away, is
// news for a day.
func (r *Release) Batches(now time.Time, told func(Batch) bool) []Batch {
	var batches []Batch
	for key, said := range r.Notices {
		if said.At.IsZero() || now.Sub(said.Batch) >= mostLate {
			continue
		}
		i := slices.IndexFunc(batches, func(b Batch) bool { return b.Began.Equal(said.Batch) })
		if i < 0 {
			i, batches = len(batches), append(batches, Batch{Began: said.Batch})
		}
		batches[i].Keys = append(batches[i].Keys, key)
	}
	batches = slices.DeleteFunc(batches, func(b Batch) bool { return now.Sub(b.Began) >= flipPause && told(b) })
	for _, batch := range batches {
		slices.SortFunc(batch.Keys, func(a, b answer.Key) int {
			return cmp.Or(r.Notices[a].At.Compare(r.Notices[b].At), cmp.Compare(a.String(), b.String()))
		})
	}
	slices.SortFunc(batches, func(a, b Batch) int { return a.Began.Compare(b.Began) })
	return batches
}

// Over reports whether no further change is told in a batch's message.
func (b Batch) Over(now time.Time) bool { return now.Sub(b.Began) >= flipBatch }

// Flip reports whether new evidence for an answer changes what people believe
// of it, so that they should be told. What could not be measured is no change
// before it has happened SteadyErrors times in a row.
func (r *Release) Flip(key answer.Key, ev answer.Evidence, now time.Time) bool {
	before, known := r.Evidence[key]
	was := before.Verdict.LetsThrough()
	if said, told := r.Notices[key]; told {
		if now.Sub(said.At) < flipPause {
			return false
		}
		was, known = said.Through, true
	}
	if ev.Verdict == answer.Errored && r.Streaks[key]+1 < SteadyErrors {
		return false
	}
	return known && before.Verdict != "" && was != ev.Verdict.LetsThrough()
}

func (s *State) flip(at time.Time, e event.ItemFlipped) {
	r := s.changeRelease(e.Release)
	if r == nil {
		return
	}
	key := answer.Key{Item: e.Item, Environment: e.Environment}
	before, batch := r.Notices[key], at
	for _, said := range r.Notices {
		if !said.At.IsZero() && at.Sub(said.Batch) < flipBatch && said.Batch.Before(batch) {
			batch = said.Batch
		}
	}
	r.Notices[key] = Notice{Through: e.Verdict.LetsThrough(), Verdict: e.Verdict, Summary: e.Summary, At: at, Batch: batch}
	if !before.At.IsZero() && !r.tells(before.Batch) {
		s.forgetAnchors(FlipSubject(e.Release, before.Batch))
	}
}

// tells reports whether something is still told in a batch's message.
func (r *Release) tells(batch time.Time) bool {
	for _, said := range r.Notices {
		if !said.At.IsZero() && said.Batch.Equal(batch) {
			return true
		}
	}
	return false
}

// rememberVerdict notes, before a scheduled check replaces the evidence of an answer for
// the first time, what people believe of it.
func (s *State) rememberVerdict(release string, key answer.Key) {
	r := s.changeRelease(release)
	if r == nil {
		return
	}
	if _, told := r.Notices[key]; !told && r.Evidence[key].Verdict != "" {
		r.Notices[key] = Notice{Through: r.Evidence[key].Verdict.LetsThrough(), Verdict: r.Evidence[key].Verdict}
	}
}

// FlipSubject names what the message about a batch of changes shows.
func FlipSubject(release string, batch time.Time) string {
	return fmt.Sprintf("flip/%s/%d", release, batch.Unix())
}

// countStreak counts errors in a row.
func (s *State) countStreak(release string, key answer.Key, verdict answer.Verdict) {
	if r := s.changeRelease(release); r != nil && verdict == answer.Errored {
		r.Streaks[key]++
	} else if r != nil {
		delete(r.Streaks, key)
	}
}
