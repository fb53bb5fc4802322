package prometheus

import "gonogo/clients/connection"

// Kind has a [*Client] as its client.
var Kind = connection.Kind{
	Name: "prometheus", About: "metrics that gates and triggers query", Example: `{url: "${PROMETHEUS_URL}"}`, New: newConnection,
}

type settings struct {
	URL connection.WebURL `yaml:"url" require:"its URL"`
}

func newConnection(_ string, decode func(any) error, _ func(string) (string, bool)) (connection.Connection, error) {
	var s settings
	fault := decode(&s)
	client, err := New(Options{URL: string(s.URL)})
	return connection.Connection{Client: client, Err: err, URL: string(s.URL), Probes: []connection.Probe{{
		Gate:     "http",
		Advice:   "use the URL of Prometheus itself, with user and password if it needs them",
		Settings: map[string]any{"url": s.URL.Below("/api/v1/query?query=vector(1)"), "body": `"success"`},
	}}}, fault
}
