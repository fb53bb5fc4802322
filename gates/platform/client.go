package platform

import (
	"errors"

	"gonogo/clients/digitalocean"
	"gonogo/gates"
)

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
