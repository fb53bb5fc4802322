// Package digitalocean asks DigitalOcean's App Platform: it reads apps and
// their deployments, and makes the few changes that take a release out and
// bring it back.
//
// # Nouns
//
// A [Client] knows an address and a token. An [App] has a [Spec], which is what
// is wanted, and [Deployment]s, which are what was made of it, each with the
// spec it was made from. Specs are kept as the platform wrote them: what this
// package does not know comes back untouched, secrets stay as the encrypted
// values that the platform gave out, and only what With… names is changed.
//
// # Reads and writes
//
// Reads are tried up to four times, with back-off, within their context.
// Writes are exactly one HTTP request: DigitalOcean knows no idempotency key,
// and godo's own retries would make two deployments of one behind a 502. The
// caller finds out what became of a write whose answer was lost.
//
// # What happens on failure
//
//	*Refused      it certainly did not happen; the platform says why
//	*Unsure       a write that may have happened: 5xx, time-out, a cut connection
//	*Unavailable  a read that got no answer; asking again later may help
//
// Each is one sentence for people, with no token in it.
package digitalocean

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/digitalocean/godo"
)

// DefaultURL is where the API is.
const DefaultURL = "https://api.digitalocean.com/"

// Options say which account to ask, and where.
type Options struct {
	Token     string
	APIURL    string            // empty: DefaultURL
	Transport http.RoundTripper // nil: a pooled one of its own
}

// Client asks one account's App Platform. It starts nothing until it is asked,
// and its methods may be called from any goroutine.
type Client struct {
	api   *godo.Client
	token string
}

// New prepares a client.
func New(opts Options) (*Client, error) {
	if strings.TrimSpace(opts.Token) == "" {
		return nil, errors.New("DigitalOcean's API needs a token; set DIGITALOCEAN_TOKEN")
	}
	base, err := url.Parse(strings.TrimSuffix(orDefault(opts.APIURL), "/") + "/")
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, errors.New("the address of DigitalOcean's API is no web address; write it as in " + DefaultURL)
	}
	transport := opts.Transport
	if transport == nil {
		pooled := http.DefaultTransport.(*http.Transport).Clone()
		pooled.MaxIdleConnsPerHost = 8
		transport = pooled
	}
	// godo.New is given no retries: they would repeat writes too. A redirect of
	// a write is not followed, for the same reason.
	api, err := godo.New(&http.Client{
		Transport:     bearer{transport, opts.Token},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, godo.SetBaseURL(base.String()), godo.SetUserAgent("gonogo"))
	if err != nil {
		return nil, fmt.Errorf("prepare DigitalOcean's client: %w", err)
	}
	return &Client{api: api, token: opts.Token}, nil
}

func orDefault(address string) string {
	if address == "" {
		return DefaultURL
	}
	return address
}

// bearer adds the token to every request.
type bearer struct {
	next  http.RoundTripper
	token string
}

// RoundTrip implements http.RoundTripper.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}

