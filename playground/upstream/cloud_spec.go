package upstream

import (
	"encoding/json"
	"slices"
	"strings"

	"gonogo/playground/upstream/digitalocean"
)

// instanceSize is what the apps run on. It costs $5 a month.
const instanceSize = "apps-s-1vcpu-0.5gb"

// appSecrets are the variables of each app that are secrets. Their values open nothing.
var appSecrets = []string{
	"GITHUB_APP_PRIVATE_KEY", "GITHUB_INSTALLATION_ID", "ODOO_ADMIN_PASSWORD", "OPENAI_API_KEY", "POSTGRES_PASSWORD", "SENTRY_DSN", "SUPERSET_API_TOKEN",
}

// The states of the switches that change an app's spec.
const (
	specLarger    = "larger"
	specUnchecked = "unchecked"
	specUnlogged  = "unlogged"
	secretsPlain  = "plain"
	secretMissing = "missing"

	greenLarger  = "green-larger"
	greenMissing = "green-missing"
)

// specOf is the spec of an app, in the good state of its switches. All but green have the
// public name of their environment.
func specOf(of practiceApp) (json.RawMessage, error) {
	environment := of.environment
	spec := map[string]any{
		"name": of.name, "region": "sgp",
		"services": []any{map[string]any{
			"name": "web", "image": map[string]any{"registry_type": "GHCR", "repository": image, "tag": firstVersion}, "http_port": 8069, "instance_count": 1,
		}},
	}
	if of.id != greenAppID {
		spec["domains"] = []any{map[string]any{"domain": domainOf(environment), "type": "PRIMARY", "minimum_tls_version": "1.3"}}
	}
	setSize(spec, "")
	setVariables(spec, environment, "")
	return json.Marshal(spec)
}

func domainOf(environment string) string {
	return map[string]string{"staging": stagingName, "production": productionName}[environment]
}

func web(spec map[string]any) map[string]any { return spec["services"].([]any)[0].(map[string]any) }

// setSize sets the size, the health check and the forwarding of the log, as a state of
// the switch has them.
func setSize(spec map[string]any, state string) {
	service := web(spec)
	service["instance_size_slug"] = instanceSize
	service["health_check"] = map[string]any{"http_path": "/web/health"}
	service["log_destinations"] = []any{map[string]any{"name": "logs", "papertrail": map[string]any{"endpoint": "logs.practice.example:12345"}}}
	switch state {
	case specLarger:
		service["instance_size_slug"] = "apps-s-1vcpu-1gb"
	case specUnchecked:
		delete(service, "health_check")
	case specUnlogged:
		delete(service, "log_destinations")
	}
}

// setVariables sets the variables. Those that gonogo adds stay.
func setVariables(spec map[string]any, environment, state string) {
	service := web(spec)
	before, _ := service["envs"].([]any)
	had, set := map[string]map[string]any{}, map[string]any{}
	for _, one := range before {
		env := one.(map[string]any)
		had[env["key"].(string)] = env
	}
	add := func(key, value, kind string) {
		set[key] = map[string]any{"key": key, "value": value, "scope": "RUN_TIME", "type": kind}
	}
	add("ODOO_DATABASE", "insightpulse_"+environment, "GENERAL")
	add("ODOO_WORKERS", "4", "GENERAL")
	add("LIST_DB", "False", "GENERAL")
	for _, key := range appSecrets {
		add(key, "practice-"+strings.ToLower(key)+"-"+environment, "SECRET")
		if had[key]["type"] == "SECRET" { // with the value that the platform has encrypted
			set[key] = had[key]
		}
	}
	switch state {
	case secretsPlain:
		add("POSTGRES_PASSWORD", "practice-postgres_password-"+environment, "GENERAL")
	case secretMissing:
		for _, key := range appSecrets {
			delete(set, key)
		}
	}
	var envs []any
	for _, one := range before {
		if key := one.(map[string]any)["key"].(string); set[key] == nil && !slices.Contains(appSecrets, key) {
			envs = append(envs, one)
		}
	}
	for _, key := range append([]string{"ODOO_DATABASE", "ODOO_WORKERS", "LIST_DB"}, appSecrets...) {
		if set[key] != nil {
			envs = append(envs, set[key])
		}
	}
	service["envs"] = envs
}

// specSwitches control what is set for an app in the platform's control panel.
func (c *cloud) specSwitches(p Place, name string) []*Switch {
	edited := func(edit func(spec map[string]any, state string)) func(state string) error {
		return func(state string) error {
			return c.each(name, func(id string) error {
				at := stateAt(id, state)
				return c.platform.Edit(id, func(spec map[string]any) { edit(spec, at) })
			})
		}
	}
	return []*Switch{
		(&Switch{
			ID: name + "-spec", Title: "Settings of the app of " + name,
			Help: "The instance size, the health check and the log of the app, as its spec has them.",
			States: orGreen(name, []State{
				{ID: "usual", Title: "As the checklist asks", Good: true},
				{ID: specLarger, Title: "A larger instance, at $12 a month"},
				{ID: specUnchecked, Title: "No health check"},
				{ID: specUnlogged, Title: "The log isn't forwarded"},
			}, State{ID: greenLarger, Title: "A larger instance on green alone"}),
			effect: edited(setSize),
		}).restore(p),
		(&Switch{
			ID: name + "-secrets", Title: "Secrets of the app of " + name,
			Help: "The environment variables with passwords, keys and tokens.",
			States: orGreen(name, []State{
				{ID: "set", Title: "All are set and encrypted", Good: true},
				{ID: secretsPlain, Title: "The database's password is in plain text"},
				{ID: secretMissing, Title: "None is set"},
			}, State{ID: greenMissing, Title: "None is set on green"}),
			effect: edited(func(spec map[string]any, state string) { setVariables(spec, name, state) }),
		}).restore(p),
		(&Switch{
			ID: name + "-domain", Title: "The domain of " + name + " at DigitalOcean",
			Help: "How DigitalOcean has set up " + domainOf(name) + ". It renews the certificate itself.",
			States: []State{
				{ID: "active", Title: "Set up, the certificate lasts 60 days", Good: true},
				{ID: "ends-soon", Title: "The certificate wasn't renewed, and lasts 3 days"},
				{ID: "failed", Title: "It couldn't be set up"},
			},
			effect: func(state string) error {
				domain := digitalocean.Domain{Name: domainOf(name), Phase: "ACTIVE", Expires: p.Now().Add(60 * day)}
				switch state {
				case "ends-soon":
					domain.Expires = p.Now().Add(3*day + day/2)
				case "failed":
					domain.Phase = "ERROR"
				}
				return c.each(name, func(id string) error { return c.platform.SetDomain(id, domain) })
			},
		}).restore(p),
	}
}

// orGreen adds a state that is only about green to those of production's switch.
func orGreen(environment string, states []State, only State) []State {
	if environment == "production" {
		return append(states, only)
	}
	return states
}

// stateAt is the state of a switch of an environment at one of its apps: some states are
// only about green.
func stateAt(id, state string) string {
	own, ofGreen := map[string]string{greenLarger: specLarger, greenMissing: secretMissing}[state]
	switch {
	case !ofGreen:
		return state
	case id == greenAppID:
		return own
	}
	return ""
}
