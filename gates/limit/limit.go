// Package limit reads comparisons as people write them: "P95 < 100ms", ">= 80%",
// "0". A limit that makes no sense is refused when the configuration is read, so that
// nobody finds out while a release waits for its gates.
//
// A [Limit] is a comparison of any kind. Settings use the types built on it, which
// restrict the number: [Count], [Share], [Times] and [Expectation]. A [Duration] is a
// span of time as people write it. All of them unmarshal themselves
// (encoding.TextUnmarshaler), describe how they are written ([form.Formed]), and are
// comparable; the zero value is a limit that was not set, and allows nothing.
//
// Gates compare what they measured, and package deploy what its triggers read. The
// result is yes or no; the caller writes the evidence.
package limit

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limit is a comparison as people write it: an operator, or none for equal, and a
// value. Which numbers are allowed depends on the types built on it: [Count], [Times],
// [Expectation].
type Limit struct {
	Text       string // as it was written; "" when none was
	Percentile int    // 50, 90, 95 or 99 if it begins with P50 and so on, 100 for max, 0 if it names none
	op         string
	number     float64 // in seconds where unit is "s"
	unit       string  // "", "s" or "%"
}

var (
	limitShape = regexp.MustCompile(`^(?i:(p50|p90|p95|p99|max)\s+)?(<=|>=|==|!=|<|>|=)?\s*([^<>=!\s].*)$`)
	errNoLimit = errors.New("isn't a limit; write it like < 100ms, >= 80% or 0")
)

// UnmarshalText reads a limit of any kind.
func (l *Limit) UnmarshalText(text []byte) error {
	written := strings.TrimSpace(string(text))
	m := limitShape.FindStringSubmatch(written)
	if m == nil {
		return fmt.Errorf("%q %w", written, errNoLimit)
	}
	*l = Limit{Text: written, Percentile: percentiles[strings.ToLower(m[1])], op: m[2]}
	if l.op == "" || l.op == "==" {
		l.op = "="
	}
	if n, err := strconv.ParseFloat(strings.TrimSuffix(m[3], "%"), 64); err == nil && finite(n) {
		l.number = n
		if strings.HasSuffix(m[3], "%") {
			l.unit = "%"
		}
		return nil
	}
	d, err := ParseDuration(m[3])
	if err != nil {
		return fmt.Errorf("%q %w", written, errNoLimit)
	}
	l.number, l.unit = d.Seconds(), "s"
	return nil
}

var percentiles = map[string]int{"p50": 50, "p90": 90, "p95": 95, "p99": 99, "max": 100}

// Set reports whether the configuration gave a limit.
func (l Limit) Set() bool { return l.Text != "" }

// Unit is the unit of the limit's number: "%", "s" or nothing.
func (l Limit) Unit() string { return l.unit }

// Comparison is the limit's operator, with "=" for none, and its number: a count, a
// percentage, or seconds.
func (l Limit) Comparison() (op string, number float64) { return l.op, l.number }

// Allows compares a number: a count, a percentage, or seconds. No limit allows
// NaN or an infinity.
func (l Limit) Allows(got float64) bool {
	if !finite(got) {
		return false
	}
	switch l.op {
	case "<":
		return got < l.number
	case "<=":
		return got <= l.number
	case ">":
		return got > l.number
	case ">=":
		return got >= l.number
	case "!=":
		return got != l.number
	}
	return l.Set() && got == l.number
}

// Includes reports whether a limit allows whatever another one allows. A warning limit
// that does so never warns. Limits of different units or percentiles include nothing of
// each other.
func (l Limit) Includes(other Limit) bool {
	if !l.Set() || !other.Set() || l.unit != other.unit || cmp.Or(l.Percentile, 100) != cmp.Or(other.Percentile, 100) {
		return false
	}
	a, b := min(l.number, other.number), max(l.number, other.number)
	for _, at := range []float64{a - 1, a, (a + b) / 2, b, b + 1} { // one of each stretch that the two numbers divide
		if other.Allows(at) && !l.Allows(at) {
			return false
		}
	}
	return true
}

// finite reports whether a number can be compared: NaN and the infinities are left by a
// division by zero or an overflow, and measure nothing.
func finite(n float64) bool { return !math.IsNaN(n) && !math.IsInf(n, 0) }

// Meets compares a printed text: a number, a percentage or, if the limit is a duration,
// a duration or seconds. fits is false if it is none of these; NaN and Infinity are
// none.
func (l Limit) Meets(got string) (ok, fits bool) {
	got = strings.TrimSpace(got)
	if d, err := ParseDuration(got); err == nil && l.unit == "s" {
		return l.Allows(d.Seconds()), true
	}
	n, err := strconv.ParseFloat(strings.TrimSuffix(got, "%"), 64)
	fits = err == nil && finite(n)
	return fits && l.Allows(n), fits
}

// Count is a limit on how many there are: ">= 134", "0".
type Count struct{ Limit }

// UnmarshalText reads a count's limit.
func (c *Count) UnmarshalText(text []byte) error {
	if err := c.Limit.UnmarshalText(text); err != nil || c.unit != "" || c.Percentile != 0 {
		return fmt.Errorf("%q isn't a limit of a count; write it like >= 134, < 5 or 0", text)
	}
	return nil
}

// MustCount reads the limit of a count that is written in the program itself.
func MustCount(text string) Count {
	var c Count
	if err := c.UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
	return c
}

// AtLeast is the number of a limit that requires exactly, or at least, that many; ok is
// false for other limits.
func (c Count) AtLeast() (n float64, ok bool) {
	return c.number, c.Set() && (c.op == "=" || c.op == ">=")
}

// Share is a limit on a part of a whole: ">= 80%".
type Share struct{ Limit }

// UnmarshalText reads a share's limit.
func (s *Share) UnmarshalText(text []byte) error {
	if err := s.Limit.UnmarshalText(text); err != nil || s.unit != "%" || s.Percentile != 0 || s.number < 0 || s.number > 100 {
		return fmt.Errorf("%q isn't a limit of a share; write it like >= 80%%", text)
	}
	return nil
}

// Times is a limit on durations: "< 3s" for the longest of them, or for a
// percentile, "P95 < 100ms".
type Times struct{ Limit }

// UnmarshalText reads a limit of durations.
func (t *Times) UnmarshalText(text []byte) error {
	if err := t.Limit.UnmarshalText(text); err != nil || t.unit != "s" {
		return fmt.Errorf("%q isn't a limit of a time; write it with its unit, like < 3s or P95 < 100ms", text)
	}
	return nil
}

// Of is the duration to compare: the one at the limit's percentile, or the longest if
// it names none.
func (t Times) Of(took []time.Duration) time.Duration {
	return Percentile(took, cmp.Or(t.Percentile, 100))
}

// Percentile is the smallest duration that p percent of all don't exceed, by nearest
// rank; 0 if there are none.
func Percentile(took []time.Duration, p int) time.Duration {
	if len(took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(took))
	rank := (p*len(sorted) + 99) / 100
	return sorted[max(rank, 1)-1]
}
