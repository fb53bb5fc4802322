package deploy

import "gonogo/gates"

// blueGreenKind is reserved: its settings are read, so that a file may contain them,
// but it deploys nothing yet.
var blueGreenKind = Kind{
	Name:    "blue_green",
	Planned: true,
	About:   "named for later: two apps and a switch of the name between them do not work yet",
	Example: `{connection: cloud, apps: {blue: "${BLUE_APP_ID}", green: "${GREEN_APP_ID}"}, version_as: {image_tag: web}, cutover: {domain: www.example.com}}`,
	New:     newBlueGreen,
}

type blueGreenSettings struct {
	Connection string `yaml:"connection" require:"the DigitalOcean connection to deploy through"`
	Apps       struct {
		Blue  string `yaml:"blue" require:"the ID of an app"`
		Green string `yaml:"green" require:"the ID of the other app"`
	} `yaml:"apps" require:"the two apps, { blue: …, green: … }"`
	VersionAs blueGreenVersion `yaml:"version_as" require:"how the app names its version, such as { image_tag: web }"`
	Cutover   struct {
		Domain    string   `yaml:"domain" require:"the public name that moves from one app to the other"`
		Resolvers []string `yaml:"resolvers"` // resolvers that must have seen the change
	} `yaml:"cutover" require:"the public name that moves, { domain: … }"`
}

type blueGreenVersion struct {
	ImageTag string `yaml:"image_tag" require:"the component whose image tag is the version"`
}

func newBlueGreen(decode func(any) error, deps Deps) (Strategy, error) {
	var s blueGreenSettings
	if err := decode(&s); err != nil {
		return nil, err
	}
	var faults gates.Faults
	if _, err := deps.Connection(s.Connection, "digitalocean"); err != nil {
		faults = append(faults, gates.Fault{Field: "connection", Problem: err.Error()})
	}
	faults = append(faults, appFaults("apps.blue", s.Apps.Blue)...)
	faults = append(faults, appFaults("apps.green", s.Apps.Green)...)
	if s.Apps.Blue == s.Apps.Green && s.Apps.Blue != "" {
		faults = append(faults, gates.Fault{Field: "apps.green", Problem: "blue and green are the same app; use two different ones"})
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return nil, &NotYet{Way: "blue-green", Instead: rollingKind.Name}
}
