package reply

import (
	"strings"
	"testing"
	"time"
)

// TestUnseenIsShown shows what cannot be seen as what it is, in a terminal and in
// Markdown.
func TestUnseenIsShown(t *testing.T) {
	const written, want = "exe.\u202egpj of محمد 👩\u200d🚀", "exe.<U+202E>gpj of محمد 👩\u200d🚀"
	r := Reply{Title: written, Parts: []Part{
		Lines{Say(written)}, Fields{{Name: written, Value: Say(written)}}, Table{Header: []string{written}, Rows: [][]Text{{Say(written)}}},
	}}
	var terminal, document strings.Builder
	r.Print(&terminal, time.UTC)
	r.Markdown(&document, time.UTC)
	for place, got := range map[string]string{"the terminal": terminal.String(), "Markdown": strings.ReplaceAll(document.String(), `\`, "")} {
		if n := strings.Count(strings.ToLower(got), strings.ToLower(want)); n != 6 || strings.Contains(got, "\u202e") {
			t.Errorf("%s shows it %d times, want 6:\n%q", place, n, got)
		}
	}
}
