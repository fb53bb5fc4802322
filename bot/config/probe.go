package config

import (
	"encoding/json"
	"strings"

	"gonogo/gates"
)

// Probe is a gate that only looks whether a connection works, so that it can be
// tried before anybody needs it.
type Probe struct {
	Connection string
	Built      gates.Built
	Warning    string // what to tell where it fails; empty: that is a fault, in the gate's own words
}

// probes makes the looks at one connection.
func (b *builder) probes(name string, c connection) {
	switch c := c.(type) {
	case *postgresConnection:
		b.probe(name, "", "postgres", mappingOf("connection", name))
		b.probe(name, "its user is a superuser; gates only read, so give them a user that may do no more", "postgres", mappingOf("connection", name,
			"query", "select count(*) from pg_roles where rolname = current_user and rolsuper", "value", "= 0"))
	case *prometheusConnection:
		b.probe(name, "", "http", mappingOf("url", below(c, "/api/v1/query?query=vector(1)"), "body", `"success"`))
	case *grafanaConnection:
		b.probe(name, "", "http", mappingOf("url", below(c, "/api/org")), entry{key: "headers", value: mappingOf("Authorization", "Bearer "+c.Token.V)})
	case *supersetConnection:
		login, err := json.Marshal(map[string]string{"username": c.Username.V, "password": c.Password.V, "provider": "db"})
		if err != nil {
			panic(err) // texts alone
		}
		b.probe(name, "", "http", mappingOf("url", below(c, "/api/v1/security/login"), "method", "POST", "send", string(login)),
			entry{key: "headers", value: mappingOf("Content-Type", "application/json")})
	}
}

// below is a path at a connection's address.
func below(c connection, path string) string { return strings.TrimRight(c.address(), "/") + path }

// probe adds one look. Settings that a gate cannot take have their fault noted
// where the connection is.
func (b *builder) probe(name, warning, kind string, settings *node, more ...entry) {
	settings.entries = append(settings.entries, more...)
	built, err := gates.Build(kind, b.settings(settings, kind), b.around)
	if err == nil {
		b.config.Probes = append(b.config.Probes, Probe{Connection: name, Built: built, Warning: warning})
	}
}

// mappingOf is a mapping of keys and texts, in which no variable stands.
func mappingOf(pairs ...string) *node {
	n := &node{shape: mapping}
	for i := 0; i < len(pairs); i += 2 {
		n.entries = append(n.entries, entry{key: pairs[i], value: &node{shape: scalar, text: strings.ReplaceAll(pairs[i+1], "${", "$${"), quoted: true}})
	}
	return n
}
