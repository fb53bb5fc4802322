package platform

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"gonogo/clients/digitalocean"
	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// DigitalOceanApp is the kind digitalocean_app.
var DigitalOceanApp = gates.Kind{
	Name: "digitalocean_app", About: "an app on DigitalOcean's App Platform: its live deployment, health, instances, domains and spec", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:        "a deployment is active, every service and worker is healthy with all its instances, and whatever is configured holds",
		Warned:        "all of that holds, but a number is outside its warning limit, another deployment is under way, or the app is pinned after a rollback",
		Failed:        "nothing is active, a component is unhealthy or lacks instances, or something that is configured doesn't hold",
		Errored:       "DigitalOcean can't be asked or doesn't know the app, doesn't know the health of a component or the state of a domain, or the file of the spec can't be read",
		NotConfigured: "the file that `spec` names doesn't exist",
	},
	Notes: `**What is live.** Sizes, instances, health checks, log forwarding and the spec are those of the active deployment. If the app's spec has been changed since, and that
isn't live, ` + "`spec`" + ` fails.

**Instances.** With autoscaling, the minimum counts. A component without a number has 1. As many as the platform wants must also be ready.

**Health checks.** A service needs a ` + "`health_check` or `liveness_health_check` with an `http_path`" + `: without a path, the platform only tries to open a TCP connection. A worker
needs a ` + "`liveness_health_check`" + `.

**The spec.** The file is in JSON, as ` + "`doctl apps spec get ID --format json`" + ` writes it. Every difference between it and the live app counts, also what was
added in the control panel. The evidence names the places, and never a value. Order doesn't count, nor do fields with their default, values that the platform has encrypted, and
the variable ` + "`GONOGO_RUN`" + `, which gonogo sets itself. Each deployment changes an image's tag: leave it out with ` + "`ignore: [services.*.image.tag]`" + `. ` + "`*`" + ` stands for one name.

The token needs only the scope ` + "`app:read`" + `.

Not visible to it: whether the app works for its users, whether logs that are forwarded arrive, the certificate that visitors really get, and databases that
aren't part of the app.`,
	Example: `connection: cloud
app: 4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf
live_url: "{target.url}"
components: { web: { size: apps-d-1vcpu-2gb, instances: ">= 2", warn: ">= 3", health_check: /web/health } }
health_checks: true
log_forwarding: true
domains: { shop.example: { certificate_days: ">= 14", warn: ">= 30", minimum_tls: "1.3" } }
spec: deploy/app.json
ignore: [services.*.image.tag]`,
	New: newDigitalOceanApp,
}

// appSettings are the settings of kind digitalocean_app.
type appSettings struct {
	Connection    string                   `yaml:"connection" required:"true"` // a connection of kind digitalocean
	App           string                   `yaml:"app" required:"true"`        // the app's ID
	LiveURL       string                   `yaml:"live_url"`                   // the address at which the app must be live
	Components    map[string]componentWant `yaml:"components"`                 // what components must be like, by name
	HealthChecks  bool                     `yaml:"health_checks"`              // whether every service and worker must have a health check; default: false
	LogForwarding bool                     `yaml:"log_forwarding"`             // whether every component but static sites must forward its log; default: false
	Domains       map[string]domainWant    `yaml:"domains"`                    // domains that must be active, by name
	Spec          string                   `yaml:"spec"`                       // a file that the app's spec must agree with, relative to the configuration's folder
	Ignore        []string                 `yaml:"ignore"`                     // places of the spec that may differ, with all that is below them
}

// componentWant is what a component must be like.
type componentWant struct {
	Size        string      `yaml:"size"`         // the slug of its instance size
	Instances   limit.Count `yaml:"instances"`    // how many instances it has
	Warn        limit.Count `yaml:"warn"`         // how many it should have: outside of it the gate warns
	HealthCheck string      `yaml:"health_check"` // the path that its health check, or liveness check, asks for
}

