package commands_test

import (
	"gonogo/readiness/build"
	"gonogo/readiness/event"
	"gonogo/readiness/work"
	"strings"
	"testing"
)

// A run whose environment the configuration lost can be ended as its card says,
// and offers nothing that takes the environment.
func TestRunOnAnEnvironmentThatIsGone(t *testing.T) {
	for _, tt := range []struct{ said, want string }{
		{"/deploy abandon canary", "Left as it is"},
		{"/deploy cancel canary", "Stopping 2.0 to canary"},
		{"/deploy lock canary no", `There is no environment "canary" here`},
	} {
		s := newStage(t, "deploy")
		s.play(t, "U0DEV: /ready release 2.0 c0ffee1")
		s.happened(t, event.RunStarted{Run: "r", What: work.Deployment, Title: "2.0 to canary", By: "U0DEV", Release: "2.0",
			Change: &work.Change{Environment: "canary", To: build.Build{Version: "2.0"}}, Plan: []work.Planned{{Name: "update"}}})
		s.happened(t, event.RunAsked{Run: "r", Why: "gonogo cannot go on with this", Interrupted: true, Choices: []string{work.ChooseAbandon}})
		if cards := s.play(t, "cards"); !strings.Contains(cards, "[Abandon]") || strings.Contains(cards, "/rollback canary") {
			t.Errorf("the card is\n%s", cards)
		}
		if got := s.play(t, "U0DEV: "+tt.said); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s\nwant %q", tt.said, got, tt.want)
		}
	}
}
