package gates

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// covered is what reports say of all files together. Of a line that several
// reports or parts of one speak of, it counts once, and as run if any saw it
// run.
type covered struct {
	files map[string]*coveredFile
	dir   string // names of files below it are shown and matched from there
}

// coveredFile is what is known of one file.
type coveredFile struct {
	loose    bool             // its name begins where another machine or a module's path says
	units    map[string]*unit // lines by number; of Go, blocks by their place
	branches map[string]*unit // lines that branch, by number
}

// unit is a piece of a file that is run or not: a line, of weight one, or a
// block of statements. Of branches, the weight is how many ways on there are.
type unit struct{ weight, run int }

func (c *covered) file(name string, loose bool) *coveredFile {
	name = filepath.ToSlash(name)
	if rel, err := filepath.Rel(c.dir, name); err == nil && path.IsAbs(name) && filepath.IsLocal(rel) {
		name, loose = filepath.ToSlash(rel), false
	}
	name = path.Clean(name)
	f := c.files[name]
	if f == nil {
		f = &coveredFile{loose: loose || path.IsAbs(name), units: map[string]*unit{}, branches: map[string]*unit{}}
		c.files[name] = f
	}
	return f
}

// see notes that of so many ways through a unit so many were run.
func see(units map[string]*unit, id string, weight, run int) {
	u := units[id]
	if u == nil {
		u = &unit{}
		units[id] = u
	}
	u.weight, u.run = max(u.weight, weight), max(u.run, min(run, weight))
}

// read takes one report in, in whichever of the three formats it is.
func (c *covered) read(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return errors.New(plainCause(err))
	}
	defer f.Close()
	text := bufio.NewReaderSize(io.LimitReader(f, maxReportSize), 64<<10)
	start, err := text.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return errors.New(plainCause(err))
	}
	start = bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\ufeff")), " \t\r\n")
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

// readGo reads a profile as go test -coverprofile writes it: after the mode, a
// line name.go:line.column,line.column statements count for each block. Source:
// the format of golang.org/x/tools/cover.
func (c *covered) readGo(text *bufio.Reader) error {
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "mode:") {
			continue
		}
		name, rest, ok := cutLast(line, ":")
		fields := strings.Fields(rest)
		if !ok || len(fields) != 3 {
			return fmt.Errorf("line %d is no line of a Go cover profile", n)
		}
		statements, err := strconv.Atoi(fields[1])
		count, err2 := strconv.ParseUint(fields[2], 10, 64)
		if err != nil || err2 != nil || statements < 0 {
			return fmt.Errorf("line %d is no line of a Go cover profile", n)
		}
		run := 0
		if count > 0 {
			run = statements
		}
		see(c.file(name, true).units, fields[0], statements, run)
	}
	if lines.Err() != nil {
		return errors.New("it has a line that is too long for a Go cover profile")
	}
	return nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// readPython reads what coverage json writes. The shares in it are left aside:
// they are rounded, and count branches in. Source: coverage.py's documentation,
// JSON reporting.
func (c *covered) readPython(text io.Reader) error {
	var report struct {
		Files map[string]struct {
			Executed        []int   `json:"executed_lines"`
			Missing         []int   `json:"missing_lines"`
			ExecutedBranch  [][]int `json:"executed_branches"`
			MissingBranches [][]int `json:"missing_branches"`
		} `json:"files"`
	}
	if err := json.NewDecoder(text).Decode(&report); err != nil {
		var broken *json.SyntaxError
		if errors.As(err, &broken) {
			return fmt.Errorf("its JSON breaks off or is broken at byte %d", broken.Offset)
		}
		return errors.New("its JSON breaks off or is not what coverage json writes")
	}
	if report.Files == nil {
		return errors.New("its JSON names no files, as coverage json does")
	}
	for name, said := range report.Files {
		f := c.file(name, false)
		for _, line := range said.Executed {
			see(f.units, strconv.Itoa(line), 1, 1)
		}
		for _, line := range said.Missing {
			see(f.units, strconv.Itoa(line), 1, 0)
		}
		for _, branch := range said.ExecutedBranch {
			see(f.branches, fmt.Sprint(branch), 1, 1)
		}
		for _, branch := range said.MissingBranches {
			see(f.branches, fmt.Sprint(branch), 1, 0)
		}
	}
	return nil
}

