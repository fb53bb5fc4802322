package render

import (
	"testing"
	"time"

	"github.com/slack-go/slack"

	"gonogo/commands/reply"
)

// On a phone a table is as wide as three words: its cells wrap, and each reader
// gets its times in their own zone, as everywhere else.
func TestTablesFitAPhone(t *testing.T) {
	at := time.Date(2026, 11, 28, 9, 45, 0, 0, time.UTC)
	table := reply.Table{Header: []string{"When", "What"}, Rows: [][]reply.Text{{reply.Say(reply.Time(at)), reply.Say("approved")}}}
	shown := inUTC.blocks(reply.Reply{Title: "History", Parts: []reply.Part{table}}, Full)
	block, ok := shown[len(shown)-1].(*slack.TableBlock)
	if !ok {
		t.Fatalf("the last block is %T, want a table", shown[len(shown)-1])
	}
	if len(block.ColumnSettings) != 2 || !block.ColumnSettings[0].IsWrapped || !block.ColumnSettings[1].IsWrapped {
		t.Errorf("columns are %+v, want two that wrap", block.ColumnSettings)
	}
	cell := asSlackReads(shown)[len(shown)-1].(map[string]any)["rows"].([]any)[1].([]any)[0].(map[string]any)
	span := cell["elements"].([]any)[0].(map[string]any)["elements"].([]any)[0].(map[string]any)
	if span["type"] != "date" || span["timestamp"] != float64(at.Unix()) || span["fallback"] != "28 Nov 2026 09:45 UTC" {
		t.Errorf("a time is %v, want a date that Slack shows in the reader's zone", span)
	}
}

// A time that Slack does not take as a date is written out.
func TestImpossibleDatesAreText(t *testing.T) {
	for _, at := range []time.Time{{}, time.Unix(10_000_000_000, 0)} {
		elements, _ := inUTC.rich(reply.Say(reply.Time(at)), maxCell)
		if _, ok := elements[0].(*slack.RichTextSectionTextElement); !ok {
			t.Errorf("%v is %T, want text", at, elements[0])
		}
	}
}
