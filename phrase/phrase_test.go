package phrase_test

import (
	"errors"
	"strings"
	"testing"

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
