package digitalocean

import (
	"cmp"
	"encoding/json"
	"time"
)

// app is an app as the platform keeps it.
type app struct {
	ID          string          `json:"id"`
	URL         string          `json:"url"`
	Spec        json.RawMessage `json:"spec"` // what is wanted
	Created     time.Time       `json:"created"`
	Updated     time.Time       `json:"updated"`
	Deployments []*deployment   `json:"deployments"` // oldest first
	Pinned      string          `json:"pinned,omitempty"`
	Before      json.RawMessage `json:"before,omitempty"` // the spec that a revert goes back to
	Unhealthy   bool            `json:"unhealthy,omitempty"`
	Domains     []Domain        `json:"domains,omitempty"`  // those that aren't simply active
	Settling    map[string]int  `json:"settling,omitempty"` // how often it is read until a new domain is set up
	Log         Log             `json:"log,omitempty"`
}

func (a *app) deployment(id string) *deployment {
	for _, d := range a.Deployments {
		if d.ID == id {
			return d
		}
	}
	return nil
}

// newest is the deployment created last. Every app has one.
func (a *app) newest() *deployment { return a.Deployments[len(a.Deployments)-1] }

// active is the deployment that is live; nil where none ever was. They become
// active in the order of their creation, since a newer one ends the older that
// is still under way.
func (a *app) active(now time.Time) *deployment {
	for i := len(a.Deployments) - 1; i >= 0; i-- {
		if d := a.Deployments[i]; d.cameUp(now) {
			return d
		}
	}
	return nil
}

// phase is where one of the app's deployments stands, and since when.
func (a *app) phase(d *deployment, now time.Time) (phase string, since time.Time) {
	phase, since = d.phase(now)
	if phase != active {
		return phase, since
	}
	after := false
	for _, other := range a.Deployments {
		if after && other.cameUp(now) {
			return superseded, other.upAt()
		}
		after = after || other == d
	}
	return phase, since
}

// revisions is how many earlier deployments an app can go back to
// (https://docs.digitalocean.com/products/app-platform/how-to/manage-deployments/).
const revisions = 10

// withinRevisions reports whether the deployment is among the last that came up.
func (a *app) withinRevisions(d *deployment, now time.Time) bool {
	left := revisions
	for i := len(a.Deployments) - 1; i >= 0 && left > 0; i-- {
		one := a.Deployments[i]
		if one == d {
			return true
		}
		if one.cameUp(now) {
			left--
		}
	}
	return false
}

// deploy makes a deployment of a spec. One that is still under way gives way
// to it. The caller holds mu.
func (p *Platform) deploy(a *app, why cause, spec json.RawMessage, from *deployment) *deployment {
	now := p.now()
	for _, d := range a.Deployments {
		d.cut(superseded, now)
	}
	d := &deployment{ID: newID(), Spec: spec, Cause: why, Created: now, Pace: p.opts.Pace}
	if before := a.active(now); before != nil {
		d.Previous = before.ID
	}
	if from != nil {
		d.ClonedFrom = from.ID
	} else {
		p.plan(d)
	}
	a.Deployments = append(a.Deployments, d)
	return d
}

// plan decides how the build of a new deployment goes.
func (p *Platform) plan(d *deployment) {
	switch p.build {
	case BuildSlow:
		d.Pace.Building += SlowBuild
	case BuildBad:
		d.Fault = &flaw{Component: firstComponent(d.Spec), Building: true,
			Code: "BuildJobExitNonZero", Message: "The build exited with status 1: error: failed to solve: process \"pip install -r requirements.txt\" did not complete successfully"}
	}
	if name, image := p.missingImage(d.Spec); image != "" && d.Fault == nil {
		d.Fault = &flaw{Component: name, Code: "ImageNotFound", Message: "The image " + image + " was not found in its registry"}
	}
}

// missingImage finds a component whose image the registry does not have.
func (p *Platform) missingImage(spec json.RawMessage) (component, image string) {
	if p.opts.Registry == nil {
		return "", ""
	}
	for _, c := range componentsOf(spec) {
		if c.Image == nil || c.Image.Digest != "" {
			continue
		}
		tag, found := cmp.Or(c.Image.Tag, "latest"), false
		for _, one := range p.opts.Registry[c.Image.Repository] {
			found = found || one == tag
		}
		if !found {
			return c.Name, c.Image.Repository + ":" + tag
		}
	}
	return "", ""
}
