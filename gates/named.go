package gates

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/readiness/answer"
)

// Naming makes a gate name variables instead of showing their values: its results
// contain ${NAME} where they would contain the value that a variable put into its
// settings. values are the names by value.
func (b Built) Naming(values map[string]string) Built {
	if b.Gate == nil || len(values) == 0 {
		return b
	}
	longest := slices.SortedFunc(maps.Keys(values), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	var pairs []string
	for _, value := range longest { // the first that matches is taken
		pairs = append(pairs, value, "${"+values[value]+"}")
	}
	b.Gate = named{b.Gate, strings.NewReplacer(pairs...)}
	return b
}

// named is a gate that names variables instead of showing their values.
type named struct {
	Gate
	names *strings.Replacer
}

// Check implements [Gate].
func (n named) Check(ctx context.Context, s Scope) answer.Evidence {
	ev := n.Gate.Check(ctx, s)
	say := n.names.Replace
	ev.Summary, ev.Note, ev.Link = say(ev.Summary), say(ev.Note), say(ev.Link)
	for i, detail := range ev.Details {
		ev.Details[i] = say(detail)
	}
	for i, m := range ev.Measures {
		m.Name, m.Value, m.Limit = say(m.Name), say(m.Value), say(m.Limit)
		ev.Measures[i] = m
	}
	return ev
}

// Deadline implements [WithDeadline] for those gates that do; 0 sets none.
func (n named) Deadline() time.Duration {
	if own, ok := n.Gate.(WithDeadline); ok {
		return own.Deadline()
	}
	return 0
}

// GracePeriod implements [WithGracePeriod] for those gates that do.
func (n named) GracePeriod() time.Duration {
	if own, ok := n.Gate.(WithGracePeriod); ok {
		return own.GracePeriod()
	}
	return 0
}

// LeastTime implements [WithLeastTime] for those gates that do.
func (n named) LeastTime() time.Duration { return LeastTime(n.Gate) }
