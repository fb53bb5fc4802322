package gates

import (
	"strings"
	"testing"

	"go.uber.org/goleak"

	"gonogo/readiness/answer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// odd says how evidence differs from a verdict and a summary that contains
// every one of some words.
func odd(ev answer.Evidence, verdict answer.Verdict, words ...string) string {
	if ev.Verdict != verdict {
		return "got " + string(ev.Verdict) + ", want " + string(verdict) + ": " + ev.Summary
	}
	for _, word := range words {
		if !strings.Contains(ev.Summary, word) {
			return "got " + ev.Summary + ", want " + word + " in it"
		}
	}
	return ""
}
