package alertmanager

import "gonogo/clients/connection"

// Kind has a [*Client] as its client. Every one of them is asked, so nothing else
// in a configuration names it.
var Kind = connection.Kind{
	Name:    "alertmanager",
	About:   "an Alertmanager that gonogo asks which alerts are still firing, silenced or inhibited; configure every Alertmanager that sends alerts, since an alert that none of them lists counts as over",
	Example: `{url: "${ALERTMANAGER_URL}"}`,
	New:     newConnection,
}

type settings struct {
	URL   connection.WebURL `yaml:"url" require:"its URL, with user and password if it needs them"`
	Token string            `yaml:"token" pattern:"\\$\\{"` // a bearer token, as a variable; default: none
}

func newConnection(_ string, decode func(any) error, _ func(string) (string, bool)) (connection.Connection, error) {
	var s settings
	fault := decode(&s)
	look := map[string]any{"url": s.URL.Below("/api/v2/status"), "body": `"versionInfo"`}
	if s.Token != "" {
		look["headers"] = connection.Bearer(s.Token)
	}
	made := connection.Connection{URL: string(s.URL), Probes: []connection.Probe{{
		Gate:     "http",
		Advice:   "use the URL of Alertmanager itself, with a token, or user and password, if it needs them",
		Settings: look,
	}}}
	if s.URL.Valid() {
		made.Client, made.Err = New(Options{URL: string(s.URL), Token: s.Token})
	}
	return made, fault
}
