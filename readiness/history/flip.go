package history

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/event"
)

// Notice is the last unasked-for message to people about an answer that is checked on a
// schedule.
type Notice struct {
	Through bool
	Verdict answer.Verdict
	Summary string
	At      time.Time
	Batch   time.Time // when the first of the changes in the same message was found
}

// flipBatch is how long after a change others join its message, so that a database
// which many items need causes one message and not forty.
const flipBatch = 10 * time.Minute

// flipPause is how long no further message is sent about an answer that keeps changing.
const flipPause = time.Hour

// mostLate is how long a change that nobody was told about is still worth a message.
const mostLate = 24 * time.Hour

// Batch is the changes that are reported in one message, the first one found first.
type Batch struct {
	Began time.Time
	Keys  []answer.Key
}

// Batches lists the changes that are still shown, by their message. A message that was
// posted is kept up to date for as long as an answer stays quiet after a change, so
// that no answer moves from one message to the next; told reports whether one was
// posted. One that was not, because gonogo was down or Slack away, is still posted
// within a day.
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

// Over reports whether no further change joins a batch's message.
func (b Batch) Over(now time.Time) bool { return now.Sub(b.Began) >= flipBatch }

// Flip reports whether new evidence for an answer changes what people know about it, so
// that they should be told. An answer that can't be measured is a change only after
// SteadyErrors times in a row.
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

// tells reports whether a batch's message still reports something.
func (r *Release) tells(batch time.Time) bool {
	for _, said := range r.Notices {
		if !said.At.IsZero() && said.Batch.Equal(batch) {
			return true
		}
	}
	return false
}

// rememberVerdict notes what people know about an answer, before a scheduled check
// replaces its evidence for the first time.
func (s *State) rememberVerdict(release string, key answer.Key) {
	r := s.changeRelease(release)
	if r == nil {
		return
	}
	if _, told := r.Notices[key]; !told && r.Evidence[key].Verdict != "" {
		r.Notices[key] = Notice{Through: r.Evidence[key].Verdict.LetsThrough(), Verdict: r.Evidence[key].Verdict}
	}
}

// FlipSubject is the subject of the message about a batch of changes.
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
