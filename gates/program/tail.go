package program

import (
	"slices"
	"strings"
	"sync"
)

// Tail is a writer that keeps the last bytes of a program's output.
type Tail struct {
	limit int

	mu  sync.Mutex
	buf []byte
	cut bool // something before what is kept was cut
}

// NewTail prepares a tail of so many bytes.
func NewTail(limit int) *Tail { return &Tail{limit: limit} }

// Write implements io.Writer; it never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	t.cut = t.cut || len(t.buf) > t.limit
	if len(t.buf) > 2*t.limit {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-t.limit:]...)
	}
	return len(p), nil
}

// String is the end of the output.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ToValidUTF8(string(t.buf[max(0, len(t.buf)-t.limit):]), "?")
}

// Lines are the last lines that say something. The first begins with … where
// more came before it.
func (t *Tail) Lines(n int) []string {
	lines := strings.Split(t.String(), "\n")
	if t.shortened() && strings.TrimSpace(lines[0]) != "" {
		lines[0] = "…" + lines[0]
	}
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.TrimSpace(line) == "" })
	return lines[max(0, len(lines)-n):]
}

func (t *Tail) shortened() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cut
}
