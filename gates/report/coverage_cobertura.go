package report

import (
	"bufio"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"gonogo/phrase"
)

// readCobertura reads Cobertura's XML, which coverage.py and many others write
// too. The rates in attributes are rounded and are left aside. Source: Cobertura's
// coverage-04.dtd.
func (c *Coverage) readCobertura(text *bufio.Reader) error {
	d := xml.NewDecoder(text) // which reads no further than its tokens, as text has ReadByte
	d.CharsetReader = charsetReader
	r := coberturaReader{Decoder: d, text: text, all: c}
	for {
		token, err := d.Token()
		var charset foreign
		var own refusal
		switch {
		case errors.Is(err, io.EOF) && r.whole:
			return r.end()
		case errors.As(err, &charset):
			return charset
		case errors.As(err, &own):
			return own
		case err != nil:
			return fmt.Errorf("its XML is truncated or invalid at line %d; run the tool that wrote it again", r.at())
		}
		if err := r.take(token); err != nil {
			return err
		}
	}
}

// coberturaReader is one report being read.
type coberturaReader struct {
	*xml.Decoder
	text    *bufio.Reader // from which the decoder reads
	plain   emptyTags
	all     *Coverage
	sources []string
	inside  []string // names of the elements that are open
	class   *coberturaClass
	counted bool // whether there was a line
	whole   bool // whether the root has been closed
	starts  []methodStart
	bodies  bool // whether a method has several lines
}

// coberturaClass is the class that is open. The lines under its methods are
// lines of the class, most often those that it lists itself over again.
type coberturaClass struct {
	file         *coveredFile
	methods      int // how many methods elements are open
	inMethod     int // how many lines the method that is open has
	own          bool
	underMethods []coberturaLine
}

// methodStart is the only line of a method. Istanbul notes there where the
// function begins, which is no statement of its own, so that such lines
// count only where the report has methods of several lines too.
type methodStart struct {
	file *coveredFile
	line coberturaLine
}

// coberturaLine is a line, and the ways that it branches into.
type coberturaLine struct {
	at               place
	run, taken, ways int
	body             bool // its method has several lines
}

func (r *coberturaReader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return r.open(t)
	case xml.CharData:
		if source := strings.TrimSpace(string(t)); source != "" && r.within("source") {
			r.sources = append(r.sources, slashed(source))
		}
	case xml.EndElement:
		r.inside = r.inside[:len(r.inside)-1]
		r.whole = len(r.inside) == 0
		if err := r.close(t.Name.Local); err != nil {
			return err
		}
		return r.quick()
	}
	return nil
}

// at is the line of the report that is being read.
func (r *coberturaReader) at() int {
	line, _ := r.InputPos()
	return line + r.plain.lines
}

func (r *coberturaReader) within(element string) bool {
	return len(r.inside) > 0 && r.inside[len(r.inside)-1] == element
}

func (r *coberturaReader) open(t xml.StartElement) error {
	name := t.Name.Local
	switch {
	case r.whole:
		return errContinues
	case len(r.inside) == 0 && name != "coverage":
		return fmt.Errorf("its root element is <%s>, not Cobertura's <coverage>; name only coverage reports here", phrase.Excerpt(name))
	case len(r.inside) >= maxDepth:
		return errors.New("its elements are nested too deep for Cobertura's XML; check the tool that wrote it")
	}
	r.inside = append(r.inside, name)
	switch name {
	case "class":
		file := attribute(t, "filename")
		if file == "" {
			return fmt.Errorf("the class at line %d names no file; check the tool that wrote it", r.at())
		}
		r.class = &coberturaClass{file: r.placed(file)}
	case "methods":
		if r.class != nil {
			r.class.methods++
		}
	case "method":
		if r.class != nil {
			r.class.inMethod = 0
		}
	case "line":
		return r.line(t)
	}
	return nil
}

func (r *coberturaReader) close(name string) error {
	switch {
	case r.class == nil:
	case name == "methods":
		r.class.methods--
	case name == "class":
		class := r.class
		r.class = nil
		for _, line := range class.underMethods {
			if class.own && !line.body {
				r.starts = append(r.starts, methodStart{class.file, line})
				continue
			}
			if err := r.see(class.file, line); err != nil {
				return err
			}
		}
	}
	return nil
}

