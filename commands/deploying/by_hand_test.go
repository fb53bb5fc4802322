package deploying_test

import (
	"strings"
	"testing"
	"time"

	"gonogo/commands/deploying"
	"gonogo/readiness/build"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// byHand is what the bot's host shows of a rollback of staging by hand.
func byHand(s *history.State) string {
	var shown strings.Builder
	c := &checklist.Checklist{Environments: []checklist.Environment{{Name: "staging", App: "app-1"}}}
	c.Index()
	deploying.ByHand{Checklist: c, State: s, Environment: "staging", Why: "No bot runs.", Host: true}.Reply().Print(&shown, time.UTC)
	return shown.String()
}

// TestByHandWithoutAVersion tells a ledger that cannot be read from one that
// knows of no other good version, and reads well in either.
func TestByHandWithoutAVersion(t *testing.T) {
	first := history.NewState()
	first.Apply(time.Now(), event.VersionWentLive{Environment: "staging", Build: build.Build{Version: "1.0", Deployment: "d1"}, App: "app-1", Verified: true})
	for name, c := range map[string]struct {
		state *history.State
		says  string
	}{
		"no ledger":          {nil, "It isn't known which version was good there."},
		"an empty ledger":    {history.NewState(), "It isn't known which version was good there."},
		"a first deployment": {first, "There is no other known good version: no other was verified or adopted on staging."},
	} {
		shown := byHand(c.state)
		for _, want := range []string{c.says, "find the deployment to go back to", "roll back to that deployment; this pins the app", "To keep it, commit the rollback later", "DEPLOYMENT=…"} {
			if !strings.Contains(shown, want) {
				t.Errorf("%s: it does not say %q:\n%s", name, want, shown)
			}
		}
		if last := "When gonogo is running again, gonogo rollback record staging has it ask the platform what is live, and record that.\n"; !strings.HasSuffix(shown, last) {
			t.Errorf("%s: it does not end with %q:\n%s", name, last, shown)
		}
		if strings.Contains(shown, "the version to go back to") {
			t.Errorf("%s: it says 'the version to go back to':\n%s", name, shown)
		}
	}
}
