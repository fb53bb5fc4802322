// Package kinds lists the kinds of gates there are, and builds gates by the name of
// their kind. The kinds themselves are in the packages beside it, a family of them in
// each; package gates says how to write one.
//
// bot/config builds the gates of a configuration here. Nothing is stored, and nothing is
// measured before a gate runs. A gate that can't be built is an error of type
// [gates.Faults], with what is wrong at which setting.
package kinds

import (
	"fmt"
	"strings"

	"gonogo/gates"
	"gonogo/gates/artifacts"
	"gonogo/gates/data"
	"gonogo/gates/exec"
	"gonogo/gates/github"
	"gonogo/gates/monitoring"
	"gonogo/gates/platform"
	"gonogo/gates/web"
)

// All lists every kind of gate. A new kind is a file in the package of its family and
// one line here.
func All() []gates.Kind {
	return []gates.Kind{
		web.HTTP,
		exec.Command,
		artifacts.JUnit,
		artifacts.Coverage,
		artifacts.SARIF,
		artifacts.Container,
		data.OdooModules,
		data.Postgres,
		data.PostgresSchema,
		web.TLS,
		web.DNS,
		web.SSH,
		web.Load,
		gates.AllOf,
		gates.AnyOf,
		gates.Deployed,
		gates.SignedOff,
		gates.Section,
		gates.Rehearsed,
		monitoring.Prometheus,
		monitoring.Grafana,
		monitoring.Superset,
		monitoring.AlertPath,
		monitoring.OnCall,
		github.GitHubChecks,
		github.GitHubAlerts,
		github.GitHubIssues,
		web.JSON,
		web.Odoo,
		monitoring.Logs,
		platform.DigitalOceanApp,
		platform.DigitalOceanEnv,
		platform.DigitalOceanCost,
	}
}

// Build makes a gate of a kind from its settings.
func Build(kind string, decode func(any) error, deps gates.Deps) (gates.Built, error) {
	k, ok := Lookup(kind)
	if !ok {
		return gates.Built{}, gates.Faults{{Problem: fmt.Sprintf("there is no gate kind %q; %s", kind, instead(kind))}}
	}
	deps.Build = Build
	return k.Build(decode, deps)
}

// Lookup finds a kind by its name.
func Lookup(name string) (gates.Kind, bool) {
	for _, k := range All() {
		if k.Name == name {
			return k, true
		}
	}
	return gates.Kind{}, false
}

// instead says which kind an unknown name probably means, or which kinds there are.
func instead(name string) string {
	var all []string
	for _, k := range All() {
		all = append(all, k.Name)
	}
	if near := gates.Nearest(name, all); near != "" {
		return "did you mean " + near + "?"
	}
	return "the kinds are " + strings.Join(all, ", ")
}
