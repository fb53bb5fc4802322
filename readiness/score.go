package readiness

import (
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// Tally counts the items of one section.
type Tally struct {
	Section checklist.Section
	Items   int // all of them
	Through int // those that let the release through
	Failed  int // of those that do not: measured and over the limit
	Broken  int // of those that do not: could not be measured
}

// Score says how much of the checklist lets through: the mean over sections of
// their share, weighted. It is always shown with the counts it comes from.
type Score struct {
	Percent  float64 // 0 to 100
	Through  int
	Items    int
	Sections []Tally
}

// Score computes the score of the open release. Sections asked after the
// deployment do not count.
func (v View) Score() Score {
	sections := v.Sections()
	score := Score{Sections: make([]Tally, 0, len(sections))}
	var sum, weights float64
	for _, section := range sections {
		t := v.tally(section)
		score.Sections = append(score.Sections, t)
		score.Items += t.Items
		score.Through += t.Through
		if t.Items > 0 {
			sum += section.Weight * float64(t.Through) / float64(t.Items)
			weights += section.Weight
		}
	}
	if weights > 0 {
		score.Percent = 100 * sum / weights
	}
	return score
}

// Tally counts one section.
func (v View) Tally(section checklist.Section) Tally { return v.tally(section) }

func (v View) tally(section checklist.Section) Tally {
	t := Tally{Section: section, Items: len(section.Items)}
	for _, it := range section.Items {
		switch v.worst(it) {
		case answer.Failed:
			t.Failed++
		case answer.Errored, answer.NotConfigured:
			t.Broken++
		case answer.Passed:
			t.Through++
		}
	}
	return t
}

// worst sums an item up over its environments: Passed when it lets through
// everywhere, else the gravest of its verdicts ("" when merely unanswered).
func (v View) worst(it *checklist.Item) answer.Verdict {
	worst := answer.Passed
	for _, key := range it.Keys() {
		s := v.Standing(it, key)
		switch {
		case s.Through:
		case s.Verdict() == answer.Failed:
			return answer.Failed
		case s.Verdict() != "":
			worst = answer.Errored
		case worst == answer.Passed:
			worst = ""
		}
	}
	return worst
}
