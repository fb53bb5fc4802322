package commands_test

import (
	"slices"
	"strings"
	"testing"
)

// A time that gonogo does not understand is named, and nothing that was typed
// is lost.
func TestFreezeNamesTheBadTime(t *testing.T) {
	for _, test := range []struct{ said, fault, until, reason string }{
		{"/deploy freeze staging until yesterday the fair", "“yesterday” is not a time gonogo understands. Write 18:00, Mon 08:00, 2026-12-31, 2026-12-31 18:00 or 4h.", "yesterday", "the fair"},
		{"/deploy freeze staging until 25:00", "“25:00” is not a time gonogo understands. Write 18:00, Mon 08:00, 2026-12-31, 2026-12-31 18:00 or 4h.", "25:00", ""},
		{"/deploy freeze staging the fair", "Say until when. Write 18:00, Mon 08:00, 2026-12-31, 2026-12-31 18:00 or 4h.", "", "the fair"},
	} {
		t.Run(test.said, func(t *testing.T) {
			s := newStage(t, "deploy-freeze")
			form := s.asks(t, test.said)
			if got := []string{form.Inputs[0].Initial, form.Inputs[1].Initial}; !slices.Equal(got, []string{test.until, test.reason}) {
				t.Errorf("the form begins with %q", got)
			}
			if said := s.say(t, "U0TL: "+test.said); !strings.Contains(said, test.fault) {
				t.Errorf("said\n%swant %s", said, test.fault)
			}
		})
	}
}

// Who fills in the form hears the same.
func TestFreezeFormNamesTheBadTime(t *testing.T) {
	s := newStage(t, "deploy-freeze")
	if got := s.say(t, "U0TL {until=next week}: /deploy freeze staging the fair"); !strings.Contains(got, "until:“next week” is not a time gonogo understands. Write ") {
		t.Error(got)
	}
}

func TestLiftNamesTheBadTime(t *testing.T) {
	s := newStage(t, "deploy-freeze")
	s.say(t, "U0DEV: /ready release 2.0 0a1b2c3d")
	s.say(t, "U0DEV: /deploy freeze staging until 18:00 the fair")
	said := "/deploy lift freeze@staging 2.0 until tomorrow the login is broken"
	if got := s.say(t, "U0TL: "+said); !strings.Contains(got, "“tomorrow” is not a time gonogo understands. Write ") {
		t.Error(got)
	}
	if inputs := s.asks(t, said).Inputs; inputs[0].Initial != "tomorrow" || inputs[1].Initial != "the login is broken" {
		t.Errorf("the form begins with %q and %q", inputs[0].Initial, inputs[1].Initial)
	}
}

// The title of what a lift lacks names that, and nothing that was given.
func TestLiftIsTitledByWhatItLacks(t *testing.T) {
	s := newStage(t, "deploy-freeze")
	s.say(t, "U0DEV: /ready release 2.0 0a1b2c3d")
	s.say(t, "U0DEV: /deploy freeze staging until 18:00 the fair")
	for said, title := range map[string]string{
		"/deploy lift freeze@staging 2.0":                                      "A lift needs an end time and a reason",
		"/deploy lift freeze@staging 2.0 the login is broken":                  "A lift needs an end time",
		"/deploy lift freeze@staging 2.0 until tomorrow the login is broken":   "A lift needs a valid end time",
		"/deploy lift freeze@staging 2.0 until 2020-01-01 the login is broken": "A lift needs a valid end time",
		"/deploy lift freeze@staging 2.0 until tomorrow":                       "A lift needs a valid end time and a reason",
		"/deploy lift freeze@staging 2.0 until 4h":                             "A lift needs a reason",
	} {
		if got, _, _ := strings.Cut(s.say(t, "U0TL: "+said), "\n"); got != title {
			t.Errorf("%s is titled %q, want %q", said, got, title)
		}
	}
}
