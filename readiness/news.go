package readiness

import (
	"slices"
	"strings"
	"time"
)

// Turn is the last time that an answer's verdict became another one. Evidence
// that only repeats the verdict is none.
type Turn struct {
	From Verdict // "": there was no answer
	At   time.Time
}

// Nudge is the last time that the people behind an answer, or behind the missing
// sign-offs of an environment, were asked to see to it.
type Nudge struct {
	By string
	At time.Time
}

// News is an answer that became another one.
type News struct {
	Item     *Item
	From     Verdict // "": there was no answer
	Standing Standing
	At       time.Time
}

// News lists the answers of the open release that became others after a
// moment, the latest first.
func (v View) News(since time.Time) []News {
	release := v.Release()
	if release == nil {
		return nil
	}
	var news []News
	for key, change := range release.Turns {
		it, ok := v.Checklist.Item(key.Item)
		if !ok || !change.At.After(since) {
			continue
		}
		news = append(news, News{Item: it, From: change.From, Standing: v.Standing(it, key), At: change.At})
	}
	slices.SortFunc(news, func(a, b News) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return strings.Compare(a.Standing.Key.String(), b.Standing.Key.String())
	})
	return news
}

// noteChange notes that an answer gets a verdict.
func (r *Release) noteChange(at time.Time, key Key, verdict Verdict) {
	if before := r.Evidence[key].Verdict; before != verdict {
		r.Turns[key] = Turn{From: before, At: at}
	}
}

// NudgePause is how long the people behind something are left alone after they
// were nudged.
const NudgePause = 4 * time.Hour

// Nudged reports whether the people behind something were nudged so lately that
// they are left alone now.
func (v View) Nudged(key Key) (Nudge, bool) {
	release := v.Release()
	if release == nil {
		return Nudge{}, false
	}
	n, ok := release.Nudges[key]
	return n, ok && v.Now.Sub(n.At) < NudgePause
}

func (s *State) nudge(at time.Time, e Nudged) {
	if r := s.changeRelease(e.Release); r != nil {
		r.Nudges[Key{e.Item, e.Environment}] = Nudge{By: e.By, At: at}
	}
}

func (s *State) see(at time.Time, e StatusSeen) {
	ownMap(&s.Looks, &s.own.looks)
	s.Looks[e.By] = at
}
