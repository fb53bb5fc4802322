package pgwire

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// set_config takes the value as a parameter or, as it arrives from a client
// that uses the simple protocol, as a literal in the parameter's place. Row
// security, which nothing here has, may be turned off with it.
var setConfig = regexp.MustCompile(`^select set_config\('(statement_timeout|lock_timeout)', ?(?:(\$1)|null|'([^']*)') ?, true\)(, set_config\('row_security', 'off', true\))?$`)

// timeoutSetting is the statement that sets a timeout until the end of the
// transaction.
func timeoutSetting(text string) (*statement, bool) {
	m := setConfig.FindStringSubmatchIndex(text)
	if m == nil {
		return nil, false
	}
	name := text[m[2]:m[3]]
	st := &statement{
		tag: "SELECT", columns: []Column{{"set_config", Text}},
		run: func(s *session, args [][]byte) ([][]string, error) { return s.setTimeout(name, args[0]) },
	}
	if m[8] >= 0 {
		st.columns = append(st.columns, Column{"set_config", Text})
		timeout := st.run
		st.run = func(s *session, args [][]byte) ([][]string, error) {
			rows, err := timeout(s, args)
			if err == nil {
				rows[0] = append(rows[0], "off")
			}
			return rows, err
		}
	}
	switch {
	case m[4] >= 0:
		st.params = []uint32{Text.oid}
	case m[6] >= 0:
		st.literals = [][]byte{[]byte(text[m[6]:m[7]])}
	default:
		st.literals = [][]byte{nil}
	}
	return st, true
}

// setTimeout notes the timeout and answers with the value as SHOW prints it.
// NULL is the default, which is none.
func (s *session) setTimeout(name string, value []byte) ([][]string, error) {
	var d time.Duration
	if value != nil {
		var err error
		if d, err = parseTimeout(name, string(value)); err != nil {
			return nil, err
		}
	}
	if name == "statement_timeout" {
		s.tx.statementTimeout = d
	}
	return [][]string{{showTimeout(d)}}, nil
}

type unit struct {
	name string
	is   time.Duration
}

// units are those of
// https://www.postgresql.org/docs/15/config-setting.html#CONFIG-SETTING-NAMES-VALUES
// for a setting in milliseconds, the longest first.
var units = []unit{
	{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}, {"us", time.Microsecond},
}

var timeoutValue = regexp.MustCompile(`^\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*([a-zA-Z]*)\s*$`)

// parseTimeout reads a value as PostgreSQL does: a number, and a unit or
// milliseconds, rounded to those.
func parseTimeout(name, value string) (time.Duration, error) {
	invalid := fault("22023", "invalid value for parameter %q: %q", name, value)
	m := timeoutValue.FindStringSubmatch(value)
	if m == nil {
		return 0, invalid
	}
	unit := time.Millisecond
	if m[2] != "" {
		if unit = unitNamed(m[2]); unit == 0 {
			invalid.Hint = `Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".`
			return 0, invalid
		}
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0, invalid
	}
	ms := math.RoundToEven(n * float64(unit) / float64(time.Millisecond))
	switch {
	case ms < math.MinInt32 || ms > math.MaxInt32:
		invalid.Hint = "Value exceeds integer range."
		return 0, invalid
	case ms < 0:
		return 0, fault("22023", "%.0f ms is outside the valid range for parameter %q (0 .. %d)", ms, name, math.MaxInt32)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

func unitNamed(name string) time.Duration {
	for _, u := range units {
		if u.name == name {
			return u.is
		}
	}
	return 0
}

// showTimeout prints a setting in the longest unit that it is a whole number of.
func showTimeout(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	// A timeout is a whole number of milliseconds, so one always fits.
	i := slices.IndexFunc(units, func(u unit) bool { return d%u.is == 0 })
	return fmt.Sprintf("%d%s", d/units[i].is, units[i].name)
}
