package config

import "gonogo/gates"

// probe makes a gate that only looks whether a database answers, so that its
// connection can be tried before anybody needs it.
func (b *builder) probe(connection string) {
	settings := &node{shape: mapping, entries: []entry{{key: "connection", value: &node{shape: scalar, text: connection}}}}
	built, err := gates.Build("postgres", b.settings(settings, "postgres"), b.around)
	if err == nil {
		b.config.Probes[connection] = built
	}
}
