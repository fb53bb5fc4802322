package checklist

import (
	"testing"
	"time"
)

func zoneNamed(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func on(day time.Weekday, hour, minute int) Clock {
	return Clock{Weekday: day, Hour: hour, Minute: minute}
}

func date(text string, hour, minute int) Clock {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return Clock{Date: day, Hour: hour, Minute: minute}
}

// A weekly freeze is read on the clock on the wall: its first minute is in it,
// its last is not, whatever the clock does between.
func TestWeeklyFreeze(t *testing.T) {
	weekend := Freeze{From: on(time.Friday, 16, 0), To: on(time.Monday, 8, 0)}
	nights := Freeze{From: on(time.Sunday, 2, 15), To: on(time.Sunday, 2, 45)}
	twice := Freeze{From: on(time.Sunday, 1, 40), To: on(time.Sunday, 1, 50)}
	week := Freeze{From: on(time.Monday, 9, 0), To: on(time.Monday, 8, 0)} // all but an hour
	for _, tt := range []struct {
		name, zone   string
		freeze       Freeze
		now          string
		since, until string // empty: it does not hold
	}{
		{"a second before", "Asia/Manila", weekend, "2026-11-27T15:59:59+08:00", "", ""},
		{"its first moment", "Asia/Manila", weekend, "2026-11-27T16:00:00+08:00", "2026-11-27T16:00:00+08:00", "2026-11-30T08:00:00+08:00"},
		{"over Sunday, where the week begins", "Asia/Manila", weekend, "2026-11-29T00:00:00+08:00", "2026-11-27T16:00:00+08:00", "2026-11-30T08:00:00+08:00"},
		{"its last second", "Asia/Manila", weekend, "2026-11-30T07:59:59+08:00", "2026-11-27T16:00:00+08:00", "2026-11-30T08:00:00+08:00"},
		{"its end", "Asia/Manila", weekend, "2026-11-30T08:00:00+08:00", "", ""},
		{"said in another zone", "Asia/Manila", weekend, "2026-11-27T08:00:00Z", "2026-11-27T16:00:00+08:00", "2026-11-30T08:00:00+08:00"},
		{"Friday here, Saturday there", "America/New_York", weekend, "2026-11-28T03:00:00+08:00", "", ""},

		{"over the clock put forward in Berlin", "Europe/Berlin", weekend, "2026-03-30T07:59:59+02:00", "2026-03-27T16:00:00+01:00", "2026-03-30T08:00:00+02:00"},
		{"it ends by the new clock", "Europe/Berlin", weekend, "2026-03-30T08:00:00+02:00", "", ""},
		{"over the clock put back in Berlin", "Europe/Berlin", weekend, "2026-10-26T07:59:59+01:00", "2026-10-23T16:00:00+02:00", "2026-10-26T08:00:00+01:00"},
		{"it ends by the old clock", "Europe/Berlin", weekend, "2026-10-26T08:00:00+01:00", "", ""},
		{"over the clock put forward in New York", "America/New_York", weekend, "2026-03-09T07:59:59-04:00", "2026-03-06T16:00:00-05:00", "2026-03-09T08:00:00-04:00"},
		{"over the clock put back in New York", "America/New_York", weekend, "2026-11-02T07:59:59-05:00", "2026-10-30T16:00:00-04:00", "2026-11-02T08:00:00-05:00"},
		{"over half an hour put forward on Lord Howe", "Australia/Lord_Howe", weekend, "2026-10-05T07:59:59+11:00", "2026-10-02T16:00:00+10:30", "2026-10-05T08:00:00+11:00"},
		{"over half an hour put back on Lord Howe", "Australia/Lord_Howe", weekend, "2026-04-06T07:59:59+10:30", "2026-04-03T16:00:00+11:00", "2026-04-06T08:00:00+10:30"},

		{"bounds that Berlin's clock skips: the earliest reading", "Europe/Berlin", nights, "2026-03-29T01:15:00+01:00", "2026-03-29T01:15:00+01:00", "2026-03-29T03:45:00+02:00"},
		{"a second before it", "Europe/Berlin", nights, "2026-03-29T01:14:59+01:00", "", ""},
		{"the latest reading of its end", "Europe/Berlin", nights, "2026-03-29T03:44:59+02:00", "2026-03-29T01:15:00+01:00", "2026-03-29T03:45:00+02:00"},
		{"after it", "Europe/Berlin", nights, "2026-03-29T03:45:00+02:00", "", ""},
		{"bounds that Berlin's clock shows twice: the first", "Europe/Berlin", nights, "2026-10-25T02:15:00+02:00", "2026-10-25T02:15:00+02:00", "2026-10-25T02:45:00+01:00"},
		{"between the two", "Europe/Berlin", nights, "2026-10-25T02:00:00+01:00", "2026-10-25T02:15:00+02:00", "2026-10-25T02:45:00+01:00"},
		{"the second is over", "Europe/Berlin", nights, "2026-10-25T02:45:00+01:00", "", ""},
		{"bounds that Lord Howe's clock skips", "Australia/Lord_Howe", nights, "2026-10-04T01:45:00+10:30", "2026-10-04T01:45:00+10:30", "2026-10-04T02:45:00+11:00"},
		{"bounds that Lord Howe's clock shows twice, between the two", "Australia/Lord_Howe", twice, "2026-04-05T01:35:00+10:30", "2026-04-05T01:40:00+11:00", "2026-04-05T01:50:00+10:30"},
		{"bounds beside the half hour that comes twice", "Australia/Lord_Howe", nights, "2026-04-05T02:15:00+10:30", "2026-04-05T02:15:00+10:30", "2026-04-05T02:45:00+10:30"},

		{"nearly the whole week", "Europe/Berlin", week, "2026-11-28T12:00:00+01:00", "2026-11-23T09:00:00+01:00", "2026-11-30T08:00:00+01:00"},
		{"its hour off", "Europe/Berlin", week, "2026-11-30T08:59:59+01:00", "", ""},
		{"the next one", "Europe/Berlin", week, "2026-11-30T09:00:00+01:00", "2026-11-30T09:00:00+01:00", "2026-12-07T08:00:00+01:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := tt.freeze
			f.Weekly, f.Zone = true, zoneNamed(t, tt.zone)
			checkFreeze(t, f, tt.now, tt.since, tt.until)
		})
	}
}

