// Package moment reads the times that people write: 18:00, Mon 08:00, 2026-12-31,
// 2026-12-31 18:00 or 4h, followed by a time zone if it isn't the project's.
//
// [Read] turns such a text into an instant, [Words] counts how many of the following
// words belong to it, and [EndOfDay] is the end of a day that somebody names.
// [Unreadable] and [Over] are the replies to a text that isn't a time and to a time
// that has passed; [Hint] says how to write one. The project's time zone comes from the
// configuration, and the current time from the caller: nothing here reads a clock.
package moment

import (
	"sort"
	"strings"
	"time"

	"gonogo/commands/reply"
	"gonogo/gates/limit"
	"gonogo/phrase"
	"gonogo/readiness/checklist"
)

// Hint says how people write a moment to come.
const Hint = "Write 18:00, Mon 08:00, 2026-12-31, 2026-12-31 18:00 or 4h."

// Unreadable is the fault of a text that isn't a time. ask is used where nothing was
// given: "Say until when."
func Unreadable(text, ask string) string {
	if text = strings.TrimSpace(text); text != "" {
		if _, zone := cutZone(strings.Fields(text)); zone != "" {
			return badZone(zone)
		}
		ask = "“" + reply.Shorten(text, 60) + "” is not a time gonogo understands."
	}
	return ask + " " + Hint
}

// Over is the fault of a time that has passed, in a time zone.
func Over(at time.Time, zone *time.Location) string {
	return phrase.Moment(at, zone) + " is over. Write a later time."
}

// Words counts the words at the beginning that are a time, with its zone.
func Words(words []string) int {
	n := 1
	switch {
	case len(words) > 1 && isClock(words[1]) && (isDate(words[0]) || isWeekday(words[0])):
		n = 2
	case !isClock(words[0]) && !isDate(words[0]):
		return 1
	}
	if n < len(words) && isZone(words[n]) {
		n++
	}
	return n
}

func isClock(word string) bool { _, err := time.Parse("15:04", word); return err == nil }

func isDate(word string) bool { _, err := time.Parse(time.DateOnly, word); return err == nil }

func isWeekday(word string) bool { _, ok := weekday(word); return ok }

// weekday finds the day that a word names: Mon, monday.
func weekday(word string) (time.Weekday, bool) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(word, day.String()) || strings.EqualFold(word, day.String()[:3]) {
			return day, true
		}
	}
	return 0, false
}

// Reads reports whether a text is a time, whatever the project's zone.
func Reads(text string) bool {
	_, _, ok := Read(text, time.Time{}, time.UTC)
	return ok
}

// Read reads a future time, in the zone that is named, or in own, the project's: a time
// of day is the next one, and a date is the end of that day. Where the clocks skip that
// time or show it twice, there are two.
func Read(text string, now time.Time, own *time.Location) (first, last time.Time, ok bool) {
	words := strings.Fields(text)
	if len(words) == 0 || len(words) != Words(words) {
		return first, last, false
	}
	if d, err := limit.ParseDuration(words[0]); err == nil && d > 0 && len(words) == 1 {
		return now.Add(d), now.Add(d), true
	}
	zone := own
	words, named := cutZone(words)
	if named != "" {
		if zone, ok = zoneNamed(named, own, now); !ok {
			return first, last, false
		}
	}
	y, m, d := now.In(zone).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	wall, every, ok := wallOf(words, today)
	if !ok {
		return first, last, false
	}
	first, last = checklist.Instants(wall, zone)
	if every > 0 && !first.After(now) {
		first, last = checklist.Instants(wall.AddDate(0, 0, every), zone)
	}
	return first, last, true
}

// wallOf reads a local time, from today on. every is after how many days it repeats; 0:
// never.
func wallOf(words []string, today time.Time) (wall time.Time, every int, ok bool) {
	clock := func(word string) time.Duration {
		at, _ := time.Parse("15:04", word)
		return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	}
	day, named := weekday(words[0])
	switch {
	case len(words) == 1 && isClock(words[0]):
		return today.Add(clock(words[0])), 1, true
	case len(words) == 1 && isDate(words[0]):
		date, _ := time.Parse(time.DateOnly, words[0])
		return date.AddDate(0, 0, 1), 0, true
	case len(words) == 2 && isDate(words[0]):
		date, _ := time.Parse(time.DateOnly, words[0])
		return date.Add(clock(words[1])), 0, true
	case len(words) == 2 && named:
		days := (int(day) - int(today.Weekday()) + 7) % 7
		return today.AddDate(0, 0, days).Add(clock(words[1])), 7, true
	}
	return time.Time{}, 0, false
}

// EndOfDay is the end of a day in the project's time zone: the first moment of the next
// day. That is not always midnight, which the clocks may skip or show twice.
func EndOfDay(day string, zone *time.Location) (end time.Time, ok bool) {
	last, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return time.Time{}, false
	}
	next := last.AddDate(0, 0, 1)
	const around = 27 * time.Hour // a zone may skip a whole day when it crosses the date line
	from := time.Date(next.Year(), next.Month(), next.Day(), 0, 0, 0, 0, zone).Add(-around)
	minutes := sort.Search(int(2*around/time.Minute), func(n int) bool {
		return from.Add(time.Duration(n)*time.Minute).Format(time.DateOnly) >= next.Format(time.DateOnly)
	})
	return from.Add(time.Duration(minutes) * time.Minute), true
}
