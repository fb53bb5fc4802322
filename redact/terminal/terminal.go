// Package terminal turns what programs print for a terminal into plain lines: valid
// UTF-8, without the sequences that colour characters or move the cursor (ECMA-48 and
// xterm's control sequences). Numbers that a terminal shows apart are never joined: a
// move to another line ends the line.
//
// A [Decoder] reads piece by piece and keeps every state of a rewritten line, as people
// see it while they watch; a [Screen] keeps only the last one, as they see it in the
// end. Both hold back little: a line until it ends, and only the end of a very long
// one. Nothing fails; an unknown sequence is left out.
package terminal

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Decoder decodes what a program prints. The zero value keeps each state of a line. It
// is for one goroutine.
//
//	printing ──ESC──▶ begun ──[──▶ sequence ──letter 0x40–0x7E──▶ printing
//	                   ├─] P X ^ _──▶ command ──BEL, ESC \, line end──▶ printing
//	                   └─0x20–0x2F──▶ selecting ──any other letter──▶ printing
type Decoder struct {
	// rewrites says what a carriage return, or an erased line, means. If set, what
	// comes next replaces the line, as people see it in the end. Otherwise each state
	// of the line becomes a line, as people see it while they watch.
	rewrites bool

	raw      []byte // the beginning of a letter
	state    escape
	params   []rune // parameters of the sequence
	line     []rune // not ended yet
	at       int    // the cursor's place in line
	returned bool   // the cursor was moved to the line's beginning, and nothing was written since
	ended    bool   // a carriage return ended the last line, so a line feed directly after it doesn't end another
	done     strings.Builder
}

// escape is where a terminal is within a control sequence.
type escape int

const (
	printing  escape = iota
	begun            // after ESC
	sequence         // after ESC [
	command          // after ESC ]
	selecting        // after ESC and an intermediate
)

const (
	maxHeld   = 16 << 10 // letters of a line that may still change; of a longer line, the beginning is passed on
	maxColumn = 1000     // that a sequence may move the cursor to
	maxParams = 32       // letters of a sequence that are kept
)

// Text decodes a whole text.
func Text(printed string) string {
	var t Decoder
	return t.Decode([]byte(printed)) + t.Flush()
}

// Decode decodes more output, and returns the text that won't change any more.
func (t *Decoder) Decode(p []byte) string {
	t.raw = append(t.raw, p...)
	end := len(t.raw)
	if cut := lastLetter(t.raw); !utf8.FullRune(t.raw[cut:]) {
		end = cut
	}
	for _, r := range strings.ToValidUTF8(string(t.raw[:end]), "?") {
		t.read(r)
	}
	t.raw = append(t.raw[:0], t.raw[end:]...)
	return t.finished()
}

// Flush returns the last line if it hasn't ended.
func (t *Decoder) Flush() string {
	for _, r := range strings.ToValidUTF8(string(t.raw), "?") {
		t.read(r)
	}
	t.raw = nil
	t.pass()
	return t.finished()
}

func (t *Decoder) finished() string {
	defer t.done.Reset()
	return t.done.String()
}

// lastLetter is where the last letter, or what may be one, begins.
func lastLetter(p []byte) int {
	i := len(p) - 1
	for i > 0 && i > len(p)-utf8.UTFMax && !utf8.RuneStart(p[i]) {
		i--
	}
	return max(i, 0)
}

// read takes one letter. A control letter within a sequence ends it, except for those
// that a command may contain.
func (t *Decoder) read(r rune) {
	switch {
	case r == '\x1b':
		t.state = begun
	case t.state == command && r != '\n' && r != '\r' && r != '\a' && r != '\u009c':
	case unicode.IsControl(r):
		ended := t.state == command && r == '\a'
		t.state = printing
		if !ended {
			t.control(r)
		}
	case t.state == printing:
		t.put(r)
	default:
		t.escaped(r)
	}
}

// escaped takes a letter after ESC.
func (t *Decoder) escaped(r rune) {
	switch {
	case t.state == sequence && r >= 0x20 && r <= 0x3f:
		if len(t.params) < maxParams {
			t.params = append(t.params, r)
		}
	case t.state == sequence:
		t.state = printing
		t.run(r)
	case t.state == begun && r == '[':
		t.state, t.params = sequence, t.params[:0]
	case t.state == begun && strings.ContainsRune("]PX^_", r):
		t.state = command
	case r >= 0x20 && r <= 0x2f:
		t.state = selecting
	default:
		if t.state == begun && strings.ContainsRune("DEMc8", r) { // to another line, or back to a saved position
			t.leave()
		}
		t.state = printing
	}
}

