// Package connection is what the kinds of connections have in common. A kind
// stands beside its client, in the client's package: its settings, their checks,
// an example, the variables that hold its credentials, and how to try it. The one
// list of them is in package clients.
//
// # Nouns
//
// A [Kind] is a sort of outside service that a configuration may name under
// connections. [Kind.New] makes a [Connection] of its settings, with the client
// that gates and deployments take by its type ([Client]). A [Probe] only looks
// whether a connection works.
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
//		return connection.Connection{Client: client, Err: err}, nil
//	}
//
// and its line in clients/connections.go. decode is as strict as that of gates,
// and says where each fault stands. The test of the list builds the example,
// refuses an unknown field and builds the probes.
//
// # What happens on failure
//
// An error of New is a fault in the settings, and stops start-up. Err is why there
// is no client although the settings are right, such as a token that is not set
// ([Missing]): only who asks for the client is told. Nothing is stored here, and
// nothing is asked of a service before a client is used.
package connection

import "fmt"

// Kind is a sort of outside service.
type Kind struct {
	Name    string   // as in the configuration, such as postgres
	About   string   // what it is for, in a few words
	Example string   // settings as YAML
	Secrets []string // environment variables that hold its credentials, besides those that settings name
	Planned bool     // named for later: nothing asks it yet

	// New makes the connection of a name. environ looks variables up. What it
	// returns beside an error takes the connection's place, so that what refers to
	// it is not told that there is no such connection.
	New func(name string, decode func(any) error, environ func(string) (string, bool)) (Connection, error)
}

// Connection is one service that a configuration names.
type Connection struct {
	Kind   string
	Client any     // of the type that its kind documents; nil: there is none
	Err    error   // why there is none
	Probes []Probe // how to try it, in this order
}

// Client is the client of a connection, or why there is none.
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

// Missing is why there is no client as things are: a variable is not set, say.
type Missing struct{ Why string }

// Error implements error.
func (m *Missing) Error() string { return m.Why }

// Probe is a gate that looks whether a connection works.
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
