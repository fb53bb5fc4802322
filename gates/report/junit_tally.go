package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/phrase"
)

// Tally counts tests by outcome. One whose body failed and whose teardown raised
// an error counts as both, as pytest counts it.
type Tally struct {
	Tests                                         []Test
	Total, Passed, Failed, Errors, Skipped, Flaky int
	Took                                          time.Duration
	Complaints                                    []string // a line for each test that failed or errored
	Unknown, Untimed, Unreadable                  []string // tests whose outcome or duration is not known
	Timed                                         bool     // whether any test says how long it took
}

// Tally counts the tests of all reports together.
func (s *Tests) Tally() Tally {
	c := Tally{Tests: s.All(), Took: s.Took()}
	c.Total = len(c.Tests)
	for _, test := range c.Tests {
		c.count(test)
		c.time(test)
		if test.Outcome&Unknown != 0 {
			c.Unknown = append(c.Unknown, test.Label)
		}
		if test.Outcome.Bad() {
			c.Complaints = append(c.Complaints, strings.TrimSuffix(fmt.Sprintf("%s: %s", test.Label, strings.Join(firstTwo(test.Messages), "; ")), ": "))
		}
	}
	for _, list := range [][]string{c.Complaints, c.Unknown, c.Untimed, c.Unreadable} {
		slices.Sort(list)
	}
	return c
}

// firstTwo returns the first messages of a test and how many more there are.
func firstTwo(messages []string) []string {
	if more := len(messages) - 2; more > 0 {
		return append(messages[:2:2], fmt.Sprintf("and %d more", more))
	}
	return messages
}

func (t *Tally) count(test Test) {
	if test.Outcome == Passed {
		t.Passed++
		if test.Flaky {
			t.Flaky++
		}
	}
	if test.Outcome == Skipped {
		t.Skipped++
	}
	if test.Outcome&Failed != 0 {
		t.Failed++
	}
	if test.Outcome&Errored != 0 {
		t.Errors++
	}
}

// time notes a test's duration. A skipped test needs none.
func (t *Tally) time(test Test) {
	switch {
	case test.Timing == Timed:
		t.Timed = true
	case test.Timing == Unreadable:
		t.Unreadable = append(t.Unreadable, fmt.Sprintf("%q of %s", phrase.Excerpt(test.Time), test.Label))
	case test.Outcome != Skipped:
		t.Untimed = append(t.Untimed, test.Label)
	}
}

// OfModules counts the tests of each of some modules: those that have the module's name as a
// whole part of their class name or file.
func (t Tally) OfModules(wanted []string) map[string]int {
	counts := map[string]int{}
	for _, test := range t.Tests {
		parts := strings.FieldsFunc(test.Class+"/"+test.File, func(r rune) bool { return strings.ContainsRune(`./:\`, r) })
		slices.Sort(parts)
		for _, part := range slices.Compact(parts) {
			if slices.Contains(wanted, part) {
				counts[part]++
			}
		}
	}
	return counts
}
