package checked

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"gonogo/commands/reply"
	"gonogo/phrase"
	"gonogo/readiness"
	"gonogo/readiness/answer"
)

// Progress says which gates are being measured, while they are: on a terminal in one line
// that is rewritten, elsewhere in a line for each gate that is done.
type Progress struct {
	out   io.Writer
	live  bool
	total int
	now   func() time.Time

	mu      sync.Mutex
	done    int
	bad     int
	running []running
}

// running is a gate that is being measured.
type running struct {
	name, title string
	since       time.Time
}

// NewProgress makes a Progress of so many gates. On a [reply.Screen] with a width it
// rewrites its line.
func NewProgress(out io.Writer, total int, now func() time.Time) *Progress {
	screen, ok := out.(reply.Screen)
	return &Progress{out: out, live: ok && screen.Columns() > 0, total: total, now: now}
}

// Begin notes that a gate is being measured.
func (p *Progress) Begin(name, title string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = append(p.running, running{name, title, p.now()})
	p.redraw()
}

// End notes what a gate has found.
func (p *Progress) End(name string, v answer.Verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if !v.LetsThrough() {
		p.bad++
	}
	i := slices.IndexFunc(p.running, func(r running) bool { return r.name == name })
	if i < 0 {
		return
	}
	ended := p.running[i]
	p.running = slices.Delete(p.running, i, i+1)
	if !p.live {
		fmt.Fprintf(p.out, "%d of %d: %s: %s (%s)\n", p.done, p.total, word(v), line(ended.title), readiness.Span(p.now().Sub(ended.since).Round(100*time.Millisecond)))
		return
	}
	p.redraw()
}

// Tick says again how long the gates have been measured.
func (p *Progress) Tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.redraw()
}

// Clear removes the line, so that the report can follow.
func (p *Progress) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live {
		fmt.Fprint(p.out, erased)
	}
	p.live = false
}

// erased returns to the beginning of a line and erases it (ECMA-48).
const erased = "\r\x1b[K"

func (p *Progress) redraw() {
	if !p.live {
		return
	}
	width := p.out.(reply.Screen).Columns()
	text := p.line()
	if utf8.RuneCountInString(text) >= width {
		text = string([]rune(text)[:max(0, width-2)]) + "…"
	}
	fmt.Fprint(p.out, erased+text)
}

// line is what is done and what isn't; what takes longest is named first.
func (p *Progress) line() string {
	text := fmt.Sprintf("%d of %s", p.done, phrase.Count(p.total, "gate"))
	if p.bad > 0 {
		text += fmt.Sprintf(", %d not passed", p.bad)
	}
	var names []string
	for _, r := range p.running {
		names = append(names, line(r.title)+" ("+readiness.Span(p.now().Sub(r.since).Truncate(time.Second))+")")
	}
	if len(names) == 0 {
		return text
	}
	return text + " · " + strings.Join(names, ", ")
}
