package digitalocean

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// rollbackRequest is what rolling back and asking whether one could both take.
type rollbackRequest struct {
	DeploymentID string `json:"deployment_id"`
	SkipPin      bool   `json:"skip_pin"`
}

// condition is something that stands against a rollback, or should be known
// before it. The codes and their words are those of the API's description
// (models/app_rollback_validation_condition.yml).
type condition struct {
	Code       string   `json:"code"`
	Message    string   `json:"message"`
	Components []string `json:"components,omitempty"`
}

// target is the deployment that a request wants to go back to.
func (r *request) target() (*deployment, rollbackRequest, error) {
	var body rollbackRequest
	if err := r.decode(&body, false); err != nil {
		return nil, body, err
	}
	if body.DeploymentID == "" {
		return nil, body, badRequest("deployment_id is required")
	}
	d := r.app.deployment(body.DeploymentID)
	if d == nil {
		return nil, body, errNotFound
	}
	return d, body, nil
}

// against is what makes a rollback impossible; nil where nothing does.
func (a *app) against(d *deployment, now time.Time) *condition {
	phase, _ := a.phase(d, now)
	region, databases := members(d.Spec)
	regionNow, databasesNow := members(a.Spec)
	switch {
	case a.Pinned != "":
		return &condition{Code: "app_pinned", Message: "the app is pinned: a rollback is already in progress"}
	case d.underWay(now):
		return &condition{Code: "incompatible_phase", Message: fmt.Sprintf("deployment phase %q is unsuitable for rollback", phase)}
	case !d.cameUp(now):
		return &condition{Code: "incompatible_result", Message: fmt.Sprintf("deployment result %q is unsuitable for rollback", result(phase))}
	case !a.withinRevisions(d, now):
		return &condition{Code: "exceeded_revision_limit", Message: fmt.Sprintf("the deployment is not among the last %d", revisions)}
	case region != regionNow:
		return &condition{Code: "region_conflict", Message: "the deployment's region differs from the app's"}
	case !bytes.Equal(databases, databasesNow):
		return &condition{Code: "database_config_conflict", Message: "the deployment's databases differ from the app's"}
	}
	return nil
}

// result is the word for how a deployment ended.
func result(phase string) string {
	return map[string]string{failed: "failed", canceled: "canceled", superseded: "superseded"}[phase]
}

func members(spec json.RawMessage) (region string, databases json.RawMessage) {
	var s struct {
		Region    string
		Databases json.RawMessage
	}
	_ = json.Unmarshal(spec, &s) // it has been checked
	return s.Region, s.Databases
}

// warnings are what should be known before going back to a spec.
func warnings(spec json.RawMessage) (all []condition) {
	var static, floating []string
	for _, c := range componentsOf(spec) {
		if c.list == "static_sites" {
			static = append(static, c.Name)
		}
		if c.Image != nil && c.Image.Digest == "" {
			floating = append(floating, c.Name)
		}
	}
	if static != nil {
		all = append(all, condition{"static_site_requires_rebuild", "one or more static sites will be rebuilt as part of the rollback", static})
	}
	if floating != nil {
		all = append(all, condition{"image_source_missing_digest", "one or more components are missing an image digest and are not guaranteed to roll back to the old version", floating})
	}
	return all
}

// validateRollback answers 200 also where the rollback is impossible.
func (p *Platform) validateRollback(r *request) (any, error) {
	d, _, err := r.target()
	if err != nil {
		return nil, err
	}
	if why := r.app.against(d, p.now()); why != nil {
		return map[string]any{"valid": false, "error": why}, nil
	}
	answer := map[string]any{"valid": true}
	if all := warnings(d.Spec); all != nil {
		answer["warnings"] = all
	}
	return answer, nil
}

// rollback makes an earlier deployment's spec the app's and deploys it. The
// app is pinned to that deployment unless the request says otherwise, which is
// a rollback committed at once.
func (p *Platform) rollback(r *request) (any, error) {
	target, body, err := r.target()
	if err != nil {
		return nil, err
	}
	if why := r.app.against(target, p.now()); why != nil {
		if why.Code == "app_pinned" {
			return nil, pinned(r.app)
		}
		return nil, unprocessable("%s: %s", why.Code, why.Message)
	}
	d := p.deploy(r.app, rolledBack, target.Spec, target)
	if !body.SkipPin {
		r.app.Pinned, r.app.Before = d.ID, r.app.Spec
	}
	r.app.Spec, r.app.Updated = target.Spec, p.now()
	r.write.Deployment = d.ID
	return p.deploymentAnswer(r, d), nil
}

// pin checks that there is a rollback to decide about.
func (r *request) pin() error {
	if err := r.decode(&struct{}{}, true); err != nil {
		return err
	}
	if r.app.Pinned == "" {
		return conflict("the app is not pinned: there is no rollback to commit or revert")
	}
	return nil
}

// commitRollback keeps what was rolled back to, and lets deployments through.
func (p *Platform) commitRollback(r *request) (any, error) {
	if err := r.pin(); err != nil {
		return nil, err
	}
	r.app.Pinned, r.app.Before, r.app.Updated = "", nil, p.now()
	return nil, nil
}

// revertRollback deploys the spec from before the rollback, and lets
// deployments through.
func (p *Platform) revertRollback(r *request) (any, error) {
	if err := r.pin(); err != nil {
		return nil, err
	}
	r.app.Spec, r.app.Pinned, r.app.Before, r.app.Updated = r.app.Before, "", nil, p.now()
	d := p.deploy(r.app, reverted, r.app.Spec, nil)
	r.write.Deployment = d.ID
	return p.deploymentAnswer(r, d), nil
}
