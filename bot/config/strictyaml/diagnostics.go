package strictyaml

import (
	"fmt"
	"slices"
)

// diagnostics collects faults. What an anchor names is decoded once for each of
// its aliases; its faults are listed once.
type diagnostics struct {
	file   string
	faults Faults
	known  map[Fault]bool
	count  int // faults met, repeats included
}

func (d *diagnostics) add(at Pos, format string, args ...any) {
	d.count++
	f := Fault{d.file, at.Line, at.Column, fmt.Sprintf(format, args...)}
	if d.known[f] {
		return
	}
	if d.known == nil {
		d.known = map[Fault]bool{}
	}
	d.known[f] = true
	d.faults = append(d.faults, f)
}

// err is the faults in the order of the file, or nil.
func (d *diagnostics) err() error {
	if len(d.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(d.faults, func(x, y Fault) int {
		return Pos{x.Line, x.Column}.Compare(Pos{y.Line, y.Column})
	})
	return d.faults
}
