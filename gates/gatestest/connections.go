package gatestest

import (
	"net/http"
	"testing"
	"time"

	"gonogo/clients/alertmanager"
	"gonogo/clients/connection"
	"gonogo/clients/digitalocean"
	"gonogo/clients/github"
	"gonogo/clients/grafana"
	database "gonogo/clients/postgres"
	"gonogo/clients/prometheus"
	"gonogo/clients/superset"
)

// PostgresAt is the connection to a database.
func PostgresAt(address string) connection.Connection {
	return connection.Connection{Kind: "postgres", Client: database.Server{URL: address}}
}

// PrometheusAt is the connection to a Prometheus. No connection of it outlives the test.
func PrometheusAt(t testing.TB, address string) connection.Connection {
	t.Helper()
	c, err := prometheus.New(prometheus.Options{URL: address, Transport: transport(t)})
	return connection.Connection{Kind: "prometheus", Client: c, Err: err}
}

// AlertmanagerAt is the connection to an Alertmanager.
func AlertmanagerAt(t testing.TB, address string) connection.Connection {
	t.Helper()
	c, err := alertmanager.New(alertmanager.Options{URL: address, Transport: transport(t)})
	return connection.Connection{Kind: "alertmanager", Client: c, Err: err}
}

// GrafanaAt is the connection to a Grafana.
func GrafanaAt(t testing.TB, address, token string) connection.Connection {
	t.Helper()
	c, err := grafana.New(grafana.Options{URL: address, Token: token, Transport: transport(t)})
	return connection.Connection{Kind: "grafana", Client: c, Err: err}
}

// SupersetAt is the connection to a Superset, as one of its users.
func SupersetAt(t testing.TB, address, username, password string) connection.Connection {
	t.Helper()
	c, err := superset.New(superset.Options{URL: address, Username: username, Password: password, Transport: transport(t)})
	return connection.Connection{Kind: "superset", Client: c, Err: err}
}

// transport is one whose idle connections end with the test.
func transport(t testing.TB) *http.Transport {
	own := &http.Transport{}
	t.Cleanup(own.CloseIdleConnections)
	return own
}

// GitHubAt is the connection to a repository. It repeats reads at once.
func GitHubAt(t testing.TB, address, repository, token string) connection.Connection {
	t.Helper()
	c, err := github.New(github.Options{APIURL: address, Repository: repository, Token: token, Transport: transport(t), Pause: time.Nanosecond})
	return connection.Connection{Kind: "github", Client: c, Err: err}
}

// PlatformAt is the connection to DigitalOcean's API.
func PlatformAt(t testing.TB, address, token string) connection.Connection {
	t.Helper()
	c, err := digitalocean.New(digitalocean.Options{APIURL: address, Token: token, Transport: transport(t)})
	return connection.Connection{Kind: "digitalocean", Client: c, Err: err}
}
