package digitalocean

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/digitalocean/godo"
)

// Deployment is one attempt to make a spec live.
type Deployment struct {
	ID                   string
	Phase                Phase
	Cause                string // what began it, such as MANUAL, MAINTENANCE or MANUAL_ROLLBACK
	Spec                 Spec
	CreatedAt, UpdatedAt time.Time
	PreviousID           string            // of the deployment that was live before it
	ClonedFrom           string            // of a rollback: the deployment that it brings back
	Commits              map[string]string // what was built, by component; one that is not built from a repository is not there
	Pushed               string            // digest of the image whose push began it; empty where none did, or it is not told
	Steps                []Step            // the platform's own, flattened, in order
	Done, Total          int               // how many of the steps succeeded, and of how many
}

// Phase is how far a deployment is.
type Phase string

// The phases. Source: DigitalOcean API reference, App deployment phase.
const (
	PhaseUnknown       Phase = "UNKNOWN"
	PhasePendingBuild  Phase = "PENDING_BUILD"
	PhaseBuilding      Phase = "BUILDING"
	PhasePendingDeploy Phase = "PENDING_DEPLOY"
	PhaseDeploying     Phase = "DEPLOYING"
	PhaseActive        Phase = "ACTIVE"
	PhaseSuperseded    Phase = "SUPERSEDED" // a newer one took its place, before or after it was active
	PhaseError         Phase = "ERROR"
	PhaseCanceled      Phase = "CANCELED"
)

// Terminal reports whether a deployment gets no further by itself.
func (p Phase) Terminal() bool {
	switch p {
	case PhaseActive, PhaseSuperseded, PhaseError, PhaseCanceled:
		return true
	}
	return false
}

// StepStatus is where one of the platform's steps stands.
type StepStatus string

// The statuses. Source: DigitalOcean API reference, App deployment progress.
const (
	StepPending StepStatus = "PENDING"
	StepRunning StepStatus = "RUNNING"
	StepSuccess StepStatus = "SUCCESS"
	StepError   StepStatus = "ERROR"
)

// Step is one of the platform's own steps.
type Step struct {
	Name           string
	Component      string // the component it is for, if any
	Status         StepStatus
	Started, Ended time.Time // zero: not yet
	Reason         string    // why it failed, in the platform's words
}

// wireDeployment is a deployment on the wire.
type wireDeployment struct {
	ID           string `json:"id"`
	Phase        Phase  `json:"phase"`
	Cause        string `json:"cause"`
	CauseDetails struct {
		Type      string `json:"type"`
		ImagePush struct {
			Digest string `json:"image_digest"`
		} `json:"docr_push"`
	} `json:"cause_details"`
	Spec       Spec      `json:"spec"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
	PreviousID string    `json:"previous_deployment_id"`
	ClonedFrom string    `json:"cloned_from"`
	Progress   struct {
		Success int        `json:"success_steps"`
		Total   int        `json:"total_steps"`
		Steps   []wireStep `json:"steps"`
	} `json:"progress"`
	Services  []wireBuilt `json:"services"`
	Static    []wireBuilt `json:"static_sites"`
	Workers   []wireBuilt `json:"workers"`
	Jobs      []wireBuilt `json:"jobs"`
	Functions []wireBuilt `json:"functions"`
}

type wireBuilt struct {
	Name   string `json:"name"`
	Commit string `json:"source_commit_hash"`
}

type wireStep struct {
	Name      string     `json:"name"`
	Component string     `json:"component_name"`
	Message   string     `json:"message_base"`
	Status    StepStatus `json:"status"`
	Started   time.Time  `json:"started_at"`
	Ended     time.Time  `json:"ended_at"`
	Steps     []wireStep `json:"steps"`
	Reason    struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"reason"`
}

// deploymentAnswer is how the platform gives a deployment.
type deploymentAnswer struct{ Deployment wireDeployment }

func (a *deploymentAnswer) hasID() bool { return a.Deployment.ID != "" }

// maybe is nil for none: the platform leaves out what there is not, or gives
// it without an ID.
func (c *Client) maybe(w *wireDeployment) *Deployment {
	if w == nil || w.ID == "" {
		return nil
	}
	return new(c.deployment(*w))
}

