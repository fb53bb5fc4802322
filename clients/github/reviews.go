package github

import (
	"context"
	"fmt"
	"net/url"
	"time"

	gh "github.com/google/go-github/v60/github"
)

// PendingReview is a deployment of a workflow run that the reviewers of an environment
// have to approve.
type PendingReview struct {
	Environment   string
	EnvironmentID int64
	Allowed       bool // the token may answer it
	Reviewers     int  // people and teams that may
}

// GivenReview is an answer to deployments of a workflow run.
type GivenReview struct {
	Environments []string
	State        string // approved or rejected
	By           string // login
	Comment      string
}

// ProtectedEnvironment is how an environment's deployments are held back.
type ProtectedEnvironment struct {
	Reviewers    []string // logins of the people who may approve them
	Teams        int      // whose members may, too
	NoSelfReview bool     // whoever started a run can't approve it
}

var (
	theReview = subject{
		permission: "Deployments: read and write",
		absent:     "the run doesn't exist, or isn't accessible; " + unseen,
		gone:       "it no longer exists; " + unseen,
		moved:      renamed,
		invalid:    "the deployment may have been answered meanwhile",
	}
	theEnvironment = subject{
		permission: "Actions: read",
		absent:     "it has no such environment, or isn't accessible; check the environment's name, and that the token or App has access to the repository",
		gone:       "it no longer exists; " + unseen,
		moved:      renamed,
	}
)

// WaitingRuns lists the workflow runs that wait, for a review or a timer, the newest
// first.
func (c *Client) WaitingRuns(ctx context.Context) ([]WorkflowRun, error) {
	e := operation{op: "list the waiting workflow runs of " + c.repository(), about: theRun}
	return list(ctx, c, e, "actions/runs", url.Values{"status": {"waiting"}}, time.Time{}, workflowRunsPage.runs)
}

// rawPending is what is read of a deployment that waits.
type rawPending struct {
	Environment struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	} `json:"environment"`
	Allowed   bool       `json:"current_user_can_approve"`
	Reviewers []struct{} `json:"reviewers"`
}

// PendingReviews lists the deployments of a run that wait.
func (c *Client) PendingReviews(ctx context.Context, run int64) ([]PendingReview, error) {
	e := operation{op: fmt.Sprintf("look up what the workflow run %d in %s waits for", run, c.repository()), about: theRun}
	var raw []rawPending
	complete := func() bool {
		for _, one := range raw {
			if one.Environment.ID == 0 || one.Environment.Name == "" {
				return false
			}
		}
		return raw != nil
	}
	if err := c.readInto(ctx, e, fmt.Sprintf("actions/runs/%d/pending_deployments", run), &raw, complete); err != nil {
		return nil, err
	}
	var pending []PendingReview
	for _, one := range raw {
		pending = append(pending, PendingReview{one.Environment.Name, one.Environment.ID, one.Allowed, len(one.Reviewers)})
	}
	return pending, nil
}

// GivenReviews lists the answers to the deployments of a run, those of earlier attempts
// included.
func (c *Client) GivenReviews(ctx context.Context, run int64) ([]GivenReview, error) {
	e := operation{op: fmt.Sprintf("look up the reviews of the workflow run %d in %s", run, c.repository()), about: theRun}
	var raw []struct {
		Environments []struct {
			Name string `json:"name"`
		} `json:"environments"`
		State string `json:"state"`
		User  struct {
			Login string `json:"login"`
		} `json:"user"`
		Comment string `json:"comment"`
	}
	if err := c.readInto(ctx, e, fmt.Sprintf("actions/runs/%d/approvals", run), &raw, func() bool { return raw != nil }); err != nil {
		return nil, err
	}
	var given []GivenReview
	for _, one := range raw {
		review := GivenReview{State: one.State, By: one.User.Login, Comment: one.Comment}
		for _, environment := range one.Environments {
			review.Environments = append(review.Environments, environment.Name)
		}
		given = append(given, review)
	}
	return given, nil
}

// Review approves or rejects a run's deployment to an environment.
func (c *Client) Review(ctx context.Context, run, environment int64, approve bool, comment string) error {
	body := struct {
		Environments []int64 `json:"environment_ids"`
		State        string  `json:"state"`
		Comment      string  `json:"comment"`
	}{[]int64{environment}, "rejected", comment}
	doing := "reject"
	if approve {
		body.State, doing = "approved", "approve"
	}
	e := operation{op: fmt.Sprintf("%s the deployment of the workflow run %d in %s", doing, run, c.repository()), about: theReview, write: true}
	_, err := write(ctx, c, e, func(ctx context.Context) (struct{}, *gh.Response, error) {
		response, err := c.post(ctx, fmt.Sprintf("repos/%s/actions/runs/%d/pending_deployments", c.repository(), run), body, nil)
		return struct{}{}, response, err
	}, func(struct{}) (struct{}, bool) { return struct{}{}, true })
	return err
}

// Environment looks up who has to approve the deployments to an environment.
func (c *Client) Environment(ctx context.Context, name string) (ProtectedEnvironment, error) {
	e := operation{op: fmt.Sprintf("look up the environment %s of %s", name, c.repository()), about: theEnvironment}
	var raw struct {
		Name  string `json:"name"`
		Rules []struct {
			Type         string `json:"type"`
			NoSelfReview bool   `json:"prevent_self_review"`
			Reviewers    []struct {
				Type     string `json:"type"`
				Reviewer struct {
					Login string `json:"login"`
				} `json:"reviewer"`
			} `json:"reviewers"`
		} `json:"protection_rules"`
	}
	err := c.readInto(ctx, e, "environments/"+url.PathEscape(name), &raw, func() bool { return raw.Name != "" })
	var found ProtectedEnvironment
	for _, rule := range raw.Rules {
		if rule.Type != "required_reviewers" {
			continue
		}
		found.NoSelfReview = rule.NoSelfReview
		for _, one := range rule.Reviewers {
			if one.Type == "Team" {
				found.Teams++
			} else {
				found.Reviewers = append(found.Reviewers, one.Reviewer.Login)
			}
		}
	}
	return found, err
}

// Login is the name of the person whose token this is. An App's has none, which is
// refused.
func (c *Client) Login(ctx context.Context) (string, error) {
	e := operation{op: "look up whose token it is", about: subject{permission: "none: it must be a person's token, not an App's", absent: unseen, gone: unseen, moved: renamed}}
	login, _, err := read(ctx, c, e, func(ctx context.Context) (string, *gh.Response, error) {
		var raw struct {
			Login string `json:"login"`
		}
		response, err := c.get(ctx, "user", &raw)
		return raw.Login, response, err
	}, func(login string) (string, bool) { return login, login != "" })
	return login, err
}
