package redact

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestWriter(t *testing.T) {
	secrets := []string{"overlap", "overlapping", "lapse and more", "s3cr3t-of-ours", "another s3cr3t", "postgres://u:p4ssw0rd@host/db", "ключ-от-всего", "the first of\nthe two lines"}
	tests := []struct{ name, printed, want string }{
		{"plain lines", "one\ntwo\n", "one\ntwo\n"},
		{"a secret", "it is s3cr3t-of-ours.", "it is [redacted]."},
		{"a password of an address", "password p4ssw0rd!", "password [redacted]!"},
		{"coloured within a secret", "s3cr3t-\x1b[31mof\x1b[0m-ours", "[redacted]"},
		{"colours and titles", "\x1b[1;32mok\x1b[0m \x1b]0;title\adone \x1b(Bplain", "ok done plain"},
		{"a progress bar", "10%\r20%\r\n", "10%\n20%\n"},
		{"rubbed out within a secret", "s3cr3tx\b-of-ours", "[redacted]"},
		{"a line that is erased", "10%\x1b[2K\x1b[1G20%\n", "10%\n20%\n"},
		{"no UTF-8", "a\xffb", "a?b"},
		{"letters of several bytes", "жук ключ-от-всего жук", "жук [redacted] жук"},
		{"cut within a letter", "end \xd0", "end ?"},
		{"the beginning of a secret", "s3cr3t-of", "s3cr3t-of"},
		{"one within another", "overlap, overlapping.", "[redacted], [redacted]."},
		{"one in the other's end", "an overlapse and more", "an [redacted]se and more"},
		{"one where a long line is cut", strings.Repeat("x", 16<<10-5) + "s3cr3t-of-ours", strings.Repeat("x", 16<<10-5) + "[redacted]"},
		{"one on two lines", "it is the first of\nthe two lines.\n", "it is [redacted].\n"},
		{"bells", "a\a\x00b\tc", "ab\tc"},
	}
	for _, tt := range tests {
		for range 20 {
			var got strings.Builder
			w := NewWriter(&got, secrets)
			for rest := []byte(tt.printed); len(rest) > 0; {
				n := 1 + rand.IntN(len(rest))
				if _, err := w.Write(rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if got.String() != tt.want {
				t.Fatalf("%s: got %q, want %q", tt.name, got.String(), tt.want)
			}
		}
	}
}

// TestWriterAtOnce checks that lines are passed on before Close, for people who watch.
func TestWriterAtOnce(t *testing.T) {
	for _, secrets := range [][]string{nil, {"s3cr3t-of-ours"}} {
		var got strings.Builder
		w := NewWriter(&got, secrets)
		if _, err := w.Write([]byte("at once\ns3cr")); err != nil || !strings.HasPrefix(got.String(), "at once\n") {
			t.Errorf("with %d secrets got %q and %v, want the line before Close", len(secrets), got.String(), err)
		}
		if len(secrets) > 0 && strings.Contains(got.String(), "s3cr") {
			t.Errorf("the beginning of a secret was passed on: %q", got.String())
		}
	}
}
