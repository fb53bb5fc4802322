// Package superset is the connection kind of Apache Superset. It has no client
// yet: a connection can be configured and tested, but nothing uses it.
package superset

import (
	"encoding/json"

	"gonogo/clients/connection"
)

// Kind has no client yet.
var Kind = connection.Kind{
	Name: "superset", About: "reserved: no gate uses it yet", Planned: true,
	Example: `{url: "https://superset.example.com", username: gonogo, password: "${SUPERSET_PASSWORD}"}`, New: newConnection,
}

type settings struct {
	URL      connection.WebURL `yaml:"url" require:"its URL"`
	Username string            `yaml:"username" require:"the user name"`
	Password string            `yaml:"password" pattern:"^$" require:"the password as a variable, such as \"${SUPERSET_PASSWORD}\""`
}

func newConnection(_ string, decode func(any) error, _ func(string) (string, bool)) (connection.Connection, error) {
	var s settings
	if err := decode(&s); err != nil {
		return connection.Connection{}, err
	}
	login, err := json.Marshal(map[string]string{"username": s.Username, "password": s.Password, "provider": "db"})
	return connection.Connection{URL: string(s.URL), Probes: []connection.Probe{{
		Gate:   "http",
		Advice: "use the URL of Superset itself, and the username and password of a user in its own database",
		Settings: map[string]any{"url": s.URL.Below("/api/v1/security/login"), "method": "POST", "send": string(login), "body": `"access_token"`,
			"headers": map[string]any{"Content-Type": "application/json"}},
	}}}, err
}
