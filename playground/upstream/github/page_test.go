package github_test

import (
	"strings"
	"testing"
	"time"

	gh "github.com/google/go-github/v60/github"
)

// browse is a page as a browser without a token gets it.
func (a *account) browse(path string) reply {
	a.t.Helper()
	return a.send("GET", path, "", "Authorization", "", "Accept", "text/html", "Content-Type", "")
}

func TestAnIssuesPage(t *testing.T) {
	a := open(t)
	a.create("A <b>bold</b> title", "<!-- key=7 -->\nSeen **twice** in `odoo.log`.", "gonogo")
	a.pass(time.Hour)
	if _, _, err := a.client.Issues.CreateComment(background, owner, repo, 5, &gh.IssueComment{Body: gh.String("It *passes* now.")}); err != nil {
		t.Fatal(err)
	}
	a.edit(5, &gh.IssueRequest{State: gh.String("closed")})
	got := a.browse("/shop/odoo/issues/5")
	for _, want := range []string{
		"A &lt;b&gt;bold&lt;/b&gt; title", "Seen <strong>twice</strong> in <code>odoo.log</code>.", "It <em>passes</em> now.",
		"2 Nov 2026, 09:00 UTC", "closed this as completed", "1 comment", ">gonogo</span>",
	} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, hidden := range []string{"key=7", "<b>bold", token} {
		if strings.Contains(got.body, hidden) {
			t.Errorf("the page shows %q", hidden)
		}
	}
}

func TestPagesOfTheRepository(t *testing.T) {
	a := open(t)
	a.create("An issue", "")
	a.create("A closed one", "")
	a.edit(6, &gh.IssueRequest{State: gh.String("closed"), StateReason: gh.String("not_planned")})
	for _, test := range []struct {
		path   string
		status int
		shows  string
	}{
		{"/shop/odoo", 200, "An issue"},
		{"/shop/odoo/issues", 200, "2 open"},
		{"/shop/odoo/issues?state=closed", 200, "Closed as not planned"},
		{"/shop/odoo/pull/4", 200, "Faster search"},
		{"/shop/odoo/commits", 200, "Go further"},
		{"/shop/odoo/commit/v1.0", 200, "With a reason."},
		{"/shop/odoo/compare/v0.9...main", 200, "main has 2 commits that v0.9 lacks, and lacks 1 commit of v0.9."},
		{"/shop/odoo/compare/main...v1.1", 200, "the same commit"},
		{"/avatars/ada", 200, ">A</text>"},
		{"/shop/odoo/issues/77", 404, ""},
		{"/shop/odoo/commit/v9", 404, ""},
		{"/shop/secret/issues/5", 404, ""},
	} {
		if got := a.browse(test.path); got.status != test.status || !strings.Contains(got.body, test.shows) {
			t.Errorf("%s is %d and lacks %q", test.path, got.status, test.shows)
		}
	}
}
