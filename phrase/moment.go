package phrase

import (
	"fmt"
	"time"
)

// Moment is a point in time on the clocks of a zone, such as "2026-11-30 02:31 UTC+8".
//
// The zone's abbreviation would be shorter, but not clear: the Philippines and California
// both call theirs PST.
func Moment(at time.Time, zone *time.Location) string {
	at = at.In(zone)
	return at.Format("2006-01-02 15:04 ") + Zone(at)
}

// Zone is how far a time's clock is from UTC: "UTC", "UTC+8", "UTC-3:30".
func Zone(at time.Time) string {
	_, seconds := at.Zone()
	if seconds == 0 {
		return "UTC"
	}
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	hours, minutes := seconds/3600, seconds/60%60
	if minutes == 0 {
		return fmt.Sprintf("UTC%c%d", sign, hours)
	}
	return fmt.Sprintf("UTC%c%d:%02d", sign, hours, minutes)
}
