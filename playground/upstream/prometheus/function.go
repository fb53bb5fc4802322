package prometheus

import (
	"errors"
	"math"
)

// function is one that takes one argument.
type function struct {
	name         string
	takes, gives kind
	apply        func(moment, expr) (value, error)
}

// functions are all that are known, by name
// (https://prometheus.io/docs/prometheus/latest/querying/functions/).
var functions = map[string]function{
	"rate":     {"rate", rangeKind, vectorKind, rate},
	"increase": {"increase", rangeKind, vectorKind, increase},
	"vector":   {"vector", scalarKind, vectorKind, toVector},
	"scalar":   {"scalar", vectorKind, scalarKind, toScalar},
	"absent":   {"absent", vectorKind, vectorKind, absent},

	"sum_over_time":   {"sum_over_time", rangeKind, vectorKind, overTime(total)},
	"count_over_time": {"count_over_time", rangeKind, vectorKind, overTime(count)},
}

type call struct {
	function
	arg expr
}

func (c call) kind() kind { return c.gives }

func (c call) eval(m moment) (value, error) { return c.apply(m, c.arg) }

func toVector(m moment, arg expr) (value, error) {
	of, err := arg.eval(m)
	if err != nil {
		return nil, err
	}
	return vector{{Labels{}, float64(of.(scalar))}}, nil
}

// toScalar is the value of a vector's only element; NaN where there is not
// exactly one.
func toScalar(m moment, arg expr) (value, error) {
	of, err := arg.eval(m)
	if err != nil {
		return nil, err
	}
	if v := of.(vector); len(v) == 1 {
		return scalar(v[0].value), nil
	}
	return scalar(math.NaN()), nil
}

func absent(m moment, arg expr) (value, error) {
	of, err := arg.eval(m)
	if err != nil {
		return nil, err
	}
	if len(of.(vector)) > 0 {
		return vector{}, nil
	}
	return vector{{wanted(arg), 1}}, nil
}

// wanted are the labels that absent gives: what a selector asked for by
// equality, where it asked once.
func wanted(arg expr) Labels {
	labels := Labels{}
	s, ok := bare(arg).(selector)
	if !ok {
		return labels
	}
	times := map[string]int{}
	for _, m := range s.conditions {
		times[m.name]++
		if m.op == "=" && m.name != metricName {
			labels[m.name] = m.value
		}
	}
	for name, n := range times {
		if n > 1 {
			delete(labels, name)
		}
	}
	return labels
}

func rate(m moment, arg expr) (value, error) {
	return perSeries(m, arg, func(w window) float64 { return w.increase() / w.seconds() })
}

func increase(m moment, arg expr) (value, error) { return perSeries(m, arg, window.increase) }

// perSeries measures each series that has two samples or more in the range.
func perSeries(m moment, arg expr, measure func(window) float64) (value, error) {
	of, err := arg.eval(m)
	if err != nil {
		return nil, err
	}
	s, ok := bare(arg).(selector)
	if !ok {
		return nil, errors.New("this practice Prometheus does not know rates of subqueries")
	}
	to := m.at - s.offset.Milliseconds()
	measured := vector{}
	for _, one := range of.(matrix) {
		if len(one.points) < 2 {
			continue
		}
		w := window{one.points, to - s.window.Milliseconds(), to}
		measured = append(measured, element{one.labels.without(metricName), measure(w)})
	}
	return distinct(measured)
}

func bare(e expr) expr {
	for {
		inner, ok := e.(enclosed)
		if !ok {
			return e
		}
		e = inner.expr
	}
}

// window is a counter's samples in a range.
type window struct {
	points   []point
	from, to int64 // the range, in milliseconds
}

func (w window) seconds() float64 { return float64(w.to-w.from) / 1000 }

// increase is how much the counter has grown between its first and last
// sample, extrapolated to the whole range (extrapolatedRate in
// https://github.com/prometheus/prometheus/blob/main/promql/functions.go). A
// range's end without samples counts as covered where it is hardly longer than
// the usual distance of samples; else the series is taken to have begun, or
// ended, half that distance away. Towards the start the line is not drawn
// below zero, where no counter can have been.
func (w window) increase() float64 {
	first, last := w.points[0], w.points[len(w.points)-1]
	grown, covered := w.grown(), float64(last.at-first.at)
	usual := covered / float64(len(w.points)-1)
	before := reach(float64(first.at-w.from), usual)
	if grown > 0 && first.value >= 0 {
		before = min(before, covered*(first.value/grown))
	}
	after := reach(float64(w.to-last.at), usual)
	return grown * (covered + before + after) / covered
}

// grown adds up the counter's steps. A step down is a counter that began again
// at zero.
func (w window) grown() float64 {
	sum := w.points[len(w.points)-1].value - w.points[0].value
	for i, p := range w.points[1:] {
		if before := w.points[i].value; p.value < before {
			sum += before
		}
	}
	return sum
}

// reach is how far a series is believed to go on into a gap.
func reach(gap, usual float64) float64 {
	if gap < usual*1.1 {
		return gap
	}
	return usual / 2
}
