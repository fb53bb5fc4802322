package github_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"gonogo/clients/github"
)

// TestLongTexts: what is sent fits into what GitHub takes, and says where it
// was cut.
func TestLongTexts(t *testing.T) {
	const note = "\n\n_The rest is left out: GitHub takes 65,536 characters at most._\n"
	lines := strings.Repeat(strings.Repeat("ä", 99)+"\n", 700)
	tests := []struct {
		name, title, body   string
		wantTitle, wantBody string // how they end
		cut                 bool
	}{
		{"as it is", strings.Repeat("ö", 256), strings.Repeat("ü", 65536), "ö", "ü", false},
		{"a line too long", strings.Repeat("ö", 257), strings.Repeat("ü", 65537), "ö…", "ü" + note, true},
		{"at a line", "a", lines, "a", "ää" + note, true},
		{"within code", "a", "```\n" + lines + "```\n", "a", "ä\n```" + note, true},
		{"after code", "a", "```\nx\n```\n" + lines, "a", "ä" + note, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			play(t, says(201, issueJSON), func(t *testing.T, w *world) {
				if _, err := w.client.Create(t.Context(), github.Draft{Title: test.title, Body: test.body}); err != nil {
					t.Fatal(err)
				}
				var sent struct{ Title, Body string }
				if err := json.Unmarshal([]byte(w.asked()[0].body), &sent); err != nil {
					t.Fatal(err)
				}
				if !strings.HasSuffix(sent.Title, test.wantTitle) || utf8.RuneCountInString(sent.Title) > 256 {
					t.Errorf("the title has %d characters and ends in %q, want %q", utf8.RuneCountInString(sent.Title), tail(sent.Title), test.wantTitle)
				}
				n := utf8.RuneCountInString(sent.Body)
				if !strings.HasSuffix(sent.Body, test.wantBody) || n > 65536 || (sent.Body != test.body) != test.cut || n < 65000 {
					t.Errorf("the body has %d characters and ends in %q, want %q", n, tail(sent.Body), test.wantBody)
				}
			})
		})
	}
}

func tail(text string) string { return text[max(0, len(text)-80):] }
