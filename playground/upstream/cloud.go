package upstream

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gonogo/playground/upstream/digitalocean"
)

// The practice account at DigitalOcean. The token protects nothing.
const (
	cloudToken   = "dop_v1_practice"
	stagingAppID = "5a9ab94c-5f0e-4f8e-9a37-1c8fd2ad2b01"
	blueAppID    = "c0b86a3e-7d53-4a0c-8f4e-6e2b7d9c4f02" // production, which has the public name in a new world
	greenAppID   = "0e4f2b77-9d1c-4c58-b1f0-3a6d8e5c7a03" // production's other side
)

// firstVersion is live everywhere in a new world.
const firstVersion = "19.0.1"

// image is the repository in the practice registry.
const image = "insightpulse/odoo"

var imageTags = []string{"18.0.7", "19.0.1", "19.0.2", "19.0.3"}

// phase is how long each of the four phases of a deployment usually takes.
const phase = 1500 * time.Millisecond

// cloud is DigitalOcean's App Platform with three apps: staging, and two of production, of
// which one has the public name. Who deploys rolling uses only the first of them. Its API
// is at the root of the world's URL, because DigitalOcean's Go library always puts /v2/
// there, whatever the path of its base URL.
type cloud struct {
	platform  *digitalocean.Platform
	address   string // the base URL of its API, without a trailing slash
	condition *Switch
	build     *Switch
	event     *Switch
	logs      []*Switch // one for each environment
	health    []*Switch // one for each environment
	specs     []*Switch // three for each environment
}

func newCloud(p Place) (*cloud, error) {
	c := &cloud{address: p.URL}
	each := p.scaled(phase)
	var err error
	c.platform, err = digitalocean.New(digitalocean.Options{
		Token: cloudToken, File: filepath.Join(p.Dir, "digitalocean.json"), BaseURL: c.address,
		Pace:     digitalocean.Pace{PendingBuild: each, Building: each, PendingDeploy: each, Deploying: each},
		Registry: map[string][]string{image: imageTags}, Now: p.Now, Log: p.Log,
		Public: map[string]string{stagingName: p.URL + "/sites/staging", productionName: p.URL + "/sites/production"},
	})
	if err != nil {
		return nil, err
	}
	for _, one := range apps {
		if err := c.seed(p, one); err != nil {
			return nil, err
		}
	}
	c.addSwitches(p)
	c.platform.SetBuild(digitalocean.Build(c.build.Position()))
	for _, one := range slices.Concat(c.logs, c.health, c.specs) { // also for an app that an earlier version made
		if err := one.effect(one.Position()); err != nil {
			return nil, err
		}
	}
	c.platform.OnCall(c.faultOf)
	return c, nil
}

// practiceApp is an app of the account. Its path is where the platform's own address leads
// to.
type practiceApp struct{ id, name, environment, path string }

var apps = []practiceApp{
	{stagingAppID, "insightpulse-staging", "staging", "/sites/staging"},
	{blueAppID, "insightpulse-production-blue", "production", "/sites/production/" + blue},
	{greenAppID, "insightpulse-production-green", "production", "/sites/production/" + green},
}

// The sides of production.
const (
	blue  = "blue"
	green = "green"
)

func (c *cloud) seed(p Place, one practiceApp) error {
	spec, err := specOf(one)
	if err == nil {
		err = c.platform.Seed(digitalocean.App{ID: one.id, Name: one.name, URL: p.URL + one.path, Spec: spec})
	}
	if err != nil {
		return fmt.Errorf("make the practice app %s: %w", one.name, err)
	}
	return nil
}

// each changes every app of an environment.
func (c *cloud) each(environment string, change func(id string) error) error {
	for _, one := range apps {
		if one.environment != environment {
			continue
		}
		if err := change(one.id); err != nil {
			return err
		}
	}
	return nil
}

