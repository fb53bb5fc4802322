package answer

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Amount is what was measured, with its unit.
func (m Measure) Amount() string { return strings.TrimSpace(m.Value + " " + m.Unit) }

// worseThan reports whether a measure over its limit is further from it than another of
// the same name. If the two can't be compared as numbers, any difference counts as
// worse.
func (m Measure) worseThan(other Measure) bool {
	got, ok := number(m.Amount())
	was, comparable := number(other.Amount())
	if !ok || !comparable {
		return m.Amount() != other.Amount()
	}
	limit := strings.TrimSpace(limitName.ReplaceAllString(m.Limit, ""))
	switch {
	case strings.HasPrefix(limit, "<"):
		return got > was
	case strings.HasPrefix(limit, ">"):
		return got < was
	}
	if want, ok := number(strings.TrimLeft(limit, "= ")); ok {
		return math.Abs(got-want) > math.Abs(was-want)
	}
	return got != was
}

// IsAmount reports whether a text can be compared as an amount: a number, a
// percentage or a duration, with or without a unit.
func IsAmount(text string) bool {
	_, ok := number(strings.TrimSpace(text))
	return ok
}

// limitName matches what may precede the operator of a limit: "P95 < 100ms".
var limitName = regexp.MustCompile(`^(?i:p\d+|max)\s+`)

// number parses an amount: a duration in seconds, a percentage, or a number with any
// unit, which must then be the same on both sides.
func number(amount string) (float64, bool) {
	if d, err := time.ParseDuration(strings.ReplaceAll(amount, " ", "")); err == nil {
		return d.Seconds(), true
	}
	if days, err := strconv.Atoi(strings.TrimSuffix(amount, "d")); err == nil && strings.HasSuffix(amount, "d") {
		return float64(days) * 24 * 60 * 60, true
	}
	figure, _, _ := strings.Cut(strings.TrimSuffix(amount, "%"), " ")
	n, err := strconv.ParseFloat(strings.ReplaceAll(figure, ",", ""), 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}
