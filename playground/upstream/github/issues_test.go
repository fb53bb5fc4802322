package github_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gh "github.com/google/go-github/v60/github"

	"gonogo/playground/upstream/github"
)

var background = context.Background()

func TestAnIssueFromOpeningToReopening(t *testing.T) {
	a := open(t)
	issue := a.create("Modules are missing", "<!-- key -->\nTwo.", "gonogo", "BUG", "bug")
	if issue.GetNumber() != 5 || issue.GetState() != "open" || issue.GetUser().GetLogin() != "gonogo[bot]" {
		t.Errorf("got %v", issue)
	}
	if got, want := issue.GetHTMLURL(), a.server.URL+"/shop/odoo/issues/5"; got != want {
		t.Errorf("its page is %s, want %s", got, want)
	}
	if got, want := names(issue.Labels), "gonogo bug"; got != want {
		t.Errorf("its labels are %q, want %q", got, want)
	}

	a.pass(time.Minute)
	edited := a.edit(5, &gh.IssueRequest{State: gh.String("closed"), Labels: &[]string{"Needs help"}})
	if edited.GetState() != "closed" || edited.GetStateReason() != "completed" || !edited.GetClosedAt().Time.Equal(a.now()) || edited.GetClosedBy().GetLogin() != "gonogo[bot]" {
		t.Errorf("after closing it is %v", edited)
	}
	if got, want := names(edited.Labels), "Needs help"; got != want {
		t.Errorf("its labels are now %q, want %q", got, want)
	}
	if edited.GetBody() != "<!-- key -->\nTwo." || edited.GetTitle() != "Modules are missing" {
		t.Errorf("closing changed what the issue says: %v", edited)
	}

	a.pass(time.Minute)
	if again := a.edit(5, &gh.IssueRequest{State: gh.String("closed")}); !again.GetUpdatedAt().Time.Equal(a.now().Add(-time.Minute)) {
		t.Errorf("closing it again updated it: %v", again.GetUpdatedAt())
	}
	reopened := a.edit(5, &gh.IssueRequest{State: gh.String("open"), Body: gh.String("One.")})
	if reopened.GetState() != "open" || reopened.GetStateReason() != "reopened" || reopened.ClosedAt != nil || reopened.GetBody() != "One." {
		t.Errorf("after opening it again it is %v", reopened)
	}

	a.pass(time.Minute)
	comment, _, err := a.client.Issues.CreateComment(background, owner, repo, 5, &gh.IssueComment{Body: gh.String("Mended.")})
	if err != nil || comment.GetBody() != "Mended." {
		t.Errorf("commenting gave %v, %v", comment, err)
	}
	now, _, err := a.client.Issues.Get(background, owner, repo, 5)
	if err != nil || now.GetComments() != 1 || !now.GetUpdatedAt().Time.Equal(a.now()) {
		t.Errorf("after the comment it is %v, %v", now, err)
	}
	comments, _, err := a.client.Issues.ListComments(background, owner, repo, 5, nil)
	if err != nil || len(comments) != 1 || comments[0].GetHTMLURL() != fmt.Sprintf("%s/shop/odoo/issues/5#issuecomment-%d", a.server.URL, comment.GetID()) {
		t.Errorf("the comments are %v, %v", comments, err)
	}
	later := a.now().Add(time.Second)
	comments, _, err = a.client.Issues.ListComments(background, owner, repo, 5, &gh.IssueListCommentsOptions{Since: &later})
	if err != nil || len(comments) != 0 {
		t.Errorf("the comments since %v are %v, %v", later, comments, err)
	}
	a.wrote("POST 5", "PATCH 5", "PATCH 5", "PATCH 5", "POST 5")
}

func (a *account) edit(number int, request *gh.IssueRequest) *gh.Issue {
	a.t.Helper()
	issue, _, err := a.client.Issues.Edit(background, owner, repo, number, request)
	if err != nil {
		a.t.Fatal(err)
	}
	return issue
}

