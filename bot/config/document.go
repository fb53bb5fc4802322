package config

import (
	"gonogo/bot/config/strictyaml"
	"gonogo/clients/connection"
)

// document is the file as it is written, one struct for each mapping in it. build.go
// interprets it.
type document struct {
	Project         val[string]          `yaml:"project" pattern:"\\S" require:"the name of the project"`
	Timezone        val[zone]            `yaml:"timezone"`                                                                           // time zone in which dates end, and in which times are shown in a terminal, or in Slack if the reader's own zone isn't known; such as Asia/Manila; default: UTC
	Slack           slackPart            `yaml:"slack" require:"at least the releases channel, slack: { releases: C0123ABCD }"`      // the Slack channels that gonogo posts to
	Storage         storagePart          `yaml:"storage"`                                                                            // where the ledger is stored
	Listen          val[hostPort]        `yaml:"listen"`                                                                             // the address, host:port, that receives alerts and serves /healthz, /readyz and /metrics; default: no HTTP server
	Roles           ordered[rolePart]    `yaml:"roles"`                                                                              // groups of people, each under a name that the rest of the file uses
	Permissions     ordered[refs]        `yaml:"permissions"`                                                                        // which roles may do what; everybody in the workspace may read, and nobody has a permission that is left out
	Connections     ordered[choice]      `yaml:"connections"`                                                                        // the outside services that gonogo uses, each configured once under a name; secrets must be given as ${NAME}
	Outgoing        *outgoingPart        `yaml:"outgoing"`                                                                           // where gates, triggers and the escalation webhook may connect to
	Checklist       val[[]sectionPart]   `yaml:"checklist" from:"1" require:"a list of sections, - section: … with items: below it"` // what must be true before a release goes out, in sections of items
	ReleaseKinds    ordered[releaseKind] `yaml:"release_kinds"`                                                                      // kinds of release that need less than the usual one, such as a hotfix; /ready release VERSION as NAME opens one
	SignOffs        ordered[signOff]     `yaml:"sign_offs"`                                                                          // who must approve a release before it is deployed to an environment
	Runbooks        ordered[runbookSpec] `yaml:"runbooks"`                                                                           // programs that fix something, started from Slack and run on gonogo's host
	Environments    ordered[environment] `yaml:"environments"`                                                                       // the environments that a release is deployed to, in order
	Freezes         []freezePart         `yaml:"freezes"`                                                                            // windows in which nothing is deployed; /deploy lift lets one version through, and rollbacks are never blocked
	Alerts          *alertsPart          `yaml:"alerts"`                                                                             // accepts alerts from Alertmanager
	Wait            *waitPart            `yaml:"wait"`                                                                               // lets pipelines on other hosts wait for a decision, with gonogo wait --server; default: only those on gonogo's host can
	Escalate        *escalatePart        `yaml:"escalate"`                                                                           // who is notified when nobody responds to an alert, a failed rollback, an interrupted run or a Keep or Return question
	Issues          *issuesPart          `yaml:"issues"`                                                                             // opens a GitHub issue for each failed gate and each rollback
	Notable         *notablePart         `yaml:"notable_commits"`                                                                    // commits that the plan of a rollback names first, such as migrations and security fixes
	Milestones      []milestone          `yaml:"milestones"`                                                                         // the milestones of the timeline
	AfterDeployment []afterwards         `yaml:"after_deployment"`                                                                   // what is checked after a release is live; it blocks nothing
}

// refs is a list of references to other parts of the file.
type refs []val[string]

type slackPart struct {
	Releases    val[channelID] `yaml:"releases" require:"the ID of the releases channel"`
	OnCall      val[channelID] `yaml:"on_call"`                      // the ID of the channel for alerts and rollbacks; default: the releases channel
	Connections val[int]       `yaml:"connections" from:"1" to:"10"` // how many Socket Mode connections to keep open; default: 2
}

type storagePart struct {
	Bolt     val[string]                 `yaml:"bolt"`     // the path of the ledger file, relative to the configuration's folder; default: gonogo.db
	Postgres val[connection.DatabaseURL] `yaml:"postgres"` // keeps the ledger in this PostgreSQL database instead of a file; on another server than the product's
	Schema   val[schemaName]             `yaml:"schema"`   // the schema of the ledger in that database, which the first start creates; default: gonogo
	Files    val[string]                 `yaml:"files"`    // the folder for the socket, snapshots and the output of runbooks if the ledger is in PostgreSQL, relative to the configuration's folder; default: gonogo.files
}

