package chat

import "testing"

// What Slack makes of typed text is undone.
func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"status":                                "status",
		"a &lt;b&gt; &amp;amp; c":               "a <b> &amp; c",
		"ask <@U0PO|priya> in <#C1|general>":    "ask @priya in #general",
		"ask <@U0PO> and <!subteam^S1|@pm>":     "ask @U0PO and @pm",
		"see <https://e.com/?a=1&amp;b=2>":      "see https://e.com/?a=1&b=2",
		"see <https://e.com|e.com>, <mailto:x>": "see https://e.com, mailto:x",
		"1 < 2":                                 "1 < 2",
		"<|odd>":                                "odd",
	} {
		if got := plain(in); got != want {
			t.Errorf("plain(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("<@U1|x> <")
	f.Fuzz(func(t *testing.T, s string) { plain(s) })
}
