package github_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/github"
)

const (
	issueJSON = `{"number":7,"state":"closed","title":"Rows","body":"Gone.","html_url":"https://x.test/7","labels":[{"name":"gonogo"},{"name":"release"}],
		"created_at":"2026-03-01T10:00:00Z","updated_at":"2026-03-02T10:00:00+02:00","closed_at":"2026-03-02T08:00:00Z"}`
	commentJSON = `{"id":91,"body":"Passed.","html_url":"https://x.test/7#c91","created_at":"2026-03-02T08:00:00Z"}`
	commitJSON  = `{"sha":"4f3c2b1a","html_url":"https://x.test/c","commit":{"message":"Count rows \n\nWhy.","author":{"name":"Ada","date":"2026-01-01T00:00:00Z"},"committer":{"name":"Bo","date":"2026-03-01T00:00:00Z"}}}`
)

var (
	issue = github.Issue{Number: 7, URL: "https://x.test/7", Title: "Rows", Body: "Gone.", Labels: []string{"gonogo", "release"},
		CreatedAt: at("2026-03-01T10:00:00Z"), UpdatedAt: at("2026-03-02T08:00:00Z"), ClosedAt: at("2026-03-02T08:00:00Z")}
	comment = github.Comment{ID: 91, Body: "Passed.", URL: "https://x.test/7#c91", At: at("2026-03-02T08:00:00Z")}
	commit  = github.Commit{SHA: "4f3c2b1a", Title: "Count rows", Author: "Ada", At: at("2026-03-01T00:00:00Z"), URL: "https://x.test/c"}
)

func at(text string) time.Time {
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return moment
}

// call is one operation of a client.
type call struct {
	name   string
	do     func(context.Context, *github.Client) (any, error)
	answer string // of the host
	ask    string // what it has to be asked
	want   any
}

var reads = []call{
	{
		"issue", func(ctx context.Context, c *github.Client) (any, error) { return c.Issue(ctx, 7) },
		issueJSON, "GET repos/acme/shop/issues/7", issue,
	},
	{
		"issues", func(ctx context.Context, c *github.Client) (any, error) {
			return c.IssuesLabelled(ctx, []string{"gonogo", "kind:gate"}, at("2026-03-01T02:00:00+02:00"))
		},
		`[` + issueJSON + `,{"number":8,"pull_request":{"url":"https://x.test"}}]`,
		"GET repos/acme/shop/issues?direction=asc&labels=gonogo%2Ckind%3Agate&per_page=100&since=2026-03-01T00%3A00%3A00Z&sort=created&state=all", []github.Issue{issue},
	},
	{
		"comments", func(ctx context.Context, c *github.Client) (any, error) { return c.Comments(ctx, 7, time.Time{}) },
		`[` + commentJSON + `]`, "GET repos/acme/shop/issues/7/comments?per_page=100", []github.Comment{comment},
	},
	{
		"commit", func(ctx context.Context, c *github.Client) (any, error) { return c.Commit(ctx, "fix/#12%") },
		commitJSON, "GET repos/acme/shop/commits/fix/%2312%25", commit,
	},
	{
		"comparison", func(ctx context.Context, c *github.Client) (any, error) { return c.Compare(ctx, "v1", "fix/2") },
		`{"status":"ahead","ahead_by":2,"behind_by":1,"html_url":"https://x.test/d","commits":[{"sha":"old"},` + commitJSON + `]}`,
		"GET repos/acme/shop/compare/v1...fix%2F2",
		github.Comparison{Status: "ahead", Ahead: 2, Behind: 1, URL: "https://x.test/d", Commits: []github.Commit{commit, {SHA: "old"}}},
	},
}

func pointer[T any](v T) *T { return &v }

var writes = []call{
	{
		"create", func(ctx context.Context, c *github.Client) (any, error) {
			return c.Create(ctx, github.Draft{Title: "Rows", Body: "Gone.", Labels: []string{"gonogo"}})
		},
		issueJSON, `POST repos/acme/shop/issues {"title":"Rows","body":"Gone.","labels":["gonogo"]}`, issue,
	},
	{
		"close", func(ctx context.Context, c *github.Client) (any, error) {
			return c.Edit(ctx, 7, github.Change{State: pointer(false), Reason: "completed"})
		},
		issueJSON, `PATCH repos/acme/shop/issues/7 {"state":"closed","state_reason":"completed"}`, issue,
	},
	{
		"reopen", func(ctx context.Context, c *github.Client) (any, error) {
			return c.Edit(ctx, 7, github.Change{Title: pointer("A"), Body: pointer(""), State: pointer(true), Reason: "reopened", Labels: &[]string{}})
		},
		issueJSON, `PATCH repos/acme/shop/issues/7 {"title":"A","body":"","labels":[],"state":"open","state_reason":"reopened"}`, issue,
	},
	{
		"comment", func(ctx context.Context, c *github.Client) (any, error) { return c.Comment(ctx, 7, "Passed.") },
		commentJSON, `POST repos/acme/shop/issues/7/comments {"body":"Passed."}`, comment,
	},
}

