// Package postgres is the connection kind of PostgreSQL databases. Its client is
// only a [Server]: package gates, the only user, dials it anew for each measurement.
package postgres

import "gonogo/clients/connection"

// Server is where a database is.
type Server struct {
	URL string // a secret: it may hold a password
}

// Kind has a [Server] as its client.
var Kind = connection.Kind{
	Name: "postgres", About: "a database that gates query", Example: `{url: "${DATABASE_URL}"}`, New: newConnection,
}

type settings struct {
	URL connection.DatabaseURL `yaml:"url" require:"the URL of the database as a variable, such as \"${DATABASE_URL}\""`
}

func newConnection(name string, decode func(any) error, _ func(string) (string, bool)) (connection.Connection, error) {
	var s settings
	err := decode(&s)
	return connection.Connection{Client: Server{string(s.URL)}, Probes: []connection.Probe{
		{Gate: "postgres", Settings: map[string]any{"connection": name}},
		{
			Gate:    "postgres",
			Warning: "its user is a superuser; gates only read, so use a user with read-only privileges",
			Settings: map[string]any{"connection": name, "value": "= 0",
				"query": "select count(*) from pg_roles where rolname = current_user and rolsuper"},
		},
	}}, err
}
