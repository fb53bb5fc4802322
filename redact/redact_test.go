package redact

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestLine(t *testing.T) {
	secrets := []string{"postgres://gonogo:p%40ss/w0rd@db/odoo", "hunter2", "hunter2-longer", "two\nlines", `quo"ted`, "abc"}
	tests := map[string]string{
		"it is hunter2":                            "it is [redacted]",
		"it is hunter2-longer.":                    "it is [redacted].",
		"two lines, two\nlines":                    "[redacted], [redacted]",
		`said "quo\"ted"`:                          `said "[redacted]"`,
		"at https://bob:builder@host/x":            "at https://[redacted]@host/x",
		"short ones stay: abc":                     "short ones stay: abc",
		"cut off: hunter2-lon…":                    "cut off: [redacted]",
		"cut off: hun…":                            "cut off: hun…",
		`cut off: "hunter2-lon…" and he…`:          `cut off: "[redacted]" and he…`,
		"…er2-longer, and …2-long":                 "[redacted], and …2-long",
		"a \x1b[31mcolour\x00 and \xff":            "a colour and ?",
		"failed: \x1b[1m12\x1b[0m, hun\x1b[4mter2": "failed: 12, [redacted]",
		"10%\r20%":                                 "10% 20%",
		strings.Repeat("ä", MaxLine+1):             strings.Repeat("ä", MaxLine-1) + "…",
		"Basic Z29ub2dvOnBAc3MvdzByZA==":           "Basic [redacted]",
		"by itself p@ss/w0rd or p%40ss%2Fw0rd":     "by itself [redacted] or [redacted]",
	}
	r := New(append(secrets, "postgres://gonogo:p%40ss%2Fw0rd@db/odoo"))
	for _, text := range slices.Sorted(maps.Keys(tests)) {
		if got := r.Line(text); got != tests[text] {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, tests[text])
		}
	}
}

// If only the beginning of a text is read, no beginning of a secret is left at its end.
func TestLongLine(t *testing.T) {
	const secret = "hunter2-longer"
	colours := strings.Repeat("\x1b[31m", mostRead) // of which nothing is left
	for _, before := range []int{0, 1, MinLength, len(secret) - 1, len(secret), 100} {
		text := colours[:mostRead-before-len("it is ")] + "it is " + secret + strings.Repeat(" and more", 10_000)
		if got := Line(text, []string{secret}); strings.Contains(got, secret[:MinLength]) {
			t.Errorf("with %d bytes of it read: %q", before, got)
		}
	}
}

// Wherever the text is cut, also within a letter or among colors, no beginning of a
// secret is left.
func TestLongLineWithinALetter(t *testing.T) {
	for _, secret := range []string{"ключ-от-всего", "hun\x1b[1mter2\x1b[0m-longer"} {
		known := strings.NewReplacer("\x1b[1m", "", "\x1b[0m", "").Replace(secret)
		colours := strings.Repeat("\x1b[31m", mostRead)
		for before := range len(secret) + 1 {
			text := colours[:mostRead-before-len("it is ")] + "it is " + secret + strings.Repeat(" and more", 10_000)
			if got := Line(text, []string{known}); strings.Contains(got, string([]rune(known)[:MinLength])) {
				t.Errorf("with %d bytes of %q read: %q", before, known, got)
			}
		}
	}
}

// If the beginnings or ends of several secrets match, the longest is removed; the
// others would leave some of it.
func TestCutOfSeveralSecrets(t *testing.T) {
	secrets := []string{"pretend-it", "tend-to-be-much-longer", "a-very-long-one-tend", "its-tendency", "whole-tend"}
	for text, want := range map[string]string{
		"it is pretend-…":   "it is [redacted]",
		"…-tendency":        "[redacted]",
		"it is whole-tend…": "it is [redacted]…", // all of one, and the beginning of another
	} {
		if got := Line(text, secrets); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestCutText changes what is left of a secret, and nothing else.
func TestCutText(t *testing.T) {
	r := New([]string{"hunter2-longer"})
	for text, want := range map[string]string{
		"\tsaid hunter2-longer\nand hunter2-lon…": "\tsaid [redacted]\nand [redacted]",
		"…er2-longer; see http://me:word@x/\x1b":  "[redacted]; see http://me:word@x/\x1b",
		"a title that was cut…":                   "a title that was cut…",
	} {
		if got := r.CutText(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// TestLineShowsUnseen checks that invisible characters are shown as code points.
func TestLineShowsUnseen(t *testing.T) {
	for text, want := range map[string]string{
		"exe.\u202egpj": "exe.<U+202E>gpj", "one\u2028two": "one<U+2028>two", "a\u00adb": "a<U+00AD>b", "محمد 👩\u200d🚀": "محمد 👩\u200d🚀",
	} {
		if got := Line(text, nil); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
