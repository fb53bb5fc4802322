package moment

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/commands/reply"
)

// This file reads the time zone that people write after a time. What looks like a zone
// is never taken for the beginning of a reason: it is either understood or rejected.

// zoneOffset is a distance from UTC: +02:00, -0330, UTC+8.
var zoneOffset = regexp.MustCompile(`(?i)^(UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$`)

// zoneAreas begin the names of zones, https://www.iana.org/time-zones.
var zoneAreas = []string{"africa", "america", "antarctica", "arctic", "asia", "atlantic", "australia", "europe", "indian", "pacific", "etc", "us"}

// zoneLetters are abbreviations of zones. Most have several meanings, so only those
// that the project's own zone uses are understood.
var zoneLetters = strings.Fields("ACDT ACST AEDT AEST AKDT AKST ART AST AWST BRT BST CAT CDT CEST CET CST EAT EDT EEST EET EST HDT HKT HST ICT IDT IST JST KST " +
	"MDT MSK MST MYT NDT NST NZDT NZST PDT PHT PKT PST SAST SGT SST WAT WEST WET WIB WIT WITA")

// badZone is the fault of a zone that gonogo does not know.
func badZone(word string) string {
	return "gonogo does not know the time zone “" + reply.Shorten(word, 60) + "”. Write UTC, a name such as Europe/Berlin, or an offset such as +02:00."
}

// isZone reports whether a word after a time can only be meant as a zone.
func isZone(word string) bool {
	area, _, slash := strings.Cut(strings.ToLower(word), "/")
	return isUTC(word) || slash && slices.Contains(zoneAreas, area) || slices.Contains(zoneLetters, word) || isOffset(word)
}

func isUTC(word string) bool { return strings.EqualFold(word, "UTC") || strings.EqualFold(word, "GMT") }

// isOffset reports whether a word is an offset. A single digit, as in +2, is one only
// after UTC.
func isOffset(word string) bool {
	part := zoneOffset.FindStringSubmatch(word)
	return part != nil && (part[1] != "" || len(part[3]) == 2)
}

// zoneNamed finds the zone that a word names, for a project in the zone own.
func zoneNamed(word string, own *time.Location, now time.Time) (*time.Location, bool) {
	switch {
	case isUTC(word):
		return time.UTC, true
	case isOffset(word):
		return offsetZone(word)
	case strings.Contains(word, "/"):
		zone, err := time.LoadLocation(word)
		return zone, err == nil
	}
	for months := range 12 {
		if name, offset := now.AddDate(0, months, 0).In(own).Zone(); name == word {
			return time.FixedZone(name, offset), true
		}
	}
	return nil, false
}

// farthest is the largest offset from UTC of any place on Earth.
const farthest = 14 * time.Hour

func offsetZone(word string) (*time.Location, bool) {
	part := zoneOffset.FindStringSubmatch(word)
	hours, _ := strconv.Atoi(part[3])
	minutes, _ := strconv.Atoi(part[4])
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if offset > farthest || minutes > 59 {
		return nil, false
	}
	if part[2] == "-" {
		offset = -offset
	}
	return time.FixedZone(word, int(offset.Seconds())), true
}

// cutZone removes the zone from the end of a time.
func cutZone(words []string) (rest []string, zone string) {
	if last := len(words) - 1; last > 0 && isZone(words[last]) {
		return words[:last], words[last]
	}
	return words, ""
}
