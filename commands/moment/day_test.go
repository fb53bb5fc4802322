package moment

import (
	"testing"
	"time"
)

// A day ends with the first moment of the next one, also where the clocks skip
// its midnight, show it twice, or skip the next day.
func TestEndOfDay(t *testing.T) {
	for _, tt := range []struct{ zone, day, want string }{
		{"UTC", "2025-11-03", "2025-11-04T00:00:00Z"},
		{"Asia/Manila", "2025-11-03", "2025-11-03T16:00:00Z"},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-05T02:00:00Z"}, // it began at 01:00
		{"America/Sao_Paulo", "2018-11-03", "2018-11-04T03:00:00Z"}, // the next began at 01:00
		{"America/Sao_Paulo", "2018-02-17", "2018-02-18T03:00:00Z"}, // 23:00 came twice
		{"America/Havana", "2025-11-01", "2025-11-02T04:00:00Z"},    // 00:00 came twice
		{"America/Havana", "2025-11-02", "2025-11-03T05:00:00Z"},    // the day had 25 hours
		{"Africa/Cairo", "2025-04-24", "2025-04-24T22:00:00Z"},      // 00:00 was skipped
		{"Africa/Cairo", "2025-04-25", "2025-04-25T21:00:00Z"},      // it began at 01:00
		{"Pacific/Apia", "2011-12-29", "2011-12-30T10:00:00Z"},      // there was no 30 December
		{"Asia/Beirut", "2025-03-30", "2025-03-30T21:00:00Z"},       // it began at 01:00
	} {
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := EndOfDay(tt.day, zone)
		if want, _ := time.Parse(time.RFC3339, tt.want); !ok || !got.Equal(want) {
			t.Errorf("%s in %s ends %s, want %s", tt.day, tt.zone, got.UTC().Format(time.RFC3339), tt.want)
		}
	}
	if _, ok := EndOfDay("2025-02-30", time.UTC); ok {
		t.Error("30 February is a day")
	}
}
