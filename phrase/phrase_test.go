package phrase_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gonogo/phrase"
)

func TestCount(t *testing.T) {
	for want, got := range map[string]string{
		"0 gates":    phrase.Count(0, "gate"),
		"1 gate":     phrase.Count(1, "gate"),
		"2 gates":    phrase.Count(2, "gate"),
		"1 record":   phrase.Count(uint64(1), "record"),
		"1 branch":   phrase.Count(1, "branch", "branches"),
		"2 branches": phrase.Count(2, "branch", "branches"),
		"1 more":     phrase.Count(1, "more", "more"),
		"3 more":     phrase.Count(3, "more", "more"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestExcerpt(t *testing.T) {
	ä79, ä80 := strings.Repeat("ä", 79), strings.Repeat("ä", 80)
	for text, want := range map[string]string{
		"":                      "",
		" one\n\ttext \r\n of ": "one text of",
		ä80:                     ä80,
		ä80 + "ä":               ä79 + "…",
		ä79 + "\n\nb":           ä79 + "…",
	} {
		if got := phrase.Excerpt(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestUpTo(t *testing.T) {
	for want, names := range map[string][]string{"": nil, "a": {"a"}, "a, b": {"a", "b"}, "a, b and 1 more": {"a", "b", "c"}} {
		if got := phrase.UpTo(2, names); got != want {
			t.Errorf("%q became %q, want %q", names, got, want)
		}
	}
}

func TestCause(t *testing.T) {
	for given, want := range map[string]string{"it is gone": "it is gone", "it is gone. ": "it is gone", "": ""} {
		if got := phrase.Cause(errors.New(given)); got != want {
			t.Errorf("%q became %q, want %q", given, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, tt := range []struct {
		text string
		most int
		want string
	}{
		{"the database", 12, "the database"},
		{"the database is full", 17, "the database is…"},
		{"the database, is full", 14, "the database…"},
		{"a verylongwordwithoutspaces", 10, "a verylon…"},
		{"größe größe größe", 12, "größe größe…"},
	} {
		if got := phrase.ShortenAtWord(tt.text, tt.most); got != tt.want || len([]rune(got)) > tt.most {
			t.Errorf("%q in %d letters became %q, want %q", tt.text, tt.most, got, tt.want)
		}
	}
}

func TestMoment(t *testing.T) {
	at := time.Date(2026, 11, 29, 18, 31, 0, 0, time.UTC)
	for zone, want := range map[string]string{
		"UTC": "2026-11-29 18:31 UTC", "Asia/Manila": "2026-11-30 02:31 UTC+8", "America/Los_Angeles": "2026-11-29 10:31 UTC-8",
		"America/St_Johns": "2026-11-29 15:01 UTC-3:30", "Asia/Kathmandu": "2026-11-30 00:16 UTC+5:45", "Europe/London": "2026-11-29 18:31 UTC",
	} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := phrase.Moment(at, location); got != want {
			t.Errorf("%s: %q, want %q", zone, got, want)
		}
	}
}

func TestCounts(t *testing.T) {
	for n, want := range []string{"0 of 3 modules", "1 of 1 module"} {
		if got := phrase.Of(n, 3-2*n, "module"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for n, want := range map[int]string{1: "the module is", 2: "both modules are", 3: "all 3 modules are"} {
		if got := phrase.All(n, "module") + " " + phrase.Is(n); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
