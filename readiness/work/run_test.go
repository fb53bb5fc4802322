package work

import (
	"testing"
)

func TestPermission(t *testing.T) {
	change := &Change{Environment: "production"}
	for want, run := range map[string]*Run{
		"run":      {What: Gates},
		"fix":      {What: Runbook},
		"deploy":   {What: Deployment, Change: change},
		"rollback": {What: Rollback, Change: change},
	} {
		if got := run.Permission(); got != want {
			t.Errorf("a %s takes %q, want %q", run.What, got, want)
		}
	}
	if got := (*Run)(nil).Permission(); got != "run" {
		t.Errorf("a run that nobody knows takes %q", got)
	}
}
