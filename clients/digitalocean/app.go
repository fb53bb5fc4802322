package digitalocean

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// App is an app as the platform has it.
type App struct {
	ID, LiveURL string
	Ingress     string // the platform's own address of the app, whatever domains it has
	Spec        Spec
	Active      *Deployment // what is live; nil: nothing yet
	InProgress  *Deployment // under way
	Pending     *Deployment // made, and not begun
	Pinned      *Deployment // after a rollback, until it is committed or reverted
	Domains     []Domain
	UpdatedAt   time.Time
}

// Domain is a domain of an app, as the platform has set it up.
type Domain struct {
	Name               string
	Phase              string    // PENDING, CONFIGURING, ACTIVE or ERROR, or UNKNOWN
	MinimumTLS         string    // 1.2 or 1.3; empty: the spec doesn't say
	CertificateExpires time.Time // zero: the platform doesn't say
}

// wireDomain is a domain on the wire. Source: godo v1.201.0 (apps.gen.go, AppDomain),
// which is generated from the platform's own API; the published OpenAPI description at
// 15dc8a4 (apps_domain.yml) lacks the certificate.
type wireDomain struct {
	Spec struct {
		Domain     string `json:"domain"`
		MinimumTLS string `json:"minimum_tls_version"`
	} `json:"spec"`
	Phase              string    `json:"phase"`
	CertificateExpires time.Time `json:"certificate_expires_at"`
}

// wireApp is an app on the wire.
type wireApp struct {
	ID         string          `json:"id"`
	LiveURL    string          `json:"live_url"`
	Ingress    string          `json:"default_ingress"`
	Spec       Spec            `json:"spec"`
	Active     *wireDeployment `json:"active_deployment"`
	InProgress *wireDeployment `json:"in_progress_deployment"`
	Pending    *wireDeployment `json:"pending_deployment"`
	Pinned     *wireDeployment `json:"pinned_deployment"`
	Domains    []wireDomain    `json:"domains"`
	UpdatedAt  time.Time       `json:"updated_at"`
}

// appAnswer is how the platform gives an app.
type appAnswer struct{ App wireApp }

func (a *appAnswer) hasID() bool { return a.App.ID != "" }

func (c *Client) app(w wireApp) App {
	var domains []Domain
	for _, d := range w.Domains {
		domains = append(domains, Domain{d.Spec.Domain, d.Phase, d.Spec.MinimumTLS, d.CertificateExpires})
	}
	return App{ID: w.ID, LiveURL: w.LiveURL, Ingress: w.Ingress, Spec: w.Spec, UpdatedAt: w.UpdatedAt, Domains: domains,
		Active: c.maybe(w.Active), InProgress: c.maybe(w.InProgress), Pending: c.maybe(w.Pending), Pinned: c.maybe(w.Pinned)}
}

// App reads an app.
func (c *Client) App(ctx context.Context, id string) (App, error) {
	var answer appAnswer
	if err := c.read(ctx, request{op: "read the app", method: http.MethodGet, path: path(id), into: &answer}); err != nil {
		return App{}, err
	}
	return c.app(answer.App), nil
}

// specBody is what changing an app's spec takes.
type specBody struct {
	Spec Spec   `json:"spec"`
	App  string `json:"app_id,omitempty"` // where the path does not name it
}

// Update replaces an app's whole spec, and names the deployment that comes of
// it; empty where the platform does not say.
func (c *Client) Update(ctx context.Context, app string, spec Spec) (deployment string, updated App, err error) {
	var answer appAnswer
	if err := c.write(ctx, request{op: "update the app", method: http.MethodPut, path: path(app), body: specBody{Spec: spec}, into: &answer}); err != nil {
		return "", App{}, err
	}
	updated = c.app(answer.App)
	// Of an update's answer the pending deployment is guaranteed to be the
	// update's own; the one in progress may be another's. Source: DigitalOcean
	// API reference, App.
	if updated.Pending != nil {
		deployment = updated.Pending.ID
	}
	return deployment, updated, nil
}

// opPropose is what asking for a proposal is called.
const opPropose = "check the app's spec"

// Proposal is what would come of a spec.
type Proposal struct {
	Cost json.Number // US dollars a month
	Spec Spec        // as the platform would keep it
}

// Propose asks what would come of a spec for an app. It changes nothing, so it
// is a read; a spec that would not be taken is refused. The token needs the scope
// app:create. Source: DigitalOcean's OpenAPI description at 091afdd
// (apps_validate_appSpec.yml).
func (c *Client) Propose(ctx context.Context, app string, spec Spec) (Proposal, error) {
	var answer struct {
		Cost json.Number `json:"app_cost"`
		Spec Spec        `json:"spec"`
	}
	err := c.read(ctx, request{op: opPropose, method: http.MethodPost, path: path("propose"), body: specBody{Spec: spec, App: app}, into: &answer})
	if err != nil {
		return Proposal{}, err
	}
	return Proposal{answer.Cost, answer.Spec}, nil
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

// Health reads how an app's components are; none where nothing runs.
func (c *Client) Health(ctx context.Context, app string) ([]ComponentHealth, error) {
	var answer struct {
		Health struct{ Components []ComponentHealth } `json:"app_health"`
	}
	if err := c.read(ctx, request{op: "read the app's health", method: http.MethodGet, path: path(app, "health"), into: &answer}); err != nil {
		return nil, err
	}
	return answer.Health.Components, nil
}
