package prometheus

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// metricName is the label that holds a series' name.
const metricName = "__name__"

// Labels are a series' names and values. They are not changed once a series
// has them.
type Labels map[string]string

// key is the same for equal labels only.
func (l Labels) key() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(l)) {
		b.WriteString(name + "\xff" + l[name] + "\xff")
	}
	return b.String()
}

// without are the labels but for some.
func (l Labels) without(names ...string) Labels {
	rest := maps.Clone(l)
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

// only are those of the labels that have one of the names.
func (l Labels) only(names ...string) Labels {
	some := Labels{}
	for _, name := range names {
		if value, ok := l[name]; ok {
			some[name] = value
		}
	}
	return some
}

// with are the labels and others, which win.
func (l Labels) with(others Labels) Labels {
	all := make(Labels, len(l)+len(others))
	maps.Copy(all, l)
	maps.Copy(all, others)
	return all
}

// String is {a="b", c="d"}.
func (l Labels) String() string {
	pairs := make([]string, 0, len(l))
	for _, name := range slices.Sorted(maps.Keys(l)) {
		pairs = append(pairs, fmt.Sprintf("%s=%q", name, l[name]))
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}

// matcher is a condition on one label. A label that a series has not is empty.
type matcher struct {
	name, op, value string
	pattern         *regexp.Regexp // of =~ and !~
}

func newMatcher(name, op, value string) (matcher, error) {
	m := matcher{name: name, op: op, value: value}
	if op == "=~" || op == "!~" {
		// A pattern has to match the whole value, and its dot every character
		// (https://prometheus.io/docs/prometheus/latest/querying/basics/).
		pattern, err := regexp.Compile("^(?s:" + value + ")$")
		if err != nil {
			return matcher{}, fmt.Errorf("the regular expression %q cannot be read: %w", value, err)
		}
		m.pattern = pattern
	}
	return m, nil
}

func (m matcher) matches(value string) bool {
	switch m.op {
	case "=":
		return value == m.value
	case "!=":
		return value != m.value
	case "=~":
		return m.pattern.MatchString(value)
	default:
		return !m.pattern.MatchString(value)
	}
}

// selects reports whether labels meet every condition.
func selects(conditions []matcher, l Labels) bool {
	return !slices.ContainsFunc(conditions, func(m matcher) bool { return !m.matches(l[m.name]) })
}
