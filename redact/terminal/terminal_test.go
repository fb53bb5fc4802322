package terminal

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestTerminal(t *testing.T) {
	tests := []struct{ name, printed, watched, end string }{
		{"plain lines", "one\ntwo\n", "one\ntwo\n", "one\ntwo\n"},
		{"Windows lines", "one\r\n\r\ntwo\r\n", "one\n\ntwo\n", "one\n\ntwo\n"},
		{"a line that is not ended", "one\ntwo", "one\ntwo", "one\ntwo"},
		{"colours", "failed: \x1b[1m12\x1b[0m\n", "failed: 12\n", "failed: 12\n"},
		{"colours with colons", "\x1b[38:2::255:0:0m12\x1b[m", "12", "12"},
		{"colours in one letter", "\u009b31m12\u009b0m", "12", "12"},
		{"a title", "\x1b]0;99 tests\a12", "12", "12"},
		{"a title that ends as ECMA says", "\x1b]0;99 tests\x1b\\12", "12", "12"},
		{"a title in one letter", "\u009d0;99 tests\u009c12", "12", "12"},
		{"a title that is never ended", "\x1b]0;99 tests\n12", "\n12", "\n12"},
		{"a link", "\x1b]8;;http://x/99\x1b\\12\x1b]8;;\x1b\\\n", "12\n", "12\n"},
		{"a device's string", "\x1bPq#1\x1b\\12", "12", "12"},
		{"character sets and modes", "\x1b(B12\x1b=\x1b[?25l3", "123", "123"},
		{"a sequence that a line breaks off", "\x1b[3\n12", "\n12", "\n12"},
		{"a bar", "10\r50\r100\n", "10\n50\n100\n", "100\n"},
		{"a bar that begins with the return", "\r10%\r20%\r\n", "10%\n20%\n", "20%\n"},
		{"a shorter text over a longer", "12345\r99\n", "12345\n99\n", "99\n"},
		{"a line that is erased", "10\x1b[2K\x1b[1G50\n", "10\n50\n", "50\n"},
		{"a line that is erased for good", "10%\r\x1b[Kdone: 3\r\x1b[2K\nend\n", "10%\ndone: 3\nend\n", "\nend\n"},
		{"a backspace", "failed: 1\b2\n", "failed: 2\n", "failed: 2\n"},
		{"backspaces that rub out", "1234\b\b\b   \b\b\b7\n", "17  \n", "17  \n"},
		{"backspaces at the beginning", "\b\b12\n", "12\n", "12\n"},
		{"bold by overstriking", "f\bfa\bai\bil\bl: 3\n", "fail: 3\n", "fail: 3\n"},
		{"the cursor back", "12\x1b[2D34\n", "34\n", "34\n"},
		{"the cursor on", "12\x1b[3C34\n", "12   34\n", "12   34\n"},
		{"a column", "12\x1b[6G34\n", "12   34\n", "12   34\n"},
		{"a column beyond all", "1\x1b[99999999G2", "1" + strings.Repeat(" ", maxColumn-1) + "2", "1" + strings.Repeat(" ", maxColumn-1) + "2"},
		{"the line above", "12\x1b[1A34\n", "12\n34\n", "12\n34\n"},
		{"a new screen", "12\x1b[2J\x1b[H34\n", "12\n34\n", "12\n34\n"},
		{"a page feed", "12\f34\v56\u008578", "12\n34\n56\n78", "12\n34\n56\n78"},
		{"what erases the rest", "1234\x1b[2D\x1b[K\n", "12\n", "12\n"},
		{"what erases the beginning", "12\x1b[1K34\n", "  34\n", "  34\n"},
		{"bells and zeros", "a\a\x00b\tc", "ab\tc", "ab\tc"},
		{"no UTF-8", "a\xffb", "a?b", "a?b"},
		{"cut within a letter", "жук \xd0", "жук ?", "жук ?"},
	}
	for _, tt := range tests {
		for range 20 {
			watched, end := &Decoder{}, &Decoder{rewrites: true}
			var got [2]strings.Builder
			for rest := []byte(tt.printed); len(rest) > 0; {
				n := 1 + rand.IntN(len(rest))
				got[0].WriteString(watched.Decode(rest[:n]))
				got[1].WriteString(end.Decode(rest[:n]))
				rest = rest[n:]
			}
			got[0].WriteString(watched.Flush())
			got[1].WriteString(end.Flush())
			if got[0].String() != tt.watched || got[1].String() != tt.end {
				t.Fatalf("%s: got %q and %q in the end, want %q and %q", tt.name, got[0].String(), got[1].String(), tt.watched, tt.end)
			}
		}
	}
}

// A line that never ends isn't kept forever.
func TestTerminalHoldsLittle(t *testing.T) {
	watched := &Decoder{}
	got := watched.Decode([]byte(strings.Repeat("x", 3*maxHeld)))
	if len(got) < 2*maxHeld || len(watched.line) > maxHeld {
		t.Errorf("passed on %d letters and held %d", len(got), len(watched.line))
	}
}
