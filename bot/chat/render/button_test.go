package render

import (
	"encoding/json"
	"strings"
	"testing"

	"gonogo/commands/reply"
)

// A text that is too long for its button comes back from the message that shows it.
func TestLongTextComesBack(t *testing.T) {
	act := reply.Act{Verb: "ready check", Text: strings.Repeat("long & <wide> `ä`\n", 150)}
	r := reply.Reply{Parts: []reply.Part{reply.Actions{{Label: "Check", Act: act}}}}
	text, long := LongText(r)
	if !long || text != act.Text {
		t.Fatalf("long: %t, with the text %q", long, text)
	}
	r.Parts = append(r.Parts, AsWritten(text)...)
	_, blocks := inUTC.Message(r, Full)
	message, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	carried := value(act)
	if length(carried) > maxValue {
		t.Errorf("the button carries %d characters, want %d at most", length(carried), maxValue)
	}
	want, _ := act.Encode()
	if got, ok := Pressed(carried, message); !ok || got != want {
		t.Errorf("pressed %t %q, want %q", ok, got, want)
	}
	if got, ok := Pressed(carried, nil); ok {
		t.Errorf("pressed %q without the message, want nothing", got)
	}
}
