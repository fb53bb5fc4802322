// Package connection is what the kinds of connections have in common. A kind is
// defined next to its client, in the client's package: its settings, their checks,
// an example, the variables that hold its credentials, and how to test it. Package
// clients lists them.
//
// # Nouns
//
// A [Kind] is a sort of outside service that a configuration may name under
// connections. [Kind.New] turns its settings into a [Connection], with the client
// that gates and deployments get by its type ([Client]). A [Probe] tests whether a
// connection works, and changes nothing.
//
// # Adding a kind
//
// A kind is a file in the package of its client:
//
//	var Kind = connection.Kind{
//		Name: "boards", About: "dashboards that gates read", Example: `{url: "${BOARDS_URL}", token: "${BOARDS_TOKEN}"}`, New: newConnection,
//	}
//
//	type settings struct {
//		URL   connection.WebURL `yaml:"url" require:"its URL"`
//		Token string            `yaml:"token" pattern:"\\$\\{"` // a token as a variable, where it wants one
//	}
//
//	func newConnection(_ string, decode func(any) error, _ func(string) (string, bool)) (connection.Connection, error) {
//		var s settings
//		if err := decode(&s); err != nil {
//			return connection.Connection{}, err
//		}
//		client, err := New(Options{URL: string(s.URL), Token: s.Token})
//		return connection.Connection{Client: client, Err: err, URL: string(s.URL)}, nil
//	}
//
// and its line in clients/connections.go. decode is as strict as it is for gates,
// and reports the line and column of each fault. Tests check every kind in the list:
// that its example builds, that an unknown field is refused, and that its probes
// build.
//
// # What happens on failure
//
// An error from New is a fault in the settings, and stops start-up. Err says why
// there is no client although the settings are right, such as a token that isn't set
// ([Missing]); it is returned to whoever asks for the client. Nothing is stored here,
// and no service is contacted before a client is used.
package connection

import "fmt"

// Kind is a sort of outside service.
type Kind struct {
	Name    string   // as in the configuration, such as postgres
	About   string   // what it is for, in a few words
	Example string   // settings as YAML
	Secrets []string // environment variables that hold its credentials, besides those that settings name

	// New makes the connection of a name. environ looks variables up. The connection
	// that it returns along with an error is still registered, so that what refers to
	// it isn't reported as referring to nothing.
	New func(name string, decode func(any) error, environ func(string) (string, bool)) (Connection, error)
}

// Connection is one service that a configuration names.
type Connection struct {
	Kind   string
	Client any     // of the type that its kind documents; nil: there is none
	Err    error   // why there is none
	URL    string  // where it answers over HTTP, which gates may ask wherever its name leads; empty: at its vendor's, or not over HTTP
	Probes []Probe // how to test it, in this order
}

// Client returns the client of a connection, or says why there is none.
func Client[T any](c Connection) (T, error) {
	client, ok := c.Client.(T)
	switch {
	case c.Err != nil:
		return client, c.Err
	case !ok:
		return client, fmt.Errorf("a connection of kind %s has no such client", c.Kind)
	}
	return client, nil
}

// Missing says why there is no client for now, such as a variable that isn't set.
type Missing struct{ Why string }

// Error implements error.
func (m *Missing) Error() string { return m.Why }

// Probe is a gate that tests whether a connection works.
type Probe struct {
	Gate     string         // the gate's kind
	Settings map[string]any // the gate's, of texts and such maps
	Advice   string         // what to do where something answers otherwise than it should; empty: the gate says
	Warning  string         // what to tell where it fails; empty: that is a fault
}

// Bearer are the headers that carry a token.
func Bearer(token string) map[string]any {
	return map[string]any{"Authorization": "Bearer " + token}
}
