package github_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/github"
	practice "gonogo/playground/upstream/github"
)

// practising serves the practice GitHub, which is strict about every parameter, with two
// commits of which the second is main's.
func practising(t *testing.T, test func(*testing.T, *practice.Host, *github.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		host, err := practice.New(practice.Options{
			Repository: "acme/shop", Token: token, Labels: []practice.Label{{Name: "to do"}},
			Code: practice.Code{
				Commits:  []practice.Commit{{SHA: oldSHA, Message: "Begin", At: time.Now()}, {SHA: newSHA, Parent: oldSHA, Message: "Go on", At: time.Now(), Files: []string{"db/migrations/7.sql"}}},
				Branches: map[string]string{"main": newSHA}, Tags: map[string]string{"v1": oldSHA},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{}
		w.connect(t, host.Handler(), github.Options{Repository: "acme/shop", Token: token})
		test(t, host, w.client)
	})
}

// TestCommitsUnder lists what changes a folder, and not another one of a similar name.
func TestCommitsUnder(t *testing.T) {
	practising(t, func(t *testing.T, _ *practice.Host, c *github.Client) {
		for path, want := range map[string][]string{"": {newSHA, oldSHA}, "db/migrations": {newSHA}, "db/migrations/7.sql": {newSHA}, "db/migra": {}} {
			commits, err := c.CommitsUnder(t.Context(), path, "main")
			got := []string{}
			for _, commit := range commits {
				got = append(got, commit.SHA)
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("under %q: %v, (-want +got):\n%s", path, err, diff)
			}
		}
		if _, err := c.CommitsUnder(t.Context(), "db", "nowhere"); !errors.Is(err, github.ErrNoSuchRef) {
			t.Errorf("of no branch: %v", err)
		}
	})
}

// TestChecks reads check runs and statuses, over several pages, of one commit only.
func TestChecks(t *testing.T) {
	practising(t, func(t *testing.T, host *practice.Host, c *github.Client) {
		checks := []practice.Check{{Name: "ci", State: "pending"}, {Name: "other", App: "bot", Of: oldSHA, State: "failure"}}
		for n := range 230 {
			checks = append(checks, practice.Check{Name: fmt.Sprintf("test %03d", n), App: "github-actions", Suite: 7, State: "success"})
		}
		checks[231].State = "queued"
		host.SetChecks(checks)
		for _, commit := range []string{newSHA, newSHA[:7]} {
			got, err := c.Checks(t.Context(), commit)
			if err != nil || len(got) != 231 {
				t.Fatalf("%s: got %d checks, %v", commit, len(got), err)
			}
			ends := []github.Check{got[0], got[229], got[230]}
			for i := range ends {
				ends[i].ID, ends[i].Suite, ends[i].Began, ends[i].URL = 0, 0, time.Time{}, ""
			}
			want := []github.Check{
				{Name: "test 229", App: "github-actions", Status: "queued"}, {Name: "test 000", App: "github-actions", Result: "success"}, {Name: "ci", Status: "pending"},
			}
			if diff := cmp.Diff(want, ends); diff != "" || got[1].ID <= got[2].ID || !strings.Contains(got[0].URL, "/runs/") || got[229].Suite == 0 {
				t.Errorf("want and got:\n%s", diff)
			}
		}
		if got, err := c.Checks(t.Context(), strings.Repeat("0", 40)); !errors.Is(err, github.ErrNoSuchRef) {
			t.Errorf("of no commit: %v, %v", got, err)
		}
	})
}

// TestChecksOfAnother: an answer about another commit, and a part of a list, are no answer.
func TestChecksOfAnother(t *testing.T) {
	run := func(id int, sha string) string {
		return fmt.Sprintf(`{"id":%d,"head_sha":%q,"name":"test","status":"completed","conclusion":"success"}`, id, sha)
	}
	none := `{"sha":"` + newSHA + `","total_count":0,"statuses":[]}`
	for name, answers := range map[string][]string{
		"another commit's run":    {`{"total_count":1,"check_runs":[` + run(1, oldSHA) + `]}`, none},
		"another commit's status": {`{"total_count":1,"check_runs":[` + run(1, newSHA) + `]}`, `{"sha":"` + oldSHA + `","total_count":0}`},
		"fewer than there are":    {`{"total_count":2,"check_runs":[` + run(1, newSHA) + `]}`, none},
		"fewer statuses":          {`{"total_count":1,"check_runs":[` + run(1, newSHA) + `]}`, `{"sha":"` + newSHA + `","total_count":1}`},
		"over without a result":   {`{"total_count":1,"check_runs":[{"id":1,"head_sha":"` + newSHA + `","name":"test","status":"completed"}]}`, none},
		"nothing at all":          {`{}`, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			answer := func(w http.ResponseWriter, r *http.Request, _ int) {
				i := 0
				if strings.HasSuffix(r.URL.Path, "/status") {
					i = len(answers) - 1
				}
				says(http.StatusOK, answers[i])(w, r, 0)
			}
			play(t, answer, func(t *testing.T, w *world) {
				if got, err := w.client.Checks(t.Context(), newSHA); !errors.As(err, new(*github.Unavailable)) || got != nil {
					t.Errorf("got %v, %v", got, err)
				}
			})
		})
	}
}

// TestAlerts reads what the scanners say, and tells one that is off from one that finds
// nothing, and from a token that may not look.
func TestAlerts(t *testing.T) {
	practising(t, func(t *testing.T, host *practice.Host, c *github.Client) {
		ctx, main := t.Context(), "refs/heads/main"
		host.SetSecurity(func(s *practice.Security) {
			s.Analyses = []practice.Analysis{
				{Tool: "CodeQL", Category: "/go", Ref: main, SHA: newSHA}, {Tool: "CodeQL", Category: "/js", Ref: main, SHA: oldSHA}, {Tool: "CodeQL", Category: "/go", Ref: main, SHA: oldSHA},
				{Tool: "gosec", Ref: "refs/tags/v1", SHA: oldSHA},
			}
			s.Code = []practice.Alert{{Number: 1, Severity: "critical", Level: "error", Title: "a"}, {Number: 2, Level: "warning", Title: "b"}, {Number: 3, Title: "c", Tool: "gosec"}}
			s.Secrets = []practice.Alert{{Number: 9, Title: "slack_api_token", Secret: "xoxb-canary"}}
			for n := range 130 {
				s.Packages = append(s.Packages, practice.Alert{Number: n + 1, Severity: "low", Title: "requests"})
			}
		})
		ref, err := c.DefaultBranch(ctx)
		analyses, err2 := c.Analyses(ctx, ref)
		if err := errors.Join(err, err2); err != nil || ref != main || len(analyses) != 2 || analyses[0].SHA != newSHA || analyses[1].Category != "/js" || analyses[1].SHA != oldSHA {
			t.Errorf("%s: %+v, %v", ref, analyses, err)
		}
		code, err := c.CodeAlerts(ctx, ref)
		if err != nil || len(code) != 3 || code[0].Severity+code[1].Severity+code[2].Severity != "criticalmedium" || code[2].Tool != "gosec" {
			t.Errorf("code: %+v, %v", code, err)
		}
		secrets, err := c.SecretAlerts(ctx)
		if err != nil || len(secrets) != 1 || secrets[0].Title != "slack api token" || strings.Contains(fmt.Sprint(secrets), "canary") {
			t.Errorf("secrets: %+v, %v", secrets, err)
		}
		if packages, err := c.DependencyAlerts(ctx); err != nil || len(packages) != 130 || packages[129].Number != 130 {
			t.Errorf("packages: %d, %v", len(packages), err)
		}
		host.SetSecurity(func(s *practice.Security) {
			s.Off = []practice.Scanner{practice.CodeScanning, practice.SecretScanning, practice.Dependabot}
		})
		for name, err := range scans(t, c, ref) {
			if !errors.Is(err, github.ErrNotEnabled) || !strings.Contains(err.Error(), "not enabled in acme/shop (") {
				t.Errorf("%s off: %v", name, err)
			}
		}
		host.SetSecurity(func(s *practice.Security) { *s = practice.Security{} })
		if _, err := c.Analyses(ctx, ref); !errors.Is(err, github.ErrNotEnabled) {
			t.Errorf("never analyzed: %v", err)
		}
	})
}

// scans are the errors of all reads of scanners.
func scans(t *testing.T, c *github.Client, ref string) map[string]error {
	_, analyses := c.Analyses(t.Context(), ref)
	_, code := c.CodeAlerts(t.Context(), ref)
	_, secrets := c.SecretAlerts(t.Context())
	_, packages := c.DependencyAlerts(t.Context())
	return map[string]error{"analyses": analyses, "code": code, "secrets": secrets, "packages": packages}
}

// TestScannersThatAreOff knows GitHub's sentences, which its users have reported, and
// takes no other refusal for one of them.
func TestScannersThatAreOff(t *testing.T) {
	for _, test := range []struct {
		status  int
		message string
		off     bool
		words   string
	}{
		{403, "Advanced Security must be enabled for this repository to use code scanning.", true, ""},
		{403, "Code scanning is not enabled for this repository. Please enable code scanning in the repository settings.", true, ""},
		{404, "no analysis found", true, ""},
		{404, "Secret scanning is disabled on this repository.", true, ""},
		{403, "Dependabot alerts are disabled for this repository.", true, ""},
		{403, "Dependabot alerts are not available for archived repositories.", true, ""},
		{403, "Resource not accessible by personal access token", false, "alerts: read"},
		{403, "Resource not accessible by integration", false, "alerts: read"},
		{404, "Not Found", false, "check the repository's name"},
		{401, "Secret scanning is disabled on this repository.", false, "GITHUB_TOKEN"},
	} {
		play(t, says(test.status, fmt.Sprintf(`{"message":%q}`, test.message)), func(t *testing.T, w *world) {
			for name, err := range scans(t, w.client, "refs/heads/main") {
				if errors.Is(err, github.ErrNotEnabled) != test.off || err == nil || !strings.Contains(err.Error(), test.words) {
					t.Errorf("%d %s, %s: %v", test.status, test.message, name, err)
				}
			}
		})
	}
}

// TestCodeAlertsOfARef: an alert that is closed on the default branch may be open on
// another ref, and the other way round.
func TestCodeAlertsOfARef(t *testing.T) {
	alert := func(n int, state, there string) string {
		return fmt.Sprintf(`{"number":%d,"state":%q,"rule":{"id":"x","severity":"note"},"most_recent_instance":{"state":%q}}`, n, state, there)
	}
	list := strings.Join([]string{alert(1, "fixed", "open"), alert(2, "open", "fixed"), alert(3, "open", "open"), alert(4, "dismissed", "open"), alert(5, "open", "")}, ",")
	play(t, says(http.StatusOK, "["+list+"]"), func(t *testing.T, w *world) {
		alerts, err := w.client.CodeAlerts(t.Context(), "refs/tags/v1")
		var got []int
		for _, one := range alerts {
			got = append(got, one.Number)
		}
		if diff := cmp.Diff([]int{1, 3, 5}, got); diff != "" || err != nil {
			t.Errorf("%v, want and got:\n%s", err, diff)
		}
		if got, want := w.list(), "GET repos/acme/shop/code-scanning/alerts?per_page=100&ref=refs%2Ftags%2Fv1"; got != want {
			t.Errorf("asked %s", got)
		}
	})
}

// TestSecretsStayAtGitHub: they are not even asked for.
func TestSecretsStayAtGitHub(t *testing.T) {
	play(t, says(http.StatusOK, `[{"number":1,"state":"open","secret_type":"slack_api_token","secret":"xoxb-canary"}]`), func(t *testing.T, w *world) {
		alerts, err := w.client.SecretAlerts(t.Context())
		if err != nil || len(alerts) != 1 || strings.Contains(fmt.Sprint(alerts, w.log), "canary") {
			t.Errorf("got %v, %v", alerts, err)
		}
		if got, want := w.list(), "GET repos/acme/shop/secret-scanning/alerts?hide_secret=true&per_page=100&state=open"; got != want {
			t.Errorf("asked %s, want %s", got, want)
		}
	})
}

// TestNewestAnalyses: of a list that never ends only the newest are read.
func TestNewestAnalyses(t *testing.T) {
	one := `[{"ref":"refs/heads/main","commit_sha":"` + newSHA + `","tool":{"name":"CodeQL"},"analysis_key":"scan.yml:go"}]`
	play(t, says(http.StatusOK, one, "Link", `<https://x.test/?page=2>; rel="next"`), func(t *testing.T, w *world) {
		got, err := w.client.Analyses(t.Context(), "refs/heads/main")
		if err != nil || len(got) != 1 || got[0].Category != "scan.yml:go" || len(w.asked()) != 2 {
			t.Errorf("got %v, %v after %d requests", got, err, len(w.asked()))
		}
		if got, err := w.client.Analyses(t.Context(), "refs/heads/other"); !errors.As(err, new(*github.Unavailable)) {
			t.Errorf("of another ref: %v, %v", got, err)
		}
	})
}

// TestOpenIssues lists open issues, and knows whether a label is there at all.
func TestOpenIssues(t *testing.T) {
	practising(t, func(t *testing.T, host *practice.Host, c *github.Client) {
		for _, label := range []string{"to do", "To Do", "else"} {
			if _, err := c.Create(t.Context(), github.Draft{Title: label, Labels: []string{label}}); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := host.SetLabelled(false, 1, "to do"); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if got, err := c.OpenIssues(t.Context(), []string{"to do"}); err != nil || len(got) != 1 || got[0].Title != "To Do" {
			t.Errorf("got %v, %v", got, err)
		}
		for label, want := range map[string]bool{"to do": true, "TO DO": true, "else": true, "todo": false, "a/b?c": false} {
			if got, err := c.HasLabel(t.Context(), label); err != nil || got != want {
				t.Errorf("%s: %v, %v", label, got, err)
			}
		}
	})
	play(t, says(http.StatusNotFound, `{"message":"Not Found"}`), func(t *testing.T, w *world) {
		if got, err := w.client.HasLabel(t.Context(), "x"); err == nil || got {
			t.Errorf("in an inaccessible repository: %v, %v", got, err)
		}
	})
}
