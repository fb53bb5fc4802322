package github

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	gh "github.com/google/go-github/v60/github"
)

// This file is about custom deployment protection rules: a GitHub App that is one for an
// environment is told of each run that waits, and lets it go on or has it fail. Source:
// "Creating custom deployment protection rules" of GitHub's documentation.

// MostReports is how many status reports GitHub takes for a deployment, each of which has
// at most LongestReport characters.
const (
	MostReports   = 10
	LongestReport = 1024
)

// RuleEvent is the event of a webhook that asks for the answer of a protection rule.
const RuleEvent = "deployment_protection_rule"

// Delivery is what GitHub sends to the webhook of an App.
type Delivery struct {
	ID        string // of X-GitHub-Delivery; a delivery that is sent again keeps it
	Signature string // of X-Hub-Signature-256
	Body      []byte
}

// RuleRequest is a run that waits for the App's protection rule.
type RuleRequest struct {
	Environment string
	Run         int64
	Commit      string
}

// ErrNotSigned means that a delivery doesn't have the signature of the App's secret.
var ErrNotSigned = errors.New("the signature is missing or wrong; set the same secret in the App's webhook and in GITHUB_WEBHOOK_SECRET")

// Misdirected means that a signed delivery is not about what the client is about.
type Misdirected struct{ Why string }

// Error implements error.
func (m *Misdirected) Error() string { return m.Why }

// Signed reports whether a delivery has the signature of the App's webhook secret. It
// takes the same time whatever the signature is.
func (c *Client) Signed(d Delivery) bool {
	if c.app == nil || len(c.app.WebhookSecret) == 0 {
		return false
	}
	digits, ok := strings.CutPrefix(d.Signature, "sha256=")
	given, err := hex.DecodeString(digits)
	mac := hmac.New(sha256.New, c.app.WebhookSecret)
	mac.Write(d.Body)
	return hmac.Equal(mac.Sum(nil), given) && ok && err == nil
}

// rawRequest is what is read of the event's payload.
type rawRequest struct {
	Action      string `json:"action"`
	Environment string `json:"environment"`
	SHA         string `json:"sha"`
	Callback    string `json:"deployment_callback_url"`
	Repository  struct {
		FullName string `json:"full_name"`
	} `json:"repository"`
	Installation struct {
		ID int64 `json:"id"`
	} `json:"installation"`
}

var commitShape = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// RuleRequest reads a delivery of [RuleEvent]. It is [ErrNotSigned] for a forged one, and
// [*Misdirected] for one that is about something else. What it returns was only said by
// the delivery, so look it up.
func (c *Client) RuleRequest(d Delivery) (RuleRequest, error) {
	if !c.Signed(d) {
		return RuleRequest{}, ErrNotSigned
	}
	var raw rawRequest
	if err := json.Unmarshal(d.Body, &raw); err != nil {
		return RuleRequest{}, &Misdirected{"the body isn't JSON; set the content type of the App's webhook to application/json"}
	}
	switch {
	case raw.Action != "requested":
		return RuleRequest{}, &Misdirected{fmt.Sprintf("the action is %q, and gonogo knows only requested", first50(raw.Action))}
	case !strings.EqualFold(raw.Repository.FullName, c.repository()):
		return RuleRequest{}, &Misdirected{fmt.Sprintf("it is about the repository %q, and no reviews of the configuration are", first50(raw.Repository.FullName))}
	case raw.Installation.ID != c.app.Installation:
		return RuleRequest{}, &Misdirected{fmt.Sprintf("it is about the installation %d of the App, and GITHUB_APP_INSTALLATION_ID is another one", raw.Installation.ID)}
	case raw.Environment == "" || !commitShape.MatchString(raw.SHA):
		return RuleRequest{}, &Misdirected{"the environment or the commit is missing"}
	}
	run, ok := c.runOf(raw.Callback)
	if !ok {
		return RuleRequest{}, &Misdirected{"deployment_callback_url isn't an address of this repository at " + c.api.BaseURL.Host + ", where gonogo's connection is"}
	}
	return RuleRequest{raw.Environment, run, raw.SHA}, nil
}