// A freeze between dates comes once; its bounds are the earliest and the latest
// that its zone allows.
func TestFreezeBetweenDates(t *testing.T) {
	yearEnd := Freeze{From: date("2026-12-18", 0, 0), To: date("2027-01-04", 8, 0)}
	forward := Freeze{From: date("2026-03-29", 2, 30), To: date("2026-10-25", 2, 30)}
	for _, tt := range []struct {
		name, zone   string
		freeze       Freeze
		now          string
		since, until string
	}{
		{"before", "Asia/Manila", yearEnd, "2026-12-17T23:59:59+08:00", "", ""},
		{"its first moment", "Asia/Manila", yearEnd, "2026-12-18T00:00:00+08:00", "2026-12-18T00:00:00+08:00", "2027-01-04T08:00:00+08:00"},
		{"over the new year", "Asia/Manila", yearEnd, "2027-01-01T00:00:00+08:00", "2026-12-18T00:00:00+08:00", "2027-01-04T08:00:00+08:00"},
		{"its end", "Asia/Manila", yearEnd, "2027-01-04T08:00:00+08:00", "", ""},
		{"the next year", "Asia/Manila", yearEnd, "2027-12-24T12:00:00+08:00", "", ""},
		{"from a time that is skipped", "Europe/Berlin", forward, "2026-03-29T01:30:00+01:00", "2026-03-29T01:30:00+01:00", "2026-10-25T02:30:00+01:00"},
		{"before the earliest reading of it", "Europe/Berlin", forward, "2026-03-29T01:29:59+01:00", "", ""},
		{"to a time that comes twice: after the first", "Europe/Berlin", forward, "2026-10-25T02:30:00+02:00", "2026-03-29T01:30:00+01:00", "2026-10-25T02:30:00+01:00"},
		{"at the second", "Europe/Berlin", forward, "2026-10-25T02:30:00+01:00", "", ""},
		{"to a day that Samoa left out", "Pacific/Apia", Freeze{From: date("2011-12-29", 0, 0), To: date("2011-12-30", 12, 0)}, "2011-12-31T11:59:59+14:00", "2011-12-29T00:00:00-10:00", "2011-12-31T12:00:00+14:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := tt.freeze
			f.Zone = zoneNamed(t, tt.zone)
			checkFreeze(t, f, tt.now, tt.since, tt.until)
		})
	}
}

func checkFreeze(t *testing.T, f Freeze, now, wantSince, wantUntil string) {
	t.Helper()
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		t.Fatal(err)
	}
	since, until, ok := f.Holds(at)
	if !ok && wantSince == "" {
		return
	}
	gotSince, gotUntil := since.In(f.Zone).Format(time.RFC3339), until.In(f.Zone).Format(time.RFC3339)
	if ok != (wantSince != "") || ok && (gotSince != wantSince || gotUntil != wantUntil) {
		t.Errorf("at %s it holds: %t, from %s to %s; want from %q to %q", now, ok, gotSince, gotUntil, wantSince, wantUntil)
	}
}

// No moment of a year lies outside a weekly freeze that its zone's clock shows
// inside: a freeze never lets anything out by a change of the clock.
func TestAWeeklyFreezeHoldsWhateverTheClockShows(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Asia/Manila", "Australia/Lord_Howe"} {
		f := Freeze{Weekly: true, Zone: zoneNamed(t, name), From: on(time.Saturday, 23, 30), To: on(time.Sunday, 2, 20)}
		for at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() == 2026; at = at.Add(10 * time.Minute) {
			shown := at.In(f.Zone)
			minute := shown.Hour()*60 + shown.Minute()
			inside := shown.Weekday() == time.Saturday && minute >= 23*60+30 || shown.Weekday() == time.Sunday && minute < 2*60+20
			if _, _, ok := f.Holds(at); inside && !ok {
				t.Errorf("%s: the clock shows %s, and the freeze does not hold", name, shown)
			}
		}
	}
}
