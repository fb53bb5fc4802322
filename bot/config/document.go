package config

import (
	"gonogo/bot/config/strictyaml"
	"gonogo/clients/connection"
)

// document is the file as it is written, one struct for each mapping in it.
// What it means is the business of build.go.
type document struct {
	Project         val[string]          `yaml:"project" pattern:"\\S" require:"the name that people know the project by"`
	Timezone        val[zone]            `yaml:"timezone"`                                                                                      // in which days end and times are shown in a terminal, and where Slack does not know the reader's own, such as Asia/Manila; UTC unless said
	Slack           slackPart            `yaml:"slack" require:"at least the channel for releases, slack: { releases: C0123ABCD }"`             // where people are told what happens
	Storage         storagePart          `yaml:"storage"`                                                                                       // where the ledger is kept
	Listen          val[hostPort]        `yaml:"listen"`                                                                                        // the address that takes alerts and gives /healthz, /readyz and /metrics, host:port; nothing listens unless said
	Roles           ordered[rolePart]    `yaml:"roles"`                                                                                         // who people are; each by a name that the rest of the file uses
	Permissions     ordered[refs]        `yaml:"permissions"`                                                                                   // which roles may do what; looking is for everybody in the workspace, and what is not named is for nobody
	Connections     ordered[choice]      `yaml:"connections"`                                                                                   // the outside world, each place named once; secrets only as ${NAME}
	Checklist       val[[]sectionPart]   `yaml:"checklist" from:"1" require:"the sections with their items, - section: … with items: below it"` // sections of items, each of which must be true of a release
	ReleaseKinds    ordered[releaseKind] `yaml:"release_kinds"`                                                                                 // releases that ask for less than the usual one, such as a hotfix; each by a name that /ready release VERSION as NAME takes
	SignOffs        ordered[signOff]     `yaml:"sign_offs"`                                                                                     // for each environment, who has to approve a release before it goes there
	Runbooks        ordered[runbook]     `yaml:"runbooks"`                                                                                      // programs that mend something, run from Slack on gonogo's machine
	Environments    ordered[environment] `yaml:"environments"`                                                                                  // the places that a release goes to, in order
	Freezes         []freezePart         `yaml:"freezes"`                                                                                       // windows in which nothing goes out; a version passes one with /deploy lift, and a rollback passes all
	Alerts          *alertsPart          `yaml:"alerts"`                                                                                        // lets Alertmanager in
	Escalate        *escalatePart        `yaml:"escalate"`                                                                                      // to whom goes what nobody takes
	Issues          *issuesPart          `yaml:"issues"`                                                                                        // opens a GitHub issue for each gate that fails
	Milestones      []milestone          `yaml:"milestones"`                                                                                    // what the timeline reckons with
	AfterDeployment []afterwards         `yaml:"after_deployment"`                                                                              // what is checked once the release is live; it blocks nothing
}

// refs is a list of names of something that stands elsewhere in the file.
type refs []val[string]

type slackPart struct {
	Releases    val[channelID] `yaml:"releases" require:"the ID of the channel for releases"`
	OnCall      val[channelID] `yaml:"on_call"`                      // the ID of the channel for alerts and rollbacks; that of releases unless said
	Connections val[int]       `yaml:"connections" from:"1" to:"10"` // Socket Mode connections to hold; 2 unless said
}

type storagePart struct {
	Bolt     val[string]                 `yaml:"bolt"`     // the ledger's file, below the configuration's folder unless absolute; gonogo.db unless said
	Postgres val[connection.DatabaseURL] `yaml:"postgres"` // named for later: a ledger in PostgreSQL does not work yet
}

type rolePart struct {
	strictyaml.Pos
	Title     val[string]   `yaml:"title"`     // what people call it; its name unless said
	Users     []val[userID] `yaml:"users"`     // member IDs, U…
	Usergroup val[groupID]  `yaml:"usergroup"` // the ID of a Slack user group, S…, whose members count too
	Deputies  *deputiesPart `yaml:"deputies"`  // who stand in for the role where something waits for it unanswered: an alert, a sign-off that was asked for, keep or return, an interrupted run
}

type sectionPart struct {
	strictyaml.Pos
	ID      val[identifier] `yaml:"section" require:"a short name to type, such as tests"`
	Title   val[string]     `yaml:"title"`                                           // what people call it; its name unless said
	Weight  val[float64]    `yaml:"weight" from:"0" to:"1000000"`                    // how much it counts in the score; 1 unless said
	Blocks  val[refs]       `yaml:"blocks"`                                          // which environments its items hold back, none with []; all unless said
	Figures ordered[string] `yaml:"figures"`                                         // figures of the source that disagree, each under a label; people see them side by side
	Items   []itemPart      `yaml:"items" from:"1" require:"at least one - item: …"` // what must be true
}

