package visible

import (
	"testing"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for _, same := range []string{
		"", "plain", "Zoë\tund\nmehr", "محمد", "שלום 19.0.2", "می\u200cخواهم", "क्\u200dष", "日本語", "한국어", "👩\u200d🚀", "🏳️\u200d🌈", "⚠️ careful", "1️⃣", "❤️", "👍🏽", "؁12", "✓ ∗ ˍ … ›",
		"<U+202E>", "no\u00a0break",
	} {
		if got := Text(same); got != same {
			t.Errorf("%q became %q", same, got)
		}
	}
	for text, want := range map[string]string{
		"exe.\u202egpj":                  "exe.<U+202E>gpj",
		"a\u2066b\u2069":                 "a<U+2066>b<U+2069>",
		"pass\u200bword":                 "pass<U+200B>word",
		"pass\u200dword":                 "pass<U+200D>word",
		"pass\u200cword":                 "pass<U+200C>word",
		"soft\u00adhyphen":               "soft<U+00AD>hyphen",
		"two\u2028lines\u2029":           "two<U+2028>lines<U+2029>",
		"\ufefffirst":                    "<U+FEFF>first",
		"private \ue000 \U000f0000":      "private <U+E000> <U+F0000>",
		"tag\U000e0041":                  "tag<U+E0041>",
		"lone\ufe0f and \ufe0f":          "lone<U+FE0F> and <U+FE0F>",
		"filler\u3164":                   "filler<U+3164>",
		"⚠\ufe0f\ufe0f":                  "⚠\ufe0f<U+FE0F>",
		"word\u2060joiner\u034f":         "word<U+2060>joiner<U+034F>",
		"\u200f\u05e9\u05dc\u05d5\u05dd": "<U+200F>שלום",
	} {
		got := Text(text)
		if got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
		if again := Text(got); again != got {
			t.Errorf("%q became %q the second time", got, again)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("exe.\u202egpj \u200d\ufe0f")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		if got := Text(text); Text(got) != got {
			t.Errorf("%q became %q, and then %q", text, got, Text(got))
		}
	})
}
