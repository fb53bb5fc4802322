package gates

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// timing is what is known of how long a test took.
type timing uint8

const (
	untimed    timing = iota // nothing is said
	timed                    // it is known
	unreadable               // something is said, and it could mean several things or none
)

// How numbers of seconds are written. Most tools write 1234.5; Java's write
// 1,234.5 or 1.234,5 as the machine's language has it.
var (
	plainSeconds = regexp.MustCompile(`^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`)
	dotSeconds   = regexp.MustCompile(`^\d{1,3}(,\d{3})+\.\d+$|^\d{1,3}(,\d{3}){2,}$`)
	commaSeconds = regexp.MustCompile(`^\d{1,3}(\.\d{3})+,\d+$|^\d{1,3}(\.\d{3}){2,}$|^\d+,\d+$`)
	eitherComma  = regexp.MustCompile(`^[1-9]\d{0,2},\d{3}$`)  // 1,234: a thousand or one
	eitherDot    = regexp.MustCompile(`^[1-9]\d{0,2}\.\d{3}$`) // 1.234: one, but for where commas are decimal
)

// decimals is which decimal marks the times of a report prove to be in use.
type decimals struct{ comma, dot bool }

// settleTimes reads the times of a report, which decide together what 1,234
// means. A time that could mean two things is unreadable.
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

func (m decimals) read(text string) (time.Duration, timing) {
	switch {
	case text == "":
		return 0, untimed
	case eitherComma.MatchString(text) && m.comma == m.dot, eitherDot.MatchString(text) && m.comma:
		return 0, unreadable
	case eitherComma.MatchString(text) && m.dot, dotSeconds.MatchString(text):
		text = strings.ReplaceAll(text, ",", "")
	case commaSeconds.MatchString(text):
		text = strings.Replace(strings.ReplaceAll(text, ".", ""), ",", ".", 1)
	}
	return seconds(text)
}

// seconds reads a plain number of seconds. gotestsum writes -0.000000 of a
// test that ran out of time.
func seconds(text string) (time.Duration, timing) {
	s, err := strconv.ParseFloat(text, 64)
	if err != nil || !plainSeconds.MatchString(text) && s != 0 || s > math.MaxInt64/1e12 {
		return 0, unreadable
	}
	return time.Duration(s * float64(time.Second)), timed
}

// plus adds durations, and stays at the longest there is.
func plus(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