// wrote compares what was really done: methods with the issues' numbers.
func (a *account) wrote(want ...string) {
	a.t.Helper()
	var got []string
	for _, write := range a.Writes() {
		method, _, _ := strings.Cut(write.Route, " ")
		got = append(got, fmt.Sprintf("%s %d", method, write.Number))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		a.t.Errorf("what was done (-want +got):\n%s", diff)
	}
}

func names(labels []*gh.Label) string {
	var all []string
	for _, label := range labels {
		all = append(all, label.GetName())
	}
	return strings.Join(all, " ")
}

func TestListing(t *testing.T) {
	a := open(t)
	for i := range 4 { // 5 to 8
		a.pass(time.Minute)
		a.create(fmt.Sprint("Issue ", i), "", "gonogo", fmt.Sprint("kind:", i%2))
	}
	a.pass(time.Minute)
	since := a.now()
	a.edit(6, &gh.IssueRequest{State: gh.String("closed"), StateReason: gh.String("not_planned")})
	for _, test := range []struct {
		query, want string
	}{
		{"", "8 7 5 4"},
		{"state=open&direction=asc", "4 5 7 8"},
		{"state=closed", "6"},
		{"state=all", "8 7 6 5 4"},
		{"state=all&labels=GONOGO,kind:1", "8 6"},
		{"state=all&labels=gonogo,absent", ""},
		{"state=all&sort=updated", "6 8 7 5 4"},
		{"state=all&since=" + since.Format(time.RFC3339), "6"},
		{"labels=bug", "4"},
		{"state=all&per_page=2", "8 7"},
		{"state=all&per_page=2&page=3", "4"},
		{"state=all&per_page=2&page=9", ""},
	} {
		if got := a.numbers(test.query); got != test.want {
			t.Errorf("%q lists %q, want %q", test.query, got, test.want)
		}
	}
}

func (a *account) numbers(query string) string {
	a.t.Helper()
	var list []gh.Issue
	if err := json.Unmarshal([]byte(a.send("GET", api+"/issues?"+query, "").body), &list); err != nil {
		a.t.Fatal(err)
	}
	var all []string
	for _, one := range list {
		if (one.GetNumber() == 4) != one.IsPullRequest() {
			a.t.Errorf("%d is a pull request: %v", one.GetNumber(), one.IsPullRequest())
		}
		all = append(all, fmt.Sprint(one.GetNumber()))
	}
	return strings.Join(all, " ")
}

// TestPages follows the links as clients do.
func TestPages(t *testing.T) {
	a := open(t)
	for i := range 6 {
		a.create(fmt.Sprint("Issue ", i), "", "gonogo")
	}
	options := &gh.IssueListByRepoOptions{Labels: []string{"gonogo"}, ListOptions: gh.ListOptions{PerPage: 4}}
	first, response, err := a.client.Issues.ListByRepo(background, owner, repo, options)
	if err != nil || len(first) != 4 || response.NextPage != 2 || response.LastPage != 2 || response.FirstPage != 0 {
		t.Fatalf("the first page has %d issues and %+v, %v", len(first), response, err)
	}
	options.Page = response.NextPage
	second, response, err := a.client.Issues.ListByRepo(background, owner, repo, options)
	if err != nil || len(second) != 2 || response.NextPage != 0 || response.PrevPage != 1 || response.FirstPage != 1 {
		t.Errorf("the second page has %d issues and %+v, %v", len(second), response, err)
	}
	if link := a.send("GET", api+"/issues?per_page=500&state=all", "").header.Get("Link"); link != "" {
		t.Errorf("one page has links: %s", link)
	}
}

