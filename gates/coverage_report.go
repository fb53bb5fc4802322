package gates

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
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
	place             placement
}

// coveredFile is what is known of one file.
type coveredFile struct {
	loose    bool            // its name begins where another machine or a module's path says
	lines    seen            // or blocks of Go's
	ways     seen            // as Cobertura counts them, line by line
	jumps    seen            // as coverage.py counts them, each by itself
	reported map[string]bool // the names that reports give it
	guessed  bool            // that it is in the folder of its report is not known from anything else
	report   string          // the first that names it
	below    string          // its name below the root that the report states; "" where none is stated
}

// seen is what was seen of a file's lines, or of the ways that they branch
// into.
type seen struct {
	units map[place]unit

	// count is how many of the units count, where a report told so: those that
	// are not run, and of the others as many as are left.
	count int
	told  bool
}

func newSeen() seen { return seen{units: map[place]unit{}} }

// tell takes in how many units count.
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

// onDrive is how a whole path of Windows begins.
var onDrive = regexp.MustCompile(`^[A-Za-z]:[\\/]|^\\\\`)

// slashed writes a path of Windows, as reports from there have it, with slashes.
func slashed(name string) string {
	if onDrive.MatchString(name) || !strings.Contains(name, "/") {
		return strings.ReplaceAll(name, `\`, "/")
	}
	return name
}

// see notes that of so many ways through a unit so many were run.
func (c *covered) see(s seen, at place, weight, run int) error {
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
	c.place.begin(file)
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
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")): // as PowerShell's > writes
		return foreign("UTF-16")
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

// refusal is a sentence about a report, told apart from what a decoder says.
type refusal string

// Error implements error.
func (r refusal) Error() string { return string(r) }
