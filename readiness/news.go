package readiness

import (
	"slices"
	"strings"
	"time"

	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/history"
)

// News is an answer that changed.
type News struct {
	Item     *checklist.Item
	From     answer.Verdict // "": there was no answer
	Standing Standing
	At       time.Time
}

// News lists the answers of the open release that changed after a time, the latest
// first.
func (v View) News(since time.Time) []News {
	release := v.Release()
	if release == nil {
		return nil
	}
	var news []News
	for key, change := range release.VerdictChanges {
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

// NudgePause is how long people aren't nudged again about the same thing.
const NudgePause = 4 * time.Hour

// Nudged reports whether people were nudged about something so recently that they
// aren't nudged now.
func (v View) Nudged(key answer.Key) (history.Nudge, bool) {
	release := v.Release()
	if release == nil {
		return history.Nudge{}, false
	}
	n, ok := release.Nudges[key]
	return n, ok && v.Now.Sub(n.At) < NudgePause
}