func TestLabels(t *testing.T) {
	a := open(t)
	made, _, err := a.client.Issues.CreateLabel(background, owner, repo, &gh.Label{Name: gh.String("kind:gate"), Color: gh.String("0E8A16"), Description: gh.String("A gate failed")})
	if err != nil || made.GetColor() != "0e8a16" || made.GetDescription() != "A gate failed" {
		t.Errorf("making a label gave %v, %v", made, err)
	}
	found, _, err := a.client.Issues.GetLabel(background, owner, repo, "needs help")
	if err != nil || found.GetName() != "Needs help" {
		t.Errorf("looking a label up gave %v, %v", found, err)
	}
	a.create("One", "", "new one")
	all, _, err := a.client.Issues.ListLabels(background, owner, repo, nil)
	if got, want := names(all), "bug Needs help kind:gate new one"; err != nil || got != want {
		t.Errorf("the labels are %q, %v, want %q", got, err, want)
	}
	if got := a.send("GET", api+"/labels/absent", ""); got.status != 404 {
		t.Errorf("an absent label gives %d", got.status)
	}
}

func TestTheFileKeepsTheIssues(t *testing.T) {
	a := open(t)
	a.opts.File = filepath.Join(t.TempDir(), "github.json")
	a.start()
	a.create("Kept", "A text with | and <b>", "gonogo")
	a.edit(5, &gh.IssueRequest{State: gh.String("closed")})
	before := a.Issues()
	a.start()
	if diff := cmp.Diff(before, a.Issues()); diff != "" {
		t.Errorf("after a restart (-before +after):\n%s", diff)
	}
	if number := a.create("Next", "").GetNumber(); number != 6 {
		t.Errorf("the next issue is %d, want 6", number)
	}
	a.opts.Repository = "shop/other"
	if _, err := github.New(a.opts); err == nil || !strings.Contains(err.Error(), "move it away") {
		t.Errorf("another repository's file gave %v", err)
	}
}

// TestIssuesChangedByHand is what GitHub answers about an issue that a person
// transferred, deleted or locked.
func TestIssuesChangedByHand(t *testing.T) {
	a := open(t)
	moved, deleted, locked := a.create("One", "", "bug"), a.create("Two", "", "bug"), a.create("Three", "", "bug")
	for _, err := range []error{a.Host.Transfer(moved.GetNumber(), "shop/other#9"), a.Host.Delete(deleted.GetNumber()), a.Host.Lock(locked.GetNumber())} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Host.Lock(moved.GetNumber()); err == nil {
		t.Error("an issue that is in another repository was locked")
	}
	a.server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	var got []int
	for _, issue := range []*gh.Issue{moved, deleted, locked} {
		path := fmt.Sprintf("/api/v3/repos/shop/odoo/issues/%d", issue.GetNumber())
		for _, answer := range []reply{a.send("GET", path, ""), a.send("PATCH", path, `{"title":"Other"}`),
			a.send("GET", path+"/comments", ""), a.send("POST", path+"/comments", `{"body":"Hm."}`)} {
			got = append(got, answer.status)
		}
	}
	if diff := cmp.Diff([]int{301, 301, 404, 404, 410, 410, 410, 410, 200, 200, 200, 403}, got); diff != "" {
		t.Errorf("read, edit, list and comment for moved, deleted and locked (-want +got):\n%s", diff)
	}
	listed, _, err := a.client.Issues.ListByRepo(background, owner, repo, &gh.IssueListByRepoOptions{State: "all", Labels: []string{"bug"}})
	if err != nil || len(listed) == 0 || listed[0].GetNumber() != locked.GetNumber() || !listed[0].GetLocked() {
		t.Errorf("the list is %v, %v", listed, err)
	}
	for _, issue := range listed {
		if n := issue.GetNumber(); n == moved.GetNumber() || n == deleted.GetNumber() {
			t.Errorf("#%d is still listed", n)
		}
	}
	if next := a.create("Four", ""); next.GetNumber() != locked.GetNumber()+1 {
		t.Errorf("the next issue is #%d", next.GetNumber())
	}
}
