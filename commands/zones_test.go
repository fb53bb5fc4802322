package commands_test

import (
	"strings"
	"testing"
	"time"
)

// A zone after a time is a part of the time, in the ways people write zones.
func TestFreezeUnderstandsZones(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for said, until := range map[string]string{
		"2025-12-01 18:00":                     "2025-12-01 17:00 UTC", // on the project's clocks
		"2025-12-01 18:00 UTC":                 "2025-12-01 18:00 UTC",
		"2025-12-01 18:00 utc":                 "2025-12-01 18:00 UTC",
		"2025-12-01 18:00 GMT":                 "2025-12-01 18:00 UTC",
		"2025-12-01 18:00 CET":                 "2025-12-01 17:00 UTC",
		"2025-12-01 18:00 UTC+1":               "2025-12-01 17:00 UTC", // as gonogo itself writes it here
		"2025-12-01 18:00 America/New_York":    "2025-12-01 23:00 UTC",
		"2025-12-01 18:00 +02:00":              "2025-12-01 16:00 UTC",
		"2025-12-01 18:00 -0330":               "2025-12-01 21:30 UTC",
		"2025-12-01 18:00 UTC+8":               "2025-12-01 10:00 UTC",
		"2025-12-01 UTC":                       "2025-12-02 00:00 UTC",
		"Tue 08:00 Asia/Manila":                "2025-11-04 00:00 UTC",
		"18:00 UTC":                            "2025-11-03 18:00 UTC",
		"19:30 Asia/Kolkata":                   "2025-11-03 14:00 UTC",
		"04:00 Asia/Kolkata":                   "2025-11-03 22:30 UTC", // tomorrow's, there
		"2025-12-01 18:00 UTC the fair begins": "2025-12-01 18:00 UTC",
	} {
		s := newStage(t, "deploy-freeze")
		s.bot.Options().Zone = berlin
		if !strings.HasSuffix(said, "begins") {
			said += " the fair begins"
		}
		got := s.say(t, "U0DEV: /deploy freeze staging until "+said)
		if !strings.Contains(got, "The fair begins. By U0DEV, until "+until) {
			t.Errorf("%s was answered with\n%s", said, got)
		}
	}
}

// A zone that gonogo does not know, or that several places share, is refused:
// it is neither guessed nor a part of the reason.
func TestFreezeRefusesUnknownZones(t *testing.T) {
	for _, zone := range []string{"PST", "CEST", "Europe/Berln", "america/new_york", "+99:00", "UTC+20"} {
		s := newStage(t, "deploy-freeze")
		got := s.say(t, "U0TL: /deploy freeze staging until 2025-12-01 18:00 "+zone+" the fair")
		want := "gonogo does not know the time zone “" + zone + "”. Write UTC, a name such as Europe/Berlin, or an offset such as +02:00."
		if !strings.Contains(got, want) || strings.Contains(got, "is frozen\n") {
			t.Errorf("%s was answered with\n%s", zone, got)
		}
	}
}

// A time that is over is named as it was understood, with what to do.
func TestFreezeNamesTheTimeThatIsOver(t *testing.T) {
	s := newStage(t, "deploy-freeze")
	s.say(t, "U0DEV: /ready release 2.0 0a1b2c3d")
	got := s.say(t, "U0TL: /deploy freeze staging until 2025-11-01 18:00 +02:00 the fair")
	if !strings.Contains(got, "2025-11-01 16:00 UTC is over. Write a later time.") {
		t.Error(got)
	}
	s.say(t, "U0DEV: /deploy freeze staging until 18:00 the fair")
	got = s.say(t, "U0TL: /deploy lift freeze@staging 2.0 until 2025-11-01 why")
	if !strings.Contains(got, "2025-11-02 00:00 UTC is over. Write a later time.") {
		t.Error(got)
	}
}

// A deployment is scheduled on the project's clocks. A time that they skip or show twice is
// refused, and is understood with an offset.
func TestScheduleWhenClocksChange(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ now, said, want string }{
		{"2025-10-25T12:00:00Z", "at 2025-10-26 01:30", "Plan: 2.0 to staging at 2025-10-26 01:30 UTC+2"},
		{"2025-10-25T12:00:00Z", "at 02:30", "The clocks change then in Europe/Berlin, so that time comes twice or not at all. Say which by an offset, such as 02:30 +02:00."},
		{"2025-10-25T12:00:00Z", "at 2025-10-26 02:30 +02:00", "Plan: 2.0 to staging at 2025-10-26 02:30 UTC+2"},
		{"2025-10-25T12:00:00Z", "at 2025-10-26 02:30 +01:00", "Plan: 2.0 to staging at 2025-10-26 02:30 UTC+1"},
		{"2025-10-25T12:00:00Z", "in 15h", "Plan: 2.0 to staging at 2025-10-26 04:00 UTC+1"},
		{"2025-10-25T12:00:00Z", "at Sun 03:00", "Plan: 2.0 to staging at 2025-10-26 03:00 UTC+1"},
		{"2026-03-28T12:00:00Z", "at 02:30", "that time comes twice or not at all"},
		{"2026-03-28T12:00:00Z", "at 03:30", "Plan: 2.0 to staging at 2026-03-29 03:30 UTC+2"},
	} {
		s := newStage(t, "deploy-scheduled")
		s.bot.Options().Zone = berlin
		now, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		s.clock.add(now.Sub(s.clock.now()))
		s.say(t, "U0DEV: /deploy adopt staging")
		s.say(t, "U0DEV: /ready release 2.0 c0ffee1")
		if got := s.say(t, "U0DEV: /deploy staging "+tt.said); !strings.Contains(got, tt.want) {
			t.Errorf("%s was answered with\n%s\nwant %s", tt.said, got, tt.want)
		}
	}
}
