package prometheus

import (
	"errors"
	"fmt"
	"strings"
)

// operator is a binary one.
type operator struct {
	name  string
	tight int // how tight it binds
	// One of the three is set: what it computes, what it asks, or what it
	// makes of two sets.
	compute func(a, b float64) float64
	holds   func(a, b float64) bool
	combine func(left, right vector) vector
}

// loosest is how tight the operator binds that binds least.
const loosest = 1

// operators are all that are known
// (https://prometheus.io/docs/prometheus/latest/querying/operators/).
var operators = []operator{
	{name: "or", tight: 1, combine: func(l, r vector) vector { return append(l, matching(r, l, false)...) }},
	{name: "and", tight: 2, combine: func(l, r vector) vector { return matching(l, r, true) }},
	{name: "unless", tight: 2, combine: func(l, r vector) vector { return matching(l, r, false) }},
	{name: "==", tight: 3, holds: func(a, b float64) bool { return a == b }},
	{name: "!=", tight: 3, holds: func(a, b float64) bool { return a != b }},
	{name: "<=", tight: 3, holds: func(a, b float64) bool { return a <= b }},
	{name: "<", tight: 3, holds: func(a, b float64) bool { return a < b }},
	{name: ">=", tight: 3, holds: func(a, b float64) bool { return a >= b }},
	{name: ">", tight: 3, holds: func(a, b float64) bool { return a > b }},
	{name: "+", tight: 4, compute: func(a, b float64) float64 { return a + b }},
	{name: "-", tight: 4, compute: func(a, b float64) float64 { return a - b }},
	{name: "*", tight: 5, compute: func(a, b float64) float64 { return a * b }},
	{name: "/", tight: 5, compute: func(a, b float64) float64 { return a / b }},
}

func operatorOf(t token) (operator, bool) {
	for _, op := range operators {
		if t.kind == signToken && t.text == op.name || t.kind == nameToken && strings.EqualFold(t.text, op.name) {
			return op, true
		}
	}
	return operator{}, false
}

func (o operator) compares() bool { return o.holds != nil }

// apply gives the result for two values, and whether there is one: a
// comparison without bool keeps or drops what it is asked about, kept.
func (o operator) apply(a, b, kept float64, asBool bool) (result float64, keep bool) {
	switch {
	case o.compute != nil:
		return o.compute(a, b), true
	case !asBool:
		return kept, o.holds(a, b)
	case o.holds(a, b):
		return 1, true
	}
	return 0, true
}

// binary is an operator with its two sides.
type binary struct {
	op          operator
	left, right expr
	asBool      bool
}

func (b binary) kind() kind {
	if b.left.kind() == scalarKind && b.right.kind() == scalarKind {
		return scalarKind
	}
	return vectorKind
}

// misuse says what is wrong with the sides' kinds, or "".
func (b binary) misuse() string {
	left, right := b.left.kind(), b.right.kind()
	switch {
	case left == rangeKind || right == rangeKind:
		return "binary expression must contain only scalar and instant vector types"
	case b.op.combine != nil && (left == scalarKind || right == scalarKind):
		return fmt.Sprintf("set operator %q not allowed in binary scalar expression", b.op.name)
	case b.op.compares() && !b.asBool && b.kind() == scalarKind:
		return "comparisons between scalars must use BOOL modifier"
	}
	return ""
}

func (b binary) eval(m moment) (value, error) {
	left, err := b.left.eval(m)
	if err != nil {
		return nil, err
	}
	right, err := b.right.eval(m)
	if err != nil {
		return nil, err
	}
	switch l := left.(type) {
	case scalar:
		if r, ok := right.(scalar); ok {
			result, _ := b.op.apply(float64(l), float64(r), float64(l), b.asBool)
			return scalar(result), nil
		}
		return b.each(right.(vector), func(v float64) (float64, bool) { return b.op.apply(float64(l), v, v, b.asBool) })
	case vector:
		if r, ok := right.(scalar); ok {
			return b.each(l, func(v float64) (float64, bool) { return b.op.apply(v, float64(r), v, b.asBool) })
		}
		if b.op.combine != nil {
			return b.op.combine(l, right.(vector)), nil
		}
		return b.pairs(l, right.(vector))
	}
	return nil, fmt.Errorf("a range vector cannot be an operand of %s", b.op.name)
}

// each applies the operator to a vector and a scalar.
func (b binary) each(v vector, apply func(float64) (float64, bool)) (value, error) {
	results := vector{}
	for _, e := range v {
		if result, keep := apply(e.value); keep {
			results = append(results, element{b.named(e.labels), result})
		}
	}
	return distinct(results)
}

// named are the labels of a result: what filters keeps the name, what computes
// does not.
func (b binary) named(l Labels) Labels {
	if b.op.compute != nil || b.asBool {
		return l.without(metricName)
	}
	return l
}

var (
	errRightTwice = errors.New("found duplicate series for the match group on the right hand-side of the operation; many-to-many matching not allowed: matching labels must be unique on one side")
	errLeftTwice  = errors.New("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")
)

// pairs applies the operator to the elements of two vectors that have the same
// labels but for the name.
func (b binary) pairs(left, right vector) (value, error) {
	partners := map[string]float64{}
	for _, e := range right {
		key := signature(e.labels)
		if _, twice := partners[key]; twice {
			return nil, errRightTwice
		}
		partners[key] = e.value
	}
	used, results := map[string]bool{}, vector{}
	for _, e := range left {
		key := signature(e.labels)
		partner, ok := partners[key]
		if !ok {
			continue
		}
		result, keep := b.op.apply(e.value, partner, e.value, b.asBool)
		if !keep {
			continue
		}
		if used[key] {
			return nil, errLeftTwice
		}
		used[key] = true
		results = append(results, element{b.named(e.labels), result})
	}
	return results, nil
}

// signature is by what two elements are found to match.
func signature(l Labels) string { return l.without(metricName).key() }

// matching are those elements that have, or have not, a match among others.
func matching(v, others vector, want bool) vector {
	there := map[string]bool{}
	for _, e := range others {
		there[signature(e.labels)] = true
	}
	found := vector{}
	for _, e := range v {
		if there[signature(e.labels)] == want {
			found = append(found, e)
		}
	}
	return found
}
