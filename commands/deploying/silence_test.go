package deploying

import (
	"testing"

	"gonogo/commands/verb"
	"gonogo/deploy"
	"gonogo/readiness/work"
	"gonogo/runs"
)

// A plan with a cutover says which alerts are silenced meanwhile, or that none are.
func TestSilencedLines(t *testing.T) {
	c := verb.Call{Desk: &verb.Desk{Options: verb.Options{Runs: runs.New(runs.Options{Environments: map[string]deploy.Environment{
		"production": {Silence: map[string]string{"team": "shop", "environment": "production"}}}})}}}
	cutover := []deploy.Step{{Name: "update"}, {Name: "detach", Role: work.RoleCutover}}
	for _, tt := range []struct {
		env   string
		steps []deploy.Step
		want  string
	}{
		{"production", cutover, "Alerts with environment=production, team=shop are silenced in Alertmanager during the cutover; all others come through."},
		{"staging", cutover, "No alerts are silenced during the cutover; silence below deploy of staging would name their labels."},
		{"production", cutover[:1], ""},
	} {
		got := ""
		for _, line := range silencedLines(c, tt.env, tt.steps) {
			got += line.Raw()
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.env, got, tt.want)
		}
	}
}
