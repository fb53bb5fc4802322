package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	gh "github.com/google/go-github/v60/github"
)

// dispatch is the body of https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event.
type dispatch struct {
	Ref     string            `json:"ref"`
	Inputs  map[string]string `json:"inputs,omitempty"`
	Details bool              `json:"return_run_details,omitempty"`
}

// Dispatch starts a workflow on a branch or tag and returns the ID of its run, or 0 if
// GitHub doesn't say it: GitHub Enterprise Server 3.19 and earlier refuse to.
func (c *Client) Dispatch(ctx context.Context, file, ref string, inputs map[string]string) (run int64, err error) {
	run, err = c.dispatch(ctx, file, dispatch{ref, inputs, true})
	var refused *Refused
	if errors.As(err, &refused) && refused.Status == http.StatusUnprocessableEntity && strings.Contains(refused.Message, "return_run_details") {
		return c.dispatch(ctx, file, dispatch{ref, inputs, false}) // refused as a whole, so nothing was started
	}
	return run, err
}

func (c *Client) dispatch(ctx context.Context, file string, body dispatch) (int64, error) {
	e := operation{op: fmt.Sprintf("start the workflow %s in %s", file, c.repository()), about: theWorkflow, write: true}
	path := fmt.Sprintf("repos/%s/actions/workflows/%s/dispatches", c.repository(), url.PathEscape(file))
	type details struct {
		Run int64 `json:"workflow_run_id"`
	}
	return write(ctx, c, e, func(ctx context.Context) (details, *gh.Response, error) {
		var found details
		response, err := c.post(ctx, path, body, &found)
		return found, response, err
	}, func(found details) (int64, bool) { return found.Run, true })
}

// CancelRun asks GitHub to cancel a workflow run. The run ends some time later, after
// steps that run in any case.
func (c *Client) CancelRun(ctx context.Context, run int64) error {
	e := operation{op: fmt.Sprintf("cancel the workflow run %d in %s", run, c.repository()), about: theRunToCancel, write: true}
	_, err := write(ctx, c, e, func(ctx context.Context) (struct{}, *gh.Response, error) {
		response, err := c.post(ctx, fmt.Sprintf("repos/%s/actions/runs/%d/cancel", c.repository(), run), nil, nil)
		if statusOf(response) == http.StatusAccepted { // which the library takes for an error
			err = nil
		}
		return struct{}{}, response, err
	}, func(struct{}) (struct{}, bool) { return struct{}{}, true })
	return err
}

func (c *Client) post(ctx context.Context, path string, body, into any) (*gh.Response, error) {
	request, err := c.api.NewRequest(http.MethodPost, path, body)
	if err != nil {
		return nil, err
	}
	return c.api.Do(ctx, request, into)
}
