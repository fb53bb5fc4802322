package render

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"pgregory.net/rapid"

	"gonogo/commands/reply"
	"gonogo/playground/workspace/blockkit"
)

func TestMain(m *testing.M) {
	flag.Parse()
	flag.Set("rapid.nofailfile", "true") // a failure prints all that is needed to repeat it
	os.Exit(m.Run())
}

// People and places in the replies.
const (
	owner    = "U0PO"
	lead     = "U0TL"
	releases = "C0RELEASES"
)

var update = flag.Bool("update", false, "rewrite the stored renderings")

// texts are what people and upstreams write, the awkward kind preferred.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[a-z *_~:<>&|]{0,40}`),
		rapid.SampledFrom([]string{"", " ", "\n", "<!channel>", "*bold*", "`x`", ":tada:", "> quoted", "a|b>c", "\x00\xff", "日本語", "🎉🎉",
			strings.Repeat("long ", 900), strings.Repeat("&", 4000), strings.Repeat("🎉", 2500), strings.Repeat("a\n", 1200)}),
	)
}

func spans() *rapid.Generator[reply.Text] {
	span := rapid.Custom(func(t *rapid.T) reply.Span {
		return reply.Span{
			Kind: reply.SpanKind(rapid.IntRange(0, 7).Draw(t, "kind")), Text: texts().Draw(t, "text"),
			Ref: rapid.OneOf(rapid.SampledFrom([]string{"U0PO", "S0PM", "C0RELEASES", "https://example.com/a?b|c>d", "javascript:x", ""}), texts()).Draw(t, "ref"),
			At:  time.Unix(rapid.Int64Range(1, 1<<33).Draw(t, "at"), 0),
		}
	})
	return rapid.Map(rapid.SliceOfN(span, 0, 4), func(s []reply.Span) reply.Text { return s })
}

// part draws one part; some are far too large.
func part(t *rapid.T) reply.Part {
	n := rapid.SampledFrom([]int{0, 1, 3, 12, 130}).Draw(t, "n")
	switch rapid.IntRange(0, 7).Draw(t, "part") {
	case 0:
		return reply.Lines(rapid.SliceOfN(spans(), n, n).Draw(t, "lines"))
	case 1:
		return reply.Fields(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) reply.Field {
			return reply.Field{Name: texts().Draw(t, "name"), Value: spans().Draw(t, "value")}
		}), n, n).Draw(t, "fields"))
	case 2:
		columns := rapid.IntRange(0, 25).Draw(t, "columns")
		return reply.Table{
			Title: texts().Draw(t, "title"), Header: rapid.SliceOfN(texts(), columns, columns).Draw(t, "header"),
			Rows: rapid.SliceOfN(rapid.SliceOfN(spans(), 0, 3), n, n).Draw(t, "rows"),
		}
	case 3:
		return reply.Progress{Title: texts().Draw(t, "title"), Steps: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) reply.ProgressStep {
			return reply.ProgressStep{Title: texts().Draw(t, "step"), Detail: spans().Draw(t, "detail"),
				Status: rapid.SampledFrom([]reply.Status{reply.Waiting, reply.Running, reply.Good, reply.Notable, reply.Bad, reply.Unmeasured, ""}).Draw(t, "status")}
		}), n, n).Draw(t, "steps")}
	case 4:
		return reply.Actions(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) reply.Button {
			return reply.Button{Label: texts().Draw(t, "label"), Act: reply.Act{Verb: "ready skip", Text: texts().Draw(t, "text")}, Confirm: texts().Draw(t, "confirm"),
				Style: rapid.SampledFrom([]reply.Style{reply.Plain, reply.Primary, reply.Danger}).Draw(t, "style")}
		}), n, n).Draw(t, "actions"))
	case 5:
		return reply.Note(spans().Draw(t, "note"))
	case 6:
		return reply.Output(rapid.SliceOfN(texts(), n, n).Draw(t, "output"))
	}
	return reply.Divider{}
}

func replies() *rapid.Generator[reply.Reply] {
	return rapid.Custom(func(t *rapid.T) reply.Reply {
		return reply.Reply{
			Title: texts().Draw(t, "title"), Summary: texts().Draw(t, "summary"),
			Parts: rapid.SliceOfN(rapid.Custom(part), 0, rapid.SampledFrom([]int{1, 4, 60}).Draw(t, "parts")).Draw(t, "part"),
		}
	})
}

var inUTC = Renderer{Location: time.UTC}