func (c *cloud) addSwitches(p Place) {
	c.condition = (&Switch{
		ID: "digitalocean", Title: "DigitalOcean's API",
		Help: "With 502, a change takes effect, but the client isn't told.",
		States: []State{
			{ID: "up", Title: "Answers", Good: true},
			{ID: "down", Title: "Down (503)"},
			{ID: "unclear", Title: "Answers 502 to changes, after making them"},
		},
	}).restore(p)
	c.build = (&Switch{
		ID: "build", Title: "Builds",
		Help: "How deployments that start from now on turn out. A rollback doesn't build.",
		States: []State{
			{ID: string(digitalocean.BuildGood), Title: "Succeed", Good: true},
			{ID: string(digitalocean.BuildBad), Title: "Fail"},
			{ID: string(digitalocean.BuildSlow), Title: "Take a minute longer"},
		},
		effect: func(state string) error {
			c.platform.SetBuild(digitalocean.Build(state))
			return nil
		},
	}).restore(p)
	c.event = (&Switch{
		ID: "maintenance", Title: "Deployments by the platform itself",
		Help: "Each press starts one of the app's current version, as DigitalOcean does for maintenance.",
		States: []State{
			{ID: "none", Title: "None", Good: true},
			{ID: "staging", Title: "Start one on staging"},
			{ID: "production", Title: "Start one on production"},
		},
		effect: c.maintain,
	}).restore(p)
	for _, environment := range []string{"staging", "production"} {
		c.logs = append(c.logs, c.logSwitch(p, environment))
		c.health = append(c.health, c.healthSwitch(p, environment))
		c.specs = append(c.specs, c.specSwitches(p, environment)...)
	}
}

// healthSwitch controls what the platform's own health checks find.
func (c *cloud) healthSwitch(p Place, name string) *Switch {
	return (&Switch{
		ID: name + "-app", Title: "The health of " + name,
		Help: "What the platform's own health checks find.",
		States: []State{
			{ID: "healthy", Title: "Healthy", Good: true},
			{ID: "unhealthy", Title: "Unhealthy, no instance is ready"},
		},
		effect: func(state string) error {
			return c.each(name, func(id string) error { return c.platform.SetHealth(id, state == "healthy") })
		},
	}).restore(p)
}

// logSwitch controls what an app writes to its log at run time.
func (c *cloud) logSwitch(p Place, name string) *Switch {
	return (&Switch{
		ID: name + "-log", Title: "The log of " + name,
		Help: "What the app has written since its deployment, a line every 10 seconds. It is rewritten when the switch is turned.",
		States: []State{
			{ID: string(digitalocean.LogGood), Title: "No errors", Good: true},
			{ID: string(digitalocean.LogErrors), Title: "One line in 30 is an error"},
			{ID: string(digitalocean.LogSilent), Title: "Silent for the last hour"},
		},
		effect: func(state string) error {
			return c.each(name, func(id string) error { return c.platform.SetLog(id, digitalocean.Log(state)) })
		},
	}).restore(p)
}

func (c *cloud) maintain(state string) error {
	id := map[string]string{"staging": stagingAppID, "production": c.platform.Holder(productionName)}[state]
	if id == "" {
		return nil
	}
	_, err := c.platform.Maintenance(id)
	return err
}

// faultOf is the fault of a call, as the panel's switches have it.
func (c *cloud) faultOf(call digitalocean.Call) digitalocean.Fault {
	switch c.condition.Position() {
	case "down":
		return digitalocean.Fault{Status: http.StatusServiceUnavailable}
	case "unclear":
		if call.Write {
			return digitalocean.Fault{Status: http.StatusBadGateway, Done: true}
		}
	}
	return digitalocean.Fault{}
}

func (c *cloud) upstream(Place) (*Upstream, error) {
	return &Upstream{
		Title:    "DigitalOcean",
		Switches: slices.Concat([]*Switch{c.condition, c.build, c.event}, c.logs, c.health, c.specs),
		Variables: []Variable{
			{"DIGITALOCEAN_TOKEN", cloudToken, "the practice account's token"},
			{"DIGITALOCEAN_API_URL", c.address, "the practice account's API"},
			{"STAGING_APP_ID", stagingAppID, "the practice app that is staging"},
			{"PRODUCTION_APP_ID", blueAppID, "the practice app that is production in a new world, for who deploys rolling"},
			{"PRODUCTION_BLUE_APP_ID", blueAppID, "the practice app that is production in a new world"},
			{"PRODUCTION_GREEN_APP_ID", greenAppID, "production's other practice app, which doesn't have the public name in a new world"},
		},
		Prefix: "/v2/", Handler: c.platform.Handler(), Writes: c.writes,
	}, nil
}

func (c *cloud) writes() []string {
	var all []string
	for _, call := range c.platform.Calls() {
		if call.Write {
			all = append(all, strings.Replace(call.Route, "{id}", call.App, 1))
		}
	}
	return all
}
