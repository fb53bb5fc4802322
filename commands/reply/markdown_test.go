package reply

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMarkdown(t *testing.T) {
	at := time.Date(2025, 11, 3, 12, 0, 0, 0, time.UTC)
	hostile := "a|b *c* _d_ [e](f) <g> `h` &amp; i\\j\nk\x1b[31m"
	const escaped = "a\\|b \\*c\\* \\_d\\_ \\[e\\](f) \\<g\\> \\`h\\` \\&amp; i\\\\j k\\[31m"
	tests := []struct {
		name string
		part Part
		want string
	}{
		{"a line", Lines{Say(hostile)}, "- " + escaped},
		{"mentions and addresses", Lines{Say("@octocat #17 GH-17 a@b.example https://x.example www.x.example, item #a: 12:30")}, "- @\u200boctocat #\u200b17 GH-\u200b17 a@\u200bb.example https\\://x.example www\\.x.example, item #a: 12:30"},
		{"bold", Lines{Say(Bold(hostile))}, "- **" + escaped + "**"},
		{"bold nothing", Lines{Say(Bold(" "), "x")}, "-  x"},
		{"code", Lines{Say(Typed("a-b"), " ", Typed("x``y|z"), " ", Typed("`q`"), Typed(""))}, "- `a-b` ```x``y\\|z``` `` `q` ``"},
		{"link", Lines{Say(LinkTo("https://x.example/a(b)|c d", "<l|m>"))}, "- [\\<l\\|m\\>](https://x.example/a%28b%29%7Cc%20d)"},
		{"a link to no web page", Lines{Say(LinkTo("javascript:alert(1)", "press"))}, "- javascript:alert(1)"},
		{"a moment and a person", Lines{Say(Time(at), By("U0TL"))}, "- 2025-11-03 12:00 UTC by U0TL"},
		{"fields", Fields{{"Score", Say("50 %")}, {"Go_ing", Say("no")}}, "- **Score**: 50 %\n- **Go\\_ing**: no"},
		{"a table", Table{Title: "T|t", Header: []string{"A", ""}, Rows: [][]Text{{Say("x|y"), nil}}}, "## T\\|t\n\n| A |  |\n| --- | --- |\n| x\\|y |  |"},
		{"progress", Progress{Steps: []ProgressStep{{Title: "Build", Status: Good, Detail: Say("done")}}}, "- good: **Build** done"},
		{"a note", Note(Say("small *print*")), "small \\*print\\*"},
		{"buttons", Actions{{Label: "Run", Act: Do("ready run")}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got strings.Builder
			Reply{Title: "The *title*", Parts: []Part{tt.part}}.Markdown(&got, time.UTC)
			want := "# The \\*title\\*\n"
			if tt.want != "" {
				want += "\n" + tt.want + "\n"
			}
			if diff := cmp.Diff(want, got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
