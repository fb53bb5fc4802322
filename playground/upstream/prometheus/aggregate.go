package prometheus

import (
	"math"
	"slices"
)

// combination makes one value of several; there is at least one.
type combination func([]float64) float64

var aggregations = map[string]combination{
	"sum":   sum,
	"avg":   func(values []float64) float64 { return sum(values) / float64(len(values)) },
	"count": func(values []float64) float64 { return float64(len(values)) },
	"min":   func(values []float64) float64 { return furthest(values, func(a, b float64) bool { return a < b }) },
	"max":   func(values []float64) float64 { return furthest(values, func(a, b float64) bool { return a > b }) },
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}

// furthest passes over NaN unless there is nothing else.
func furthest(values []float64, further func(a, b float64) bool) float64 {
	best := values[0]
	for _, v := range values[1:] {
		if further(v, best) || math.IsNaN(best) {
			best = v
		}
	}
	return best
}

// aggregation combines the elements that agree in some labels.
type aggregation struct {
	combine combination
	labels  []string
	without bool // the labels are those that may differ
	of      expr
}

func (aggregation) kind() kind { return vectorKind }

func (a aggregation) eval(m moment) (value, error) {
	of, err := a.of.eval(m)
	if err != nil {
		return nil, err
	}
	type group struct {
		labels Labels
		values []float64
	}
	groups := map[string]*group{}
	var order []string
	for _, e := range of.(vector) {
		labels := a.group(e.labels)
		key := labels.key()
		if groups[key] == nil {
			groups[key] = &group{labels: labels}
			order = append(order, key)
		}
		groups[key].values = append(groups[key].values, e.value)
	}
	slices.Sort(order)
	combined := vector{}
	for _, key := range order {
		combined = append(combined, element{groups[key].labels, a.combine(groups[key].values)})
	}
	return combined, nil
}

func (a aggregation) group(l Labels) Labels {
	if a.without {
		return l.without(append([]string{metricName}, a.labels...)...)
	}
	return l.only(a.labels...)
}
