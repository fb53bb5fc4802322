package github_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/github"
	practice "gonogo/playground/upstream/github"
)

const (
	oldSHA           = "1111111111111111111111111111111111111111"
	newSHA           = "2222222222222222222222222222222222222222"
	tagSHA, againSHA = "3333333333333333333333333333333333333333", "4444444444444444444444444444444444444444"
)

// TestPractice leads an issue through its life on the practice GitHub, which is
// strict about every field and parameter, as an App.
func TestPractice(t *testing.T) {
	key := appKey()
	synctest.Test(t, func(t *testing.T) {
		host, err := practice.New(practice.Options{
			Repository: "acme/shop", App: practice.App{ID: 11, Installation: 22, Key: &key.PublicKey},
			Code: practice.Code{
				Commits: []practice.Commit{
					{SHA: oldSHA, Message: "Begin", Author: "Ada", Login: "ada", At: time.Now()},
					{SHA: newSHA, Parent: oldSHA, Message: "Go on\n\nWhy.", Author: "Bo", Login: "bo", At: time.Now()},
				},
				Branches:  map[string]string{"main": newSHA, "2.0": newSHA, "tags/2.1": newSHA, "1.0": newSHA},
				Tags:      map[string]string{"v1.0": oldSHA, "1.1": newSHA, "1.3": tagSHA, "1.4-rc": newSHA},
				Annotated: []practice.Annotated{{SHA: tagSHA, Of: againSHA}, {SHA: againSHA, Of: oldSHA}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{}
		w.connect(t, host.Handler(), github.Options{Repository: "acme/shop", App: &github.App{ID: 11, Installation: 22, Key: []byte(pemOf(key))}})
		issueLife(t, w.client, host)
		codeLookUps(t, w.client)
		host.SetMode(practice.TooMany)
		if _, err := w.client.Issue(t.Context(), 1); !errors.As(err, new(*github.Limited)) {
			t.Errorf("limited: %v", err)
		}
	})
}

func issueLife(t *testing.T, c *github.Client, host *practice.Host) {
	t.Helper()
	ctx, began := t.Context(), time.Now().Add(-time.Second)
	made, err := c.Create(ctx, github.Draft{Title: "Rows", Body: "Gone.", Labels: []string{"gonogo", "new here"}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 120 {
		if _, err := c.Create(ctx, github.Draft{Title: "Another", Labels: []string{"gonogo"}}); err != nil {
			t.Fatal(n, err)
		}
	}
	if _, err := c.Comment(ctx, made.Number, "Passed."); err != nil {
		t.Fatal(err)
	}
	closed, err := c.Edit(ctx, made.Number, github.Change{Title: pointer("Rows again"), State: pointer(false), Reason: "completed"})
	if err != nil {
		t.Fatal(err)
	}
	read, err := c.Issue(ctx, made.Number)
	if diff := cmp.Diff(closed, read); err != nil || diff != "" || read.Open || read.ClosedAt.IsZero() || read.Title != "Rows again" {
		t.Errorf("closed: %v, edited and read:\n%s", err, diff)
	}
	if all, err := c.IssuesLabelled(ctx, []string{"gonogo"}, began); err != nil || len(all) != 121 || all[0].Number != made.Number {
		t.Errorf("listed %d issues, %v; want 121", len(all), err)
	}
	if some, err := c.IssuesLabelled(ctx, []string{"gonogo", "new here"}, time.Time{}); err != nil || len(some) != 1 {
		t.Errorf("listed %d issues with both labels, %v; want 1", len(some), err)
	}
	if comments, err := c.Comments(ctx, made.Number, began); err != nil || len(comments) != 1 || comments[0].Body != "Passed." {
		t.Errorf("comments: %v, %v", comments, err)
	}
	if n := len(host.Writes()); n != 123 {
		t.Errorf("%d writes were done, want 123", n)
	}
	host.OnCall(func(call practice.Call) practice.Fault {
		return practice.Fault{Status: http.StatusBadGateway, Done: call.Write}
	})
	if _, err := c.Comment(ctx, made.Number, "Once."); !errors.As(err, new(*github.Unsure)) || len(host.Writes()) != 124 {
		t.Errorf("behind a 502: %v, %d writes; want unsure, 124", err, len(host.Writes()))
	}
	host.OnCall(nil)
	changedByHand(t, c, host, made.Number)
}

// changedByHand has people lock and transfer an issue, and delete another.
func changedByHand(t *testing.T, c *github.Client, host *practice.Host, number int) {
	t.Helper()
	if read, err := c.Issue(t.Context(), number); err != nil || read.Locked {
		t.Errorf("before: %+v, %v", read, err)
	}
	if err := errors.Join(host.Lock(number), host.Delete(number+1)); err != nil {
		t.Fatal(err)
	}
	if read, err := c.Issue(t.Context(), number); err != nil || !read.Locked {
		t.Errorf("locked: %+v, %v", read, err)
	}
	var refused *github.Refused
	if _, err := c.Comment(t.Context(), number, "Hm."); !errors.As(err, &refused) || refused.Status != http.StatusForbidden || refused.Gone() || refused.Moved() {
		t.Errorf("a comment on a locked issue: %v", err)
	}
	if _, err := c.Issue(t.Context(), number+1); !errors.As(err, &refused) || !refused.Gone() || refused.Moved() {
		t.Errorf("deleted: %v", err)
	}
	if err := host.Transfer(number, "acme/other#3"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Issue(t.Context(), number); !errors.As(err, &refused) || !refused.Moved() || refused.Gone() {
		t.Errorf("transferred: %v", err)
	}
}

func codeLookUps(t *testing.T, c *github.Client) {
	t.Helper()
	ctx := t.Context()
	for version, want := range map[string]string{"1.0": oldSHA, "v1.0": oldSHA, "1.1": newSHA, "v1.1": newSHA, "1.3": oldSHA} {
		if got, err := c.CommitOfVersion(ctx, version); err != nil || got.SHA != want {
			t.Errorf("version %s: %v, %v; want %s", version, got, err, want)
		}
	}
	for _, version := range []string{"1.2", "main", "2.0", "2.1", "1.4", newSHA} {
		if got, err := c.CommitOfVersion(ctx, version); !errors.Is(err, github.ErrNoSuchRef) {
			t.Errorf("version %s: %v, %v; want none", version, got, err)
		}
	}
	for _, ref := range []string{"main", newSHA[:7], "1.1"} {
		if got, err := c.Commit(ctx, ref); err != nil || got.SHA != newSHA || got.Title != "Go on" {
			t.Errorf("commit %s: %v, %v", ref, got, err)
		}
	}
	got, err := c.Compare(ctx, "v1.0", "main")
	if err != nil || got.Status != "ahead" || got.Ahead != 1 || len(got.Commits) != 1 || !strings.Contains(got.URL, "/compare/") {
		t.Errorf("comparison: %+v, %v", got, err)
	}
	if _, err := c.Compare(ctx, "v1.0", "nowhere"); !errors.Is(err, github.ErrNoSuchRef) {
		t.Errorf("comparison with nothing: %v", err)
	}
}
