package config

import (
	"gonogo/bot/config/strictyaml"
	"gonogo/clients/connection"
	"gonogo/gates"
	"gonogo/gates/kinds"
)

// Probe is a read-only gate that shows whether a connection works.
type Probe struct {
	Connection  string
	Environment string // the environment whose own connection this is; empty: it is shared
	Built       gates.Built
	Advice      string // what to do about an unexpected response; empty: the gate's own words
	Warning     string // what to warn of when it fails; empty: failing is a fault
}

// probes makes the probes of one connection. One whose settings the gate rejects is
// dropped, because the connection already has a fault.
func (b *builder) probes(name, environment string, probes []connection.Probe) {
	deps := b.deps
	deps.Asked = nil // trying a connection doesn't count as using it
	for _, p := range probes {
		built, err := kinds.Build(p.Gate, b.Settings(strictyaml.NodeOf(p.Settings), p.Gate), deps)
		if err == nil {
			b.config.Probes = append(b.config.Probes, Probe{name, environment, built.Naming(b.shown), p.Advice, p.Warning})
		}
	}
}
