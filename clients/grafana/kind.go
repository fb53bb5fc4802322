package grafana

import "gonogo/clients/connection"

// Kind has a [*Client] as its client.
var Kind = connection.Kind{
	Name: "grafana", About: "dashboards, data sources and contact points that gates look for",
	Example: `{url: "https://grafana.example.com", token: "${GRAFANA_TOKEN}"}`, New: newConnection,
}

type settings struct {
	URL   connection.WebURL `yaml:"url" require:"its URL"`
	Token string            `yaml:"token" pattern:"^$" require:"a service account's token as a variable, such as \"${GRAFANA_TOKEN}\""`
}

func newConnection(_ string, decode func(any) error, _ func(string) (string, bool)) (connection.Connection, error) {
	var s settings
	fault := decode(&s)
	made := connection.Connection{URL: string(s.URL), Probes: []connection.Probe{{
		Gate:     "http",
		Advice:   "use the URL of Grafana itself, and the token of a service account",
		Settings: map[string]any{"url": s.URL.Below("/api/org"), "body": `"name"`, "headers": connection.Bearer(s.Token)},
	}}}
	switch {
	case !s.URL.Valid():
	case s.Token == "":
		made.Err = &connection.Missing{Why: "the token of this Grafana isn't set; set its variable to the token of a service account"}
	default:
		made.Client, made.Err = New(Options{URL: string(s.URL), Token: s.Token})
	}
	return made, fault
}