// domainWant is what a domain must be like.
type domainWant struct {
	CertificateDays limit.Count `yaml:"certificate_days"`                 // how many whole days remain until its certificate expires
	Warn            limit.Count `yaml:"warn"`                             // how many should remain: outside of it the gate warns
	MinimumTLS      string      `yaml:"minimum_tls" pattern:"^1\\.[23]$"` // the oldest version of TLS that it is set to accept: 1.2 or 1.3
}

type appGate struct {
	client   *digitalocean.Client
	settings appSettings
	file     string
}

func newDigitalOceanApp(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	var s appSettings
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	client, faults, err := clientOf(deps, s.Connection)
	if err != nil {
		return gates.Built{}, err
	}
	faults = append(faults, s.faults()...)
	if err := faults.OrNil(); err != nil {
		return gates.Built{}, err
	}
	g := &appGate{client, s, s.Spec}
	if s.Spec != "" && !filepath.IsAbs(s.Spec) {
		g.file = filepath.Join(deps.Dir, s.Spec)
	}
	return gates.Built{Gate: g, Settings: gates.SettingsHash("digitalocean_app", s)}, nil
}

func (s appSettings) faults() (faults gates.Faults) {
	faults = append(faults, appFaults("app", s.App)...)
	for _, name := range slices.Sorted(maps.Keys(s.Components)) {
		want := s.Components[name]
		faults = append(faults, gates.NeverWarns("components."+name+".warn", want.Warn.Limit, want.Instances.Limit)...)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Domains)) {
		want := s.Domains[name]
		faults = append(faults, gates.NeverWarns("domains."+name+".warn", want.Warn.Limit, want.CertificateDays.Limit)...)
		if v := s.Domains[name].MinimumTLS; v != "" && v != "1.2" && v != "1.3" {
			faults = append(faults, gates.Fault{Field: "domains." + name + ".minimum_tls", Problem: `minimum_tls is "1.2" or "1.3", in quotes`})
		}
	}
	if len(s.Ignore) > 0 && s.Spec == "" {
		faults = append(faults, gates.Fault{Field: "ignore", Problem: "ignore is about the places of a spec, and there is none; write spec, too"})
	}
	return faults
}

// unasked is the evidence of a platform that couldn't be asked.
func unasked(ctx context.Context, err error) answer.Evidence {
	if ctx.Err() != nil {
		return gates.Errored("cut off while it asked DigitalOcean")
	}
	return gates.Errored("%s", err)
}

func failed(format string, args ...any) answer.Evidence {
	return answer.Evidence{Verdict: answer.Failed, Summary: fmt.Sprintf(format, args...)}
}

func passed(format string, args ...any) answer.Evidence {
	return answer.Evidence{Verdict: answer.Passed, Summary: fmt.Sprintf(format, args...)}
}

// Check implements [gates.Gate].
func (g *appGate) Check(ctx context.Context, s gates.Scope) answer.Evidence {
	app, err := g.client.App(ctx, g.settings.App)
	if err != nil {
		return unasked(ctx, err)
	}
	if app.Active == nil {
		return failed("no deployment of the app is active; deploy it first")
	}
	health, err := g.client.Health(ctx, g.settings.App)
	if err != nil {
		return unasked(ctx, err)
	}
	components, err := app.Active.Spec.Components()
	if err != nil {
		return gates.Errored("%s", err)
	}
	parts := []answer.Evidence{phaseOf(app), healthOf(components, health)}
	if g.settings.LiveURL != "" {
		parts = append(parts, g.liveURL(app, s))
	}
	parts = append(parts, g.components(components)...)
	parts = append(parts, g.everywhere(components)...)
	parts = append(parts, g.domains(app, s)...)
	if g.settings.Spec != "" {
		parts = append(parts, g.drift(ctx, app))
	}
	return gates.Joined(parts)
}

