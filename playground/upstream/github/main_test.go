package github_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	gh "github.com/google/go-github/v60/github"
	"go.uber.org/goleak"

	"gonogo/playground/upstream/github"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token = "ghp_test"
	owner = "shop"
	repo  = "odoo"
)

// The commits of the tests: one before a fork, one on the old line, two on main.
var (
	shaRoot = strings.Repeat("a1", 20)
	shaOld  = strings.Repeat("b2", 20)
	shaNext = strings.Repeat("c3", 20)
	shaMain = strings.Repeat("c4", 20)
	shaTag  = strings.Repeat("7a", 20)
)

// account is a host that is served, with a client of it and a clock that the
// test moves.
type account struct {
	*github.Host
	t      *testing.T
	opts   github.Options
	server *httptest.Server
	client *gh.Client

	mu sync.Mutex
	at time.Time
}

func (a *account) now() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.at
}

func (a *account) pass(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = a.at.Add(d)
}

// open serves a repository with two labels, one pull request and four commits.
func open(t *testing.T) *account {
	t.Helper()
	a := &account{t: t, at: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	commit := func(sha, parent, message string) github.Commit {
		return github.Commit{SHA: sha, Parent: parent, Message: message, Author: "Ada Moss", Login: "ada", At: a.at}
	}
	a.opts = github.Options{
		Repository: owner + "/" + repo, Token: token, Now: a.now, RetryAfter: 90 * time.Second,
		Labels: []github.Label{{Name: "bug", Color: "d73a4a"}, {Name: "Needs help", Color: "a2eeef", Description: "Anyone?"}},
		Issues: []github.Issue{{Number: 4, Pull: true, Title: "Faster search", Author: "ada", Labels: []string{"bug"}, Created: a.at.Add(-time.Hour)}},
		Code: github.Code{
			Commits:   []github.Commit{commit(shaRoot, "", "Start"), commit(shaOld, shaRoot, "Mend the old line"), commit(shaNext, shaRoot, "Go on\n\nWith a reason."), commit(shaMain, shaNext, "Go further")},
			Branches:  map[string]string{"main": shaMain, "lines/old": shaOld},
			Tags:      map[string]string{"v1.0": shaNext, "v1.1": shaMain, "v0.9": shaOld, "signed": shaTag},
			Annotated: []github.Annotated{{SHA: shaTag, Of: shaNext, Message: "Signed"}},
		},
	}
	a.start()
	return a
}

// start serves a host with the account's options.
func (a *account) start() {
	a.t.Helper()
	host, err := github.New(a.opts)
	if err != nil {
		a.t.Fatal(err)
	}
	a.Host = host
	a.server = httptest.NewServer(host.Handler())
	a.t.Cleanup(a.server.Close)
	a.client = a.clientWith(token)
}

// clientWith is GitHub's own client as it has to be to ask for no retired
// media type.
func (a *account) clientWith(token string) *gh.Client {
	a.t.Helper()
	client, err := gh.NewClient(&http.Client{Transport: plain{a.server.Client().Transport}}).WithAuthToken(token).WithEnterpriseURLs(a.server.URL, a.server.URL)
	if err != nil {
		a.t.Fatal(err)
	}
	return client
}

type plain struct{ next http.RoundTripper }

func (p plain) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept", "application/vnd.github+json")
	return p.next.RoundTrip(r)
}

// create opens an issue.
func (a *account) create(title, body string, labels ...string) *gh.Issue {
	a.t.Helper()
	issue, _, err := a.client.Issues.Create(context.Background(), owner, repo, &gh.IssueRequest{Title: &title, Body: &body, Labels: &labels})
	if err != nil {
		a.t.Fatal(err)
	}
	return issue
}

// reply is an answer as it came.
type reply struct {
	status int
	header http.Header
	body   string
}

// send asks the API with these headers besides the usual ones; one that is set
// to nothing is left out.
func (a *account) send(method, path, body string, headers ...string) reply {
	a.t.Helper()
	request, err := http.NewRequest(method, a.server.URL+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	usual := []string{"Authorization", "Bearer " + token, "Accept", "application/vnd.github+json", "Content-Type", "application/json"}
	for pairs := append(usual, headers...); len(pairs) > 0; pairs = pairs[2:] {
		request.Header.Set(pairs[0], pairs[1])
		if pairs[1] == "" && pairs[0] != "User-Agent" { // an empty User-Agent keeps net/http from setting one
			request.Header.Del(pairs[0])
		}
	}
	response, err := a.server.Client().Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(text)}
}

const api = "/api/v3/repos/" + owner + "/" + repo

// refused is what a refusal says, its fields' faults as "field code".
func (r reply) refused(t *testing.T) (message string, faults []string) {
	t.Helper()
	var no struct {
		Message string
		Errors  []struct{ Resource, Field, Code string }
		About   string `json:"documentation_url"`
	}
	if err := json.Unmarshal([]byte(r.body), &no); err != nil || no.About == "" {
		t.Fatalf("%q is no refusal of GitHub's: %v", r.body, err)
	}
	for _, one := range no.Errors {
		faults = append(faults, one.Resource+" "+one.Field+" "+one.Code)
	}
	return no.Message, faults
}
