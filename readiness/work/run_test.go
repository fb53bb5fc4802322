package work

import (
	"testing"
	"time"
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

// A cutover lasts from the start of its first step to the end of its last, also between two
// of them, and not while a person is asked.
func TestCutover(t *testing.T) {
	at := time.Date(2025, time.November, 3, 9, 0, 0, 0, time.UTC)
	steps := func(started, ended int) *Run {
		r := &Run{What: Deployment}
		for i, role := range []StepRole{RoleLock, RoleCutover, RoleCutover, "", RoleCutover} {
			s := Step{Name: string(rune('a' + i)), Role: role}
			if i < started {
				s.Started = at
			}
			if i < ended {
				s.Ended = at
			}
			r.Steps = append(r.Steps, s)
		}
		return r
	}
	skipped := steps(1, 2)
	asks := steps(2, 1)
	asks.Asked = &Question{}
	over := steps(2, 1)
	over.Outcome = Unsuccessful
	for name, tt := range map[string]struct {
		run  *Run
		want bool
	}{
		"before it":              {steps(1, 1), false},
		"its first step":         {steps(2, 1), true},
		"between two steps":      {steps(2, 2), true},
		"its last step":          {steps(3, 2), true},
		"after it":               {steps(3, 3), false},
		"before another":         {steps(4, 4), false},
		"another":                {steps(5, 4), true},
		"all is done":            {steps(5, 5), false},
		"its first was left out": {skipped, false},
		"it asks a person":       {asks, false},
		"the run has failed":     {over, false},
	} {
		if is := tt.run.CutsOver(); is != tt.want {
			t.Errorf("%s: got %t, want %t", name, is, tt.want)
		}
	}
}
