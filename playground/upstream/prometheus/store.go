package prometheus

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"sync"
	"time"
)

// retention is how long samples are kept: longer than any range that the
// practice world's rules and triggers look back.
const retention = time.Hour

// lookback is how old the newest sample of a series may be for an instant
// selector (https://prometheus.io/docs/prometheus/latest/querying/basics/#staleness).
const lookback = 5 * time.Minute

// stale ends a series: it is the NaN by which Prometheus marks that a series
// was not there any more (value.StaleNaN in its sources).
var stale = math.Float64frombits(0x7ff0000000000002)

func isStale(value float64) bool { return math.Float64bits(value) == math.Float64bits(stale) }

// point is one sample of a series.
type point struct {
	at    int64 // milliseconds since 1970
	value float64
}

type series struct {
	labels Labels
	points []point // in order of time
}

// store is every series of the last hour.
type store struct {
	mu     sync.Mutex
	series map[string]*series
}

func newStore() *store { return &store{series: map[string]*series{}} }

// add appends a sample to the series that has a key. One that is not newer than the series' last is
// dropped, as an out-of-order sample is.
func (s *store) add(key string, labels Labels, at time.Time, value float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := at.UnixMilli()
	one := s.series[key]
	if one == nil {
		one = &series{labels: labels}
		s.series[key] = one
	}
	if n := len(one.points); n > 0 && one.points[n-1].at >= now {
		return
	}
	one.points = append(one.points, point{now, value})
	one.trim(now - retention.Milliseconds())
}

// trim drops what is too old, once that is half of all, so that it seldom
// copies.
func (s *series) trim(oldest int64) {
	if drop := s.after(oldest); drop > len(s.points)/2 {
		s.points = slices.Clone(s.points[drop:])
	}
}

// after is the index of the first point later than a moment.
func (s *series) after(at int64) int {
	return sort.Search(len(s.points), func(i int) bool { return s.points[i].at > at })
}

func (s *store) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.series)
}

// between gives the points in (from, to] of every series that is selected, in
// the order of their labels. Series with none are left out.
func (s *store) between(conditions []matcher, from, to int64) matrix {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := matrix{}
	for _, one := range s.series {
		if !selects(conditions, one.labels) {
			continue
		}
		if points := one.points[one.after(from):one.after(to)]; len(points) > 0 {
			found = append(found, series{one.labels, slices.Clone(points)})
		}
	}
	slices.SortFunc(found, func(a, b series) int { return cmp.Compare(a.labels.key(), b.labels.key()) })
	return found
}
