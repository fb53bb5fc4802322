package report

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// maxUnits is how many lines, blocks and branches are kept of all reports
// together, which takes some 60 MiB.
const maxUnits = 1_000_000

// Coverage is what reports say about all files together. A line that several reports,
// or parts of one, contain counts once, and as run if any saw it run. What it keeps is
// limited to about 60 MiB.
type Coverage struct {
	Lines, Statements bool // what the reports count

	// UnknownBranches is the place of the first line that branches without a readable
	// count of the branches taken; empty if there is none.
	UnknownBranches string

	files map[string]*coveredFile
	dir   string // names of files below it are shown and matched from there
	kept  int    // units of all files
	place placement
}

// File is one file of a [Coverage].
type File struct {
	Name     string   // from the folder of the reports if it is below that
	Reported []string // the names that reports give it
	Anywhere bool     // Name begins where another machine or a module's path says
	Guessed  bool     // it is only assumed to be in the folder of its report

	Run, All    int // lines or statements that were run, and those that could be
	Taken, Ways int // ways that lines branch into
}

// coveredFile is what is known about one file.
type coveredFile struct {
	loose    bool            // its name begins where another machine or a module's path says
	lines    seen            // or blocks of Go's
	ways     seen            // as Cobertura counts them, line by line
	jumps    seen            // as coverage.py counts them, each by itself
	reported map[string]bool // the names that reports give it
	guessed  bool            // it is only assumed to be in the folder of its report
	report   string          // the first that names it
	below    string          // its name below the root that the report states; "": none is stated
}

// seen is the coverage of a file's lines, or of their branches.
type seen struct {
	units map[place]unit

	// count is how many of the units count, if a report said so: those that didn't run,
	// and of the others as many as are left.
	count int
	told  bool
}

func newSeen() seen { return seen{units: map[place]unit{}} }

// tell notes how many units count.
func (s *seen) tell(count int) { s.count, s.told = max(s.count, count), true }

// sum is how many units count, and how many of them were run.
func (s seen) sum() (run, all int) {
	for _, u := range s.units {
		run, all = run+int(u.run), all+int(u.weight)
	}
	if s.told {
		return max(0, s.count-(all-run)), s.count
	}
	return run, all
}

// place tells the units of a file apart: a line by its number, a block of Go by
// the lines and columns that it begins and ends at, a branch of coverage.py by
// the lines that it leaves and enters.
type place [4]int32

// unit is a piece of a file that is run or not: a line, of weight one, or a
// block of statements. Of branches, the weight is how many ways on there are.
type unit struct{ weight, run int32 }

// onDrive matches the beginning of an absolute Windows path.
var onDrive = regexp.MustCompile(`^[A-Za-z]:[\\/]|^\\\\`)

// slashed writes a path of Windows, as reports from there have it, with slashes.
func slashed(name string) string {
	if onDrive.MatchString(name) || !strings.Contains(name, "/") {
		return strings.ReplaceAll(name, `\`, "/")
	}
	return name
}

// see notes how many of the ways through a unit were run.
func (c *Coverage) see(s seen, at place, weight, run int) error {
	u, known := s.units[at]
	if !known {
		c.kept++
	}
	if c.kept > maxUnits {
		return refusal(fmt.Sprintf("with it there are more than %d lines, and no more are counted; name fewer reports", maxUnits))
	}
	s.units[at] = unit{max(u.weight, int32(weight)), max(u.run, int32(min(run, weight)))}
	return nil
}

// Read reads one report in any of the three formats. Its name is one of those that
// NewCoverage got.
func (c *Coverage) Read(name string, report io.Reader) error {
	c.place.begin(name)
	from := &head{Reader: report}
	return from.explain(wantedCoverage, c.read(from))
}

func (c *Coverage) read(report io.Reader) error {
	text := bufio.NewReaderSize(newLimited(report), 64<<10)
	if mark, _ := text.Peek(3); string(mark) == "\ufeff" { // as some editors and PowerShell begin a file
		_, _ = text.Discard(len(mark))
	}
	start, err := text.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	start = bytes.TrimLeft(start, " \t\r\n")
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")): // as PowerShell's > writes
		return foreign("UTF-16")
	case bytes.HasPrefix(start, []byte("mode:")):
		return c.readGo(text)
	case bytes.HasPrefix(start, []byte("{")):
		return c.readPython(text)
	case bytes.HasPrefix(start, []byte("<")):
		return c.readCobertura(text)
	case len(start) == 0:
		return errEmpty
	}
	return errors.New("it isn't Cobertura XML, coverage.py's JSON or a Go cover profile; have the coverage tool write one of them")
}

// Files are the files that the reports name, sorted by name. Those that several
// machines have measured are put together, so nothing can be read afterwards.
func (c *Coverage) Files() []File {
	c.unite()
	files := make([]File, 0, len(c.files))
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		f := c.files[name]
		file := File{Name: name, Reported: slices.Sorted(maps.Keys(f.reported)), Anywhere: f.loose, Guessed: f.guessed}
		file.Run, file.All = f.lines.sum()
		file.Taken, file.Ways = f.ways.sum()
		jumped, jumps := f.jumps.sum()
		file.Taken, file.Ways = file.Taken+jumped, file.Ways+jumps
		files = append(files, file)
	}
	return files
}

// errNoLines says that a report has nothing to count. Next to others, it and the files
// that it should cover would go unnoticed.
var errNoLines = errors.New("it contains no executable lines; check the tool that wrote it")
