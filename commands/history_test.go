package commands_test

import (
	"gonogo/readiness/answer"
	"gonogo/readiness/event"
	"strings"
	"testing"
)

// The past of an item that the configuration lost can be read by its name.
func TestHistoryOfARemovedItem(t *testing.T) {
	s := newStage(t, "history-gone")
	s.say(t, "U0DEV: /ready release 1.0 0a1b2c3d")
	s.happened(t, event.EvidenceRecorded{Release: "1.0", Item: "smoke", Evidence: answer.Evidence{Verdict: answer.Passed, Summary: "all fine", By: "U0TL"}})
	got := s.say(t, "U0DEV: /ready history smoke")
	for _, want := range []string{"History of smoke\n", "The checklist no longer has smoke: nobody is asked for it any more.", "smoke: passed, all fine"} {
		if !strings.Contains(got, want) {
			t.Errorf("the answer lacks %q:\n%s", want, got)
		}
	}
	if got := s.say(t, "U0DEV: /ready history suite-pases"); !strings.HasPrefix(got, "Did you mean suite-passes?") {
		t.Errorf("a slip of the keys was answered with\n%s", got)
	}
	if got := s.say(t, "U0DEV: /ready history moon"); !strings.HasPrefix(got, "No such item") {
		t.Errorf("an unknown item was answered with\n%s", got)
	}
}