// Any reply at all renders to what Slack takes, at every fidelity.
func TestAnyReplyIsWithinLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := replies().Draw(t, "reply")
		for _, at := range []Fidelity{Full, Sections} {
			if problem := refused(inUTC.blocks(r, at)); problem != "" {
				t.Fatalf("fidelity %d: %s", at, problem)
			}
		}
		for _, text := range []string{inUTC.text(r), inUTC.fullText(r)} {
			if strings.TrimSpace(text) == "" || length(text) > maxText {
				t.Fatalf("text of %d characters", length(text))
			}
		}
	})
}

// refused says what Slack would refuse in the blocks of a message.
func refused(blocks []slack.Block) string {
	wire := asSlackReads(blocks)
	if faults := blockkit.Check(blockkit.Message, wire); len(faults) > 0 {
		return faults[0].String()
	}
	if n := blockkit.TextLength(wire); n > 13_000 {
		return "too much text in all"
	}
	return ""
}

// asSlackReads are blocks as JSON.
func asSlackReads(blocks []slack.Block) (wire []any) {
	data, err := json.Marshal(blocks)
	if err == nil {
		err = json.Unmarshal(data, &wire)
	}
	if err != nil {
		panic(err)
	}
	return wire
}

// Any form at all is taken by Slack, or not sent.
func TestAnyFormIsWithinLimits(t *testing.T) {
	input := rapid.Custom(func(t *rapid.T) reply.Input {
		return reply.Input{
			Name: texts().Draw(t, "name"), Label: texts().Draw(t, "label"), Hint: texts().Draw(t, "hint"), Initial: texts().Draw(t, "initial"),
			Kind: rapid.SampledFrom([]reply.InputKind{reply.ShortText, reply.LongText, reply.URL, reply.Choice, reply.Date}).Draw(t, "kind"),
			Options: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) reply.Option {
				return reply.Option{Value: texts().Draw(t, "value"), Label: texts().Draw(t, "label")}
			}), 0, 5).Draw(t, "options"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		form := reply.Form{
			Title: texts().Draw(t, "title"), Submit: texts().Draw(t, "submit"), Act: reply.Act{Verb: "ready x"},
			Intro:  rapid.SliceOfN(spans(), 0, 20).Draw(t, "intro"),
			Inputs: rapid.SliceOfN(input, 0, rapid.SampledFrom([]int{3, 110}).Draw(t, "most")).Draw(t, "inputs"),
		}
		view, ok := inUTC.Modal(&form, releases, "slash/1")
		if !ok {
			t.Skip("not sent")
		}
		data, _ := json.Marshal(view)
		var wire map[string]any
		if err := json.Unmarshal(data, &wire); err != nil {
			t.Fatal(err)
		}
		if faults := blockkit.CheckView(wire); len(faults) > 0 {
			t.Fatal(faults[0])
		}
	})
}

// whole is a reply with one of everything.
var whole = reply.Reply{
	Title: "NO-GO for production: 2 blockers", Summary: "Release 19.0.2 is NO-GO for production.",
	Parts: []reply.Part{
		reply.Lines{
			reply.Say("Asked by ", reply.User(owner), " of ", reply.Usergroup("S0PM"), " in ", reply.InChannel(releases), " at ", reply.Time(time.Unix(1_764_000_000, 0)), "."),
			reply.Say("See ", reply.LinkTo("https://example.com/a|b", "the *report*"), " and type ", reply.Typed("/ready `run` *all*"), "; ", reply.Bold("2 * 3"), " <!channel>"),
		},
		reply.Fields{{Name: "Score", Value: reply.Say("71 % (10/14)")}, {Name: "ETA", Value: reply.Say("2 days")}},
		reply.Table{Title: "Blockers", Header: []string{"Item", "Why"}, Rows: [][]reply.Text{
			{reply.Say("tests"), reply.Say("3 failed")}, {reply.Say("review"), reply.Say("waits for ", reply.User(lead))}, {reply.Say("short")}}},
		reply.Progress{Title: "Gates", Steps: []reply.ProgressStep{
			{Title: "http", Status: reply.Good, Detail: reply.Say("P95 80 ms")}, {Title: "junit", Status: reply.Running}, {Title: "odoo", Status: reply.Bad}}},
		reply.Divider{},
		reply.Output{"Collecting <modules>", "  *** done & dusted ***"},
		reply.Actions{
			{Label: "Run again", Act: reply.Act{Verb: "ready run"}, Style: reply.Primary},
			{Label: "Stop run", Act: reply.Act{Verb: "ready cancel", Run: "1"}, Style: reply.Danger, Confirm: "Stop this run?", No: "Keep going"}},
		reply.Note(reply.Say("Evidence counts for 24 h.")),
	},
}

