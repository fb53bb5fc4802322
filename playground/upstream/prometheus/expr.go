package prometheus

import (
	"context"
	"errors"
	"time"
)

// kind is what an expression gives.
type kind string

const (
	scalarKind kind = "scalar"
	vectorKind kind = "instant vector"
	rangeKind  kind = "range vector"
)

// expr is a part of a query that was read.
type expr interface {
	kind() kind
	eval(moment) (value, error)
}

// value is a scalar, a vector or a matrix, as the expression's kind says.
type value interface{ resultType() string }

type scalar float64

// element is one series' value at a moment.
type element struct {
	labels Labels
	value  float64
}

type vector []element

type matrix []series

func (scalar) resultType() string { return "scalar" }
func (vector) resultType() string { return "vector" }
func (matrix) resultType() string { return "matrix" }

// moment is when a query is evaluated, and over what.
type moment struct {
	ctx   context.Context
	store *store
	at    int64 // milliseconds since 1970
}

// errSameLabels is a vector that has two elements of the same labels.
var errSameLabels = errors.New("vector cannot contain metrics with the same labelset")

// distinct checks a vector whose elements have lost labels.
func distinct(v vector) (value, error) {
	seen := map[string]bool{}
	for _, e := range v {
		key := e.labels.key()
		if seen[key] {
			return nil, errSameLabels
		}
		seen[key] = true
	}
	return v, nil
}

// number is a literal.
type number float64

func (number) kind() kind                   { return scalarKind }
func (n number) eval(moment) (value, error) { return scalar(n), nil }

// enclosed is an expression in parentheses.
type enclosed struct{ expr }

// selector is an instant selector or, with a window, a range selector.
type selector struct {
	conditions []matcher
	window     time.Duration // 0: instant
	offset     time.Duration
}

func (s selector) kind() kind {
	if s.window > 0 {
		return rangeKind
	}
	return vectorKind
}

// eval leaves the window's left end out, as Prometheus does since its third
// version (https://prometheus.io/docs/prometheus/latest/migration/).
func (s selector) eval(m moment) (value, error) {
	if err := m.ctx.Err(); err != nil {
		return nil, err
	}
	to := m.at - s.offset.Milliseconds()
	if s.window > 0 {
		return withoutStale(m.store.between(s.conditions, to-s.window.Milliseconds(), to)), nil
	}
	found := vector{}
	for _, one := range m.store.between(s.conditions, to-lookback.Milliseconds(), to) {
		if last := one.points[len(one.points)-1].value; !isStale(last) {
			found = append(found, element{one.labels, last})
		}
	}
	return found, nil
}

// withoutStale takes out the marks of a series' end, which are no samples.
func withoutStale(all matrix) matrix {
	kept := matrix{}
	for _, one := range all {
		var points []point
		for _, p := range one.points {
			if !isStale(p.value) {
				points = append(points, p)
			}
		}
		if len(points) > 0 {
			kept = append(kept, series{one.labels, points})
		}
	}
	return kept
}

// negation is the unary minus.
type negation struct{ of expr }

func (n negation) kind() kind { return n.of.kind() }

func (n negation) eval(m moment) (value, error) {
	of, err := n.of.eval(m)
	if err != nil {
		return nil, err
	}
	if s, ok := of.(scalar); ok {
		return -s, nil
	}
	negated := vector{}
	for _, e := range of.(vector) {
		negated = append(negated, element{e.labels.without(metricName), -e.value})
	}
	return distinct(negated)
}
