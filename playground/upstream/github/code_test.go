package github_test

import (
	"fmt"
	"strings"
	"testing"

	"gonogo/playground/upstream/github"
)

func TestCommitsAreFound(t *testing.T) {
	a := open(t)
	for _, test := range []struct{ ref, want string }{
		{shaNext, shaNext}, {"c3c3c3c", shaNext}, {"v1.1", shaMain}, {"main", shaMain}, {"lines/old", shaOld}, {"tags/v1.0", shaNext}, {"heads/lines/old", shaOld},
		{"v9.9", ""}, {"tags/main", ""}, {"c", ""}, {"d5d5d5d", ""},
	} {
		commit, response, err := a.client.Repositories.GetCommit(background, owner, repo, test.ref, nil)
		switch {
		case test.want == "" && (err == nil || response.StatusCode != 422):
			t.Errorf("%s gives %v, %v, want 422", test.ref, commit, err)
		case test.want != "" && (err != nil || commit.GetSHA() != test.want || commit.GetHTMLURL() != a.server.URL+"/shop/odoo/commit/"+test.want):
			t.Errorf("%s is %v, %v, want %s", test.ref, commit, err, test.want)
		}
	}
}

func TestTagsAndTheRepository(t *testing.T) {
	a := open(t)
	tag, _, err := a.client.Git.GetRef(background, owner, repo, "tags/v1.0")
	if err != nil || tag.GetObject().GetSHA() != shaNext || tag.GetObject().GetType() != "commit" {
		t.Errorf("the tag is %v, %v", tag, err)
	}
	for _, absent := range []string{"/git/ref/tags/v9", "/git/ref/tags/v1", "/git/ref/tags/main", "/git/tags/" + shaNext} {
		if got := a.send("GET", api+absent, ""); got.status != 404 {
			t.Errorf("%s gives %d", absent, got.status)
		}
	}
	signed, _, err := a.client.Git.GetRef(background, owner, repo, "tags/signed")
	if err != nil || signed.GetObject().GetSHA() != shaTag || signed.GetObject().GetType() != "tag" {
		t.Errorf("the annotated tag is %v, %v", signed, err)
	}
	told, _, err := a.client.Git.GetTag(background, owner, repo, shaTag)
	if err != nil || told.GetTag() != "signed" || told.GetObject().GetSHA() != shaNext || told.GetObject().GetType() != "commit" || told.GetMessage() != "Signed" {
		t.Errorf("the tag's object is %v, %v", told, err)
	}
	found, _, err := a.client.Repositories.Get(background, "Shop", "ODOO")
	if err != nil || found.GetFullName() != "shop/odoo" || found.GetDefaultBranch() != "main" || found.GetOpenIssuesCount() != 1 {
		t.Errorf("the repository is %v, %v", found, err)
	}
}

func TestComparing(t *testing.T) {
	a := open(t)
	for _, test := range []struct{ base, head, want string }{
		{"v1.0", "v1.1", "ahead 1 0 [Go further]"},
		{"v1.1", "v1.0", "behind 0 1 []"},
		{"main", "v1.1", "identical 0 0 []"},
		{"v0.9", "main", "diverged 2 1 [Go on Go further]"},
	} {
		found, _, err := a.client.Repositories.CompareCommits(background, owner, repo, test.base, test.head, nil)
		if err != nil {
			t.Errorf("%s...%s: %v", test.base, test.head, err)
			continue
		}
		titles := []string{}
		for _, commit := range found.Commits {
			title, _, _ := strings.Cut(commit.GetCommit().GetMessage(), "\n")
			titles = append(titles, title)
		}
		got := fmt.Sprintf("%s %d %d %v", found.GetStatus(), found.GetAheadBy(), found.GetBehindBy(), titles)
		if got != test.want {
			t.Errorf("%s...%s is %q, want %q", test.base, test.head, got, test.want)
		}
		if got, want := found.GetHTMLURL(), a.server.URL+"/shop/odoo/compare/"+test.base+"..."+test.head; got != want {
			t.Errorf("its page is %s, want %s", got, want)
		}
	}
	if got := a.send("GET", api+"/compare/v1.0...v9.9", ""); got.status != 404 {
		t.Errorf("an absent commit gives %d", got.status)
	}
}

func TestCodeThatLeadsNowhere(t *testing.T) {
	opts := open(t).opts
	opts.Code.Tags = map[string]string{"v1.0": strings.Repeat("0", 40)}
	if _, err := github.New(opts); err == nil || !strings.Contains(err.Error(), "v1.0") {
		t.Errorf("a tag without a commit gives %v", err)
	}
}
