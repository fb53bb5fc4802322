package platform

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"gonogo/clients/digitalocean"
	"gonogo/gates"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// DigitalOceanEnv is the kind digitalocean_env.
var DigitalOceanEnv = gates.Kind{
	Name: "digitalocean_env", About: "the environment variables of an app on DigitalOcean's App Platform, and which of them are secrets", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:  "every variable is set in the live deployment, and every secret is of type SECRET and encrypted",
		Failed:  "a variable isn't set, is empty or is there only while the app is built; a secret is in plain text; a component doesn't exist; or nothing is live",
		Errored: "DigitalOcean can't be asked, or doesn't know the app",

		NotConfigured: "no variable has a name that `secret_names` matches",
	},
	Notes: `The variables are those of the active deployment. A component has its own and those of the whole app; its own win. A variable with the scope BUILD_TIME isn't
there when the app runs, so it counts for static sites alone.

Values are never part of the evidence, a hash or a log.

The token needs only the scope ` + "`app:read`" + `.

Not visible to it: whether a value is right, up to date or still the example's, and what a reference such as ` + "`${db.DATABASE_URL}`" + ` stands for: it counts as set.
Variables that the image sets itself, and files with secrets, aren't visible either.`,
	Example: `connection: cloud
app: 4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf
set: [TZ]
secrets: [SENTRY_DSN]
components: { web: { set: [ODOO_DATABASE, LIST_DB], secrets: [ODOO_ADMIN_PASSWORD] } }
secret_names: 'PASSWORD|SECRET|TOKEN'`,
	New: newDigitalOceanEnv,
}

// envSettings are the settings of kind digitalocean_env.
type envSettings struct {
	Connection  string             `yaml:"connection" required:"true"` // a connection of kind digitalocean
	App         string             `yaml:"app" required:"true"`        // the app's ID
	Set         []string           `yaml:"set"`                        // variables that must be set for the whole app
	Secrets     []string           `yaml:"secrets"`                    // variables that must be set for the whole app, as secrets
	Components  map[string]envWant `yaml:"components"`                 // what components must have, by name
	SecretNames string             `yaml:"secret_names"`               // a regular expression: every variable of the app with such a name must be a secret
}

// envWant is what a component must have.
type envWant struct {
	Set     []string `yaml:"set"`     // variables that must be set
	Secrets []string `yaml:"secrets"` // variables that must be set as secrets
}

type envGate struct {
	client   *digitalocean.Client
	settings envSettings
	names    *regexp.Regexp // of secrets; nil: any
}

func newDigitalOceanEnv(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	var s envSettings
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	client, faults, err := clientOf(deps, s.Connection)
	if err != nil {
		return gates.Built{}, err
	}
	g := &envGate{client: client, settings: s}
	faults = append(faults, g.prepare()...)
	return gates.Built{Gate: g, Settings: gates.SettingsHash("digitalocean_env", s)}, faults.OrNil()
}

// prepare says what is wrong with the settings.
func (g *envGate) prepare() (faults gates.Faults) {
	s := g.settings
	faults = append(faults, appFaults("app", s.App)...)
	wanted := 0
	for _, place := range g.places() {
		names := slices.Concat(place.want.Set, place.want.Secrets)
		wanted += len(names)
		if slices.ContainsFunc(names, func(name string) bool { return !variableName.MatchString(name) }) {
			// The text isn't repeated: it may have a value in it.
			faults = append(faults, gates.Fault{Field: place.field, Problem: "variables have letters, digits and _ in their names; write names alone, without values"})
		}
	}
	if s.SecretNames != "" {
		var err error
		if g.names, err = regexp.Compile(s.SecretNames); err != nil {
			faults = append(faults, gates.Fault{Field: "secret_names", Problem: "secret_names must be a regular expression in Go's syntax: " + gates.PatternCause(err)})
		}
	}
	if wanted == 0 && s.SecretNames == "" {
		faults = append(faults, gates.Fault{Field: "set", Problem: "there is nothing to look for; name variables under set or secrets, or under components, or write secret_names"})
	}
	return faults
}

// variableName is how variables are called. Source: DigitalOcean's OpenAPI description at
// 7c1300c (app_variable_definition.yml).
var variableName = regexp.MustCompile(`^[_A-Za-z][_A-Za-z0-9]*$`)

// place is where variables are looked for.
type place struct {
	field, name string // the name is empty for the whole app
	want        envWant
}