// phaseOf judges the app's deployments.
func phaseOf(app digitalocean.App) answer.Evidence {
	ev := passed("a deployment is active")
	ev.Measures = []answer.Measure{{Name: "phase", Value: string(app.Active.Phase), Limit: string(digitalocean.PhaseActive), OK: app.Active.Phase == digitalocean.PhaseActive}}
	under := app.InProgress
	if under == nil {
		under = app.Pending
	}
	switch {
	case app.Active.Phase == digitalocean.PhaseUnknown || app.Active.Phase == "":
		ev.Verdict, ev.Summary = answer.Errored, "DigitalOcean doesn't know the phase of the live deployment"
	case app.Active.Phase != digitalocean.PhaseActive:
		ev.Verdict, ev.Summary = answer.Failed, fmt.Sprintf("the phase of the live deployment is %s", phrase.ShortenAtWord(string(app.Active.Phase), 40))
	case under != nil && under.ID != app.Active.ID && !under.Phase.Terminal():
		ev.Verdict, ev.Summary = answer.Warned, fmt.Sprintf("another deployment is under way (%s), so this may not be true for long", phrase.ShortenAtWord(string(under.Phase), 40))
	case app.Pinned != nil:
		ev.Verdict, ev.Summary = answer.Warned, "the app is pinned after a rollback, and takes no deployment before that is committed or reverted"
	}
	return ev
}

// healthOf judges the health of all components that run.
func healthOf(components []digitalocean.Component, health []digitalocean.ComponentHealth) answer.Evidence {
	var parts []answer.Evidence
	running := 0
	for _, c := range components {
		if !c.Runs() {
			continue
		}
		running++
		i := slices.IndexFunc(health, func(h digitalocean.ComponentHealth) bool { return h.Name == c.Name })
		if i < 0 {
			parts = append(parts, gates.Errored("DigitalOcean reports no health of %s", c.Name))
			continue
		}
		parts = append(parts, componentHealth(health[i]))
	}
	ev := gates.Joined(parts)
	if ev.Verdict == answer.Passed {
		ev.Summary = "nothing runs that has a health"
		if running > 0 {
			ev.Summary = phrase.Count(running, "component") + " healthy"
		}
	}
	return ev
}

func componentHealth(h digitalocean.ComponentHealth) answer.Evidence {
	ev := passed("%s is healthy", h.Name)
	ev.Measures = []answer.Measure{{Name: h.Name + ": ready instances", Value: fmt.Sprintf("%d of %d", h.Ready, h.Desired), Limit: "all", OK: h.Healthy()}}
	switch {
	case h.State == "UNHEALTHY":
		ev.Verdict, ev.Summary = answer.Failed, h.Name+" is unhealthy"
	case h.State != "HEALTHY":
		ev.Verdict, ev.Summary = answer.Errored, fmt.Sprintf("DigitalOcean doesn't know the health of %s; check again in a few minutes", h.Name)
	case h.Ready < h.Desired || h.Ready < 1:
		ev.Verdict, ev.Summary = answer.Failed, fmt.Sprintf("%d of %s of %s ready", h.Ready, phrase.Count(h.Desired, "instance"), h.Name)
	}
	return ev
}

// liveURL compares the app's address.
func (g *appGate) liveURL(app digitalocean.App, s gates.Scope) answer.Evidence {
	want, err := s.Expand(g.settings.LiveURL)
	switch {
	case err != nil:
		return gates.Errored("live_url: %s", err)
	case app.LiveURL == "":
		return failed("DigitalOcean names no live URL of the app")
	}
	ev := passed("it is live at %s", app.LiveURL)
	ev.Measures = []answer.Measure{{Name: "live URL", Value: app.LiveURL, Limit: want, OK: sameURL(app.LiveURL, want)}}
	if !ev.Measures[0].OK {
		ev.Verdict, ev.Summary = answer.Failed, fmt.Sprintf("it is live at %s, not at %s", app.LiveURL, want)
	}
	return ev
}

// sameURL compares two addresses; a slash at their end doesn't count, nor does the case
// of a host.
func sameURL(one, other string) bool {
	return strings.EqualFold(strings.TrimRight(one, "/"), strings.TrimRight(other, "/"))
}
