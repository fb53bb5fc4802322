package digitalocean

import "slices"

// listDeployments lists the newest first.
func (p *Platform) listDeployments(r *request) (any, error) {
	at, err := r.page()
	if err != nil {
		return nil, err
	}
	all := slices.Clone(r.app.Deployments)
	slices.Reverse(all)
	views := []*deploymentView{}
	for _, d := range cutPage(all, at) {
		views = append(views, r.app.tell(d, p.now()))
	}
	return p.listAnswer(r, "deployments", views, len(all), at), nil
}

func (p *Platform) getDeployment(r *request) (any, error) {
	d := r.app.deployment(r.PathValue("did"))
	if d == nil {
		return nil, errNotFound
	}
	return p.deploymentAnswer(r, d), nil
}

func (p *Platform) deploymentAnswer(r *request, d *deployment) any {
	return map[string]any{"deployment": r.app.tell(d, p.now())}
}

func (p *Platform) createDeployment(r *request) (any, error) {
	var body struct {
		ForceBuild bool `json:"force_build"`
	}
	if err := r.decode(&body, true); err != nil {
		return nil, err
	}
	if r.app.Pinned != "" {
		return nil, pinned(r.app)
	}
	d := p.deploy(r.app, manual, r.app.Spec, nil)
	r.write.Deployment = d.ID
	return p.deploymentAnswer(r, d), nil
}

// cancelDeployment stops a deployment. What was live stays live.
func (p *Platform) cancelDeployment(r *request) (any, error) {
	d := r.app.deployment(r.PathValue("did"))
	if d == nil {
		return nil, errNotFound
	}
	if !d.underWay(p.now()) {
		phase, _ := r.app.phase(d, p.now())
		return nil, conflict("the deployment cannot be canceled in the phase %s", phase)
	}
	d.cut(canceled, p.now())
	r.write.Deployment = d.ID
	return p.deploymentAnswer(r, d), nil
}
