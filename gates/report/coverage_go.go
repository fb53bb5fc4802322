package report

import (
	"bufio"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// readGo reads a profile as go test -coverprofile writes it: after the mode, a
// line name.go:line.column,line.column statements count for each block. Source:
// the format of golang.org/x/tools/cover. Profiles that were joined have
// several modes in them.
func (c *Coverage) readGo(text *bufio.Reader) error {
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	blocks := false
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if mode, isMode := strings.CutPrefix(line, "mode:"); isMode {
			if !slices.Contains([]string{"set", "count", "atomic"}, strings.TrimSpace(mode)) {
				return fmt.Errorf("line %d names a mode that no Go cover profile has; the modes are set, count and atomic", n)
			}
			continue
		}
		if line == "" {
			continue
		}
		name, at, statements, run, ok := goBlock(line)
		if !ok {
			return fmt.Errorf("line %d is not a line of a Go cover profile; write it again with go test -coverprofile", n)
		}
		if err := c.see(c.goFile(name).lines, at, statements, run); err != nil {
			return err
		}
		blocks = true
	}
	switch {
	case errors.Is(lines.Err(), bufio.ErrTooLong):
		return errors.New("it has a line that is too long for a Go cover profile; write it again with go test -coverprofile")
	case lines.Err() != nil:
		return lines.Err()
	case !blocks:
		return errNoLines
	}
	c.Statements = true
	return nil
}

// goBlock reads one block of a Go profile: its file, its place, and how many of
// its statements were run, all or none.
func goBlock(line string) (name string, at place, statements, run int, ok bool) {
	cut := strings.LastIndex(line, ":")
	fields := strings.Fields(line[cut+1:])
	if cut <= 0 || len(fields) != 3 {
		return "", place{}, 0, 0, false
	}
	corners := strings.FieldsFunc(fields[0], func(r rune) bool { return r == '.' || r == ',' })
	for i, corner := range corners {
		n, err := strconv.ParseUint(corner, 10, 31)
		if err != nil || len(corners) != len(at) {
			return "", place{}, 0, 0, false
		}
		at[i] = int32(n)
	}
	weight, err := strconv.ParseUint(fields[1], 10, 20)
	count, err2 := strconv.ParseUint(fields[2], 10, 64)
	if count > 0 {
		run = int(weight)
	}
	return line[:cut], at, int(weight), run, err == nil && err2 == nil && len(corners) == len(at)
}
