package gates

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// readCobertura reads Cobertura's XML, which coverage.py and many others write
// too. The rates in attributes are rounded and are left aside. Source: Cobertura's
// coverage-04.dtd.
func (c *covered) readCobertura(text io.Reader) error {
	d := xml.NewDecoder(text)
	d.CharsetReader = charsetReader
	r := coberturaReader{Decoder: d, all: c}
	for {
		token, err := d.Token()
		var charset foreign
		switch {
		case errors.Is(err, io.EOF) && r.whole && !r.counted:
			return errNoLines
		case errors.Is(err, io.EOF) && r.whole:
			c.lines = true
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
	class   *coberturaClass
	counted bool // whether there was a line
	whole   bool // whether the root has been closed
}

// coberturaClass is the class that is open. The lines under its methods are
// those of the class over again, or only where each method begins, so they
// count only where the class has none of its own.
type coberturaClass struct {
	file         *coveredFile
	methods      int // how many methods elements are open
	own          bool
	underMethods []coberturaLine
}

// coberturaLine is a line, and the ways that it branches into.
type coberturaLine struct {
	at               place
	run, taken, ways int
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
		return r.close(t.Name.Local)
	}
	return nil
}

func (r *coberturaReader) within(element string) bool {
	return len(r.inside) > 0 && r.inside[len(r.inside)-1] == element
}

func (r *coberturaReader) open(t xml.StartElement) error {
	name := t.Name.Local
	switch {
	case r.whole:
		return errors.New("it goes on after its end; is it two reports in one?")
	case len(r.inside) == 0 && name != "coverage":
		return fmt.Errorf("its root is <%s>, and Cobertura's is <coverage>", short(name))
	case len(r.inside) >= maxDepth:
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
		r.class = &coberturaClass{file: r.placed(file)}
	case "methods":
		if r.class != nil {
			r.class.methods++
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
		if class.own {
			return nil
		}
		for _, line := range class.underMethods {
			if err := r.see(class.file, line); err != nil {
				return err
			}
		}
	}
	return nil
}

// placed finds a class's file, whose name begins at one of the source folders:
// at one below the folder that reports are looked for in, where there is one,
// and among several at one that has such a file. Of a report that was made on
// another machine it is known where the file stands if there is one source
// folder only.
func (r *coberturaReader) placed(file string) *coveredFile {
	file = slashed(file)
	if filepath.IsAbs(file) || onDrive.MatchString(file) || len(r.sources) == 0 {
		return r.all.file(file, false)
	}
	here := ""
	for _, source := range r.sources {
		if onDrive.MatchString(source) {
			continue
		}
		full := filepath.Join(source, file)
		if !filepath.IsAbs(source) {
			full = filepath.Join(r.all.dir, full)
		}
		if rel, err := filepath.Rel(r.all.dir, full); err != nil || !filepath.IsLocal(rel) {
			continue
		}
		if _, err := os.Stat(full); err == nil {
			return r.all.file(full, false)
		}
		here = cmp.Or(here, full)
	}
	switch {
	case here != "":
		return r.all.file(here, false)
	case len(r.sources) == 1:
		return r.all.file(filepath.Join(r.sources[0], file), true)
	}
	return r.all.file(file, true)
}

func (r *coberturaReader) line(t xml.StartElement) error {
	if r.class == nil {
		return nil
	}
	number, err := strconv.ParseUint(attribute(t, "number"), 10, 31)
	hits, err2 := strconv.ParseUint(attribute(t, "hits"), 10, 64)
	if err != nil || err2 != nil {
		line, _ := r.InputPos()
		return fmt.Errorf("the line at line %d does not say how often it was run", line)
	}
	line := coberturaLine{at: place{int32(number)}, run: int(min(hits, 1))}
	line.taken, line.ways = conditions(attribute(t, "condition-coverage"))
	if r.class.methods > 0 {
		r.class.underMethods = append(r.class.underMethods, line)
		return nil
	}
	r.class.own = true
	return r.see(r.class.file, line)
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

// conditions reads how many ways on were taken, as in "50% (1/2)"; none where
// nothing is said of ways.
func conditions(text string) (taken, ways int) {
	_, inside, _ := strings.Cut(text, "(")
	some, all, _ := strings.Cut(strings.TrimSuffix(inside, ")"), "/")
	n, err := strconv.ParseUint(some, 10, 20)
	of, err2 := strconv.ParseUint(all, 10, 20)
	if err != nil || err2 != nil {
		return 0, 0
	}
	return int(n), int(of)
}
