// Package report reads what test runners, coverage tools and scanners write: JUnit's
// XML, Cobertura's XML, coverage.py's JSON, Go's cover profiles and SARIF. Bytes go in
// and data comes out; gates judge what it means for a release.
//
// # Nouns
//
// [Tests] combines JUnit reports; a [Test] that appears in several of them counts
// once, and [Tests.Tally] counts the tests by outcome. [Coverage] does the same for the
// lines of files. [Findings] combines SARIF reports, which are read as a stream, because
// they may be large.
// [ReadNumbers] finds numbers at a [Path] in any JSON, and [ReadReply] reads the answer of
// a JSON-RPC server such as Odoo.
//
// # What it promises
//
// None of these formats is specified well enough to rely on, so a reader follows what
// the tools were observed to write (docs/compatibility.md, docs/coverage.md). Whatever
// it doesn't know never counts as good: a test with an unknown element has an unknown
// outcome, a total that the tests don't add up to is a doubt, and a truncated file is an
// error. Reading always ends: sizes, depths and counts are limited, and fuzz tests
// check that nothing panics. Errors and doubts are sentences that continue the report's
// name ("it is empty"), and quote at most one line of it.
//
// The caller opens the files. Only Coverage looks at the disk itself, through the
// [fs.FS] that it is given, to find out which file a name means.
package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"gonogo/phrase"
)

// MaxSize is how much of one report is read, in bytes.
const MaxSize = 32 << 20

const maxDepth = 64 // of elements within elements

// limited reads so many bytes of a report, and fails where there are more.
type limited struct {
	io.Reader
	left, most int
}

func newLimited(report io.Reader) *limited { return &limited{report, MaxSize, MaxSize} }

// Read implements [io.Reader].
func (l *limited) Read(into []byte) (int, error) {
	n, err := l.Reader.Read(into[:min(len(into), l.left+1)])
	if n > l.left {
		n, l.left = l.left, 0
		return n, refusal(fmt.Sprintf("it is larger than %d MiB; write it in several files", l.most>>20))
	}
	l.left -= n
	return n, err
}

// refusal is a sentence about a report, told apart from what a decoder says.
type refusal string

// Error implements error.
func (r refusal) Error() string { return string(r) }

// isUTF16 reports whether a file begins with UTF-16's byte order mark, which
// PowerShell's > writes, or with an ASCII character of two bytes.
func isUTF16(start []byte) bool {
	return bytes.Equal(start, []byte("\xff\xfe")) || bytes.Equal(start, []byte("\xfe\xff")) ||
		bytes.Equal(start, []byte("<\x00")) || bytes.Equal(start, []byte("\x00<"))
}

// charsetReader reads reports that name another character set than UTF-8, if it
// is a part of that, or is that under another name.
func charsetReader(charset string, text io.Reader) (io.Reader, error) {
	if slices.Contains([]string{"utf8", "ascii", "us-ascii"}, strings.ToLower(charset)) {
		return text, nil
	}
	return nil, foreign(charset)
}

// foreign is a character set that is not read.
type foreign string

// Error implements error.
func (f foreign) Error() string {
	return fmt.Sprintf("it is written in the character set %s; only UTF-8 is read; have the tool write that", phrase.Excerpt(string(f)))
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func hasAttribute(e xml.StartElement, name string) bool {
	return slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return a.Name.Local == name })
}
