package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"gonogo/phrase"
)

// pythonFile is what coverage json says of one file. The shares in its summary
// are left aside: they are rounded, and count branches in. Among the executed
// lines are some that are no statements, such as docstrings, lines that are
// excluded, and in an empty file line 0; and among the executed branches some
// that are no ways on, such as out of a decorator into an excluded function.
type pythonFile struct {
	Executed         []int32    `json:"executed_lines"`
	Missing          []int32    `json:"missing_lines"`
	ExecutedBranches [][2]int32 `json:"executed_branches"`
	MissingBranches  [][2]int32 `json:"missing_branches"`
	Excluded         []int32    `json:"excluded_lines"`
	Summary          struct {
		Statements *int `json:"num_statements"`
		Branches   *int `json:"num_branches"`
	} `json:"summary"`
}

// readPython reads what coverage json writes, file by file. Source:
// coverage.py's documentation, JSON reporting.
func (c *Coverage) readPython(text io.Reader) error {
	d := newJSONText(text)
	named, files := 0, false
	err := d.object(func(key []byte) error {
		if string(key) != "files" {
			return d.SkipValue()
		}
		files = true
		return d.object(func(name []byte) error {
			file, path := pythonFile{}, string(name)
			raw, err := d.ReadValue()
			if err == nil {
				err = json.Unmarshal(raw, &file)
			}
			if err != nil {
				return err
			}
			named += len(file.Executed) + len(file.Missing)
			return c.takePython(path, file)
		})
	})
	if _, after := d.ReadToken(); err == nil && !errors.Is(after, io.EOF) {
		return errContinues
	}
	var own refusal
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, jsontext.ErrDuplicateName):
		return d.torn(err, "coverage.py's JSON", "; write it again with coverage json")
	case err != nil:
		return fmt.Errorf("its JSON is truncated or isn't coverage.py's, at byte %d; write it again with coverage json", d.InputOffset())
	case !files:
		return errors.New("its JSON names no files, as that of coverage.py does; write it with coverage json")
	case named == 0:
		return errNoLines
	}
	c.Lines = true
	return nil
}

// takePython takes one file in. How many statements it has is believed only as
// far as the lines that are listed bear it out.
func (c *Coverage) takePython(name string, file pythonFile) error {
	if file.Executed == nil || file.Missing == nil {
		return refusal(fmt.Sprintf("it does not say which lines of %s were run; write it again with coverage json", phrase.Excerpt(name)))
	}
	slices.Sort(file.Excluded)
	executed := slices.DeleteFunc(file.Executed, func(line int32) bool {
		_, excluded := slices.BinarySearch(file.Excluded, line)
		return excluded
	})
	f := c.file(name, false)
	if n := file.Summary.Statements; n != nil {
		if *n < len(file.Missing) || *n > len(file.Missing)+len(executed) {
			return refusal(fmt.Sprintf("its num_statements of %s is %d, and it lists other lines; write it again with coverage json", phrase.Excerpt(name), *n))
		}
		f.lines.tell(*n)
	}
	if err := seePython(c, f.lines, file.Missing, executed, func(line int32) place { return place{line} }); err != nil {
		return err
	}
	if n := file.Summary.Branches; n != nil {
		// A way that no run can take, as out of while True, is counted and listed nowhere: one for a line at most.
		listed := len(file.MissingBranches) + len(file.ExecutedBranches) + len(file.Missing) + len(executed)
		switch {
		case *n < len(file.MissingBranches):
			return refusal(fmt.Sprintf("its num_branches of %s is %d, and it lists more that were not taken; write it again with coverage json", phrase.Excerpt(name), *n))
		case *n > listed:
			return refusal(fmt.Sprintf("its num_branches of %s is %d, and it lists fewer; write it again with coverage json", phrase.Excerpt(name), *n))
		}
		f.jumps.tell(*n)
	}
	return seePython(c, f.jumps, file.MissingBranches, file.ExecutedBranches, func(ends [2]int32) place { return place{ends[0], ends[1]} })
}

// seePython notes what was not run and what was.
func seePython[T any](c *Coverage, s seen, missing, executed []T, at func(T) place) error {
	for run, units := range [][]T{missing, executed} {
		for _, unit := range units {
			if err := c.see(s, at(unit), 1, run); err != nil {
				return err
			}
		}
	}
	return nil
}
