package config

import (
	"fmt"
	"maps"
	"slices"

	"gonogo/bot/config/strictyaml"
	"gonogo/gates"
)

// world is the connections as one environment has them: their kinds, and what
// its gates are built in.
type world struct {
	kinds  map[string]string
	around gates.Surroundings
	own    bool // some are its own
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
		w := world{maps.Clone(b.kinds), b.around, len(e.Value.Connections) > 0}
		w.around.Connections = maps.Clone(b.around.Connections)
		b.worlds[e.Name.V] = w
		b.within(e.Name.V, func() {
			for _, c := range e.Value.Connections {
				b.connection(c, first, e.Name.V)
			}
		})
	}
	b.around.Absent = b.absent("")
	for env, w := range b.worlds {
		w.around.Absent = b.absent(env)
		b.worlds[env] = w
	}
}

// within has connections looked up as an environment has them while do runs; ""
// is the release, which has the shared ones.
func (b *builder) within(environment string, do func()) {
	w, ok := b.worlds[environment]
	if !ok {
		do()
		return
	}
	kinds, around := b.kinds, b.around
	b.kinds, b.around = w.kinds, w.around
	do()
	b.kinds, b.around = kinds, around
}

// connection makes one connection where b looks them up now.
func (b *builder) connection(c strictyaml.Named[choice], first map[string]val[string], environment string) {
	b.typed(c.Name)
	name, kind := c.Name.V, c.Value.Kind
	if !kind.Set {
		return
	}
	blank, ok := connectionKinds[kind.V]
	if !ok {
		b.Fault(kind.Pos, "there is no connection of kind %q; %s", kind.V, strictyaml.Suggest(kind.V, slices.Sorted(maps.Keys(connectionKinds))))
		return
	}
	settings := blank()
	b.Decode(c.Value.settings, settings, kind.V)
	switch was, known := first[name]; {
	case !known:
		first[name] = kind
	case was.V != kind.V:
		b.Fault(kind.Pos, "the connection %s is of kind %s on %s, and of kind %s here; give both one kind, or this one another name", name, was.V, was.Pos, kind.V)
		return
	}
	b.kinds[name] = kind.V
	maps.Copy(b.shown, b.VariablesIn(c.Value.settings))
	b.around.Connections[name] = gates.Connection{Kind: kind.V, URL: settings.address()}
	b.probes(name, environment, settings)
	b.alertmanager(c.Name.Pos, settings)
	if kind.V == "superset" || kind.V == "grafana" {
		b.later(c.Name.Pos, "connection %s to %s", name, kind.V)
	}
}

// absent says of the connections that only other environments have what to do
// where an environment, or with "" the release, asks for them.
func (b *builder) absent(environment string) map[string]string {
	there := b.around.Connections
	if w, ok := b.worlds[environment]; ok {
		there = w.around.Connections
	}
	absent := map[string]string{}
	for i := range b.doc.Environments {
		has := b.doc.Environments[i].Name.V
		for _, name := range b.doc.Environments[i].Value.Connections.Names() {
			_, here := there[name]
			switch {
			case here || absent[name] != "":
			case environment == "":
				absent[name] = fmt.Sprintf("the connection %s is given for environments only, such as %s; add it under connections, or ask this item of them with environments: [%s]", name, has, has)
			default:
				absent[name] = fmt.Sprintf("%s has no connection %s, as %s does; add it under connections of %s, or under connections for all", environment, name, has, environment)
			}
		}
	}
	return absent
}

// connectionNames are the connections that can be named where b looks them up
// now, the shared ones in the order of the file.
func (b *builder) connectionNames() []string {
	names := b.doc.Connections.Names()
	for _, name := range slices.Sorted(maps.Keys(b.kinds)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