func (c *Client) deployment(w wireDeployment) Deployment {
	return Deployment{ID: w.ID, Phase: w.Phase, Cause: cmp.Or(w.CauseDetails.Type, w.Cause), Spec: w.Spec,
		CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt, PreviousID: w.PreviousID, ClonedFrom: w.ClonedFrom, Commits: w.commits(), Pushed: w.CauseDetails.ImagePush.Digest,
		Steps: c.flatten(w.Progress.Steps), Done: w.Progress.Success, Total: w.Progress.Total}
}

func (w wireDeployment) commits() map[string]string {
	commits := map[string]string{}
	for _, list := range [][]wireBuilt{w.Services, w.Static, w.Workers, w.Jobs, w.Functions} {
		for _, built := range list {
			if built.Commit != "" {
				commits[built.Name] = built.Commit
			}
		}
	}
	return commits
}

// flatten lists the steps that have none below them.
func (c *Client) flatten(steps []wireStep) []Step {
	var flat []Step
	for _, s := range steps {
		if len(s.Steps) > 0 {
			flat = append(flat, c.flatten(s.Steps)...)
			continue
		}
		flat = append(flat, Step{Name: cmp.Or(s.Message, s.Name), Component: s.Component, Status: s.Status,
			Started: s.Started, Ended: s.Ended, Reason: c.say(cmp.Or(s.Reason.Message, s.Reason.Code))})
	}
	return flat
}

// Deployment reads one deployment of an app.
func (c *Client) Deployment(ctx context.Context, app, id string) (Deployment, error) {
	return c.one(ctx, c.read, request{op: "read the deployment", method: http.MethodGet, path: path(app, "deployments", id)})
}

// pageSize keeps answers small: long lists of deployments have run into the
// platform's own time-outs. Source: terraform-provider-digitalocean #1477.
const pageSize = 20

// Deployments lists the newest deployments of an app, the newest first.
func (c *Client) Deployments(ctx context.Context, app string, most int) ([]Deployment, error) {
	var list []Deployment
	for d, err := range c.pages(ctx, app, min(max(most, 1), pageSize)) {
		if err != nil {
			return nil, err
		}
		if list = append(list, d); len(list) >= most {
			break
		}
	}
	return list, nil
}

// History goes through all deployments of an app, the newest first, and asks
// for no more of them than are looked at. It ends with the first error.
func (c *Client) History(ctx context.Context, app string) iter.Seq2[Deployment, error] {
	return c.pages(ctx, app, pageSize)
}

// pages goes through the list of deployments. One that begins meanwhile moves
// the others on, so that some stand on two pages; they are given once.
func (c *Client) pages(ctx context.Context, app string, size int) iter.Seq2[Deployment, error] {
	return func(yield func(Deployment, error) bool) {
		seen := map[string]bool{}
		for page := 1; ; page++ {
			list, last, err := c.page(ctx, app, page, size)
			if err != nil {
				yield(Deployment{}, err)
				return
			}
			for _, d := range list {
				if !seen[d.ID] && !yield(d, nil) {
					return
				}
				seen[d.ID] = true
			}
			if last {
				return
			}
		}
	}
}

func (c *Client) page(ctx context.Context, app string, page, size int) (list []Deployment, last bool, err error) {
	var answer struct {
		Deployments []wireDeployment
		Links       godo.Links
	}
	query := fmt.Sprintf("?page=%d&per_page=%d", page, size)
	if err := c.read(ctx, request{op: "list the app's deployments", method: http.MethodGet, path: path(app, "deployments") + query, into: &answer}); err != nil {
		return nil, false, err
	}
	for _, w := range answer.Deployments {
		list = append(list, c.deployment(w))
	}
	return list, len(list) == 0 || answer.Links.IsLastPage(), nil
}

// Cancel stops a deployment that is under way.
func (c *Client) Cancel(ctx context.Context, app, deployment string) (Deployment, error) {
	return c.one(ctx, c.write, request{op: "cancel the deployment", method: http.MethodPost, path: path(app, "deployments", deployment, "cancel")})
}

// one asks for something that is answered with one deployment.
func (c *Client) one(ctx context.Context, ask func(context.Context, request) error, r request) (Deployment, error) {
	var answer deploymentAnswer
	r.into = &answer
	if err := ask(ctx, r); err != nil {
		return Deployment{}, err
	}
	return c.deployment(answer.Deployment), nil
}
