package upstream

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"
)

// mounted serves an upstream as the world does, which has to know its address
// before.
func mounted(t *testing.T, p Place, kind func(Place) (*Upstream, error)) *Upstream {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.URL = server.URL
	u := practiceIn(t, p, kind)
	mux.Handle(u.Prefix, u.Handler)
	return u
}

// codeClient is GitHub's own client, set up from the upstream's variables.
func codeClient(t *testing.T, u *Upstream) *github.Client {
	t.Helper()
	settings := map[string]string{}
	for _, one := range u.Variables {
		settings[one.Name] = one.Value
	}
	client, err := github.NewClient(&http.Client{Transport: lasting{}}).WithAuthToken(settings["GITHUB_TOKEN"]).
		WithEnterpriseURLs(settings["GITHUB_API_URL"], settings["GITHUB_API_URL"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	return client
}

// lasting asks for the one media type that GitHub has not retired.
type lasting struct{}

func (lasting) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept", "application/vnd.github+json")
	return http.DefaultTransport.RoundTrip(r)
}

const codeOwner, codeName = "insightpulse", "insightpulse-odoo"

func TestIssuesOutliveARestart(t *testing.T) {
	ctx, p := context.Background(), newPlace(t)
	before := codeClient(t, mounted(t, p, codeHost))
	request := &github.IssueRequest{Title: github.String("A gate failed"), Labels: &[]string{"gonogo"}}
	issue, _, err := before.Issues.Create(ctx, codeOwner, codeName, request)
	if err != nil {
		t.Fatal(err)
	}
	if issue.GetNumber() != openPull.Number+1 {
		t.Errorf("the issue is #%d, want the one after the pull request's #%d", issue.GetNumber(), openPull.Number)
	}
	response, err := http.Get(issue.GetHTMLURL())
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("its page gave %v, %v", response, err)
	}
	response.Body.Close()

	after := codeClient(t, mounted(t, p, codeHost))
	list, _, err := after.Issues.ListByRepo(ctx, codeOwner, codeName, &github.IssueListByRepoOptions{Labels: []string{"gonogo"}})
	if err != nil || len(list) != 1 || list[0].GetTitle() != "A gate failed" {
		t.Errorf("after the restart the issues are %v, %v", list, err)
	}
}

// TestEveryImageHasItsCommit: a version can be deployed only if people can see
// what is in it.
func TestEveryImageHasItsCommit(t *testing.T) {
	client := codeClient(t, mounted(t, newPlace(t), codeHost))
	for _, tag := range imageTags {
		commit, _, err := client.Repositories.GetCommit(context.Background(), codeOwner, codeName, "v"+tag, nil)
		if err != nil || len(commit.GetSHA()) != 40 {
			t.Errorf("v%s is %v, %v", tag, commit, err)
		}
	}
	found, _, err := client.Repositories.CompareCommits(context.Background(), codeOwner, codeName, "v19.0.1", "v19.0.2", nil)
	if err != nil || found.GetStatus() != "ahead" || found.GetAheadBy() != 2 {
		t.Errorf("v19.0.2 against v19.0.1 is %v, %v", found, err)
	}
}

func TestTheSwitchOfGitHub(t *testing.T) {
	u := mounted(t, newPlace(t), codeHost)
	for _, test := range []struct {
		state  string
		status int
	}{{"down", 503}, {"secondary-limit", 403}, {"429", 429}, {"up", 200}} {
		turn(t, u, "github", test.state)
		_, response, err := codeClient(t, u).Repositories.Get(context.Background(), codeOwner, codeName)
		if response == nil || response.StatusCode != test.status {
			t.Errorf("%s gives %v, %v, want %d", test.state, response, err, test.status)
		}
	}
}

func TestGitHubStandsWhereItStood(t *testing.T) {
	p := newPlace(t)
	p.Position = func(string) string { return "down" }
	_, _, err := codeClient(t, mounted(t, p, codeHost)).Repositories.Get(context.Background(), codeOwner, codeName)
	if err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("got %v", err)
	}
}
