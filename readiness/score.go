package readiness

import (
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
)

// Tally counts the items of one section.
type Tally struct {
	Section checklist.Section
	Items   int // all of them
	Through int // those that pass
	Failed  int // of the others: measured and over the limit
	Broken  int // of the others: could not be measured
}

// Score is how much of the checklist passes: the weighted mean of the sections' shares.
// It is always shown with the counts it comes from.
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

// worst summarizes an item over its environments: Passed if it passes everywhere,
// otherwise the worst of its verdicts ("" if it is only unanswered).
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

// Answered reports whether any item of the open release was measured or answered by a
// person, whatever came out.
func (v View) Answered() bool {
	for _, section := range v.Sections() {
		for _, it := range section.Items {
			for _, s := range v.Standings(it) {
				if !s.Evidence.At.IsZero() {
					return true
				}
			}
		}
	}
	return false
}
