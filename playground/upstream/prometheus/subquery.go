package prometheus

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// subquery evaluates an expression at equal steps of a window, as x[1h:1m]. The steps are
// whole multiples of the step since 1970; the window's left end is outside of it, as in
// the third version of Prometheus.
type subquery struct {
	of           expr
	window, step time.Duration
}

func (subquery) kind() kind { return rangeKind }

func (s subquery) eval(m moment) (value, error) {
	from, step := m.at-s.window.Milliseconds(), s.step.Milliseconds()
	found := map[string]*series{}
	first := (from/step + 1) * step
	if (m.at-first)/step > steps {
		return nil, fmt.Errorf("this practice Prometheus evaluates at most %d steps of a subquery", steps)
	}
	for at := first; at <= m.at; at += step {
		if err := m.ctx.Err(); err != nil {
			return nil, err
		}
		of, err := s.of.eval(moment{m.ctx, m.store, at})
		if err != nil {
			return nil, err
		}
		for _, e := range of.(vector) {
			key := e.labels.key()
			if found[key] == nil {
				found[key] = &series{labels: e.labels}
			}
			found[key].points = append(found[key].points, point{at, e.value})
		}
	}
	all := matrix{}
	for _, one := range found {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b series) int { return cmp.Compare(a.labels.key(), b.labels.key()) })
	return all, nil
}

// subquery reads the step, once the window has been read.
func (p *parser) subquery(of expr, window time.Duration) (expr, error) {
	if of.kind() != vectorKind {
		return nil, p.fault("subquery is only allowed on instant vector, got %s instead", of.kind())
	}
	colon := p.take()
	text := strings.TrimPrefix(colon.text, ":") // the step may stand in one name with the colon
	if text == "" && p.next().kind == durationToken {
		text = p.take().text
	}
	if text == "" {
		return nil, unknown(p.query, colon.at, "subqueries without a step")
	}
	step, err := parseDuration(text)
	if err != nil || step < time.Millisecond {
		return nil, fault(p.query, colon.at, "the step %q cannot be read", text)
	}
	if err := p.expect("]"); err != nil {
		return nil, err
	}
	if p.next().word("offset") {
		return nil, unknown(p.query, p.next().at, "offset of a subquery")
	}
	return subquery{of, window, step}, nil
}

// overTime measures all samples of each series in the range.
func overTime(measure func([]point) float64) func(moment, expr) (value, error) {
	return func(m moment, arg expr) (value, error) {
		of, err := arg.eval(m)
		if err != nil {
			return nil, err
		}
		measured := vector{}
		for _, one := range of.(matrix) {
			measured = append(measured, element{one.labels.without(metricName), measure(one.points)})
		}
		return distinct(measured)
	}
}

func total(points []point) (sum float64) {
	for _, p := range points {
		sum += p.value
	}
	return sum
}

func count(points []point) float64 { return float64(len(points)) }
