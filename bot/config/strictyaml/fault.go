package strictyaml

import (
	"cmp"
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with a file, and what to do about it.
type Fault struct {
	File         string
	Line, Column int // from 1; 0 when the fault is with the file as a whole
	Problem      string
}

// String writes a fault as compilers do: file:line:column: sentence.
func (f Fault) String() string {
	if f.Line == 0 {
		return f.File + ": " + f.Problem
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Problem)
}

// Faults is everything that is wrong with a file, in the order of the file.
type Faults []Fault

// Error lists the faults, one a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// Pos is a position in the file. The zero Pos is nowhere.
type Pos struct{ Line, Column int } // from 1

// SetPos is how the decoder tells a struct that embeds a Pos where its mapping begins.
func (p *Pos) SetPos(at Pos) { *p = at }

// String is "line 3".
func (p Pos) String() string { return fmt.Sprintf("line %d", p.Line) }

// Compare orders positions as the file does.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}
