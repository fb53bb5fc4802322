// Package clients lists the kinds of connections to outside services. Each kind is
// defined in the package of its client; package connection describes what a kind
// consists of. The clients dns and webhook have no kind, because no configuration
// names them.
package clients

import (
	"gonogo/clients/alertmanager"
	"gonogo/clients/connection"
	"gonogo/clients/digitalocean"
	"gonogo/clients/github"
	"gonogo/clients/grafana"
	"gonogo/clients/postgres"
	"gonogo/clients/prometheus"
	"gonogo/clients/superset"
)

// connections is the one list of kinds; a new one is one line here, in alphabetical
// order.
var connections = []connection.Kind{
	alertmanager.Kind,
	digitalocean.Kind,
	github.Kind,
	grafana.Kind,
	postgres.Kind,
	prometheus.Kind,
	superset.Kind,
}

// Connections lists the kinds by name.
func Connections() []connection.Kind { return connections }

// Lookup finds a kind by its name.
func Lookup(name string) (connection.Kind, bool) {
	for _, k := range connections {
		if k.Name == name {
			return k, true
		}
	}
	return connection.Kind{}, false
}

// Names are the names of the kinds.
func Names() []string {
	names := make([]string, len(connections))
	for i, k := range connections {
		names[i] = k.Name
	}
	return names
}
