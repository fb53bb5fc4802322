package config

import (
	"gonogo/bot/config/strictyaml"
	"gonogo/clients/connection"
	"gonogo/deploy"
)

// environment is a place that a release is deployed to. How to deploy and roll back is
// decoded as strictly as the rest.
type environment struct {
	strictyaml.Pos
	URL         val[connection.WebURL] `yaml:"url"`         // the address of the environment, which gates use as {target.url}; default: none
	After       refs                   `yaml:"after"`       // the environments on which a release must be live and verified first; default: none
	Connections ordered[choice]        `yaml:"connections"` // connections for this environment, written as at the top level; each replaces the shared connection of the same name and kind in everything that is measured for this environment; default: the shared ones
	Variables   ordered[string]        `yaml:"variables"`   // environment variables for runbooks that are run for this environment, in place of gonogo's own; default: gonogo's own
	Deploy      *deployPart            `yaml:"deploy"`      // how gonogo deploys there; default: gonogo doesn't deploy there; /deploy adopt records what is live
	Reviews     *reviewsPart           `yaml:"reviews"`     // which workflow runs at GitHub wait for the decision, for pipelines that deploy by themselves; default: none
	Override    *overridePart          `yaml:"override"`    // which items two people together may override for one deployment there, for emergencies; default: none
	Rollback    *rollbackPart          `yaml:"rollback"`    // when gonogo offers a rollback; default: never by itself
}

type deployPart struct {
	strictyaml.Pos
	How      strategyChoice       `yaml:"*"`
	Health   *healthPart          `yaml:"health"`   // when a deployment counts as healthy
	Smoke    []smokePart          `yaml:"smoke"`    // gates that must pass once the new version is live; default: none
	Rehearse val[bool]            `yaml:"rehearse"` // whether a rollback may be rehearsed there, which takes the version that is live offline for a while; default: true if another environment comes after it, otherwise false
	Bake     val[bakeTimes]       `yaml:"bake"`     // how long the triggers are watched once the new version is live, or the times after the switch at which they are looked at, the last of which ends it, such as [5m, 20m, 1h]; it goes on until no trigger is breached; default: not at all
	Silence  val[ordered[string]] `yaml:"silence"`  // labels of the alerts that are silenced in Alertmanager during a cutover with downtime, such as { environment: production }; an alert that lacks one of them still comes through; default: none are silenced
}

// strategyChoice is the kinds of strategies that a deployment names, with their
// settings. Exactly one is correct.
type strategyChoice []strictyaml.Entry

var _ strictyaml.Choice = (*strategyChoice)(nil)

// Keys implements [strictyaml.Choice].
func (*strategyChoice) Keys() []string {
	var names []string
	for _, kind := range deploy.Kinds() {
		names = append(names, kind.Name)
	}
	return names
}

// Choose implements [strictyaml.Choice].
func (c *strategyChoice) Choose(e strictyaml.Entry) { *c = append(*c, e) }

type healthPart struct {
	strictyaml.Pos
	Consecutive val[int]      `yaml:"consecutive" from:"1" to:"1000"` // how many healthy answers in a row are needed; default: 3
	Every       val[duration] `yaml:"every"`                          // how often the platform is asked; default: 10s
	Timeout     val[duration] `yaml:"timeout"`                        // how long that may take; default: 10m
}

type smokePart struct {
	strictyaml.Pos
	ID    val[identifier] `yaml:"smoke" require:"a short name, such as login-page"`
	Title val[string]     `yaml:"title"` // the text that people see; default: the smoke gate's name
	Gate  gatePart        `yaml:"gate" require:"a gate, such as { http: { url: … } }"`
}

type rollbackPart struct {
	strictyaml.Pos
	Mode     rollbackMode  `yaml:"mode" require:"ask, or { auto: { countdown: 60s, control: https://… } }"`
	Triggers []triggerPart `yaml:"triggers"` // what makes gonogo offer a rollback; default: none
}

type alertsPart struct {
	strictyaml.Pos
	Token             val[string]        `yaml:"token" pattern:"\\$\\{" require:"the bearer token that senders of alerts must use, as a variable"`
	EnvironmentLabels val[refs]          `yaml:"environment_labels" from:"1"` // labels that may name an alert's environment, such as deployment.environment.name; gonogo looks for them among the group's labels, then the alerts', then the route's, and the first match counts; default: environment and env
	Mention           val[bool]          `yaml:"mention"`                     // whether a card mentions the people on call when it opens and each time it gets worse: the user groups of the roles under permissions.alerts, and with true also the users of roles without a group; default: user groups only
	Holds             val[[]val[string]] `yaml:"holds"`                       // severities (the alert's label severity) that block deployments to the environment while an alert fires; default: critical
}

type waitPart struct {
	strictyaml.Pos
	Token val[string] `yaml:"token" pattern:"\\$\\{" require:"the bearer token that pipelines must use, as a variable"`
}

type issuesPart struct {
	strictyaml.Pos
	Connection val[string]   `yaml:"connection" require:"the GitHub connection to open issues through"`
	Labels     []val[string] `yaml:"labels"` // labels for every issue, besides gonogo's own; default: none
}