// runOf is the run that a callback's address is about. The address is never called: it
// only says which run it is.
func (c *Client) runOf(callback string) (int64, bool) {
	below, ok := cutPrefixFold(callback, c.api.BaseURL.String()+"repos/"+c.repository()+"/actions/runs/")
	digits, rule := strings.CutSuffix(below, "/deployment_protection_rule")
	run, err := strconv.ParseInt(digits, 10, 64)
	return run, ok && rule && err == nil && run > 0 && strconv.FormatInt(run, 10) == digits
}

func cutPrefixFold(text, prefix string) (rest string, found bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return text, false
	}
	return text[len(prefix):], true
}

func first50(text string) string {
	kept, cut := first(text, 50)
	if cut {
		kept += "…"
	}
	return kept
}

var theRule = subject{
	permission: "Deployments: read and write",
	absent:     "the run doesn't exist or doesn't wait for the App's protection rule; check that the rule is enabled for the environment, and that the App is installed in the repository",
	gone:       "it no longer exists; " + unseen,
	moved:      renamed,
	invalid:    "the run may have been answered meanwhile, or the App's protection rule isn't enabled for the environment",
}

// AnswerRule lets a run that waits for the App's protection rule go on to an environment,
// or has it fail.
func (c *Client) AnswerRule(ctx context.Context, run int64, environment string, approve bool, comment string) error {
	doing, state := "reject", "rejected"
	if approve {
		doing, state = "approve", "approved"
	}
	return c.rule(ctx, run, fmt.Sprintf("%s the deployment of the workflow run %d in %s", doing, run, c.repository()), map[string]string{"environment_name": environment, "state": state, "comment": comment})
}

// ReportRule says, at a run that waits for the App's protection rule, why it does.
func (c *Client) ReportRule(ctx context.Context, run int64, environment, comment string) error {
	return c.rule(ctx, run, fmt.Sprintf("report on the deployment of the workflow run %d in %s", run, c.repository()), map[string]string{"environment_name": environment, "comment": comment})
}

func (c *Client) rule(ctx context.Context, run int64, op string, body map[string]string) error {
	e := operation{op: op, about: theRule, write: true}
	_, err := write(ctx, c, e, func(ctx context.Context) (struct{}, *gh.Response, error) {
		response, err := c.post(ctx, fmt.Sprintf("repos/%s/actions/runs/%d/deployment_protection_rule", c.repository(), run), body, nil)
		if err == nil && statusOf(response) != http.StatusNoContent {
			err = errIncomplete
		}
		return struct{}{}, response, err
	}, func(struct{}) (struct{}, bool) { return struct{}{}, true })
	return err
}

// ProtectionRule reports whether the App's protection rule is enabled for an environment.
func (c *Client) ProtectionRule(ctx context.Context, environment string) (enabled bool, err error) {
	e := operation{op: fmt.Sprintf("look up the protection rules of the environment %s of %s", environment, c.repository()), about: theEnvironment}
	var raw struct {
		Total *int `json:"total_count"`
		Rules []struct {
			Enabled bool `json:"enabled"`
			App     struct {
				ID int64 `json:"id"`
			} `json:"app"`
		} `json:"custom_deployment_protection_rules"`
	}
	err = c.readInto(ctx, e, "environments/"+url.PathEscape(environment)+"/deployment_protection_rules", &raw, func() bool { return raw.Total != nil })
	for _, rule := range raw.Rules {
		enabled = enabled || rule.Enabled && c.app != nil && rule.App.ID == c.app.ID
	}
	return enabled, err
}

// IsApp reports whether the client is a GitHub App, which alone can be a protection rule,
// and whether it knows the secret of the App's webhook.
func (c *Client) IsApp() (app, webhook bool) {
	return c.app != nil, c.app != nil && len(c.app.WebhookSecret) > 0
}