// What a reply with one of everything looks like, at each fidelity.
func TestRenderings(t *testing.T) {
	renderings := map[string]any{
		"1 new blocks": asSlackReads(inUTC.blocks(whole, Full)), "2 sections": asSlackReads(inUTC.blocks(whole, Sections)),
		"3 text": strings.Split(inUTC.fullText(whole), "\n"), "notification": inUTC.text(whole),
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(renderings); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "renderings.json")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("renderings (-want +got; -update rewrites them):\n%s", diff)
	}
}

// What can be pressed is never lost to what can be read.
func TestButtonsFindRoom(t *testing.T) {
	long := make(reply.Lines, 400)
	for i := range long {
		long[i] = reply.Say(strings.Repeat("words ", 30))
	}
	blocks := inUTC.blocks(reply.Reply{Title: "Much", Parts: []reply.Part{long, reply.Actions{{Label: "Approve", Act: reply.Act{Verb: "ready approve"}}}}}, Full)
	var buttons, more bool
	for _, b := range blocks {
		switch b := b.(type) {
		case *slack.ActionBlock:
			buttons = true
		case *slack.ContextBlock:
			more = strings.HasPrefix(b.ContextElements.Elements[0].(*slack.TextBlockObject).Text, "… and ")
		}
	}
	if !buttons || !more {
		t.Errorf("buttons %v, what is left out told %v; want both", buttons, more)
	}
}

// Fifty blocks are full, the last says what is left out.
func TestManyBlocks(t *testing.T) {
	for parts, want := range map[int]int{1: 1, 49: 49, 50: 50, 51: 50, 120: 50} {
		r := reply.Reply{Parts: make([]reply.Part, parts)}
		for i := range r.Parts {
			r.Parts[i] = reply.Note(reply.Say("note"))
		}
		blocks := inUTC.blocks(r, Full)
		if problem := refused(blocks); problem != "" || len(blocks) != want {
			t.Errorf("%d parts make %d blocks, want %d: %s", parts, len(blocks), want, problem)
		}
	}
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"plain words":            "plain words",
		"<!channel> & <@U1>":     "&lt;!channel&gt; &amp; &lt;@U1&gt;",
		"*bold* _it_ ~st~ `co`":  "∗bold∗ ˍitˍ ∼st∼ ˋcoˋ",
		"ir_module_module 2*3*4": "ir_module_module 2*3*4",
		"a * b _ c":              "a * b _ c",
		":tada: at 12:30:45":     "∶tada: at 12:30:45",
		"odoo:installed, x: y":   "odoo:installed, x: y",
		"> quoted\n>>> more > x": "› quoted\n›&gt;&gt; more &gt; x",
		"a\x00b\xffc":            "abc",
		"two\nlines\tand a tab":  "two\nlines\tand a tab",
	} {
		if got := escape(in); got != want {
			t.Errorf("escape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMarkup(t *testing.T) {
	say := reply.Say
	for _, tt := range []struct {
		name string
		text reply.Text
		most int
		want string
	}{
		{"a forged mention", say(reply.Span{Kind: reply.Person, Text: "<x>", Ref: "U1> <!here"}), 99, "&lt;x&gt;"},
		{"a forged link", say(reply.LinkTo("javascript:alert(1)", "click")), 99, "click"},
		{"a link that ends early", say(reply.LinkTo("https://e.com/?a=1>&b|c", "l>|l")), 99, "<https://e.com/?a=1%3E&amp;b%7Cc|l&gt;∣l>"},
		{"bold within a word", say("a", reply.Bold("b"), "c ", reply.Bold("d")), 99, "abc *d*"},
		{"code with marks", say(reply.Typed("a `b` *c*")), 99, "`a ˋbˋ *c*`"},
		{"cut within words", say("abcdef"), 4, "abc…"},
		{"cut before an escape is torn", say("ab&&"), 5, "ab…"},
		{"a mention that does not fit", say("abc ", reply.User("U0PO")), 8, "abc U0P…"},
		{"no room", say("abc"), 0, ""},
	} {
		if got := inUTC.markup(tt.text, tt.most); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
