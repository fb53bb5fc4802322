package upstream

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gonogo/playground/upstream/digitalocean"
)

const (
	requestRate = 20.0      // simulated requests a second to each site
	failedShare = 0.12      // the share of them that fails on a faulty version
	trafficPast = time.Hour // how long a site has had visitors when the world starts
)

// The states of the switch of a site's errors.
const (
	errorsNone   = "none"
	errorsNewest = "newest"
	errorsEvery  = "every"
)

// traffic simulates the visitors of a site. The counters at any time are calculated
// from the times at which the switch was turned and the versions that were live.
type traffic struct {
	began  time.Time
	reigns func() []digitalocean.Reign

	mu    sync.Mutex // guards turns
	turns []turned   // the oldest first; never empty
}

// turned is the state of the switch from a time on.
type turned struct {
	at    time.Time
	state string
}

// turn records that the switch was turned.
func (t *traffic) turn(at time.Time, state string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.turns = append(t.turns, turned{at, state})
}

// Requests are the counters of successful and failed requests at a time. They start at
// zero in every run of the world, and only grow.
func (t *traffic) Requests(at time.Time) (good, failed float64) {
	t.mu.Lock()
	turns := slices.Clone(t.turns)
	t.mu.Unlock()
	reigns := t.reigns()
	edges := t.edges(turns, reigns, at)
	for i := 1; i < len(edges); i++ {
		count := edges[i].Sub(edges[i-1]).Seconds() * requestRate
		share := shareAt(edges[i-1], turns, reigns)
		good += count * (1 - share)
		failed += count * share
	}
	return good, failed
}

// edges divide the time from the beginning to a time into intervals in which nothing
// changes.
func (t *traffic) edges(turns []turned, reigns []digitalocean.Reign, until time.Time) []time.Time {
	if !until.After(t.began) {
		return nil
	}
	all := []time.Time{t.began, until}
	add := func(at time.Time) {
		if at.After(t.began) && at.Before(until) {
			all = append(all, at)
		}
	}
	for _, one := range turns {
		add(one.at)
	}
	for _, one := range reigns {
		add(one.Since)
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// shareAt is the share of requests that fail from a time on.
func shareAt(at time.Time, turns []turned, reigns []digitalocean.Reign) float64 {
	state := turns[0].state
	for _, one := range turns {
		if !one.at.After(at) {
			state = one.state
		}
	}
	version := firstVersion
	for _, one := range reigns {
		if !one.Since.After(at) {
			version = one.Version
		}
	}
	if state == errorsEvery || state == errorsNewest && newer(version, firstVersion) {
		return failedShare
	}
	return 0
}

// newer compares versions like 19.0.2 number by number. A part that isn't a number
// counts as zero.
func newer(version, than string) bool {
	numbers := func(version string) (all []int) {
		for part := range strings.SplitSeq(version, ".") {
			n, _ := strconv.Atoi(part)
			all = append(all, n)
		}
		return all
	}
	return slices.Compare(numbers(version), numbers(than)) > 0
}
