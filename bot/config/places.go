package config

// environment is a place a release goes to. How it gets there (deploy) and
// comes back (rollback) is decoded as strictly as the rest.
type environment struct {
	mark
	URL      val[webURL]   `yaml:"url"`
	After    refs          `yaml:"after"`
	Deploy   *deployPart   `yaml:"deploy"`
	Rollback *rollbackPart `yaml:"rollback"`
}

type deployPart struct {
	mark
	Rolling   *node          `yaml:"rolling"`
	BlueGreen *blueGreenPart `yaml:"blue_green"`
	Health    *healthPart    `yaml:"health"`
	Smoke     []smokePart    `yaml:"smoke"`
	Bake      val[duration]  `yaml:"bake"`
}

type blueGreenPart struct {
	Connection val[string] `yaml:"connection" require:"the DigitalOcean connection to deploy through"`
	Apps       struct {
		Blue  val[string] `yaml:"blue" require:"the ID of an app"`
		Green val[string] `yaml:"green" require:"the ID of the other app"`
	} `yaml:"apps" require:"the two apps, { blue: …, green: … }"`
	VersionAs versionAs `yaml:"version_as" require:"how the app names its version, such as { image_tag: web }"`
	Cutover   struct {
		Domain    val[string]   `yaml:"domain" require:"the public name that moves from one app to the other"`
		Resolvers []val[string] `yaml:"resolvers"`
	} `yaml:"cutover" require:"the public name that moves, { domain: … }"`
}

type versionAs struct {
	ImageTag val[string] `yaml:"image_tag" require:"the component whose image tag is the version"`
}

type healthPart struct {
	Consecutive val[int]      `yaml:"consecutive"`
	Every       val[duration] `yaml:"every"`
	Timeout     val[duration] `yaml:"timeout"`
}

type smokePart struct {
	mark
	ID    val[identifier] `yaml:"smoke" require:"a short name, such as login-page"`
	Title val[string]     `yaml:"title"`
	Gate  gatePart        `yaml:"gate" require:"what is measured, such as { http: { url: … } }"`
}

type rollbackPart struct {
	mark
	Mode     rollbackMode  `yaml:"mode" require:"ask, or { auto: { countdown: 60s } }"`
	Triggers []triggerPart `yaml:"triggers"`
}

// rollbackMode is the word ask, or auto with its settings.
type rollbackMode struct {
	Auto *struct {
		Countdown val[pause] `yaml:"countdown"`
	} `yaml:"auto" require:"auto with its settings, { auto: { countdown: 60s } }"`
}

func (m *rollbackMode) read(d *decoder, n *node, what string) {
	if n.shape == scalar {
		if d.expand(n, false) != "ask" {
			d.fault(n.mark, "%s must be ask, or { auto: { countdown: 60s } }", what)
		}
		return
	}
	type plain rollbackMode // without this method
	var p plain
	d.decode(n, settable(&p), what)
	*m = rollbackMode(p)
}

type triggerPart struct {
	mark
	ID          val[identifier] `yaml:"trigger" require:"a short name, such as error-rate"`
	Title       val[string]     `yaml:"title"`
	Prometheus  *metricTrigger  `yaml:"prometheus"`
	HTTP        *node           `yaml:"http"`
	Alert       *alertTrigger   `yaml:"alert"`
	Consecutive val[int]        `yaml:"consecutive"`
	Every       val[duration]   `yaml:"every"`
	NoData      val[string]     `yaml:"no_data"`
}

type metricTrigger struct {
	Connection val[string] `yaml:"connection" require:"the Prometheus connection to ask"`
	Query      val[string] `yaml:"query" require:"a query in PromQL that answers one number"`
	Limit      val[string] `yaml:"limit" require:"what trips it, such as \"> 5%\""`
}

// alertTrigger is the labels that an alert must carry.
type alertTrigger = ordered[string]

type alertsPart struct {
	mark
	Token val[string] `yaml:"token" require:"what senders of alerts must know, as a variable"`
}

type issuesPart struct {
	mark
	Connection val[string]   `yaml:"connection" require:"the GitHub connection to file issues through"`
	Labels     []val[string] `yaml:"labels"`
}
