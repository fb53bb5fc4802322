package phrase_test

import (
	"errors"
	"testing"

	"gonogo/runs/phrase"
)

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
		if got := phrase.Shorten(tt.text, tt.most); got != tt.want || len([]rune(got)) > tt.most {
			t.Errorf("%q in %d letters became %q, want %q", tt.text, tt.most, got, tt.want)
		}
	}
}
