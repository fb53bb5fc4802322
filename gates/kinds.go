package gates

// Kinds lists every sort of gate there is. A new kind is a file of its own and
// one line here.
func Kinds() []Kind {
	return []Kind{
		httpKind,
		commandKind,
		junitKind,
		coverageKind,
		sarifKind,
		odooModulesKind,
		postgresKind,
		tlsKind,
		dnsKind,
		allOfKind,
		anyOfKind,
		deployedKind,
		signedOffKind,
		sectionKind,
		prometheusKind,
		grafanaKind,
		alertPathKind,
		githubChecksKind,
		githubAlertsKind,
		githubIssuesKind,
	}
}

// planned are kinds that a configuration may name already. Their items answer
// not_configured, which lets nothing through.
var planned = []string{
	"postgres_schema",
	"digitalocean_app", "digitalocean_env", "digitalocean_cost", "superset",
	"load", "container", "rehearsed",
}
