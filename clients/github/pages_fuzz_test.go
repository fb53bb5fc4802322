package github

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzPages reads pages of checks, analyses, alerts, runs and artifacts: nothing crashes,
// nothing of another commit, ref or run is taken, and every check either has a result or a
// status.
func FuzzPages(f *testing.F) {
	const sha = "2222222222222222222222222222222222222222"
	for _, seed := range []string{
		`{"total_count":1,"check_runs":[{"id":1,"head_sha":"` + sha + `","name":"test","status":"completed","conclusion":"success","app":{"slug":"x"},"check_suite":{"id":4}}]}`,
		`{"total_count":1,"check_runs":[{"id":1,"head_sha":"` + sha + `","name":"test","status":"queued","started_at":null,"app":null,"check_suite":null}]}`,
		`{"sha":"` + sha + `","total_count":1,"statuses":[{"state":"pending","context":"ci","target_url":null,"created_at":"2026-01-01T00:00:00Z"}]}`,
		`[{"ref":"refs/heads/main","commit_sha":"` + sha + `","tool":{"name":"CodeQL"},"created_at":"2026-01-01T00:00:00Z"}]`,
		`[{"number":1,"state":"open","rule":{"id":"x","severity":"error","security_severity_level":null},"most_recent_instance":{"state":"open"}}]`, `null`, `[null]`, `{`,
		`{"total_count":1,"workflow_runs":[{"id":7,"head_sha":"` + sha + `","event":"push","path":"a/ci.yml@main","status":"completed","conclusion":"success","repository":{"id":1},"head_repository":null}]}`,
		`{"total_count":1,"workflow_runs":[{"id":7,"head_sha":"` + sha + `","event":"push","path":"/","status":"queued","conclusion":null}]}`,
		`{"total_count":1,"artifacts":[{"id":1,"name":"reports","size_in_bytes":-1,"digest":null,"expired":true,"workflow_run":{"id":7}}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var runs checkRunsPage
		var statuses statusPage
		if json.Unmarshal([]byte(text), &runs) == nil {
			checked(t, runs.checks, sha)
		}
		if json.Unmarshal([]byte(text), &statuses) == nil {
			checked(t, statuses.checks, sha)
		}
		var alerts []codeAlert
		if json.Unmarshal([]byte(text), &alerts) == nil {
			if got, whole := codeAlertsOf(alerts); !whole && got != nil {
				t.Error("alerts of a page that is not whole")
			}
		}
		left(t, text, sha)
		var found []analysis
		if json.Unmarshal([]byte(text), &found) == nil {
			if got, whole := analysesOf(found, "refs/heads/main"); whole && len(got) > 0 && !strings.Contains(text, "main") {
				t.Error("an analysis of another ref")
			}
		}
	})
}

// checked looks at what was taken from a page.
func checked(t *testing.T, of func(sha string) ([]Check, bool), sha string) {
	got, whole := of(sha)
	for _, one := range got {
		if whole && (one.Name == "" || (one.Result == "") == (one.Status == "")) {
			t.Errorf("%+v", one)
		}
	}
}

// left looks at what was taken from a page of runs or artifacts.
func left(t *testing.T, text, sha string) {
	var runs runsPage
	if json.Unmarshal([]byte(text), &runs) == nil {
		got, whole := runs.runs(sha)
		for _, one := range got {
			if one.ID == 0 || one.Event == "" || one.Workflow == "" || one.Status == "completed" && one.Conclusion == "" {
				t.Errorf("%+v", one)
			}
		}
		if whole && len(got) != len(runs.Runs) {
			t.Error("a run is missing")
		}
	}
	var artifacts artifactsPage
	if json.Unmarshal([]byte(text), &artifacts) == nil {
		if got, whole := artifacts.artifacts(7, "reports"); whole && len(got) > 0 && !strings.Contains(text, "7") {
			t.Error("an artifact of another run")
		}
	}
}
