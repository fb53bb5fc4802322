package upstream

import (
	"cmp"
	"slices"
)

// module is a row of Odoo's table ir_module_module.
type module struct {
	name, state, version string // the version is empty unless it is installed
	needs                []string
}

// The states of a module
// (https://github.com/odoo/odoo/blob/master/odoo/addons/base/models/ir_module.py).
const (
	installed   = "installed"
	uninstalled = "uninstalled"
	toInstall   = "to install"
)

// core are the modules that a fresh Odoo with these applications has installed.
var core = []module{
	{name: "base"},
	{name: "account", needs: []string{"base_setup", "product", "portal", "digest"}},
	{name: "analytic", needs: []string{"base", "mail", "uom"}},
	{name: "base_setup", needs: []string{"base", "web"}},
	{name: "bus", needs: []string{"base", "web"}},
	{name: "contacts", needs: []string{"base", "mail"}},
	{name: "digest", needs: []string{"mail", "portal"}},
	{name: "hr", needs: []string{"base_setup", "mail", "resource"}},
	{name: "mail", needs: []string{"base", "base_setup", "bus"}},
	{name: "portal", needs: []string{"web", "mail"}},
	{name: "product", needs: []string{"base", "mail", "uom"}},
	{name: "project", needs: []string{"analytic", "base_setup", "mail", "portal", "resource"}},
	{name: "purchase", needs: []string{"account"}},
	{name: "resource", needs: []string{"base", "web"}},
	{name: "uom", needs: []string{"base"}},
	{name: "web", needs: []string{"base"}},
}

// own are the modules of the release that are installed from the start.
var own = []module{
	{name: "ipai_core", needs: []string{"base", "mail"}},
	{name: "ipai_approvals", needs: []string{"ipai_core", "mail"}},
	{name: "ipai_ppm_costsheet", needs: []string{"ipai_core", "project"}},
	{name: "ipai_studio", needs: []string{"ipai_core", "web"}},
	{name: "ipai_rate_policy", needs: []string{"ipai_core", "hr"}},
	{name: "superset_connector", needs: []string{"base", "web"}},
}

// community are the two community modules that others depend on.
var community = []module{
	{name: "base_tier_validation", needs: []string{"mail"}},
	{name: "server_environment", needs: []string{"base"}},
}

// remaining are the release's other four modules.
var remaining = []module{
	{name: "ipai_expense", needs: []string{"ipai_approvals", "hr", "base_tier_validation"}},
	{name: "ipai_knowledge_ai", needs: []string{"ipai_core", "server_environment"}},
	{name: "ipai_procure", needs: []string{"ipai_approvals", "purchase", "base_tier_validation"}},
	{name: "ipai_subscriptions", needs: []string{"ipai_core", "account", "server_environment"}},
}

const (
	coreVersion = "19.0.1.3"
	ownVersion  = "19.0.1.0.0"
)

// moduleTable is ir_module_module with the community modules and the remaining four in
// these states. It is sorted by name in the C collation, as in the databases that Odoo
// creates.
func moduleTable(communityState, remainingState string) []module {
	var all []module
	add := func(some []module, state, version string) {
		for _, m := range some {
			m.state = state
			if state == installed {
				m.version = version
			}
			all = append(all, m)
		}
	}
	add(core, installed, coreVersion)
	add(own, installed, ownVersion)
	add(community, communityState, ownVersion)
	add(remaining, remainingState, ownVersion)
	slices.SortFunc(all, func(a, b module) int { return cmp.Compare(a.name, b.name) })
	return all
}
