package report

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Timing is what is known about the duration of a test.
type Timing uint8

const (
	Untimed    Timing = iota // the report gives none
	Timed                    // known
	Unreadable               // the report gives one that is ambiguous or not a number of seconds
)

// How tools write seconds. Most write 1234.5; Java's write 1,234.5 or 1.234,5,
// depending on the locale.
var (
	plainSeconds = regexp.MustCompile(`^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`)
	dotSeconds   = regexp.MustCompile(`^\d{1,3}(,\d{3})+\.\d+$|^\d{1,3}(,\d{3}){2,}$`)
	commaSeconds = regexp.MustCompile(`^\d{1,3}(\.\d{3})+,\d+$|^\d{1,3}(\.\d{3}){2,}$|^\d+,\d+$`)
	eitherComma  = regexp.MustCompile(`^[1-9]\d{0,2},\d{3}$`)  // 1,234 is 1234 or 1.234
	eitherDot    = regexp.MustCompile(`^[1-9]\d{0,2}\.\d{3}$`) // 1.234 is 1.234, or 1234 with decimal commas
)

// decimals records which decimal marks a report is known to use.
type decimals struct{ comma, dot bool }

// settleTimes reads the times of a report. Together they decide what 1,234 means;
// a time that stays ambiguous is unreadable.
func settleTimes(cases []junitCase) {
	var marks decimals
	for _, c := range cases {
		marks.learn(strings.TrimSpace(c.time))
	}
	for i := range cases {
		cases[i].took, cases[i].timing = marks.read(strings.TrimSpace(cases[i].time))
	}
}

func (m *decimals) learn(text string) {
	switch {
	case eitherComma.MatchString(text), eitherDot.MatchString(text):
	case commaSeconds.MatchString(text):
		m.comma = true
	case dotSeconds.MatchString(text), strings.Contains(text, ".") && plainSeconds.MatchString(text):
		m.dot = true
	}
}

func (m decimals) read(text string) (time.Duration, Timing) {
	switch {
	case text == "":
		return 0, Untimed
	case eitherComma.MatchString(text) && m.comma == m.dot, eitherDot.MatchString(text) && m.comma:
		return 0, Unreadable
	case eitherComma.MatchString(text) && m.dot, dotSeconds.MatchString(text):
		text = strings.ReplaceAll(text, ",", "")
	case commaSeconds.MatchString(text):
		text = strings.Replace(strings.ReplaceAll(text, ".", ""), ",", ".", 1)
	}
	return seconds(text)
}

// seconds reads a plain number of seconds. gotestsum writes -0.000000 for a test
// that timed out.
func seconds(text string) (time.Duration, Timing) {
	s, err := strconv.ParseFloat(text, 64)
	if err != nil || !plainSeconds.MatchString(text) && s != 0 || s > math.MaxInt64/1e12 {
		return 0, Unreadable
	}
	return time.Duration(s * float64(time.Second)), Timed
}

// plus adds durations and saturates at the longest one.
func plus(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
