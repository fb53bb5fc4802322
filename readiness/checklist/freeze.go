package checklist

import (
	"fmt"
	"slices"
	"time"
)

// Freeze is a window of the configuration in which nothing goes out: one that
// comes back every week, or one that comes once. Its bounds are read on the
// clock on the wall of its zone: it holds from the first on, and no longer at
// the second.
//
// A clock that is put forward skips times, and one that is put back shows them
// twice. A freeze then holds for as long as any reading of its bounds says so:
// it starts with the earliest and ends with the latest.
type Freeze struct {
	ID, Title    string
	Environments []string
	Zone         *time.Location
	Weekly       bool
	From, To     Clock
}

// Clock is what a clock on the wall shows: in a weekly freeze a time of a day
// of the week, otherwise a time of a date.
type Clock struct {
	Weekday      time.Weekday // of a weekly freeze
	Date         time.Time    // of one that comes once: midnight UTC of its date
	Hour, Minute int
}

// String writes a clock as the configuration does.
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

// wall is a clock as if it stood in UTC, in which no time is skipped.
func (c Clock) wall() time.Time {
	return c.Date.Add(time.Duration(c.Hour)*time.Hour + time.Duration(c.Minute)*time.Minute)
}

// Holds reports whether a moment is in the freeze, and the window that it is in.
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

// window is a freeze's bounds on the wall.
type window struct{ from, to time.Time }

// windows lists the windows of a freeze that may hold a moment.
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

// Instants finds the first and the last moment at which a clock in a zone may
// be said to show a time, which is given as if it were UTC. Where the zone
// skips that time, those are the readings by the offset before the change and
// by the offset after it.
func Instants(wall time.Time, zone *time.Location) (first, last time.Time) {
	const around = 24 * time.Hour // farther than any offset from UTC, nearer than two changes of it
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
