package github_test

import (
	"fmt"
	"strings"
	"testing"

	gh "github.com/google/go-github/v60/github"

	"gonogo/playground/upstream/github"
)

// TestChecksOfACommit: of a suite the latest check run of each name is listed, by the
// commit that it is of, and statuses apart from them.
func TestChecksOfACommit(t *testing.T) {
	a := open(t)
	a.SetChecks([]github.Check{
		{Name: "test", App: "github-actions", State: "failure"}, {Name: "test", App: "github-actions", State: "success"},
		{Name: "test", App: "github-actions", Suite: 2, State: "queued"}, {Name: "test", App: "github-actions", Of: shaOld, Suite: 3, State: "timed_out"},
		{Name: "test", State: "failure"}, {Name: "test", State: "success"},
	})
	for sha, want := range map[string]string{shaMain: "queued, completed success", shaOld: "completed timed_out, queued, completed success"} {
		runs, _, err := a.client.Checks.ListCheckRunsForRef(background, owner, repo, sha, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, run := range runs.CheckRuns {
			got = append(got, strings.TrimSpace(run.GetStatus()+" "+run.GetConclusion()))
			if run.GetHeadSHA() != sha {
				t.Errorf("a run of %s is listed with %s", run.GetHeadSHA(), sha)
			}
		}
		if strings.Join(got, ", ") != want || runs.GetTotal() != len(got) {
			t.Errorf("%s: got %q of %d, want %s", sha, got, runs.GetTotal(), want)
		}
	}
	status, _, err := a.client.Repositories.GetCombinedStatus(background, owner, repo, shaMain, nil)
	if err != nil || status.GetState() != "success" || len(status.Statuses) != 1 {
		t.Errorf("the status is %v, %v", status, err)
	}
	if got := a.send("GET", api+"/commits/"+strings.Repeat("0", 40)+"/check-runs", ""); got.status != 422 {
		t.Errorf("an absent commit gives %d", got.status)
	}
}

// TestScanners: a scanner that is off answers as GitHub does, and one that has never run
// too.
func TestScanners(t *testing.T) {
	a := scanned(t)
	for _, test := range []struct {
		path, message string
		status        int
		change        func(*github.Security)
	}{
		{"/code-scanning/alerts", "Code Security must be enabled", 403, func(s *github.Security) { s.Off = []github.Scanner{github.CodeScanning} }},
		{"/code-scanning/analyses", "Code Security must be enabled", 403, func(*github.Security) {}},
		{"/secret-scanning/alerts", "Secret scanning is disabled", 404, func(s *github.Security) { s.Off = []github.Scanner{github.SecretScanning} }},
		{"/dependabot/alerts", "Dependabot alerts are disabled", 403, func(s *github.Security) { s.Off = []github.Scanner{github.Dependabot} }},
		{"/code-scanning/alerts?ref=lines/old", "no analysis found", 404, func(s *github.Security) { s.Off = nil }},
		{"/code-scanning/analyses?ref=lines/old", "no analysis found", 404, func(*github.Security) {}},
	} {
		a.SetSecurity(test.change)
		got := a.send("GET", api+test.path, "")
		if message, _ := got.refused(t); got.status != test.status || !strings.Contains(message, test.message) {
			t.Errorf("%s: got %d %s, want %d %s", test.path, got.status, message, test.status, test.message)
		}
	}
	for hidden, want := range map[string]bool{"true": false, "false": true} {
		if got := a.send("GET", api+"/secret-scanning/alerts?hide_secret="+hidden, ""); strings.Contains(got.body, "xoxb-canary") != want {
			t.Errorf("with hide_secret=%s it answers %s", hidden, got.body)
		}
	}
}

// TestDependabotTurnsByCursor: the next page is known only from the Link header.
func TestDependabotTurnsByCursor(t *testing.T) {
	a := open(t)
	a.SetSecurity(func(s *github.Security) {
		for n := range 5 {
			s.Packages = append(s.Packages, github.Alert{Number: n + 1, Severity: "low", Title: fmt.Sprint("library", n)})
		}
	})
	opts, n := &gh.ListAlertsOptions{ListCursorOptions: gh.ListCursorOptions{PerPage: 2}}, 0
	for pages := 1; ; pages++ {
		found, response, err := a.client.Dependabot.ListRepoAlerts(background, owner, repo, opts)
		if err != nil {
			t.Fatal(err)
		}
		n += len(found)
		if opts.After = response.After; opts.After == "" {
			if pages != 3 || n != 5 {
				t.Errorf("got %d alerts on %d pages", n, pages)
			}
			break
		}
	}
	if got := a.send("GET", api+"/dependabot/alerts?after=bm9uZQ==", ""); got.status != 400 {
		t.Errorf("a cursor that was never given: %d", got.status)
	}
}

// TestPeopleCloseIssues: issues are closed and opened again by their labels.
func TestPeopleCloseIssues(t *testing.T) {
	a := open(t)
	a.create("One", "", "bug")
	a.create("Two", "", "bug", "old")
	for _, step := range []struct {
		open   bool
		most   int
		labels string
		want   int
	}{{false, 0, "bug", 3}, {true, 1, "BUG", 1}, {true, 0, "bug old", 1}, {false, 0, "nobody", 0}} {
		if n, err := a.SetLabelled(step.open, step.most, strings.Fields(step.labels)...); err != nil || n != step.want {
			t.Errorf("%+v: %d, %v", step, n, err)
		}
	}
}

// TestPeopleTransferIssues: issues are moved away by their labels, and brought back.
func TestPeopleTransferIssues(t *testing.T) {
	a := open(t)
	a.create("One", "", "bug")
	a.create("Two", "", "bug", "old")
	here := len(a.Issues())
	for _, step := range []struct {
		to     string
		most   int
		labels string
		away   int
	}{{"o/r#1", 1, "bug", 1}, {"o/r#1", 1, "bug", 2}, {"", 1, "bug", 1}, {"", 0, "nobody", 1}, {"", 0, "bug", 0}, {"o/r#1", 0, "old bug", 1}} {
		if err := a.TransferLabelled(step.to, step.most, strings.Fields(step.labels)...); err != nil || here-len(a.Issues()) != step.away {
			t.Errorf("%+v: %d are away, %v", step, here-len(a.Issues()), err)
		}
	}
}