type itemPart struct {
	strictyaml.Pos
	ID           val[identifier] `yaml:"item" require:"a short name to type, such as login-page"`
	Title        val[string]     `yaml:"title"`                                                // what people call it; its name unless said
	When         val[condition]  `yaml:"when"`                                                 // whether the item applies, or a variable that says so; one that is not set means no; yes unless said
	Gate         *gatePart       `yaml:"gate"`                                                 // what measures it: one kind with its settings, see gates.md
	Manual       *manualPart     `yaml:"manual"`                                               // what a person has to do; an item has this or a gate
	Needs        refs            `yaml:"needs"`                                                // items that come first; orders the timeline and explains what blocks, and holds no gate back
	Blocks       val[refs]       `yaml:"blocks"`                                               // which environments it holds back, none with []; those of its section unless said
	Environments val[refs]       `yaml:"environments" from:"1"`                                // the environments that it is asked for one by one; once for the release unless said
	Scope        val[string]     `yaml:"scope" words:"release,deployment,environment,project"` // for what an answer counts: release (this version wherever it runs), deployment (this version as it is live there, measured again at each arrival), environment (the place, whatever runs there) or project (every release, until max_age or somebody takes it back); deployment for a gate whose environments have a deploy and release for the rest unless said
	Owner        val[string]     `yaml:"owner"`                                                // the role that sees to it, whom a nudge asks
	Estimate     val[duration]   `yaml:"estimate"`                                             // how long it takes to get done, until three cases have shown it
	Every        val[duration]   `yaml:"every"`                                                // how often the gate is run by itself while a release is open, with some jitter
	MaxAge       val[duration]   `yaml:"max_age"`                                              // how long what was found counts; the release's life unless said
	Fix          val[string]     `yaml:"fix"`                                                  // the runbook that mends it
	Figures      ordered[string] `yaml:"figures"`                                              // figures of the source that disagree, each under a label
}

type gatePart = choice

type manualPart struct {
	By       val[refs]     `yaml:"by" from:"1"`                          // the roles that may check it; those of permissions.check unless said
	Evidence val[string]   `yaml:"evidence" words:"none,note,link,file"` // what whoever checks it has to give; none unless said
	MaxAge   val[duration] `yaml:"max_age"`                              // how long a check counts
}

type signOff struct {
	Roles        val[refs]     `yaml:"roles" from:"1" require:"the roles that approve"`
	SelfApproval bool          `yaml:"self_approval"` // whether whoever starts the deployment may be one of those who approve; no unless said
	Expires      val[duration] `yaml:"expires"`       // how long an approval counts; as long as what it was given on unless said
}

type releaseKind struct {
	strictyaml.Pos
	Title    val[string]      `yaml:"title"`             // what people call it; its name unless said
	Sections val[refs]        `yaml:"sections" from:"1"` // the sections that it is asked; all unless said
	SignOffs ordered[signOff] `yaml:"sign_offs"`         // for each environment, who has to approve it, in place of sign_offs
}

type milestone struct {
	strictyaml.Pos
	ID          val[identifier] `yaml:"milestone" require:"a short name, such as tested"`
	Title       val[string]     `yaml:"title"`       // what people call it
	Sections    refs            `yaml:"sections"`    // reached when all their items are met
	Environment val[string]     `yaml:"environment"` // reached when the release is live there
	Estimate    val[duration]   `yaml:"estimate"`    // how long the way from its needs to it takes, such as a deployment
}

type afterwards struct {
	strictyaml.Pos
	Within      val[duration] `yaml:"within"`      // how long after the deployment it is due
	Environment val[string]   `yaml:"environment"` // going live there opens it; the environment that nothing comes after unless said
	Title       val[string]   `yaml:"title" require:"what people call it, such as Day 1"`
	Items       []itemPart    `yaml:"items" from:"1" require:"at least one - item: …"` // what must be true
}

type runbook struct {
	strictyaml.Pos
	Title        val[string]   `yaml:"title"`                 // what people call it; its name unless said
	Environments val[refs]     `yaml:"environments" from:"1"` // the environments that it is run for, one at a time; {environment} in its commands is that one's name, and what is asked of that one is measured afterwards
	Dir          val[string]   `yaml:"dir"`                   // where the programs run, below the configuration's folder unless absolute; the configuration's folder unless said
	Env          []val[string] `yaml:"env"`                   // names of the variables that the programs may see, besides PATH, HOME and LANG; their values are shown nowhere
	Steps        []runbookStep `yaml:"steps" from:"1" require:"at least one - { run: [program, argument, …] }"`
}

type runbookStep struct {
	strictyaml.Pos
	Title   val[string]   `yaml:"title"` // said before the command
	Run     []string      `yaml:"run" from:"1" require:"the program and its arguments as a list"`
	Timeout val[duration] `yaml:"timeout"` // how long it may take; 10m unless said
}