func TestCalls(t *testing.T) {
	for _, call := range append(append([]call{}, reads...), writes...) {
		t.Run(call.name, func(t *testing.T) {
			play(t, says(http.StatusOK, call.answer), func(t *testing.T, w *world) {
				got, err := call.do(t.Context(), w.client)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(call.want, got); diff != "" {
					t.Errorf("want and got:\n%s", diff)
				}
				if got := w.list(); got != call.ask {
					t.Errorf("asked\n%s\nwant\n%s", got, call.ask)
				}
			})
		})
	}
}

// TestLists turns pages by the queries of Link headers, which may be cursors.
func TestLists(t *testing.T) {
	next := func(query, body string) func(http.ResponseWriter, *http.Request, int) {
		return says(http.StatusOK, body, "Link", `<https://elsewhere.test/issues?page=1>; rel="prev", <https://elsewhere.test/repositories/1/issues?`+query+`>; rel="next"`)
	}
	answer := inTurn(next("after=Y3Vyc29y&page=2", `[{"number":1},{"number":2,"pull_request":{}}]`), next("after=b3RoZXI%3D", `[{"number":3}]`), says(http.StatusOK, `[{"number":4}]`))
	play(t, answer, func(t *testing.T, w *world) {
		issues, err := w.client.IssuesLabelled(t.Context(), nil, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, issue := range issues {
			got = append(got, issue.Number)
		}
		if diff := cmp.Diff([]int{1, 3, 4}, got); diff != "" {
			t.Errorf("want and got:\n%s", diff)
		}
		want := "GET repos/acme/shop/issues?direction=asc&per_page=100&sort=created&state=all\n" +
			"GET repos/acme/shop/issues?after=Y3Vyc29y&page=2\nGET repos/acme/shop/issues?after=b3RoZXI%3D"
		if got := w.list(); got != want {
			t.Errorf("asked\n%s\nwant\n%s", got, want)
		}
	})
}

// TestEndlessLists are refused: a part of a list would be taken for all of it.
func TestEndlessLists(t *testing.T) {
	play(t, says(http.StatusOK, `[{"number":1}]`, "Link", `<https://x.test/?page=2>; rel="next"`), func(t *testing.T, w *world) {
		issues, err := w.client.IssuesLabelled(t.Context(), []string{"gonogo"}, time.Time{})
		if refused := new(github.Refused); !errors.As(err, &refused) || issues != nil {
			t.Errorf("got %d issues and %v, want none and a refusal", len(issues), err)
		}
		if n := len(w.asked()); n != 50 {
			t.Errorf("asked for %d pages, want 50", n)
		}
		_, err = w.client.IssuesLabelled(t.Context(), []string{"a,b"}, time.Time{})
		if err == nil || !strings.Contains(err.Error(), `"a,b"`) || len(w.asked()) != 50 {
			t.Errorf("a label with a comma: %v after %d requests, want it named and nothing asked", err, len(w.asked()))
		}
	})
}

func TestComparisonsNameTheNewest(t *testing.T) {
	var commits []string
	for n := range 260 {
		commits = append(commits, fmt.Sprintf(`{"sha":"c%d"}`, n))
	}
	play(t, says(http.StatusOK, `{"status":"ahead","ahead_by":260,"commits":[`+strings.Join(commits, ",")+`]}`), func(t *testing.T, w *world) {
		got, err := w.client.Compare(t.Context(), "a", "b")
		if err != nil || len(got.Commits) != 250 || got.Commits[0].SHA != "c259" || got.Commits[249].SHA != "c10" || got.Ahead != 260 {
			t.Errorf("got %d commits, %v; want c259 to c10 of 260", len(got.Commits), err)
		}
	})
}

func TestNames(t *testing.T) {
	missing := says(http.StatusUnprocessableEntity, `{"message":"No commit found for SHA: x"}`)
	circle := says(http.StatusOK, `{"sha":"c0ffee","object":{"type":"tag","sha":"c0ffee"}}`)
	notFound := says(http.StatusNotFound, `{"message":"Not Found"}`)
	compare := func(ctx context.Context, c *github.Client) error { _, err := c.Compare(ctx, "a", "b"); return err }
	look := func(ref string) func(context.Context, *github.Client) error {
		return func(ctx context.Context, c *github.Client) error { _, err := c.Commit(ctx, ref); return err }
	}
	version := func(version string) func(context.Context, *github.Client) error {
		return func(ctx context.Context, c *github.Client) error {
			_, err := c.CommitOfVersion(ctx, version)
			return err
		}
	}
	tests := []struct {
		name   string
		do     func(context.Context, *github.Client) error
		answer func(http.ResponseWriter, *http.Request, int)
		none   bool // ErrNoSuchRef
		asked  int
		words  string
	}{
		{"unknown", look("x"), missing, true, 1, `"x" in acme/shop`},
		{"empty repository", look("x"), says(http.StatusConflict, `{"message":"Git Repository is empty."}`), true, 1, ""},
		{"not compared", compare, inTurn(notFound, says(http.StatusOK, `{"full_name":"acme/shop"}`)), true, 2, `"a...b"`},
		{"not to be seen", compare, notFound, false, 2, "check the repository's name"},
		{"not to be read", look("x"), says(http.StatusForbidden, `{"message":"Resource not accessible"}`), false, 1, `"Contents: read"`},
		{"another place", look("../../user"), missing, true, 0, ""},
		{"empty", look(""), missing, true, 0, ""},
		{"of a query", look("a?page=2"), missing, true, 0, ""},
		{"version", version("1.0"), missing, true, 2, `"1.0"`},
		{"version with its v", version("v1.0"), missing, true, 2, `"v1.0"`},
		{"version of another tag", version("1.0"), says(http.StatusOK, `{"ref":"refs/tags/1.0.1","object":{"type":"commit","sha":"c0ffee"}}`), true, 2, `"1.0"`},
		{"version of a branch", version("1.0"), says(http.StatusOK, `{"ref":"refs/heads/1.0","object":{"type":"commit","sha":"c0ffee"}}`), true, 2, `"1.0"`},
		{"version of a file", version("1.0"), inTurn(says(http.StatusOK, `{"ref":"refs/tags/1.0","object":{"type":"blob","sha":"c0ffee"}}`), missing), true, 2, `"1.0"`},
		{"version of a circle", version("1.0"), inTurn(says(http.StatusOK, `{"ref":"refs/tags/1.0","object":{"type":"tag","sha":"c0ffee"}}`), circle, circle, circle, circle, circle, missing), true, 7, `"1.0"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			play(t, test.answer, func(t *testing.T, w *world) {
				err := test.do(t.Context(), w.client)
				if err == nil || errors.Is(err, github.ErrNoSuchRef) != test.none || !strings.Contains(err.Error(), test.words) {
					t.Errorf("got %v, want %q in it, and ErrNoSuchRef: %v", err, test.words, test.none)
				}
				if n := len(w.asked()); n != test.asked {
					t.Errorf("asked %d times, want %d:\n%s", n, test.asked, w.list())
				}
			})
		})
	}
}

// TestVersions looks versions up by their tags: with a v and without, through
// annotated tags.
func TestVersions(t *testing.T) {
	const ask = "GET repos/acme/shop/"
	ref := func(name, kind string) func(http.ResponseWriter, *http.Request, int) {
		return says(http.StatusOK, `{"ref":"refs/tags/`+name+`","object":{"type":"`+kind+`","sha":"c0ffee"}}`)
	}
	none, found := says(http.StatusUnprocessableEntity, `{}`), says(http.StatusOK, commitJSON)
	for name, test := range map[string]struct {
		version string
		answer  func(http.ResponseWriter, *http.Request, int)
		asked   []string
	}{
		"as it stands": {"19.0.2", inTurn(ref("19.0.2", "commit"), found), []string{"git/ref/tags/19.0.2", "commits/c0ffee"}},
		"with a v":     {"19.0.2", inTurn(none, ref("v19.0.2", "commit"), found), []string{"git/ref/tags/19.0.2", "git/ref/tags/v19.0.2", "commits/c0ffee"}},
		"without a v":  {"v19.0.2", inTurn(none, ref("19.0.2", "commit"), found), []string{"git/ref/tags/v19.0.2", "git/ref/tags/19.0.2", "commits/c0ffee"}},
		"annotated": {"1", inTurn(ref("1", "tag"), says(http.StatusOK, `{"sha":"c0ffee","object":{"type":"commit","sha":"beef"}}`), found),
			[]string{"git/ref/tags/1", "git/tags/c0ffee", "commits/beef"}},
	} {
		play(t, test.answer, func(t *testing.T, w *world) {
			got, err := w.client.CommitOfVersion(t.Context(), test.version)
			if err != nil || got != commit {
				t.Errorf("%s: got %v, %v; want the commit", name, got, err)
			}
			if want := ask + strings.Join(test.asked, "\n"+ask); w.list() != want {
				t.Errorf("%s: asked\n%s\nwant\n%s", name, w.list(), want)
			}
		})
	}
}
