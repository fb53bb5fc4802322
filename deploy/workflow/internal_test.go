package workflow

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/github"
	"gonogo/readiness/build"
	"gonogo/readiness/work"
)

// TestMarks finds the mark of one run in names, and never that of another.
func TestMarks(t *testing.T) {
	for title, want := range map[string]struct {
		run   string
		shown string // the one of the marks below that it shows
	}{
		"Deploy 2 (gonogo-1a2b3c4d)":        {"1a2b3c4d", "gonogo-1a2b3c4d"},
		"gonogo-1a2b3c4d-return: Deploy 2":  {"1a2b3c4d", "gonogo-1a2b3c4d-return"},
		"Deploy gonogo-1a2b3c4d to staging": {"1a2b3c4d", "gonogo-1a2b3c4d"},
		"Deploy 2 (gonogo-1a2b3c4d5e)":      {"1a2b3c4d5e", ""},
		"Deploy gonogo":                     {"", ""},
		"":                                  {"", ""},
	} {
		if got := runOfMark(title); got != want.run {
			t.Errorf("%q is of run %q, want %q", title, got, want.run)
		}
		for _, mark := range []string{"gonogo-1a2b3c4d", "gonogo-1a2b3c4d-return", ""} {
			if got := shows(title, mark); got != (mark != "" && mark == want.shown) {
				t.Errorf("%q shows %q: %t", title, mark, got)
			}
		}
	}
}

// TestFill fills in what a workflow is given, and refuses what isn't known or safe.
func TestFill(t *testing.T) {
	c := workflowCall{"deploy.yml", "v{release.version}", map[string]string{"what": "{release.version}@{release.commit}", "where": "{environment}", "mark": "{run}", "left": "{rollback.from}"}}
	got, err := c.fill("staging", "gonogo-1", build.Build{Version: "2", Commit: "c4c4"}, build.Build{Version: "1"})
	want := map[string]string{"what": "2@c4c4", "where": "staging", "mark": "gonogo-1", "left": "1"}
	if diff := cmp.Diff(want, got.inputs); err != nil || diff != "" || got.ref != "v2" || !c.marked() {
		t.Errorf("filled in: %v, on %s\n%s", err, got.ref, diff)
	}
	for why, to := range map[string]build.Build{"the commit of 2 isn't known": {Version: "2"}, "there is no version": {Version: "$(id)", Commit: "c4c4"}} {
		if _, err := c.fill("staging", "", to, build.Build{}); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%+v: %v, want %s", to, err, why)
		}
	}
}

// TestParts shows jobs as parts of the step.
func TestParts(t *testing.T) {
	jobs := []github.Job{{Name: "build", Status: "completed", Conclusion: "success"}, {Name: "lint", Status: "completed", Conclusion: "skipped"}, {Name: "test", Status: "completed", Conclusion: "failure", Failed: "Run tests"},
		{Name: "deploy", Status: "in_progress"}, {Name: "tell", Status: "queued"}}
	want := []work.StepPart{{Name: "build", Status: "good"}, {Name: "lint", Status: "good", Detail: "skipped"}, {Name: "test", Status: "bad", Detail: "Run tests"}, {Name: "deploy", Status: "running"}, {Name: "tell", Status: "waiting"}}
	if diff := cmp.Diff(want, partsOf(jobs)); diff != "" {
		t.Error(diff)
	}
	if got := progressOf(jobs) + failedIn(jobs); got != "3 of 5 jobs done in the job “test”, at the step “Run tests”" {
		t.Error(got)
	}
	if got := len(partsOf(make([]github.Job, 200))); got != mostParts {
		t.Errorf("shows %d parts", got)
	}
}
