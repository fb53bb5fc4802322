package report

import (
	"bufio"
	"bytes"
	"io"
)

// maxTexts is how many bytes of the texts within a test are read, what it printed aside.
// It leaves maxFailureText even where each character is written as a reference.
const maxTexts = 64 * maxFailureText

const filterSize = 64 << 10 // bytes that an outputFilter looks at together

var lineBreaks = bytes.Repeat([]byte("\n"), filterSize)

// outputFilter passes on a report in JUnit's format without what tests printed
// (<system-out>, <system-err>) and with long texts cut: a report of 100 MB is output for
// the most part, of which nothing is needed, and encoding/xml would hold each text in
// memory as a whole. What is between angle brackets is passed on as it is. So are the
// line breaks of what is left out, so that the decoder counts lines correctly.
type outputFilter struct {
	from *bufio.Reader
	step func() error // reads on, and sets next
	next []byte       // to be passed on; valid until from is read again
	err  error        // to be returned after it

	name  []byte // the beginning of the tag that is being read
	quote byte   // the quotation mark that is open in it, or 0
	last  byte   // the last byte of it
	open  int    // how many elements with output are open
	texts int    // how many bytes of text were passed on of this test
}

func newOutputFilter(report io.Reader) *outputFilter {
	f := &outputFilter{from: bufio.NewReaderSize(report, filterSize)}
	f.step = f.inText
	return f
}

// Read implements [io.Reader].
func (f *outputFilter) Read(into []byte) (int, error) {
	for len(f.next) == 0 {
		if f.err != nil {
			return 0, f.err
		}
		f.err = f.step()
	}
	n := copy(into, f.next)
	f.next = f.next[n:]
	return n, nil
}

// window is what has been read ahead, at least so many bytes unless the report ends or
// fails.
func (f *outputFilter) window(least int) ([]byte, error) {
	if window, err := f.from.Peek(least); err != nil {
		return window, err
	}
	return f.from.Peek(f.from.Buffered())
}

// until takes what comes before an end, or a part of it. The end itself is left.
func (f *outputFilter) until(end string) (piece []byte, found bool, err error) {
	window, err := f.window(len(end))
	n := bytes.Index(window, []byte(end))
	found = n >= 0
	if !found {
		n = len(window)
		if err == nil {
			n -= len(end) - 1 // an end may have begun
		}
	}
	_, _ = f.from.Discard(n)
	return window[:n], found, err
}

// inText reads text between tags.
func (f *outputFilter) inText() error {
	text, found, err := f.until("<")
	f.pass(text)
	if found {
		f.step = f.atBracket
		return nil
	}
	return err
}

// atBracket finds out what an angle bracket begins.
func (f *outputFilter) atBracket() error {
	for _, markup := range []struct{ begin, end string }{{"<![CDATA[", "]]>"}, {"<!--", "-->"}, {"<?", "?>"}} {
		if window, _ := f.from.Peek(len(markup.begin)); string(window) == markup.begin {
			_, _ = f.from.Discard(len(markup.begin))
			f.next = []byte(markup.begin)
			f.step = func() error { return f.inMarkup(markup.end, markup.end == "]]>") }
			return nil
		}
	}
	_, _ = f.from.Discard(1)
	f.next = []byte("<")
	f.step, f.name, f.quote, f.last = f.inTag, f.name[:0], 0, 0
	return nil
}

// inMarkup reads a comment, an instruction or a text that is quoted as a whole, up to
// its end.
func (f *outputFilter) inMarkup(end string, text bool) error {
	piece, found, err := f.until(end)
	switch {
	case text:
		f.pass(piece)
	default:
		f.next = piece
	}
	if found {
		f.step = func() error { return f.afterMarkup(end) }
		return nil
	}
	return err
}

func (f *outputFilter) afterMarkup(end string) error {
	_, err := f.from.Discard(len(end))
	f.next, f.step = []byte(end), f.inText
	return err
}

// inTag reads a tag to its end, which may be in a value in quotation marks too.
func (f *outputFilter) inTag() error {
	window, err := f.window(1)
	n, ended := 0, false
	for n < len(window) && !ended {
		ended = f.tagByte(window[n])
		n++
	}
	f.next = window[:n]
	_, _ = f.from.Discard(n)
	if ended {
		f.endTag()
		f.step = f.inText
		return nil
	}
	return err
}

// tagByte takes a byte of a tag, and reports whether it ends the tag.
func (f *outputFilter) tagByte(b byte) (ends bool) {
	switch {
	case f.quote != 0:
		if b == f.quote {
			f.quote = 0
		}
	case b == '>':
		return true
	case b == '"' || b == '\'':
		f.quote = b
	}
	if len(f.name) < 64 {
		f.name = append(f.name, b)
	}
	f.last = b
	return false
}

// endTag notes what the tag that was read opens or closes.
func (f *outputFilter) endTag() {
	closing := bytes.HasPrefix(f.name, []byte("/"))
	name := bytes.TrimPrefix(f.name, []byte("/"))
	if n := bytes.IndexAny(name, " \t\r\n/"); n >= 0 {
		name = name[:n]
	}
	name = name[bytes.IndexByte(name, ':')+1:]
	switch string(name) {
	case "testcase":
		f.texts = 0
	case "system-out", "system-err":
		switch {
		case closing:
			f.open = max(f.open-1, 0)
		case f.last != '/':
			f.open++
		}
	}
}

// pass passes a text on, or as much of it as is needed, which ends between two words
// where it is cut, and thus in no character and no reference to one.
func (f *outputFilter) pass(text []byte) {
	room := maxTexts - f.texts
	switch {
	case f.open > 0:
		f.next = lineBreaks[:bytes.Count(text, []byte("\n"))]
	case len(text) <= room:
		f.texts += len(text)
		f.next = text
	default:
		f.texts = maxTexts
		kept := bytes.LastIndexAny(text[:room], " \n") + 1
		f.next = append(bytes.Clone(text[:kept]), lineBreaks[:bytes.Count(text[kept:], []byte("\n"))]...)
	}
}