func (g *envGate) places() []place {
	all := []place{{"set", "", envWant{g.settings.Set, g.settings.Secrets}}}
	for _, name := range slices.Sorted(maps.Keys(g.settings.Components)) {
		all = append(all, place{"components." + name, name, g.settings.Components[name]})
	}
	return all
}

// Check implements [gates.Gate].
func (g *envGate) Check(ctx context.Context, _ gates.Scope) answer.Evidence {
	app, err := g.client.App(ctx, g.settings.App)
	switch {
	case err != nil:
		return unasked(ctx, err)
	case app.Active == nil:
		return failed("no deployment of the app is active; deploy it first")
	}
	common, err := app.Active.Spec.Variables()
	if err != nil {
		return gates.Errored("%s", err)
	}
	components, err := app.Active.Spec.Components()
	if err != nil {
		return gates.Errored("%s", err)
	}
	var parts []answer.Evidence
	for _, p := range g.places() {
		i := slices.IndexFunc(components, func(c digitalocean.Component) bool { return c.Name == p.name })
		switch {
		case p.name == "" && len(p.want.Set)+len(p.want.Secrets) == 0:
		case p.name == "":
			parts = append(parts, p.want.judge("the whole app", common, false))
		case i < 0:
			parts = append(parts, absent(p.name, components))
		default:
			own := components[i]
			parts = append(parts, p.want.judge(own.Name, slices.Concat(own.Variables, common), own.Kind == "static_sites"))
		}
	}
	if g.names != nil {
		parts = append(parts, g.plain(common, components))
	}
	return gates.Joined(parts)
}

// judge looks for variables in those that a place has, of which the first of a name
// counts. built is set for what is only built, and never runs.
func (w envWant) judge(where string, has []digitalocean.Variable, built bool) answer.Evidence {
	var parts []answer.Evidence
	for _, key := range slices.Concat(w.Set, w.Secrets) {
		i := slices.IndexFunc(has, func(v digitalocean.Variable) bool { return v.Key == key })
		switch secret := slices.Contains(w.Secrets, key); {
		case i < 0:
			parts = append(parts, failed("%s isn't set for %s", key, where))
		case has[i].Empty:
			parts = append(parts, failed("%s is empty for %s", key, where))
		case has[i].Scope == "BUILD_TIME" && !built:
			parts = append(parts, failed("%s is there for %s only while it is built; its scope is BUILD_TIME", key, where))
		case secret && !hidden(has[i]):
			parts = append(parts, failed("%s is set for %s, but not as a secret; encrypt it and replace its value", key, where))
		}
	}
	all := len(w.Set) + len(w.Secrets)
	measure := answer.Measure{Name: where + ": variables", Value: fmt.Sprintf("%d of %d", all-len(parts), all), Limit: "all", OK: len(parts) == 0}
	if len(parts) == 0 {
		parts = append(parts, passed("%s set for %s, %d as secrets", phrase.Count(all, "variable"), where, len(w.Secrets)))
	}
	ev := gates.Joined(parts)
	ev.Measures = append(ev.Measures, measure)
	return ev
}

// hidden reports whether a variable is a secret that the platform has encrypted.
func hidden(v digitalocean.Variable) bool { return v.Secret && v.Encrypted }

// plain finds variables that are called like secrets and aren't.
func (g *envGate) plain(common []digitalocean.Variable, components []digitalocean.Component) answer.Evidence {
	var exposed []string
	n := 0
	look := func(where string, has []digitalocean.Variable) {
		for _, v := range has {
			if !g.names.MatchString(v.Key) {
				continue
			}
			n++
			if !hidden(v) {
				exposed = append(exposed, v.Key+where)
			}
		}
	}
	look("", common)
	for _, c := range components {
		look(" of "+c.Name, c.Variables)
	}
	if n == 0 {
		return answer.Evidence{Verdict: answer.NotConfigured, Summary: "no variable of the app has a name that secret_names matches; correct it, or add the variables"}
	}
	count := answer.Measure{Name: "secrets in plain text", Value: fmt.Sprint(len(exposed)), Limit: "0", OK: len(exposed) == 0}
	ev := gates.Judged([]answer.Measure{count}, fmt.Sprintf("%s with the name of a secret, all encrypted", phrase.Count(n, "variable")))
	if len(exposed) > 0 {
		ev.Summary = fmt.Sprintf("%s in plain text: %s", phrase.Count(len(exposed), "secret"), phrase.UpTo(5, exposed))
	}
	return ev
}
