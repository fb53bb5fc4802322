package gates

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/readiness"
)

// Limit is a comparison as people write it: "< 100ms", ">= 80%", "P95 < 2s",
// "= on", or just "0". Numbers compare as numbers, durations as durations,
// anything else only as equal or not.
type Limit struct {
	Text       string // as it was written
	Percentile int    // 50, 95 or 99 where the text begins with P50, P95 or P99; 100 for max; 0 where it says none
	op         string
	number     float64 // in seconds where unit is "s"
	unit       string  // "", "s" or "%"
	word       string  // where it is no number
}

var limitShape = regexp.MustCompile(`^(?i:(p50|p90|p95|p99|max)\s*)?(<=|>=|==|!=|<|>|=)?\s*(.+)$`)

// UnmarshalText reads a limit.
func (l *Limit) UnmarshalText(text []byte) error {
	written := strings.TrimSpace(string(text))
	m := limitShape.FindStringSubmatch(written)
	if m == nil {
		return fmt.Errorf("%q is no limit; write it as in < 100ms, >= 80%% or 0", written)
	}
	*l = Limit{Text: written, op: m[2]}
	if l.op == "" || l.op == "==" {
		l.op = "="
	}
	switch p := strings.ToLower(m[1]); p {
	case "":
	case "max":
		l.Percentile = 100
	default:
		l.Percentile, _ = strconv.Atoi(p[1:])
	}
	return l.value(strings.TrimSpace(m[3]))
}

// value reads what a limit compares with.
func (l *Limit) value(text string) error {
	if n, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64); err == nil && !math.IsNaN(n) {
		l.number = n
		if strings.HasSuffix(text, "%") {
			l.unit = "%"
		}
		return nil
	}
	if d, err := ParseDuration(text); err == nil {
		l.number, l.unit = d.Seconds(), "s"
		return nil
	}
	if l.op != "=" && l.op != "!=" {
		return fmt.Errorf("%q cannot be compared with %s; after it comes a number, a percentage or a duration", text, l.op)
	}
	l.word = strings.Trim(text, `'"`)
	if l.word == "" {
		return fmt.Errorf("%q names nothing to compare with", l.Text)
	}
	return nil
}

// Set reports whether the configuration gave a limit.
func (l Limit) Set() bool { return l.Text != "" }

// Number compares a plain number or, for a percent limit, a percentage.
func (l Limit) Number(got float64) bool {
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
		return got != l.number || l.word != ""
	}
	return got == l.number && l.word == ""
}

// Duration compares a duration; a limit without a unit counts seconds.
func (l Limit) Duration(got time.Duration) bool { return l.Number(got.Seconds()) }

// Word compares a text: as a number where both are one, else as it stands.
func (l Limit) Word(got string) bool {
	if n, err := strconv.ParseFloat(strings.TrimSpace(got), 64); err == nil && l.word == "" {
		return l.Number(n)
	}
	switch l.op {
	case "=":
		return l.word != "" && got == l.word
	case "!=":
		return got != l.word
	}
	return false
}

// Exactly is the number that a limit asks for when it asks for one number or
// more ("134", ">= 134"); ok is false for other limits.
func (l Limit) Exactly() (n float64, ok bool) {
	return l.number, l.Set() && l.word == "" && (l.op == "=" || l.op == ">=")
}

// countMeasure compares a count.
func countMeasure(name string, got int, l Limit) readiness.Measure {
	return readiness.Measure{Name: name, Value: strconv.Itoa(got), Limit: l.Text, OK: l.Number(float64(got))}
}

// timeMeasure compares a percentile of durations.
func timeMeasure(name string, took []time.Duration, l Limit) readiness.Measure {
	p := l.Percentile
	if p == 0 {
		p = 100
	}
	got := percentile(took, p)
	return readiness.Measure{Name: name, Value: readiness.Span(got), Limit: l.Text, OK: l.Duration(got)}
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
