package render

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"gonogo/commands/reply"
)

// TestUnseenIsShown shows what cannot be seen as what it is, wherever it stands
// in a message.
func TestUnseenIsShown(t *testing.T) {
	const written, want = "exe.\u202egpj of محمد 👩\u200d🚀", "exe.<U+202E>gpj of محمد 👩\u200d🚀"
	answer := reply.Reply{Title: written, Summary: written, Parts: []reply.Part{
		reply.Lines{reply.Say(written, reply.Bold(written), reply.Typed(written), reply.LinkTo("https://example.com", written))},
		reply.Fields{{Name: written, Value: reply.Say(written)}},
		reply.Table{Header: []string{written}, Rows: [][]reply.Text{{reply.Say(written)}}},
		reply.Actions{{Label: written, Act: reply.Do("ready status")}},
	}}
	r := Renderer{Location: time.UTC}
	for _, at := range []Fidelity{Full, Sections, TextOnly} {
		text, blocks := r.Message(answer, at)
		raw, err := json.Marshal(blocks)
		if err != nil {
			t.Fatal(err)
		}
		var shown strings.Builder
		encoder := json.NewEncoder(&shown)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode([]any{text, json.RawMessage(raw)}); err != nil {
			t.Fatal(err)
		}
		got := strings.NewReplacer("\\u003c", "<", "\\u003e", ">", "\\u0026", "&").Replace(shown.String())
		got = strings.NewReplacer("&lt;", "<", "&gt;", ">").Replace(got)
		if strings.Contains(got, "\u202e") || strings.Count(got, want) < 9 {
			t.Errorf("fidelity %v shows it %d times:\n%s", at, strings.Count(got, want), got)
		}
	}
}
