package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"gonogo/bot/config/strictyaml"
	"gonogo/clients"
	"gonogo/clients/alertmanager"
	"gonogo/clients/connection"
	"gonogo/clients/postgres"
	"gonogo/gates"
)

// environmentDeps is what the gates of one environment are built with: its connections.
type environmentDeps struct {
	deps gates.Deps
	own  bool // at least one connection is its own
}

// connections makes the shared connections, and for each environment its own in
// place of those of the same names.
func (b *builder) connections() {
	first := map[string]val[string]{} // by name: the kind that it was first given
	for _, c := range b.doc.Connections {
		b.connection(c, first, "")
	}
	for i := range b.doc.Environments {
		e := &b.doc.Environments[i]
		w := environmentDeps{b.deps, len(e.Value.Connections) > 0}
		w.deps.Connections = maps.Clone(b.deps.Connections)
		b.byEnvironment[e.Name.V] = w
		b.withEnvironment(e.Name.V, func() {
			for _, c := range e.Value.Connections {
				b.connection(c, first, e.Name.V)
			}
		})
	}
	b.deps.Absent = b.absent("")
	for env, w := range b.byEnvironment {
		w.deps.Absent = b.absent(env)
		b.byEnvironment[env] = w
	}
}

// withEnvironment runs do with the connections of an environment; "" means the release,
// which has the shared ones.
func (b *builder) withEnvironment(environment string, do func()) {
	w, ok := b.byEnvironment[environment]
	if !ok {
		do()
		return
	}
	shared := b.deps
	b.deps = w.deps
	do()
	b.deps = shared
}

// connection makes one connection, and adds it to those that b looks up at the moment.
func (b *builder) connection(c strictyaml.Named[choice], first map[string]val[string], environment string) {
	b.typed(c.Name)
	name, kind := c.Name.V, c.Value.Kind
	if !kind.Set {
		return
	}
	k, ok := clients.Lookup(kind.V)
	if !ok {
		b.Fault(kind.Pos, "there is no connection of kind %q; %s", kind.V, strictyaml.Suggest(kind.V, clients.Names()))
		return
	}
	made, err := b.connect(k, name, c.Value.settings)
	switch was, known := first[name]; {
	case !known:
		first[name] = kind
	case was.V != kind.V:
		b.Fault(kind.Pos, "the connection %s is of kind %s on %s, but of kind %s here; use the same kind, or rename one of them", name, was.V, was.Pos, kind.V)
		return
	}
	if err != nil {
		b.Fault(c.Name.Pos, "%s", err)
	}
	b.deps.Connections[name] = made
	b.deps.Outgoing.Exempt(made.URL)
	maps.Copy(b.shown, b.VariablesIn(c.Value.settings))
	b.probes(name, environment, made.Probes)
	b.alertmanager(c.Name.Pos, made)
	if server, ok := made.Client.(postgres.Server); ok {
		b.config.Databases = append(b.config.Databases, Database{name, environment, server.URL})
	}
}

// alertmanager adds the client of an Alertmanager. Each of them is asked which alerts
// fire, so a problem with its client is a fault although nothing else in the file
// refers to it.
func (b *builder) alertmanager(at strictyaml.Pos, c connection.Connection) {
	client, ok := c.Client.(*alertmanager.Client)
	switch {
	case !ok:
	case c.Err != nil:
		b.Fault(at, "%s", c.Err)
	default:
		b.config.Alerts.Alertmanagers = append(b.config.Alerts.Alertmanagers, client)
	}
}

// connect makes a connection of a kind. The error is one that was not noted at its own
// position.
func (b *builder) connect(kind connection.Kind, name string, settings *strictyaml.Node) (connection.Connection, error) {
	for _, variable := range kind.Secrets {
		secret, _ := b.config.Environ(variable)
		b.Hide(secret)
	}
	before := b.FaultCount()
	made, err := kind.New(name, b.Settings(settings, kind.Name), b.config.Environ)
	if b.FaultCount() > before {
		err = nil
	}
	made.Kind = kind.Name
	return made, err
}

// find finds a connection of a kind, or says in a sentence why there is none.
func (b *builder) find(name, kind string) (connection.Connection, error) {
	c, ok := b.deps.Connections[name]
	switch why := b.deps.Absent[name]; {
	case ok && c.Kind == kind:
		return c, nil
	case why != "":
		return c, errors.New(why)
	case !ok:
		return c, fmt.Errorf("there is no connection %q; %s", name, strictyaml.Suggest(name, b.connectionNames()))
	}
	return c, fmt.Errorf("the connection %s is of kind %s; this needs one of kind %s", name, c.Kind, kind)
}

// connected notes a reference to a connection that doesn't exist, or is of another kind
// than needed.
func (b *builder) connected(r val[string], kind string) {
	b.deps.Asked[r.V] = true
	if why := b.deps.Absent[r.V]; why != "" {
		b.Fault(r.Pos, "%s", why)
		return
	}
	if !b.known(r, "connection", b.connectionNames()) || !r.Set {
		return
	}
	if is, ok := b.deps.Connections[r.V]; ok && is.Kind != kind {
		b.Fault(r.Pos, "the connection %s is of kind %s; this needs one of kind %s", r.V, is.Kind, kind)
	}
}

// absent says, for connections that only other environments have, what to do when an
// environment, or with "" the release, refers to them.
func (b *builder) absent(environment string) map[string]string {
	there := b.deps.Connections
	if w, ok := b.byEnvironment[environment]; ok {
		there = w.deps.Connections
	}
	absent := map[string]string{}
	for i := range b.doc.Environments {
		has := b.doc.Environments[i].Name.V
		for _, name := range b.doc.Environments[i].Value.Connections.Names() {
			_, here := there[name]
			switch {
			case here || absent[name] != "":
			case environment == "":
				absent[name] = fmt.Sprintf("the connection %s exists only for environments, such as %s; add it to the top-level connections, or add environments: [%s] to this item", name, has, has)
			default:
				absent[name] = fmt.Sprintf("%s has no connection %s, unlike %s; add it to the connections of %s, or to the top-level connections", environment, name, has, environment)
			}
		}
	}
	return absent
}

// connectionNames are the connections that can be referred to at the moment, the shared
// ones in the order of the file.
func (b *builder) connectionNames() []string {
	names := b.doc.Connections.Names()
	for _, name := range slices.Sorted(maps.Keys(b.deps.Connections)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
