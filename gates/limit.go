package gates

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/readiness"
)

// Limit is a comparison as people write it: an operator, or none for equal,
// and what is compared with. What a number may be is for the types built on
// it: [Count], [Times], [Expectation].
type Limit struct {
	Text       string // as it was written; "" when none was
	Percentile int    // 50, 90, 95 or 99 where it begins with P50 and so on, 100 for max, 0 where it says none
	op         string
	number     float64 // in seconds where unit is "s"
	unit       string  // "", "s" or "%"
}

var (
	limitShape = regexp.MustCompile(`^(?i:(p50|p90|p95|p99|max)\s+)?(<=|>=|==|!=|<|>|=)?\s*([^<>=!\s].*)$`)
	errNoLimit = errors.New("is no limit; write it as in < 100ms, >= 80% or 0")
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

// Unit is what the limit's number is of: "%", "s" or nothing.
func (l Limit) Unit() string { return l.unit }

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

// finite reports whether a number can be compared: NaN and the infinities are
// what a division by zero and an overflow leave, and measure nothing.
func finite(n float64) bool { return !math.IsNaN(n) && !math.IsInf(n, 0) }

// Meets compares a text that something printed: a number, a percentage or,
// where the limit is a duration, a duration or seconds. fits is false where it
// is none of these; NaN and Infinity are none.
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
		return fmt.Errorf("%q is no limit of a count; write it as in >= 134, < 5 or 0", text)
	}
	return nil
}

// counting is the limit of a count that was written in the program itself.
func counting(text string) Count {
	var c Count
	if err := c.UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
	return c
}

// or is c, or another limit where none was set.
func (c Count) or(text string) Count {
	if c.Set() {
		return c
	}
	return counting(text)
}

// AtLeast is the number that a limit asks for when it asks for that many, or
// for that many or more; ok is false for other limits.
func (c Count) AtLeast() (n float64, ok bool) {
	return c.number, c.Set() && (c.op == "=" || c.op == ">=")
}

// measure compares a count.
func (c Count) measure(name string, got int) readiness.Measure {
	return readiness.Measure{Name: name, Value: strconv.Itoa(got), Limit: c.Text, OK: c.Allows(float64(got))}
}

// Times is a limit on durations: "< 3s" for the longest of them, or for a
// percentile, "P95 < 100ms".
type Times struct{ Limit }

// UnmarshalText reads a limit of durations.
func (t *Times) UnmarshalText(text []byte) error {
	if err := t.Limit.UnmarshalText(text); err != nil || t.unit != "s" {
		return fmt.Errorf("%q is no limit of a time; write it with its unit, as in < 3s or P95 < 100ms", text)
	}
	return nil
}

// measure compares durations at the limit's percentile.
func (t Times) measure(name string, took []time.Duration) readiness.Measure {
	p := t.Percentile
	if p == 0 {
		p = 100
	}
	got := percentile(took, p)
	return readiness.Measure{Name: name, Value: precisely(got), Limit: t.Text, OK: t.Allows(got.Seconds())}
}

// percentile is the smallest duration that p percent of all do not exceed, by
// nearest rank.
func percentile(took []time.Duration, p int) time.Duration {
	if len(took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(took))
	rank := (p*len(sorted) + 99) / 100
	return sorted[max(rank, 1)-1]
}

// precisely writes a measured duration with the digits that matter beside a
// limit: 250µs, 87ms, 3.42s, 2m.
func precisely(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return readiness.Span(d.Round(time.Second))
}

// Duration is a span of time as people write it: 90s, 15m, 24h, 30d.
type Duration time.Duration

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// ParseDuration reads 300ms, 90s, 15m, 24h, 1h30m or 30d. It refuses negative ones.
func ParseDuration(text string) (time.Duration, error) {
	fault := fmt.Errorf("%q is no duration; write it as in 90s, 15m, 24h or 30d", text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || !(n >= 0 && n <= 36500) {
			return 0, fault
		}
		return time.Duration(n * 24 * float64(time.Hour)), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fault
	}
	return d, nil
}
