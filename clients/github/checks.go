package github

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Check is the state of one check of a commit: a check run of an App, or a commit
// status.
type Check struct {
	Name  string // of the check run, or the context of the status
	App   string // the slug of the App that made the check run, such as github-actions; empty: a commit status
	ID    int64  // increases with time
	Suite int64  // the check suite; runs of one suite that have the same name are re-runs

	// Result is how it ended, in GitHub's words: the conclusion of a check run
	// (success, failure, neutral, cancelled, skipped, timed_out, action_required,
	// startup_failure or stale), or the state of a status (success, failure or error).
	// It is empty until the check has completed.
	Result string
	Status string // until the check has completed: queued, in_progress, waiting, requested or pending
	Began  time.Time
	URL    string // of its page, for people
}

// Checks lists the check runs and commit statuses of a commit, which is given by 7 to
// 40 digits of its SHA: of each check suite the latest run of each name, and of each
// context the latest status. See [ErrNoSuchRef]. Output and descriptions aren't read.
//
// GitHub lists only the check runs of a commit's newest 1,000 check suites.
func (c *Client) Checks(ctx context.Context, commit string) ([]Check, error) {
	sha, err := c.fullSHA(ctx, commit)
	if err != nil {
		return nil, err
	}
	runs, err := c.checkRuns(ctx, sha)
	if err != nil {
		return nil, c.absent(ctx, err, commit)
	}
	statuses, err := c.statuses(ctx, sha)
	if err != nil {
		return nil, c.absent(ctx, err, commit)
	}
	return append(runs, statuses...), nil
}

// fullLength is the length of a SHA-1.
const fullLength = 40

// fullSHA is a commit's SHA with all digits.
func (c *Client) fullSHA(ctx context.Context, commit string) (string, error) {
	if len(commit) == fullLength {
		return commit, nil
	}
	found, err := c.Commit(ctx, commit)
	return found.SHA, err
}

// errListChanged is the cause when a list got shorter while it was read.
var errListChanged = errors.New("the list changed while it was read")

// checkRuns is https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference.
func (c *Client) checkRuns(ctx context.Context, sha string) ([]Check, error) {
	e := operation{op: fmt.Sprintf("list the check runs of commit %.7s in %s", sha, c.repository()), about: theChecks}
	total := 0
	runs, err := list(ctx, c, e, "commits/"+sha+"/check-runs", url.Values{"filter": {"latest"}}, time.Time{}, func(page checkRunsPage) ([]Check, bool) {
		total = page.Total
		return page.checks(sha)
	})
	if err == nil && len(runs) < total {
		return nil, &Unavailable{Op: e.op, Status: 200, cause: errListChanged}
	}
	return runs, err
}

// checkRunsPage is what is read of a page of check runs. Their output is left out,
// because it may be long.
type checkRunsPage struct {
	Total int `json:"total_count"`
	Runs  []struct {
		ID         int64     `json:"id"`
		SHA        string    `json:"head_sha"`
		Name       string    `json:"name"`
		Status     string    `json:"status"`
		Conclusion string    `json:"conclusion"`
		Began      time.Time `json:"started_at"`
		URL        string    `json:"html_url"`
		App        struct {
			Slug string `json:"slug"`
		} `json:"app"`
		Suite struct {
			ID int64 `json:"id"`
		} `json:"check_suite"`
	} `json:"check_runs"`
}

// unknownApp is the name of an App that GitHub doesn't name, because it was deleted.
const unknownApp = "unknown"

// checks is false if a check run is of another commit, or incomplete.
func (p checkRunsPage) checks(sha string) ([]Check, bool) {
	var checks []Check
	for _, run := range p.Runs {
		if run.SHA != sha || run.ID == 0 || run.Name == "" || run.Status == "" {
			return nil, false
		}
		check := Check{Name: run.Name, App: run.App.Slug, ID: run.ID, Suite: run.Suite.ID, Status: run.Status, Began: run.Began.UTC(), URL: run.URL}
		if check.App == "" {
			check.App = unknownApp
		}
		if run.Status == "completed" {
			check.Status, check.Result = "", run.Conclusion
			if run.Conclusion == "" {
				return nil, false
			}
		}
		checks = append(checks, check)
	}
	return checks, true
}

// statuses is https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference.
// The combined state isn't read, because it is pending if there is no status.
func (c *Client) statuses(ctx context.Context, sha string) ([]Check, error) {
	e := operation{op: fmt.Sprintf("list the statuses of commit %.7s in %s", sha, c.repository()), about: theChecks}
	total := 0
	statuses, err := list(ctx, c, e, "commits/"+sha+"/status", url.Values{}, time.Time{}, func(page statusPage) ([]Check, bool) {
		total = page.Total
		return page.checks(sha)
	})
	if err == nil && len(statuses) < total {
		return nil, &Unavailable{Op: e.op, Status: 200, cause: errListChanged}
	}
	return statuses, err
}

// statusPage is what is read of a page of a combined status.
type statusPage struct {
	SHA      string `json:"sha"`
	Total    int    `json:"total_count"`
	Statuses []struct {
		ID      int64     `json:"id"`
		State   string    `json:"state"`
		Context string    `json:"context"`
		URL     string    `json:"target_url"`
		Created time.Time `json:"created_at"`
	} `json:"statuses"`
}

// checks is false if the statuses are of another commit, or incomplete.
func (p statusPage) checks(sha string) ([]Check, bool) {
	var checks []Check
	for _, status := range p.Statuses {
		if status.Context == "" || status.State == "" {
			return nil, false
		}
		check := Check{Name: status.Context, ID: status.ID, Result: status.State, Began: status.Created.UTC(), URL: status.URL}
		if status.State == "pending" {
			check.Result, check.Status = "", status.State
		}
		checks = append(checks, check)
	}
	return checks, p.SHA == sha
}
