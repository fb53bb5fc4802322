package reply

import (
	"fmt"
	"strings"
	"testing"
)

// TestClean cleans a reply with a secret in each of its texts.
func TestClean(t *testing.T) {
	const secret = "s3cret"
	text := Say(secret, Bold(secret), Typed(secret), LinkTo("https://x.example/"+secret, secret), User("U0DEV"), InChannel("C0RELEASES"))
	act := Act{Verb: "ready waive", Items: []string{"suite"}, Text: secret}
	whole := Reply{Title: secret, Summary: secret, Public: true, Parts: []Part{Lines{text}, Fields{{secret, text}}, Table{secret, []string{secret}, [][]Text{{text}}},
		Progress{secret, []ProgressStep{{secret, Good, text}}}, Output{secret}, Actions{{Label: secret, Act: act, Confirm: secret, Yes: secret, No: secret}}, Note(text), Divider{}},
		Form: &Form{Title: secret, Submit: secret, Act: act, Intro: []Text{text}, Inputs: []Input{{Name: "reason", Label: secret, Hint: secret, Initial: secret, Options: []Option{{"a", secret}}}}}}
	before := fmt.Sprintf("%+v %+v", whole, *whole.Form)
	got := whole.Clean(func(text string) string { return strings.ReplaceAll(text, secret, "…") })
	shown := fmt.Sprintf("%+v %+v", got, *got.Form)
	if strings.Contains(shown, secret) {
		t.Errorf("a secret is left in %s", shown)
	}
	for _, want := range []string{"U0DEV", "C0RELEASES", "suite", "ready waive", "reason"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%s is gone", want)
		}
	}
	if got := fmt.Sprintf("%+v %+v", whole, *whole.Form); got != before {
		t.Error("the reply was changed itself")
	}
}
