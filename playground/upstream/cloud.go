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
	cloudToken      = "dop_v1_practice"
	stagingAppID    = "5a9ab94c-5f0e-4f8e-9a37-1c8fd2ad2b01"
	productionAppID = "c0b86a3e-7d53-4a0c-8f4e-6e2b7d9c4f02"
)

// firstVersion is live everywhere in a new world.
const firstVersion = "19.0.1"

// image is the repository in the practice registry.
const image = "insightpulse/odoo"

var imageTags = []string{"18.0.7", "19.0.1", "19.0.2", "19.0.3"}

// phase is how long each of the four phases of a deployment usually takes.
const phase = 1500 * time.Millisecond

// cloud is DigitalOcean's App Platform with two apps, staging and production. Its API
// is at the root of the world's URL, because DigitalOcean's Go library always puts /v2/
// there, whatever the path of its base URL.
type cloud struct {
	platform  *digitalocean.Platform
	address   string // the base URL of its API, without a trailing slash
	condition *Switch
	build     *Switch
	event     *Switch
	logs      []*Switch // one for each app
	health    []*Switch // one for each app
	specs     []*Switch // three for each app
}

func newCloud(p Place) (*cloud, error) {
	c := &cloud{address: p.URL}
	each := p.scaled(phase)
	var err error
	c.platform, err = digitalocean.New(digitalocean.Options{
		Token: cloudToken, File: filepath.Join(p.Dir, "digitalocean.json"), BaseURL: c.address,
		Pace:     digitalocean.Pace{PendingBuild: each, Building: each, PendingDeploy: each, Deploying: each},
		Registry: map[string][]string{image: imageTags}, Now: p.Now, Log: p.Log,
	})
	if err != nil {
		return nil, err
	}
	for _, environment := range apps {
		spec, err := specOf(environment.name)
		if err != nil {
			return nil, err
		}
		seed := digitalocean.App{ID: environment.id, Name: "insightpulse-" + environment.name, URL: p.URL + "/sites/" + environment.name, Spec: spec}
		if err := c.platform.Seed(seed); err != nil {
			return nil, fmt.Errorf("make the practice app for %s: %w", environment.name, err)
		}
	}
	c.addSwitches(p)
	c.platform.SetBuild(digitalocean.Build(c.build.Position()))
	for i, one := range c.logs {
		if err := c.platform.SetLog(apps[i].id, digitalocean.Log(one.Position())); err != nil {
			return nil, err
		}
	}
	for i, one := range c.health {
		if err := c.platform.SetHealth(apps[i].id, one.Position() == "healthy"); err != nil {
			return nil, err
		}
	}
	for _, one := range c.specs { // also for an app that an earlier version made
		if err := one.effect(one.Position()); err != nil {
			return nil, err
		}
	}
	c.platform.OnCall(c.faultOf)
	return c, nil
}

// apps are the apps of the account.
var apps = []struct{ id, name string }{{stagingAppID, "staging"}, {productionAppID, "production"}}

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
	for _, one := range apps {
		c.logs = append(c.logs, c.logSwitch(p, one.id, one.name))
		c.health = append(c.health, c.healthSwitch(p, one.id, one.name))
		c.specs = append(c.specs, c.specSwitches(p, one.id, one.name)...)
	}
}

// healthSwitch controls what the platform's own health checks find.
func (c *cloud) healthSwitch(p Place, id, name string) *Switch {
	return (&Switch{
		ID: name + "-app", Title: "The health of " + name,
		Help: "What the platform's own health checks find.",
		States: []State{
			{ID: "healthy", Title: "Healthy", Good: true},
			{ID: "unhealthy", Title: "Unhealthy, no instance is ready"},
		},
		effect: func(state string) error { return c.platform.SetHealth(id, state == "healthy") },
	}).restore(p)
}

// logSwitch controls what an app writes to its log at run time.
func (c *cloud) logSwitch(p Place, id, name string) *Switch {
	return (&Switch{
		ID: name + "-log", Title: "The log of " + name,
		Help: "What the app has written since its deployment, a line every 10 seconds. It is rewritten when the switch is turned.",
		States: []State{
			{ID: string(digitalocean.LogGood), Title: "No errors", Good: true},
			{ID: string(digitalocean.LogErrors), Title: "One line in 30 is an error"},
			{ID: string(digitalocean.LogSilent), Title: "Silent for the last hour"},
		},
		effect: func(state string) error { return c.platform.SetLog(id, digitalocean.Log(state)) },
	}).restore(p)
}

func (c *cloud) maintain(state string) error {
	id := map[string]string{"staging": stagingAppID, "production": productionAppID}[state]
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
			{"PRODUCTION_APP_ID", productionAppID, "the practice app that is production"},
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