type outgoingPart struct {
	PrivateAddresses val[bool] `yaml:"private_addresses"` // whether they may connect to addresses that aren't public, such as 10.0.0.5; with false only the hosts of connections are exempt, see security.md; default: true
}

type rolePart struct {
	strictyaml.Pos
	Title     val[string]   `yaml:"title"`     // the name that people see; default: NAME
	Users     []val[userID] `yaml:"users"`     // the member IDs (U…) of the people in the role
	Usergroup val[groupID]  `yaml:"usergroup"` // the ID of a Slack user group (S…) whose members are also in the role
	Deputies  *deputiesPart `yaml:"deputies"`  // who may act for the role when something has waited too long for it: an alert, a requested sign-off, a Keep or Return question, or an interrupted run; default: nobody
}

type sectionPart struct {
	strictyaml.Pos
	ID      val[identifier] `yaml:"section" require:"a short name to type, such as tests"`
	Title   val[string]     `yaml:"title"`                                           // the name that people see; default: the section's name
	Weight  val[float64]    `yaml:"weight" from:"0" to:"1000000"`                    // its weight in the score; default: 1
	Blocks  val[refs]       `yaml:"blocks"`                                          // the environments that its items block; [] for none; default: all
	Figures ordered[string] `yaml:"figures"`                                         // figures that contradict each other in the checklist's source, each under a label; people see them side by side
	Items   []itemPart      `yaml:"items" from:"1" require:"at least one - item: …"` // the items of the section
}

type itemPart struct {
	strictyaml.Pos
	ID           val[identifier] `yaml:"item" require:"a short name to type, such as login-page"`
	Title        val[string]     `yaml:"title"`                                                // the text that people see; default: the item's name
	When         val[condition]  `yaml:"when"`                                                 // whether the item applies: yes, no, or a variable that contains one of them; an unset variable means no; default: yes
	Gate         *gatePart       `yaml:"gate"`                                                 // the gate that measures it: one kind with its settings, see gates.md; an item has either this or manual
	Manual       *manualPart     `yaml:"manual"`                                               // what a person checks; an item has either this or a gate
	Needs        refs            `yaml:"needs"`                                                // items that come first; they order the timeline and explain blockers, but gates don't wait for them; default: none
	Blocks       val[refs]       `yaml:"blocks"`                                               // the environments that it blocks; [] for none; default: those of the section; with scope deployment, of these only the ones after its environments
	Environments val[refs]       `yaml:"environments" from:"1"`                                // the environments that it is checked on separately; default: checked once for the release
	Scope        val[string]     `yaml:"scope" words:"release,deployment,environment,project"` // what an answer is about, and so how long it counts: release (this version, wherever it runs), deployment (this version as it is live on one environment, checked again after each deployment there), environment (the environment, whatever runs there) or project (every release, until max_age or until somebody takes it back); default: deployment for a gate if all of its environments have deploy, otherwise release
	Owner        val[string]     `yaml:"owner"`                                                // the role that is responsible for it, and that a nudge mentions; default: none
	Estimate     val[duration]   `yaml:"estimate"`                                             // how long it usually takes to clear; replaced by the measured time once it was cleared three times; default: none
	Every        val[duration]   `yaml:"every"`                                                // how often the gate runs by itself while a release is open, with some jitter; default: never
	MaxAge       val[duration]   `yaml:"max_age"`                                              // how long an answer counts; default: as long as its scope
	Fix          val[string]     `yaml:"fix"`                                                  // the runbook that fixes it; default: none
	Claimed      val[string]     `yaml:"claimed"`                                              // where the checklist that it was imported from says that this is done, such as checklist.md:13; people see it, and it passes nothing; default: nowhere
	Figures      ordered[string] `yaml:"figures"`                                              // figures that contradict each other in the checklist's source, each under a label
}

// gatePart is a gate: one kind with its settings, and how often it must let through.
type gatePart struct {
	choice
	Consecutive val[int]      `yaml:"consecutive" from:"1" to:"1000"` // how many times in a row the gate must let through; the first time that it doesn't is the result; default: 1
	Every       val[duration] `yaml:"every"`                          // the pause between those times; default: 5s
}

