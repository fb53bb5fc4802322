package grammar

import (
	"testing"

	"gonogo/commands/reply"
)

// A command that is shown names its release where several are open, as it would
// have to be typed.
func TestCommandsNameTheirRelease(t *testing.T) {
	g := New([]Command{{Words: []string{"ready", "run"}, Release: true}, {Words: []string{"ready", "check"}, Release: true}, {Words: []string{"ready", "signoff"}, Release: true},
		{Words: []string{"ready", "release"}}, {Words: []string{"deploy"}, Release: true}, {Words: []string{"deploy", "lock"}}, {Words: []string{"rollback"}}})
	for shown, want := range map[string]string{
		"/ready run suite":            "/ready 1.1 run suite",
		"/ready check reviewed LINK":  "/ready 1.1 check reviewed LINK",
		"/ready signoff production":   "/ready 1.1 signoff production",
		"/ready 2.0 check reviewed":   "/ready 2.0 check reviewed",
		"/deploy staging":             "/deploy staging 1.1",
		"/deploy staging 2.0":         "/deploy staging 2.0",
		"/deploy lock staging REASON": "/deploy lock staging REASON",
		"/rollback staging":           "/rollback staging",
		"/ready release 2.0":          "/ready release 2.0",
		"ready run suite":             "ready run suite",
		"c0ffee":                      "c0ffee",
	} {
		if got := g.spanAbout(reply.Typed(shown), "1.1").Text; got != want {
			t.Errorf("%s became %s, want %s", shown, got, want)
		}
	}
	if got := g.spanAbout(reply.Bold("/ready run suite"), "1.1").Text; got != "/ready run suite" {
		t.Errorf("a text that is not to be typed became %s", got)
	}
}
