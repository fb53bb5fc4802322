package digitalocean

import (
	"context"
	"net/http"
)

// godo has none of these four. They follow the published description of the
// API (github.com/digitalocean/openapi, specification/resources/apps).

// Validation says whether a rollback would be accepted. If not, that is no error: the
// platform answers 200.
type Validation struct {
	Valid    bool      `json:"valid"`
	Error    *Remark   `json:"error"`
	Warnings []*Remark `json:"warnings"`
}

// Remark is something the platform says about a rollback.
type Remark struct {
	Code       string   `json:"code"` // such as incompatible_phase or image_source_missing_digest
	Message    string   `json:"message"`
	Components []string `json:"components"`
}

// rollbackBody is what a rollback and its validation take. The deployment is
// always sent, although the description calls it optional, and so is that the
// app is to be pinned.
type rollbackBody struct {
	Deployment string `json:"deployment_id"`
	SkipPin    bool   `json:"skip_pin"`
}

// ValidateRollback asks whether an app can be rolled back to a deployment. It changes
// nothing, so it is a read.
func (c *Client) ValidateRollback(ctx context.Context, app, deployment string) (Validation, error) {
	var answer Validation
	err := c.read(ctx, request{op: "validate the rollback", method: http.MethodPost, path: path(app, "rollback", "validate"), body: rollbackBody{Deployment: deployment}, into: &answer})
	if err != nil {
		return Validation{}, err
	}
	for _, remark := range append(answer.Warnings, answer.Error) {
		if remark != nil {
			remark.Message = c.say(remark.Message)
		}
	}
	return answer, nil
}

// Rollback makes an earlier deployment live again, as a new deployment, and
// pins the app to it.
func (c *Client) Rollback(ctx context.Context, app, deployment string) (Deployment, error) {
	return c.one(ctx, c.write, request{op: "roll the app back", method: http.MethodPost, path: path(app, "rollback"), body: rollbackBody{Deployment: deployment}})
}

// Commit keeps what a rollback brought back, and unpins the app. The answer has no
// body.
func (c *Client) Commit(ctx context.Context, app string) error {
	return c.write(ctx, request{op: "commit the rollback", method: http.MethodPost, path: path(app, "rollback", "commit")})
}

// Revert returns to what a rollback left, as a new deployment, and unpins the app.
func (c *Client) Revert(ctx context.Context, app string) (Deployment, error) {
	return c.one(ctx, c.write, request{op: "revert the rollback", method: http.MethodPost, path: path(app, "rollback", "revert")})
}
