package commands_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gonogo/commands"
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
	reply := commands.Reply{Title: "History", Parts: []commands.Part{
		commands.Fields{{Name: "Release", Value: commands.Say("19.0.2, commit 4a393cde4c8e, opened 2026-11-28")}},
		commands.Lines{commands.Say("It does not undo what the newer version did to the data.")},
		commands.Table{Header: []string{"When", "What", "Who"}, Rows: [][]commands.Text{
			{commands.Say("09:50"), commands.Say("Hold lifted on production: the database was full"), commands.Say("U0DEV")},
			{commands.Say("09:49"), commands.Say("https://example.com/a/very/long/address"), commands.Say("U0TL")},
		}},
	}}
	out := &screen{columns: 40}
	reply.Print(out, time.UTC)
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
	commands.Reply{Title: "T", Parts: []commands.Part{commands.Lines{commands.Say(long)}}}.Print(&out, time.UTC)
	if !strings.Contains(out.String(), long) {
		t.Errorf("the line was broken:\n%s", &out)
	}
}

// However narrow a terminal is, nothing of a table is lost.
func TestNarrowTerminalLosesNothing(t *testing.T) {
	for columns := 1; columns < 60; columns++ {
		out := &screen{columns: columns}
		if err := commands.PrintColumns(out, [][]string{{"ITEM", "FOUND"}, {"suite-passes", "134 of 134 tests passed, 0 skipped in 12 modules"}}); err != nil {
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