// ReadYAML implements [strictyaml.Reader].
func (g *gatePart) ReadYAML(d *strictyaml.Decoder, n *strictyaml.Node, what string) {
	kind := *n
	kind.Entries = nil
	for _, e := range n.Entries {
		switch e.Key {
		case "consecutive":
			d.Decode(e.Value, &g.Consecutive, what+".consecutive")
		case "every":
			d.Decode(e.Value, &g.Every, what+".every")
		default:
			kind.Entries = append(kind.Entries, e)
		}
	}
	g.choice.ReadYAML(d, &kind, what)
}

type manualPart struct {
	By       val[refs]     `yaml:"by" from:"1"`                          // the roles that may check it; default: those of permissions.check
	Evidence val[string]   `yaml:"evidence" words:"none,note,link,file"` // what a person must give as evidence; default: none
	MaxAge   val[duration] `yaml:"max_age"`                              // how long a check counts; the same as max_age of the item; default: as long as its scope
}

type signOff struct {
	Roles        val[refs]     `yaml:"roles" from:"1" require:"the roles that must approve"`
	SelfApproval bool          `yaml:"self_approval"` // whether the person who starts the deployment may be one of the approvers; default: false
	Expires      val[duration] `yaml:"expires"`       // how long an approval counts; default: as long as the answers it was based on
}

type releaseKind struct {
	strictyaml.Pos
	Title    val[string]      `yaml:"title"`             // the name that people see; default: NAME
	OneWay   val[bool]        `yaml:"one_way"`           // whether it changes something that can't be undone, such as a migration that drops a column; gonogo then never rolls it back by itself; default: false
	Sections val[refs]        `yaml:"sections" from:"1"` // the sections that apply to it; default: all
	SignOffs ordered[signOff] `yaml:"sign_offs"`         // who must approve it, for each environment; default: the top-level sign_offs
}

type milestone struct {
	strictyaml.Pos
	ID          val[identifier] `yaml:"milestone" require:"a short name, such as tested"`
	Title       val[string]     `yaml:"title"`       // the name that people see; default: the milestone's name
	Sections    refs            `yaml:"sections"`    // reached when every item of these sections passes
	Environment val[string]     `yaml:"environment"` // reached when the release is live on this environment
	Estimate    val[duration]   `yaml:"estimate"`    // how long it takes once everything before it is done, such as the duration of a deployment; default: none
}

type afterwards struct {
	strictyaml.Pos
	Within      val[duration] `yaml:"within"`      // how long after the deployment the items are due; default: no due date
	Environment val[string]   `yaml:"environment"` // the environment whose deployment opens the section; default: the one that no other environment comes after
	Title       val[string]   `yaml:"title" require:"the name that people see, such as Day 1"`
	Items       []itemPart    `yaml:"items" from:"1" require:"at least one - item: …"` // the items of the section, as in checklist but without blocks
}

type runbookSpec struct {
	strictyaml.Pos
	Title        val[string]   `yaml:"title"`                 // the name that people see; default: NAME
	Environments val[refs]     `yaml:"environments" from:"1"` // the environments that it can be run for, one per run; {environment} in its commands is replaced by that environment, and the items it fixes are checked again there; default: not run for an environment
	Dir          val[string]   `yaml:"dir"`                   // the working directory, relative to the configuration's folder; default: the configuration's folder
	Env          []val[string] `yaml:"env"`                   // the environment variables that the programs see, besides PATH, HOME and LANG; their values are redacted, unless they are plain words, numbers, or addresses of sites such as https://github.com; default: none
	Steps        []runbookStep `yaml:"steps" from:"1" require:"at least one - { run: [program, argument, …] }"`

	NewPrivileges bool `yaml:"new_privileges"` // whether the programs may gain privileges, as sudo does; without it, Linux lets them and what they start gain none; default: false
}

type runbookStep struct {
	strictyaml.Pos
	Title   val[string]   `yaml:"title"` // the text that is shown before the command; default: none
	Run     []string      `yaml:"run" from:"1" require:"the program and its arguments as a list"`
	Timeout val[duration] `yaml:"timeout"` // how long the command may run; default: 10m
}
