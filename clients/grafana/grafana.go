// Package grafana is the connection kind of Grafana. It has no client yet: a
// connection can be configured and tested, but nothing uses it.
package grafana

import "gonogo/clients/connection"

// Kind has no client yet.
var Kind = connection.Kind{
	Name: "grafana", About: "reserved: no gate uses it yet", Planned: true,
	Example: `{url: "https://grafana.example.com", token: "${GRAFANA_TOKEN}"}`, New: newConnection,
}

type settings struct {
	URL   connection.WebURL `yaml:"url" require:"its URL"`
	Token string            `yaml:"token" pattern:"^$" require:"a service account's token as a variable, such as \"${GRAFANA_TOKEN}\""`
}

func newConnection(_ string, decode func(any) error, _ func(string) (string, bool)) (connection.Connection, error) {
	var s settings
	if err := decode(&s); err != nil {
		return connection.Connection{}, err
	}
	return connection.Connection{URL: string(s.URL), Probes: []connection.Probe{{
		Gate:     "http",
		Advice:   "use the URL of Grafana itself, and the token of a service account",
		Settings: map[string]any{"url": s.URL.Below("/api/org"), "body": `"name"`, "headers": connection.Bearer(s.Token)},
	}}}, nil
}
