package platform

import (
	"errors"

	"gonogo/clients/digitalocean"
	"gonogo/gates"
)

// appFaults is what is wrong with the ID of an app.
func appFaults(field, id string) gates.Faults {
	switch {
	case id == "":
		return gates.Faults{{Field: field, Problem: "app is missing; write the app's ID, which doctl apps list shows"}}
	case !digitalocean.IsAppID(id):
		return gates.Faults{{Field: field, Problem: digitalocean.NoAppID}}
	}
	return nil
}

// clientOf finds a connection's client. What is wrong with the name of the connection is
// among the faults, so that it is told with all others.
func clientOf(deps gates.Deps, connection string) (*digitalocean.Client, gates.Faults, error) {
	client, err := gates.Client[*digitalocean.Client](deps, connection, "digitalocean")
	var faults gates.Faults
	if err != nil && !errors.As(err, &faults) {
		return nil, nil, err
	}
	return client, faults, nil
}
