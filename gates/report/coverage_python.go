package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

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
	d := json.NewDecoder(text)
	named, files := 0, false
	err := object(d, func(key string) error {
		if key != "files" {
			var aside json.RawMessage
			return d.Decode(&aside)
		}
		files = true
		return object(d, func(name string) error {
			var file pythonFile
			if err := d.Decode(&file); err != nil {
				return err
			}
			named += len(file.Executed) + len(file.Missing)
			return c.takePython(name, file)
		})
	})
	if _, after := d.Token(); err == nil && !errors.Is(after, io.EOF) {
		return errContinues
	}
	var own refusal
	switch {
	case errors.As(err, &own):
		return own
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

// object reads a JSON object; value reads the value at each key.
func object(d *json.Decoder, value func(key string) error) error {
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return errors.Join(err, errors.New("no object"))
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		if err := value(key.(string)); err != nil { // json gives no other keys
			return err
		}
	}
	_, err := d.Token()
	return err
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
