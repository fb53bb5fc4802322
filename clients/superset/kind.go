package superset

import (
	"encoding/json"

	"gonogo/clients/connection"
)

// Kind has a [*Client] as its client.
var Kind = connection.Kind{
	Name: "superset", About: "dashboards, charts and rules of row-level security that gates look for",
	Example: `{url: "https://superset.example.com", username: gonogo, password: "${SUPERSET_PASSWORD}"}`, New: newConnection,
}

type settings struct {
	URL      connection.WebURL `yaml:"url" require:"its URL"`
	Username string            `yaml:"username" require:"the user name"`
	Password string            `yaml:"password" pattern:"^$" require:"the password as a variable, such as \"${SUPERSET_PASSWORD}\""`
}

func newConnection(_ string, decode func(any) error, _ func(string) (string, bool)) (connection.Connection, error) {
	var s settings
	fault := decode(&s)
	login, err := json.Marshal(map[string]string{"username": s.Username, "password": s.Password, "provider": "db"})
	if err != nil {
		return connection.Connection{}, err
	}
	made := connection.Connection{URL: string(s.URL), Probes: []connection.Probe{{
		Gate:   "http",
		Advice: "use the URL of Superset itself, and the username and password of a user in its own database",
		Settings: map[string]any{"url": s.URL.Below("/api/v1/security/login"), "method": "POST", "send": string(login), "body": `"access_token"`,
			"headers": map[string]any{"Content-Type": "application/json"}},
	}}}
	switch {
	case !s.URL.Valid():
	case s.Password == "":
		made.Err = &connection.Missing{Why: "the password of this Superset isn't set; set its variable"}
	default:
		made.Client, made.Err = New(Options{URL: string(s.URL), Username: s.Username, Password: s.Password})
	}
	return made, fault
}
