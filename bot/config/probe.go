package config

import (
	"encoding/json"
	"strings"

	"gonogo/bot/config/strictyaml"
	"gonogo/gates"
)

// Probe is a gate that only looks whether a connection works, so that it can be
// tried before anybody needs it.
type Probe struct {
	Connection  string
	Environment string // whose own the connection is; empty: it is shared
	Built       gates.Built
	Mend        string // what to do where something answers otherwise than it should; empty: the gate says
	Warning     string // what to tell where it fails; empty: that is a fault
}

// probes makes the looks at one connection.
func (b *builder) probes(name, environment string, c connection) {
	of := func(mend string) Probe { return Probe{Connection: name, Environment: environment, Mend: mend} }
	bearer := func(token string) map[string]any { return map[string]any{"Authorization": "Bearer " + token} }
	switch c := c.(type) {
	case *postgresConnection:
		b.probe(of(""), "postgres", map[string]any{"connection": name})
		b.probe(Probe{Connection: name, Environment: environment, Warning: "its user is a superuser; gates only read, so give them a user that may do no more"}, "postgres",
			map[string]any{"connection": name, "query": "select count(*) from pg_roles where rolname = current_user and rolsuper", "value": "= 0"})
	case *prometheusConnection:
		b.probe(of("give the address of Prometheus itself, with user and password in it where it wants them"), "http",
			map[string]any{"url": below(c, "/api/v1/query?query=vector(1)"), "body": `"success"`})
	case *alertmanagerConnection:
		look := map[string]any{"url": below(c, "/api/v2/status"), "body": `"versionInfo"`}
		if c.Token.V != "" {
			look["headers"] = bearer(c.Token.V)
		}
		b.probe(of("give the address of Alertmanager itself, with a token, or user and password in it, where it wants them"), "http", look)
	case *grafanaConnection:
		b.probe(of("give the address of Grafana itself, and the token of a service account there"), "http",
			map[string]any{"url": below(c, "/api/org"), "body": `"name"`, "headers": bearer(c.Token.V)})
	case *supersetConnection:
		login, err := json.Marshal(map[string]string{"username": c.Username.V, "password": c.Password.V, "provider": "db"})
		if err != nil {
			panic(err) // texts alone
		}
		b.probe(of("give the address of Superset itself, and the username and password of a user that it keeps"), "http",
			map[string]any{"url": below(c, "/api/v1/security/login"), "method": "POST", "send": string(login), "body": `"access_token"`,
				"headers": map[string]any{"Content-Type": "application/json"}})
	}
}

// below is a path at a connection's address.
func below(c connection, path string) string { return strings.TrimRight(c.address(), "/") + path }

// probe adds one look. Settings that a gate cannot take have their fault noted
// where the connection is.
func (b *builder) probe(probe Probe, kind string, settings map[string]any) {
	around := b.around
	around.Asked = nil // trying a connection is no use of it
	built, err := gates.Build(kind, b.Settings(strictyaml.NodeOf(settings), kind), around)
	if err == nil {
		probe.Built = built.Naming(b.shown)
		b.config.Probes = append(b.config.Probes, probe)
	}
}
