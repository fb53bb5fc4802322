package github_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gonogo/clients/github"
	practice "gonogo/playground/upstream/github"
)

// reviewers has a client of a repository in which a run waits for a reviewer.
func reviewers(t *testing.T, environment practice.Environment, test func(*testing.T, *github.Client, *practice.Host)) {
	t.Helper()
	inActions(t, practice.Options{Login: "acme-gonogo"}, func(t *testing.T, c *github.Client, host *practice.Host) {
		environment.Name = "production"
		host.SetEnvironments(environment)
		host.SetRuns([]practice.WorkflowRun{{Workflow: "deploy.yml", Of: newSHA}, {Workflow: "deploy.yml", Of: newSHA, State: "waiting", By: "ann", Attempt: 2}})
		test(t, c, host)
	})
}

// TestReview finds what waits, approves it, and reads who has.
func TestReview(t *testing.T) {
	reviewers(t, practice.Environment{Reviewers: []string{"acme-gonogo", "ann"}, NoSelfReview: true}, func(t *testing.T, c *github.Client, host *practice.Host) {
		ctx := t.Context()
		runs, err := c.WaitingRuns(ctx)
		if err != nil || len(runs) != 1 || runs[0].ID != 2 || runs[0].SHA != newSHA || runs[0].Branch != "main" || runs[0].Attempt != 2 || runs[0].Started.IsZero() || runs[0].By != "ann" {
			t.Fatalf("waiting: %+v, %v", runs, err)
		}
		found, err := c.Environment(ctx, "production")
		if diff := cmp.Diff(github.ProtectedEnvironment{Reviewers: []string{"acme-gonogo", "ann"}, NoSelfReview: true}, found); err != nil || diff != "" {
			t.Errorf("environment: %v\n%s", err, diff)
		}
		if login, err := c.Login(ctx); err != nil || login != "acme-gonogo" {
			t.Errorf("the token is %q's, %v", login, err)
		}
		pending, err := c.PendingReviews(ctx, 2)
		if err != nil || len(pending) != 1 || pending[0].Environment != "production" || !pending[0].Allowed || pending[0].Reviewers != 2 {
			t.Fatalf("pending: %+v, %v", pending, err)
		}
		if err := c.Review(ctx, 2, pending[0].EnvironmentID, true, "GO for 2"); err != nil {
			t.Fatal(err)
		}
		if pending, err := c.PendingReviews(ctx, 2); err != nil || len(pending) > 0 {
			t.Errorf("pending: %+v, %v", pending, err)
		}
		given, err := c.GivenReviews(ctx, 2)
		if diff := cmp.Diff([]github.GivenReview{{Environments: []string{"production"}, State: "approved", By: "acme-gonogo", Comment: "GO for 2"}}, given); err != nil || diff != "" {
			t.Errorf("given: %v\n%s", err, diff)
		}
		var refused *github.Refused
		if err := c.Review(ctx, 2, pending[0].EnvironmentID, false, "no"); !errors.As(err, &refused) || refused.Status != 422 || !strings.Contains(err.Error(), "GitHub refused to reject the deployment of the workflow run 2 in acme/shop: No pending deployment requests") {
			t.Errorf("rejected after it was approved: %v", err)
		}
		if n := len(host.Writes()); n != 1 {
			t.Errorf("%d writes", n)
		}
	})
}

// TestReviewRefused reads why GitHub takes no review, and that one whose answer was lost
// is not repeated.
func TestReviewRefused(t *testing.T) {
	reviewers(t, practice.Environment{Reviewers: []string{"ann"}}, func(t *testing.T, c *github.Client, host *practice.Host) {
		pending, err := c.PendingReviews(t.Context(), 2)
		if err != nil || len(pending) != 1 || pending[0].Allowed {
			t.Fatalf("pending: %+v, %v", pending, err)
		}
		err = c.Review(t.Context(), 2, pending[0].EnvironmentID, true, "GO")
		if want := `You are not allowed to review this deployment; give the token or App the permission "Deployments: read and write"`; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if _, err := c.Environment(t.Context(), "prod"); err == nil || !strings.Contains(err.Error(), "it has no such environment") {
			t.Errorf("another environment: %v", err)
		}
	})
	reviewers(t, practice.Environment{Reviewers: []string{"acme-gonogo"}}, func(t *testing.T, c *github.Client, host *practice.Host) {
		pending, err := c.PendingReviews(t.Context(), 2)
		if err != nil {
			t.Fatal(err)
		}
		host.OnCall(func(c practice.Call) practice.Fault { return practice.Fault{Status: 502, Done: c.Write} })
		if err := c.Review(t.Context(), 2, pending[0].EnvironmentID, true, "GO"); !errors.As(err, new(*github.Unsure)) || len(host.Writes()) != 1 {
			t.Errorf("a lost answer: %v, %d writes", err, len(host.Writes()))
		}
	})
}
