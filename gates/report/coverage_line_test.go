package report

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// tagSeeds are lines of a report that are nearly plain.
var tagSeeds = []string{
	`<line number="1" hits="1"/>`,
	"\r\n\t<line number=\"2\" hits=\"0\" branch=\"true\" condition-coverage=\"50% (1/2)\" missing-branches=\"4,5\" />\r\n",
	`<line number="3" number="4" hits="1"/>`,
	`<line number="" number="4" hits="1"/>`,
	`<line number="&#53;" hits="1"/>`,
	`<line number="6" hits="1" condition-coverage="1<2"/>`,
	`<line number="7" hits="1" condition-coverage="1>2"/>`,
	`<line number="8" hits="1" condition-coverage="50%&#32;(1/2)" branch="&quot;"/>`,
	`<line number='9' hits="1"/>`,
	`<line number="10"hits="1"/>`,
	`<line number = "11" hits="1"/>`,
	`<line x:number="12" hits="1"/>`,
	`<x:line number="13" hits="1"/>`,
	`<line number="14" hits="1" name="größe"/>`,
	"<line number=\"15\" hits=\"1\" name=\"\xff\"/>",
	"<line number=\"16\" hits=\"1\" name=\"a\nb\x01\"/>",
	`<line number="17"/>`,
	`<line/>`,
	`<line number="18" hits="1" branch="true"><conditions><condition number="0" coverage="50%"/><condition number="1"/></conditions></line>`,
	`<line number="19" hits="1" branch="true" condition-coverage="half"/>`,
	`<!-- <line number="20" hits="1"/> --><![CDATA[<line number="21" hits="1"/>]]><?x <line number="22" hits="1"/>?>`,
	`</lines><line number="23" hits="1"/><lines>`,
	`</lines></class></coverage><line number="24" hits="1"/>`,
	`</lines><methods><method><lines><line number="25" hits="1"/><line number="26" hits="1"/></lines></method><method/><line number="27" hits="0"/></methods><lines>`,
	`</lines><sources><source> <line number="28" hits="1"/>/w</source></sources><lines>`,
	strings.Repeat("<a>", maxDepth-4) + `<line number="29" hits="1"/><b><line number="30" hits="1"/></b>`,
	strings.Repeat("<a>", maxDepth-3) + `<b/><line number="31" hits="1"/>`,
	`<line number="32" hits="1"`,
	`<-line number="33" hits="1"/>`,
	`<line -number="34" hits="1"/>`,
	`<line number="35" hits="1"/ >`,
	`<line number="36" hits="1"//>`,
	`</wrong>`,
}

// aroundTags makes a report of a piece of one.
func aroundTags(piece string) []byte {
	return []byte("<coverage>\n<class filename='a.py'>\n<lines>\n<line number='99' hits='0'/>\n" + piece + "\n<line number=\"98\" hits=\"0\"/></lines>\n</class>\n</coverage>")
}

// FuzzCoberturaTags compares what is read past the decoder with what the decoder reads,
// which gets every byte where no more than one is buffered.
func FuzzCoberturaTags(f *testing.F) {
	for _, seed := range tagSeeds {
		f.Add(aroundTags(seed))
	}
	whole, err := os.ReadFile("testdata/coverage/coverage.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`<?xml version="1.0" encoding="ascii"?><!DOCTYPE coverage SYSTEM "x" [<!ENTITY a "b">]>` + string(aroundTags(tagSeeds[0]))))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, want := tagsRead(bytes.NewReader(text)), tagsRead(iotest.OneByteReader(bytes.NewReader(text)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-decoder +quick):\n%s", diff)
		}
	})
}

// tagsRead is everything that a report says.
func tagsRead(text io.Reader) (all struct {
	Fault, Unknown string
	Lines          bool
	Files          []File
	Units          map[string][2]map[place][2]int32
}) {
	c := NewCoverage("/w", []string{"/w/r"}, false, fstest.MapFS{})
	c.place.begin("/w/r")
	if err := c.readCobertura(bufio.NewReaderSize(text, 64<<10)); err != nil {
		all.Fault = err.Error()
	}
	all.Unknown, all.Lines, all.Files = c.UnknownBranches, c.Lines, c.Files()
	all.Units = map[string][2]map[place][2]int32{}
	for name, file := range c.files {
		all.Units[name] = [2]map[place][2]int32{unitsOf(file.lines), unitsOf(file.ways)}
	}
	return all
}

func unitsOf(s seen) map[place][2]int32 {
	units := map[place][2]int32{}
	for at, u := range s.units {
		units[at] = [2]int32{u.weight, u.run}
	}
	return units
}

// Plain tags are read past the decoder, and no others.
func TestPlainTags(t *testing.T) {
	var tags emptyTags
	for text, want := range map[string]string{
		" \r\n\t<line number=\"1\" hits=\"0\"/>...":   "line",
		`<condition coverage="50% (1/2)" />`:          "condition",
		`<line number="&#49;" hits="0"/>`:             "",
		`<line number="1" hits='0'/>`:                 "",
		`<line number="1" hits="0">`:                  "",
		`<line number="1" hits="0"`:                   "",
		`text <line number="1" hits="0"/>`:            "",
		`<x:line number="1" hits="0"/>`:               "",
		`<line number="1" hits="0"/`:                  "",
		`<line number="1" condition-coverage="1>2"/>`: "",
	} {
		name, n := tags.next([]byte(text))
		if name != want || want != "" && n != strings.Index(text, ">")+1 {
			t.Errorf("%s: got %q and %d bytes, want %q", text, name, n, want)
		}
	}
}
