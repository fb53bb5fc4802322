package digitalocean

import "gonogo/clients/connection"

// Kind has a [*Client] as its client.
var Kind = connection.Kind{
	Name: "digitalocean", About: "App Platform, which gonogo deploys through, with the token in DIGITALOCEAN_TOKEN", Example: "{}",
	Secrets: []string{"DIGITALOCEAN_TOKEN"}, New: newConnection,
}

// settings are none: all that is asked is one account, and its token stands in the
// environment.
type settings struct{}

func newConnection(_ string, decode func(any) error, environ func(string) (string, bool)) (connection.Connection, error) {
	if err := decode(&settings{}); err != nil {
		return connection.Connection{}, err
	}
	token, _ := environ("DIGITALOCEAN_TOKEN")
	if token == "" {
		return connection.Connection{Err: &connection.Missing{Why: "DIGITALOCEAN_TOKEN is not set"}}, nil
	}
	address, _ := environ("DIGITALOCEAN_API_URL") // empty: its own
	client, err := New(Options{Token: token, APIURL: address})
	return connection.Connection{Client: client, Err: err}, nil
}
