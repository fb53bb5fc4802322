package gates

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxUnits is how many lines, blocks and branches are kept of all reports
// together, which takes some 60 MiB.
const maxUnits = 1_000_000

// covered is what reports say of all files together. Of a line that several
// reports or parts of one speak of, it counts once, and as run if any saw it
// run.
type covered struct {
	files             map[string]*coveredFile
	dir               string // names of files below it are shown and matched from there
	kept              int    // units of all files
	lines, statements bool   // what the reports count
}

// coveredFile is what is known of one file.
type coveredFile struct {
	loose    bool // its name begins where another machine or a module's path says
	units    map[place]unit
	branches map[place]unit

	// statements is how many of the units count, where a report says so: those
	// that are not run, and of the others as many as are left.
	statements int
}

// place tells the units of a file apart: a line by its number, a block of Go by
// the lines and columns that it begins and ends at, a branch of coverage.py by
// the lines that it leaves and enters.
type place [4]int32

// unit is a piece of a file that is run or not: a line, of weight one, or a
// block of statements. Of branches, the weight is how many ways on there are.
type unit struct{ weight, run int32 }

// file finds a file by the name that a report gives it. coverage.py on Windows
// writes it with backslashes.
func (c *covered) file(name string, loose bool) *coveredFile {
	if !strings.Contains(name, "/") {
		name = strings.ReplaceAll(name, `\`, "/")
	}
	if rel, err := filepath.Rel(c.dir, name); err == nil && path.IsAbs(name) && filepath.IsLocal(rel) {
		name, loose = filepath.ToSlash(rel), false
	}
	name = path.Clean(name)
	f := c.files[name]
	if f == nil {
		elsewhere := path.IsAbs(name) || strings.Contains(name, ":/")
		f = &coveredFile{loose: loose || elsewhere, units: map[place]unit{}, branches: map[place]unit{}}
		c.files[name] = f
	}
	return f
}

// see notes that of so many ways through a unit so many were run.
func (c *covered) see(units map[place]unit, at place, weight, run int) error {
	u, known := units[at]
	if !known {
		c.kept++
	}
	if c.kept > maxUnits {
		return refusal(fmt.Sprintf("with it there are more than %d lines, and no more are counted; name fewer reports", maxUnits))
	}
	units[at] = unit{max(u.weight, int32(weight)), max(u.run, int32(min(run, weight)))}
	return nil
}

// cutOff is a reader that ends with its context.
type cutOff struct {
	ctx context.Context
	io.Reader
}

// Read implements [io.Reader].
func (c cutOff) Read(into []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Reader.Read(into)
}

// read takes one report in, in whichever of the three formats it is.
func (c *covered) read(ctx context.Context, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return errors.New(plainCause(err))
	}
	defer f.Close()
	text := bufio.NewReaderSize(io.LimitReader(cutOff{ctx, f}, maxReportSize), 64<<10)
	if mark, _ := text.Peek(3); string(mark) == "\ufeff" { // as some editors and PowerShell begin a file
		_, _ = text.Discard(len(mark))
	}
	start, err := text.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return errors.New(plainCause(err))
	}
	start = bytes.TrimLeft(start, " \t\r\n")
	switch {
	case bytes.HasPrefix(start, []byte("mode:")):
		return c.readGo(text)
	case bytes.HasPrefix(start, []byte("{")):
		return c.readPython(text)
	case bytes.HasPrefix(start, []byte("<")):
		return c.readCobertura(text)
	case len(start) == 0:
		return errors.New("it is empty")
	}
	return errors.New("it is none of Cobertura's XML, coverage.py's JSON and a Go cover profile")
}

// errNoLines says that a report was read to its end in vain. Beside others it
// would go unnoticed, and the files that it should speak of with it.
var errNoLines = errors.New("it holds no line that could be run; see what wrote it")

// readGo reads a profile as go test -coverprofile writes it: after the mode, a
// line name.go:line.column,line.column statements count for each block. Source:
// the format of golang.org/x/tools/cover. Profiles that were joined have
// several modes in them.
func (c *covered) readGo(text *bufio.Reader) error {
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
			return fmt.Errorf("line %d is no line of a Go cover profile", n)
		}
		if err := c.see(c.file(name, true).units, at, statements, run); err != nil {
			return err
		}
		blocks = true
	}
	switch {
	case lines.Err() != nil:
		return errors.New("it has a line that is too long for a Go cover profile")
	case !blocks:
		return errNoLines
	}
	c.statements = true
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

// pythonFile is what coverage json says of one file. The shares in its summary
// are left aside: they are rounded, and count branches in. Among the executed
// lines are some that are no statements: docstrings and lines that are excluded.
type pythonFile struct {
	Executed         []int32    `json:"executed_lines"`
	Missing          []int32    `json:"missing_lines"`
	ExecutedBranches [][2]int32 `json:"executed_branches"`
	MissingBranches  [][2]int32 `json:"missing_branches"`
	Excluded         []int32    `json:"excluded_lines"`
	Summary          struct {
		Statements *int `json:"num_statements"`
	} `json:"summary"`
}

// readPython reads what coverage json writes, file by file. Source:
// coverage.py's documentation, JSON reporting.
func (c *covered) readPython(text io.Reader) error {
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
		return errors.New("it goes on after its end; is it two reports in one?")
	}
	var own refusal
	switch {
	case errors.As(err, &own):
		return own
	case err != nil:
		return fmt.Errorf("its JSON breaks off or is not what coverage json writes, at byte %d", d.InputOffset())
	case !files:
		return errors.New("its JSON names no files, as coverage json does")
	case named == 0:
		return errNoLines
	}
	c.lines = true
	return nil
}

// refusal is a sentence about a report, told apart from what a decoder says.
type refusal string

// Error implements error.
func (r refusal) Error() string { return string(r) }

// object reads a JSON object key by key; value reads what stands at each.
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
func (c *covered) takePython(name string, file pythonFile) error {
	if file.Executed == nil || file.Missing == nil {
		return refusal(fmt.Sprintf("it does not say which lines of %s were run", short(name)))
	}
	slices.Sort(file.Excluded)
	executed := slices.DeleteFunc(file.Executed, func(line int32) bool {
		_, excluded := slices.BinarySearch(file.Excluded, line)
		return excluded
	})
	f := c.file(name, false)
	if n := file.Summary.Statements; n != nil {
		if *n < len(file.Missing) || *n > len(file.Missing)+len(executed) {
			return refusal(fmt.Sprintf("it says that %s has %d statements, and lists other lines", short(name), *n))
		}
		f.statements = max(f.statements, *n)
	}
	for run, lines := range [][]int32{file.Missing, executed} {
		for _, line := range lines {
			if err := c.see(f.units, place{line}, 1, run); err != nil {
				return err
			}
		}
	}
	for run, branches := range [][][2]int32{file.MissingBranches, file.ExecutedBranches} {
		for _, branch := range branches {
			if err := c.see(f.branches, place{branch[0], branch[1]}, 1, run); err != nil {
				return err
			}
		}
	}
	return nil
}