// once sends one request. Where into is nil the answer's body is not looked
// at: godo takes an empty one for an error otherwise.
func (c *Client) once(ctx context.Context, method, path string, body, into any) (*http.Response, error) {
	request, err := c.api.NewRequest(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	response, err := c.api.Do(ctx, request, into)
	if response == nil { // so it is after a network error
		return nil, err
	}
	return response.Response, err
}

// The pauses between the tries of a read.
const (
	tries      = 4
	firstPause = 250 * time.Millisecond
	mostPause  = 20 * time.Second
)

// read asks for something, and asks again where that may help.
func (c *Client) read(ctx context.Context, op, method, path string, body, into any) error {
	pause := firstPause
	for try := 1; ; try++ {
		response, err := c.once(ctx, method, path, body, into)
		if err == nil {
			return nil
		}
		wait, again := worthAsking(response, err)
		if !again {
			return c.refused(op, response, err)
		}
		if try == tries || !sleep(ctx, max(pause, wait)) {
			return c.unavailable(op, response, err)
		}
		pause *= 2
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(min(d, mostPause))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// write sends one change, once.
func (c *Client) write(ctx context.Context, op, method, path string, body, into any) error {
	response, err := c.once(ctx, method, path, body, into)
	switch {
	case err == nil:
		return nil
	case response == nil && neverSent(err), response != nil && response.StatusCode >= 300 && response.StatusCode < 500:
		return c.refused(op, response, err)
	}
	return c.unsure(op, response, err)
}

// App reads an app.
func (c *Client) App(ctx context.Context, id string) (App, error) {
	var answer struct{ App wireApp }
	err := c.read(ctx, "read the app", http.MethodGet, "v2/apps/"+url.PathEscape(id), nil, &answer)
	return answer.App.app(), err
}

// Deployment reads one deployment of an app.
func (c *Client) Deployment(ctx context.Context, app, id string) (Deployment, error) {
	var answer struct{ Deployment wireDeployment }
	err := c.read(ctx, "read the deployment", http.MethodGet, "v2/apps/"+url.PathEscape(app)+"/deployments/"+url.PathEscape(id), nil, &answer)
	return answer.Deployment.deployment(), err
}

// pageSize keeps answers small: long lists of deployments have run into the
// platform's own time-outs. Source: terraform-provider-digitalocean #1477.
const pageSize = 20

// Deployments lists the newest deployments of an app, the newest first, at
// most 20.
func (c *Client) Deployments(ctx context.Context, app string, most int) ([]Deployment, error) {
	var answer struct{ Deployments []wireDeployment }
	path := fmt.Sprintf("v2/apps/%s/deployments?page=1&per_page=%d", url.PathEscape(app), min(max(most, 1), pageSize))
	err := c.read(ctx, "list the deployments", http.MethodGet, path, nil, &answer)
	list := make([]Deployment, len(answer.Deployments))
	for i, d := range answer.Deployments {
		list[i] = d.deployment()
	}
	return list, err
}

// ComponentHealth is how one component of an app is, by the platform's own
// health checks.
type ComponentHealth struct {
	Name    string `json:"name"`
	State   string `json:"state"` // HEALTHY, UNHEALTHY or UNKNOWN
	Desired int    `json:"replicas_desired"`
	Ready   int    `json:"replicas_ready"`
}

// Healthy reports whether the component is healthy with all its replicas.
func (h ComponentHealth) Healthy() bool { return h.State == "HEALTHY" && h.Ready >= h.Desired }

// Health reads how an app's components are.
func (c *Client) Health(ctx context.Context, app string) ([]ComponentHealth, error) {
	var answer struct {
		Health struct{ Components []ComponentHealth } `json:"app_health"`
	}
	err := c.read(ctx, "read the app's health", http.MethodGet, "v2/apps/"+url.PathEscape(app)+"/health", nil, &answer)
	return answer.Health.Components, err
}

// Validation is whether a rollback would be taken. One that would not is no
// error: the platform answers 200.
type Validation struct {
	Valid    bool      `json:"valid"`
	Error    *Remark   `json:"error"`
	Warnings []*Remark `json:"warnings"`
}

// Remark is what the platform says of a rollback.
type Remark struct {
	Code       string   `json:"code"`
	Message    string   `json:"message"`
	Components []string `json:"components"`
}

// rollbackBody is what a rollback and its validation take. The deployment is
// always sent, although the published description calls it optional, and so
// is that the app is to be pinned.
type rollbackBody struct {
	Deployment string `json:"deployment_id"`
	SkipPin    bool   `json:"skip_pin"`
}

// ValidateRollback asks whether an app can go back to a deployment. It changes
// nothing, so it is a read.
func (c *Client) ValidateRollback(ctx context.Context, app, deployment string) (Validation, error) {
	var answer Validation
	err := c.read(ctx, "validate the rollback", http.MethodPost, "v2/apps/"+url.PathEscape(app)+"/rollback/validate", rollbackBody{Deployment: deployment}, &answer)
	return answer, err
}

// Update replaces an app's spec, and names the deployment that comes of it.
func (c *Client) Update(ctx context.Context, app string, spec Spec) (deployment string, updated App, err error) {
	var answer struct{ App wireApp }
	body := struct {
		Spec Spec `json:"spec"`
	}{spec}
	if err := c.write(ctx, "update the app", http.MethodPut, "v2/apps/"+url.PathEscape(app), body, &answer); err != nil {
		return "", App{}, err
	}
	updated = answer.App.app()
	// pending_deployment is the one that is guaranteed to be this update's.
	if updated.Pending != nil {
		return updated.Pending.ID, updated, nil
	}
	return "", updated, nil
}

// Rollback makes an earlier deployment live again, as a new deployment, and
// pins the app to it.
func (c *Client) Rollback(ctx context.Context, app, deployment string) (Deployment, error) {
	var answer struct{ Deployment wireDeployment }
	err := c.write(ctx, "roll the app back", http.MethodPost, "v2/apps/"+url.PathEscape(app)+"/rollback", rollbackBody{Deployment: deployment}, &answer)
	return answer.Deployment.deployment(), err
}

// Commit stays with what a rollback brought back, and unpins the app.
func (c *Client) Commit(ctx context.Context, app string) error {
	return c.write(ctx, "commit the rollback", http.MethodPost, "v2/apps/"+url.PathEscape(app)+"/rollback/commit", nil, nil)
}

// Revert goes on to what a rollback left, as a new deployment, and unpins the
// app.
func (c *Client) Revert(ctx context.Context, app string) (Deployment, error) {
	var answer struct{ Deployment wireDeployment }
	err := c.write(ctx, "revert the rollback", http.MethodPost, "v2/apps/"+url.PathEscape(app)+"/rollback/revert", nil, &answer)
	return answer.Deployment.deployment(), err
}

// Cancel stops a deployment that is under way.
func (c *Client) Cancel(ctx context.Context, app, deployment string) (Deployment, error) {
	var answer struct{ Deployment wireDeployment }
	path := "v2/apps/" + url.PathEscape(app) + "/deployments/" + url.PathEscape(deployment) + "/cancel"
	err := c.write(ctx, "cancel the deployment", http.MethodPost, path, nil, &answer)
	return answer.Deployment.deployment(), err
}
