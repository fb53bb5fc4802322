package config

import (
	"gonogo/bot/config/strictyaml"
	"gonogo/clients/connection"
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

// probes makes the looks at one connection. One whose settings a gate cannot take
// is left out: its connection is at fault.
func (b *builder) probes(name, environment string, probes []connection.Probe) {
	around := b.around
	around.Asked = nil // trying a connection is no use of it
	for _, p := range probes {
		built, err := gates.Build(p.Gate, b.Settings(strictyaml.NodeOf(p.Settings), p.Gate), around)
		if err == nil {
			b.config.Probes = append(b.config.Probes, Probe{name, environment, built.Naming(b.shown), p.Advice, p.Warning})
		}
	}
}
