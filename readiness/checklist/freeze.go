package checklist

import (
	"fmt"
	"slices"
	"time"
)

// Freeze is a window of the configuration in which nothing is deployed, every week or
// once. Its bounds are local times in its zone: it begins at the first and ends at the
// second.
//
// A clock that is set forward skips times, and one that is set back shows them twice. A
// freeze then begins with the earliest reading of its first bound and ends with the
// latest of its second.
type Freeze struct {
	ID, Title    string
	Environments []string
	Zone         *time.Location
	Weekly       bool
	From, To     Clock
}

// Clock is a local time: in a weekly freeze a time of day on a weekday, otherwise a
// time of day on a date.
type Clock struct {
	Weekday      time.Weekday // of a weekly freeze
	Date         time.Time    // of a freeze that happens once: midnight UTC of its date
	Hour, Minute int
}

// String writes a clock as in the configuration.
func (c Clock) String() string {
	day := c.Weekday.String()[:3]
	if !c.Date.IsZero() {
		day = c.Date.Format(time.DateOnly)
	}
	return fmt.Sprintf("%s %02d:%02d", day, c.Hour, c.Minute)
}

const week = 7 * 24 * time.Hour

// sinceSunday is how far into its week a weekly clock is.
func (c Clock) sinceSunday() time.Duration {
	return time.Duration(c.Weekday)*24*time.Hour + time.Duration(c.Hour)*time.Hour + time.Duration(c.Minute)*time.Minute
}

// wall is a clock as if it were in UTC, where no time is skipped.
func (c Clock) wall() time.Time {
	return c.Date.Add(time.Duration(c.Hour)*time.Hour + time.Duration(c.Minute)*time.Minute)
}

// Holds reports whether a time is in the freeze, and returns the window that it is in.
func (f Freeze) Holds(now time.Time) (since, until time.Time, ok bool) {
	for _, w := range f.windows(now) {
		since, _ = Instants(w.from, f.Zone)
		_, until = Instants(w.to, f.Zone)
		if !now.Before(since) && now.Before(until) {
			return since, until, true
		}
	}
	return time.Time{}, time.Time{}, false
}

// window is a freeze's bounds in local time.
type window struct{ from, to time.Time }

// windows lists the windows of a freeze that may contain a time.
func (f Freeze) windows(now time.Time) []window {
	if !f.Weekly {
		return []window{{f.From.wall(), f.To.wall()}}
	}
	length := f.To.sinceSunday() - f.From.sinceSunday()
	if length <= 0 {
		length += week
	}
	y, m, d := now.In(f.Zone).Date()
	sunday := time.Date(y, m, d-int(now.In(f.Zone).Weekday()), 0, 0, 0, 0, time.UTC)
	var all []window
	for _, weeks := range []time.Duration{-1, 0, 1} { // the next, since a clock change may move its start
		from := sunday.Add(weeks*week + f.From.sinceSunday())
		all = append(all, window{from, from.Add(length)})
	}
	return all
}

// Instants finds the first and the last instant at which a zone's clocks show a local
// time, which is given as if it were UTC. If the zone skips that time, those are the
// instants by the offset before the change and by the offset after it.
func Instants(wall time.Time, zone *time.Location) (first, last time.Time) {
	const around = 24 * time.Hour // more than any offset from UTC, less than the time between two changes
	var read, shown []time.Time
	for _, near := range []time.Duration{-around, 0, around} {
		_, offset := wall.Add(near).In(zone).Zone()
		at := wall.Add(-time.Duration(offset) * time.Second)
		read = append(read, at)
		if _, then := at.In(zone).Zone(); then == offset {
			shown = append(shown, at)
		}
	}
	if len(shown) == 0 {
		shown = read
	}
	return slices.MinFunc(shown, time.Time.Compare), slices.MaxFunc(shown, time.Time.Compare)
}
