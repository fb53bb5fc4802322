package config

// document is the file as it is written, one struct for each mapping in it.
// What it means is the business of build.go.
type document struct {
	Project         val[string]          `yaml:"project" require:"the name that people know the project by"`
	Timezone        val[zone]            `yaml:"timezone"`
	Slack           slackPart            `yaml:"slack" require:"at least the channel for releases, slack: { releases: C0123ABCD }"`
	Storage         storagePart          `yaml:"storage"`
	Listen          val[hostPort]        `yaml:"listen"`
	Roles           ordered[rolePart]    `yaml:"roles"`
	Permissions     ordered[refs]        `yaml:"permissions"`
	Connections     ordered[choice]      `yaml:"connections"`
	Checklist       val[[]sectionPart]   `yaml:"checklist" require:"the sections with their items, - section: … with items: below it"`
	SignOffs        ordered[signOff]     `yaml:"sign_offs"`
	Runbooks        ordered[runbook]     `yaml:"runbooks"`
	Environments    ordered[environment] `yaml:"environments"`
	Alerts          *alertsPart          `yaml:"alerts"`
	Issues          *issuesPart          `yaml:"issues"`
	Milestones      []milestone          `yaml:"milestones"`
	AfterDeployment []afterwards         `yaml:"after_deployment"`
}

// refs is a list of names of something that stands elsewhere in the file.
type refs []val[string]

type slackPart struct {
	Releases    val[channelID] `yaml:"releases" require:"the ID of the channel for releases"`
	OnCall      val[channelID] `yaml:"on_call"`
	Connections val[int]       `yaml:"connections"`
}

type storagePart struct {
	Bolt     val[string]      `yaml:"bolt"`
	Postgres val[databaseURL] `yaml:"postgres"`
}

type rolePart struct {
	mark
	Title     val[string]   `yaml:"title"`
	Users     []val[userID] `yaml:"users"`
	Usergroup val[groupID]  `yaml:"usergroup"`
}

type sectionPart struct {
	mark
	ID      val[identifier] `yaml:"section" require:"a short name to type, such as tests"`
	Title   val[string]     `yaml:"title"`
	Weight  val[float64]    `yaml:"weight"`
	Blocks  val[refs]       `yaml:"blocks"`
	Figures ordered[string] `yaml:"figures"`
	Items   []itemPart      `yaml:"items" require:"at least one - item: …"`
}

type itemPart struct {
	mark
	ID           val[identifier] `yaml:"item" require:"a short name to type, such as login-page"`
	Title        val[string]     `yaml:"title"`
	When         val[condition]  `yaml:"when"`
	Gate         *gatePart       `yaml:"gate"`
	Manual       *manualPart     `yaml:"manual"`
	Needs        refs            `yaml:"needs"`
	Blocks       val[refs]       `yaml:"blocks"`
	Environments val[refs]       `yaml:"environments"`
	Owner        val[string]     `yaml:"owner"`
	Estimate     val[duration]   `yaml:"estimate"`
	Every        val[duration]   `yaml:"every"`
	MaxAge       val[duration]   `yaml:"max_age"`
	Fix          val[string]     `yaml:"fix"`
	Figures      ordered[string] `yaml:"figures"`
}

type gatePart = choice

type manualPart struct {
	By       val[refs]     `yaml:"by"`
	Evidence val[string]   `yaml:"evidence"`
	MaxAge   val[duration] `yaml:"max_age"`
}

type signOff struct {
	Roles        val[refs]     `yaml:"roles" require:"the roles that approve"`
	SelfApproval bool          `yaml:"self_approval"`
	Expires      val[duration] `yaml:"expires"`
}

type milestone struct {
	mark
	ID          val[identifier] `yaml:"milestone" require:"a short name, such as tested"`
	Title       val[string]     `yaml:"title"`
	Sections    refs            `yaml:"sections"`
	Environment val[string]     `yaml:"environment"`
	Estimate    val[duration]   `yaml:"estimate"`
}

type afterwards struct {
	mark
	Within val[duration] `yaml:"within"`
	Title  val[string]   `yaml:"title" require:"what people call it, such as Day 1"`
	Items  []itemPart    `yaml:"items" require:"at least one - item: …"`
}

type runbook struct {
	mark
	Title val[string]   `yaml:"title"`
	Dir   val[string]   `yaml:"dir"`
	Env   []val[string] `yaml:"env"`
	Steps []runbookStep `yaml:"steps" require:"at least one - { run: [program, argument, …] }"`
}

type runbookStep struct {
	mark
	Title   val[string]   `yaml:"title"`
	Run     []string      `yaml:"run" require:"the program and its arguments as a list"`
	Timeout val[duration] `yaml:"timeout"`
}
