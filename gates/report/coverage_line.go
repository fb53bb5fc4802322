package report

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// emptyTags reads past the tags that nearly all of a report in Cobertura's format
// consists of, each a line of source on a line of its own. encoding/xml takes a dozen
// allocations for one.
//
// It takes only what encoding/xml, as FuzzCoberturaTags checks, reads in the same way: an
// empty element in ASCII, with its values in double quotation marks and nothing to
// decode. Whatever else comes is left to the decoder, and so is a tag that is not
// buffered as a whole.
type emptyTags struct {
	attributes []xml.Attr // of the last tag; the next one overwrites them
	lines      int        // how many line breaks were read past
}

// quick reads the lines and conditions that come next, as long as they are plain. The
// decoder must have read no further than the end of a tag.
func (r *coberturaReader) quick() error {
	for len(r.inside) > 0 && len(r.inside) < maxDepth {
		ahead, _ := r.text.Peek(r.text.Buffered()) // reads nothing, so it can't fail
		name, n := r.plain.next(ahead)
		if name != "line" && name != "condition" {
			return nil
		}
		_, _ = r.text.Discard(n) // which are buffered
		r.plain.lines += bytes.Count(ahead[:n], []byte("\n"))
		if name == "condition" {
			continue
		}
		if err := r.line(xml.StartElement{Attr: r.plain.attributes}); err != nil {
			return err
		}
	}
	return nil
}

// next is the name of the empty element that a text begins with, after spaces, and how
// long both are; "" if there is none or it isn't plain.
func (e *emptyTags) next(text []byte) (name string, length int) {
	tag := bytes.TrimLeft(text, " \t\r\n")
	end := bytes.IndexByte(tag, '>')
	if end < len("<a/") || tag[0] != '<' || tag[end-1] != '/' {
		return "", 0
	}
	inside := string(tag[1 : end-1])
	name = inside[:nameLength(inside)]
	if !e.read(inside[len(name):]) {
		return "", 0
	}
	return name, len(text) - len(tag) + end + 1
}

// read reads the attributes of a tag, and reports whether they are plain.
func (e *emptyTags) read(text string) bool {
	e.attributes = e.attributes[:0]
	for {
		rest := strings.TrimLeft(text, " ")
		if rest == "" {
			return true
		}
		name := rest[:nameLength(rest)]
		value, quoted := strings.CutPrefix(rest[len(name):], `="`)
		end := plainLength(value)
		if name == "" || !quoted || end == len(value) || value[end] != '"' {
			return false
		}
		e.attributes = append(e.attributes, xml.Attr{Name: xml.Name{Local: name}, Value: value[:end]})
		text = value[end+1:]
	}
}

// nameLength is how long the name is that a text begins with.
func nameLength(text string) int {
	for i := range len(text) {
		letter := 'a' <= text[i]|0x20 && text[i]|0x20 <= 'z'
		if !letter && (i == 0 || text[i] != '-') {
			return i
		}
	}
	return len(text)
}

// plainLength is how much of a text stands for itself within quotation marks.
func plainLength(text string) int {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '&' || c == '<' {
			return i
		}
	}
	return len(text)
}
