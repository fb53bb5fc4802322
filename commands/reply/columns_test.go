package reply_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gonogo/commands/reply"
)

// screen is a terminal of some width.
type screen struct {
	bytes.Buffer
	columns int
}

func (s *screen) Columns() int { return s.columns }

// A terminal breaks lines between words: the cells of a table below one another,
// and paragraphs and fields where the next word does not fit.
func TestPrintFitsTheTerminal(t *testing.T) {
	r := reply.Reply{Title: "History", Parts: []reply.Part{
		reply.Fields{{Name: "Release", Value: reply.Say("19.0.2, commit 4a393cde4c8e, opened 2026-11-28")}},
		reply.Lines{reply.Say("It does not undo what the newer version did to the data.")},
		reply.Table{Header: []string{"When", "What", "Who"}, Rows: [][]reply.Text{
			{reply.Say("09:50"), reply.Say("Hold lifted on production: the database was full"), reply.Say("U0DEV")},
			{reply.Say("09:49"), reply.Say("https://example.com/a/very/long/address"), reply.Say("U0TL")},
		}},
	}}
	out := &screen{columns: 40}
	r.Print(out, time.UTC)
	want := `History
=======

Release  19.0.2, commit 4a393cde4c8e,
         opened 2026-11-28

It does not undo what the newer version
did to the data.

WHEN   WHAT                        WHO
09:50  Hold lifted on production:  U0DEV
       the database was full
09:49  https://example.com/a/very  U0TL
       /long/address
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

// A pipe gets each line whole, for grep.
func TestPrintToAPipeBreaksNoLine(t *testing.T) {
	long := strings.Repeat("word ", 60)
	var out bytes.Buffer
	reply.Reply{Title: "T", Parts: []reply.Part{reply.Lines{reply.Say(long)}}}.Print(&out, time.UTC)
	if !strings.Contains(out.String(), long) {
		t.Errorf("the line was broken:\n%s", &out)
	}
}

// However narrow a terminal is, nothing of a table is lost.
func TestNarrowTerminalLosesNothing(t *testing.T) {
	for columns := 1; columns < 60; columns++ {
		out := &screen{columns: columns}
		if err := reply.PrintColumns(out, [][]string{{"ITEM", "FOUND"}, {"suite-passes", "134 of 134 tests passed, 0 skipped in 12 modules"}}); err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"ITEM", "FOUND", "134", "tests", "skipped", "modules"} {
			if !strings.Contains(out.String(), word) {
				t.Errorf("%d columns lose %q:\n%s", columns, word, out)
			}
		}
		for line := range strings.Lines(out.String()) {
			if columns > 26 && utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > columns {
				t.Errorf("%d columns: %q is longer", columns, line)
			}
		}
	}
}
