package config

import (
	"gonogo/bot/config/strictyaml"
	"gonogo/clients/connection"
	"gonogo/deploy"
	"gonogo/gates/limit"
)

// environment is a place a release goes to. How it gets there (deploy) and
// comes back (rollback) is decoded as strictly as the rest.
type environment struct {
	strictyaml.Pos
	URL         val[connection.WebURL] `yaml:"url"`         // where it is found, {target.url} in gates
	After       refs                   `yaml:"after"`       // environments that have to have the release before it
	Connections ordered[choice]        `yaml:"connections"` // its own, written as under connections; each takes the place of the shared one of its name and kind for all that is measured of this environment
	Variables   ordered[string]        `yaml:"variables"`   // what runbooks that are run for this environment see under these names, in place of gonogo's own
	Deploy      *deployPart            `yaml:"deploy"`      // how a release goes out there; without it, deployments by other means are told with /deploy adopt
	Rollback    *rollbackPart          `yaml:"rollback"`    // what makes gonogo offer to go back
}

type deployPart struct {
	strictyaml.Pos
	How    strategyChoice `yaml:"*"`
	Health *healthPart    `yaml:"health"` // when the platform's own word on health is believed
	Smoke  []smokePart    `yaml:"smoke"`  // gates that have to pass once the new version is live
	Bake   val[duration]  `yaml:"bake"`   // named for later: watching for a while after the deployment does not work yet
}

// strategyChoice is the kinds of strategies that a deployment names, with their
// settings; one is right.
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
	Consecutive val[int]      `yaml:"consecutive" from:"1" to:"1000"` // how often in a row it has to be healthy; 3 unless said
	Every       val[duration] `yaml:"every"`                          // how often it is asked; 10s unless said
	Timeout     val[duration] `yaml:"timeout"`                        // how long that may take; 10m unless said
}

type smokePart struct {
	strictyaml.Pos
	ID    val[identifier] `yaml:"smoke" require:"a short name, such as login-page"`
	Title val[string]     `yaml:"title"` // what people call it
	Gate  gatePart        `yaml:"gate" require:"what is measured, such as { http: { url: … } }"`
}

type rollbackPart struct {
	strictyaml.Pos
	Mode     rollbackMode  `yaml:"mode" require:"ask, or { auto: { countdown: 60s } }"`
	Triggers []triggerPart `yaml:"triggers"` // what makes it so, besides a person
}

// rollbackMode is the word ask, or auto with its settings.
type rollbackMode struct {
	Auto *struct {
		Countdown val[pause] `yaml:"countdown"` // how long a person may stop it; auto asks instead as yet
	} `yaml:"auto" require:"auto with its settings, { auto: { countdown: 60s } }"`
}

func (m *rollbackMode) ReadYAML(d *strictyaml.Decoder, n *strictyaml.Node, what string) {
	if n.Shape == strictyaml.Scalar {
		if text, _ := d.Text(n, what); text != "ask" {
			d.Fault(n.Pos, "%s must be ask, or { auto: { countdown: 60s } }", what)
		}
		return
	}
	type plain rollbackMode // without this method
	var p plain
	d.Decode(n, &p, what)
	*m = rollbackMode(p)
}

type triggerPart struct {
	strictyaml.Pos
	ID          val[identifier]  `yaml:"trigger" require:"a short name, such as error-rate"`
	Title       val[string]      `yaml:"title"`                            // what people call it
	Prometheus  *metricTrigger   `yaml:"prometheus"`                       // a number over its limit
	HTTP        *strictyaml.Node `yaml:"http"`                             // a page that fails, with the settings of the gate http
	Alert       *alertTrigger    `yaml:"alert"`                            // the labels that an alert from Alertmanager has to carry
	Consecutive val[int]         `yaml:"consecutive" from:"1" to:"1000"`   // how often in a row it has to be so; 3 unless said
	Every       val[duration]    `yaml:"every"`                            // how often it is measured; 20s unless said
	NoData      val[string]      `yaml:"no_data" words:"ignore,warn,trip"` // what no answer means: ignore counts it for nothing, warn tells on-call when it is so in a row, trip takes it for a breach; ignore unless said
}

type metricTrigger struct {
	Connection val[string]      `yaml:"connection" require:"the Prometheus connection to ask"`
	Query      val[string]      `yaml:"query" require:"a query in PromQL that answers one number"`
	Limit      val[limit.Limit] `yaml:"limit" require:"what trips it, such as \"> 5%\""`
}

// alertTrigger is the labels that an alert must carry.
type alertTrigger = ordered[string]

type alertsPart struct {
	strictyaml.Pos
	Token             val[string]        `yaml:"token" pattern:"\\$\\{" require:"what senders of alerts must know, as a variable"`
	EnvironmentLabels val[refs]          `yaml:"environment_labels" from:"1"` // labels that may name an alert's environment, such as deployment.environment.name; the first that names one counts, of the group, of the alerts and of the route in this order; environment and env unless said
	Mention           val[bool]          `yaml:"mention"`                     // whether a card mentions who is on call, once when it opens and once each time it gets worse: the user groups of the roles that permissions.alerts names, and with true also the users of those without a group; yes for user groups unless said
	Holds             val[[]val[string]] `yaml:"holds"`                       // severities, as the label severity of an alert has them, whose alerts hold an environment back while they fire; critical unless said
}

type issuesPart struct {
	strictyaml.Pos
	Connection val[string]   `yaml:"connection" require:"the GitHub connection to file issues through"`
	Labels     []val[string] `yaml:"labels"` // that every issue bears, besides gonogo's own
}