// readCobertura reads Cobertura's XML, which coverage.py and many others write
// too. The lines under a method are those of its class over again, and the
// rates in attributes are rounded; neither is counted. Source: Cobertura's
// coverage-04.dtd.
func (c *covered) readCobertura(text io.Reader) error {
	d := xml.NewDecoder(text)
	d.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) { return nil, foreign(charset) }
	r := coberturaReader{Decoder: d, all: c}
	for {
		token, err := d.Token()
		var charset foreign
		switch {
		case errors.Is(err, io.EOF) && r.whole:
			return nil
		case errors.As(err, &charset):
			return charset
		case err != nil:
			line, _ := d.InputPos()
			return fmt.Errorf("its XML breaks off or is broken at line %d", line)
		}
		if err := r.take(token); err != nil {
			return err
		}
	}
}

// coberturaReader is one report being read.
type coberturaReader struct {
	*xml.Decoder
	all     *covered
	sources []string
	inside  []string // names of the elements that are open
	file    *coveredFile
	methods int // how many method elements are open
	whole   bool
}

func (r *coberturaReader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return r.open(t)
	case xml.CharData:
		if len(r.inside) > 0 && r.inside[len(r.inside)-1] == "source" {
			if source := strings.TrimSpace(string(t)); source != "" {
				r.sources = append(r.sources, source)
			}
		}
	case xml.EndElement:
		r.inside = r.inside[:len(r.inside)-1]
		switch t.Name.Local {
		case "class":
			r.file = nil
		case "methods":
			r.methods--
		case "coverage":
			r.whole = len(r.inside) == 0
		}
	}
	return nil
}

func (r *coberturaReader) open(t xml.StartElement) error {
	name := t.Name.Local
	if len(r.inside) == 0 && name != "coverage" {
		return fmt.Errorf("its root is <%s>, and Cobertura's is <coverage>", short(name))
	}
	if len(r.inside) >= maxDepth {
		return errors.New("its elements are nested too deep")
	}
	r.inside = append(r.inside, name)
	switch name {
	case "class":
		file := attribute(t, "filename")
		if file == "" {
			line, _ := r.InputPos()
			return fmt.Errorf("the class at line %d names no file", line)
		}
		r.file = r.all.file(r.placed(file), false)
	case "methods":
		r.methods++
	case "line":
		return r.line(t)
	}
	return nil
}

// placed is a class's file below its source folder, where that is below the
// folder that reports are looked for in; else as it is written.
func (r *coberturaReader) placed(file string) string {
	for _, source := range r.sources {
		full := filepath.Join(source, file)
		if rel, err := filepath.Rel(r.all.dir, full); !filepath.IsAbs(file) && err == nil && filepath.IsAbs(source) && filepath.IsLocal(rel) {
			return full
		}
	}
	return file
}

func (r *coberturaReader) line(t xml.StartElement) error {
	if r.file == nil || r.methods > 0 {
		return nil
	}
	number, hits := attribute(t, "number"), attribute(t, "hits")
	count, err := strconv.ParseInt(hits, 10, 64)
	if _, bad := strconv.Atoi(number); err != nil || bad != nil {
		line, _ := r.InputPos()
		return fmt.Errorf("the line at line %d says not how often it was run", line)
	}
	see(r.file.units, number, 1, int(min(count, 1)))
	if run, ways, ok := conditions(attribute(t, "condition-coverage")); ok {
		see(r.file.branches, number, ways, run)
	}
	return nil
}

// conditions reads how many ways on were taken, as in "50% (1/2)".
func conditions(text string) (run, ways int, ok bool) {
	_, inside, found := strings.Cut(text, "(")
	taken, all, split := strings.Cut(strings.TrimSuffix(inside, ")"), "/")
	run, err := strconv.Atoi(taken)
	ways, err2 := strconv.Atoi(all)
	return run, ways, found && split && err == nil && err2 == nil
}