// control takes a letter that moves the cursor, or a C1 letter, which stands for ESC
// and a letter.
func (t *Decoder) control(r rune) {
	switch r {
	case '\n':
		if !t.ended {
			t.end()
		}
		t.ended = false
	case '\r':
		t.restart()
	case '\b':
		t.move(t.at - 1)
	case '\t':
		t.put(r)
	case '\v', '\f', '\u0084', '\u0085', '\u008d':
		t.leave()
	case '\u009b':
		t.state, t.params = sequence, t.params[:0]
	case '\u0090', '\u0098', '\u009d', '\u009e', '\u009f':
		t.state = command
	}
}

// run does what a sequence says, if it moves the cursor or erases.
func (t *Decoder) run(final rune) {
	n := t.param()
	switch final {
	case 'C', 'a':
		t.move(t.at + max(n, 1))
	case 'D':
		t.move(t.at - max(n, 1))
	case 'G', '`':
		if n <= 1 {
			t.restart()
			return
		}
		t.move(n - 1)
	case 'K':
		t.erase(n)
	case 'J':
		if n > 0 {
			t.leave()
			return
		}
		t.erase(0)
	case 'A', 'B', 'E', 'F', 'H', 'd', 'f', 'u':
		t.leave()
	}
}

// param is the number that a sequence begins with; 0 where it has none.
func (t *Decoder) param() int {
	first, _, _ := strings.Cut(string(t.params), ";")
	n, err := strconv.ParseUint(first, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

// put writes a letter where the cursor is.
func (t *Decoder) put(r rune) {
	if t.returned {
		t.line, t.at, t.returned = t.line[:0], 0, false
	}
	t.ended = false
	if t.at == len(t.line) {
		t.line = append(t.line, r)
	} else {
		t.line[t.at] = r
	}
	t.at++
	if len(t.line) > maxHeld {
		t.pass()
	}
}

// move takes the cursor to a column of the line, which grows if need be.
func (t *Decoder) move(to int) {
	t.returned = false
	t.at = min(max(to, 0), max(maxColumn, len(t.line)))
	if gap := t.at - len(t.line); gap > 0 {
		t.line = append(t.line, slices.Repeat([]rune{' '}, gap)...)
	}
}

// erase takes letters away: those from the cursor on (0), those before it (1),
// or all (2).
func (t *Decoder) erase(which int) {
	switch {
	case which == 2 && !t.rewrites:
		t.restart()
	case which == 2, t.returned:
		t.line, t.at = t.line[:0], 0
	case which == 1:
		for i := range t.at {
			t.line[i] = ' '
		}
	default:
		t.line = t.line[:t.at]
	}
}

// restart takes the cursor to the beginning of the line.
func (t *Decoder) restart() {
	if t.rewrites {
		t.at, t.returned = 0, true
		return
	}
	if len(t.line) > 0 {
		t.end()
		t.ended = true
	}
}

// leave takes the cursor to another line.
func (t *Decoder) leave() {
	if len(t.line) > 0 {
		t.end()
	}
}

func (t *Decoder) end() {
	t.pass()
	t.done.WriteByte('\n')
}

// pass gives up the line that is held.
func (t *Decoder) pass() {
	t.done.WriteString(string(t.line))
	t.line, t.at, t.returned = t.line[:0], 0, false
}

// Screen is a writer that passes on what a terminal would show in the end.
type Screen struct {
	decoder Decoder
	out     io.Writer
}

// NewScreen prepares a screen that passes on to a writer.
func NewScreen(out io.Writer) *Screen { return &Screen{Decoder{rewrites: true}, out} }

// Write implements [io.Writer].
func (s *Screen) Write(p []byte) (int, error) {
	_, err := io.WriteString(s.out, s.decoder.Decode(p))
	return len(p), err
}

// Close passes on the line that was never ended. It does not close the other
// writer.
func (s *Screen) Close() error {
	_, err := io.WriteString(s.out, s.decoder.Flush())
	return err
}