// end counts what only the whole report shows.
func (r *coberturaReader) end() error {
	if !r.counted {
		return errNoLines
	}
	for _, start := range r.starts {
		if !r.bodies {
			break
		}
		if err := r.see(start.file, start.line); err != nil {
			return err
		}
	}
	r.all.Lines = true
	return nil
}

// placed finds a class's file, whose name begins at one of the source folders:
// at one below the folder that reports are looked for in, where there is one,
// and among several at one that has such a file. Of a report that was made on
// another machine it is known where the file stands if there is one source
// folder only.
func (r *coberturaReader) placed(file string) *coveredFile {
	file = slashed(file)
	if rooted(file) || len(r.sources) == 0 {
		return r.all.file(file, false)
	}
	here := ""
	for _, source := range r.sources {
		full := filepath.Join(source, file)
		if onDrive.MatchString(source) || filepath.IsAbs(source) && !within(r.all.dir, full) {
			continue
		}
		if r.all.exists(full) {
			return r.rooted(full, source, file)
		}
		here = cmp.Or(here, full)
	}
	switch {
	case here != "":
		return r.rooted(here, r.sources[0], file)
	case len(r.sources) == 1:
		return r.rooted(filepath.Join(r.sources[0], file), r.sources[0], file)
	}
	return r.all.file(file, true)
}

// rooted is a file below a source folder.
func (r *coberturaReader) rooted(name, source, file string) *coveredFile {
	f := r.all.file(name, rooted(name))
	if rooted(source) && len(r.sources) == 1 {
		f.below = path.Clean(file)
	}
	return f
}

// exists reports whether a source file exists, whose name begins at the folder of
// reports or, if there are several, somewhere above the report.
func (c *Coverage) exists(name string) bool {
	switch {
	case filepath.IsAbs(name):
	case c.place.several:
		_, found := c.place.source(name)
		return found
	default:
		name = filepath.Join(c.dir, name)
	}
	return c.place.exists(name)
}

func (r *coberturaReader) line(t xml.StartElement) error {
	if r.class == nil {
		return nil
	}
	number, err := strconv.ParseUint(attribute(t, "number"), 10, 31)
	hits, err2 := strconv.ParseUint(attribute(t, "hits"), 10, 64)
	if err != nil || err2 != nil {
		return fmt.Errorf("the line at line %d does not say how often it was run; check the tool that wrote it", r.at())
	}
	line := coberturaLine{at: place{int32(number)}, run: int(min(hits, 1))}
	taken, ways, known := conditions(attribute(t, "condition-coverage"))
	if line.taken, line.ways = taken, ways; !known && branchesOut(t) && r.all.UnknownBranches == "" {
		r.all.UnknownBranches = fmt.Sprintf("line %d of %s", r.at(), r.class.file.report)
	}
	if r.class.methods > 0 {
		r.underMethod(line)
		return nil
	}
	r.class.own = true
	return r.see(r.class.file, line)
}

// underMethod keeps a line of the method that is open.
func (r *coberturaReader) underMethod(line coberturaLine) {
	class := r.class
	class.inMethod++
	if line.body = class.inMethod > 1; line.body {
		class.underMethods[len(class.underMethods)-1].body, r.bodies = true, true
	}
	class.underMethods = append(class.underMethods, line)
}

func (r *coberturaReader) see(f *coveredFile, line coberturaLine) error {
	r.counted = true
	if line.ways > 0 {
		if err := r.all.see(f.ways, line.at, line.ways, line.taken); err != nil {
			return err
		}
	}
	return r.all.see(f.lines, line.at, 1, line.run)
}

// branchesOut reports whether a line says that it branches.
func branchesOut(line xml.StartElement) bool {
	return attribute(line, "branch") == "true" || attribute(line, "condition-coverage") != ""
}

// conditions reads how many ways on were taken, as in "50% (1/2)".
func conditions(text string) (taken, ways int, known bool) {
	_, inside, _ := strings.Cut(text, "(")
	some, all, _ := strings.Cut(strings.TrimSuffix(inside, ")"), "/")
	n, err := strconv.ParseUint(some, 10, 20)
	of, err2 := strconv.ParseUint(all, 10, 20)
	if err != nil || err2 != nil {
		return 0, 0, false
	}
	return int(n), int(of), true
}
