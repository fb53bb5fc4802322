package monitoring

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonogo/clients/grafana"
	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// Grafana is the kind grafana.
var Grafana = gates.Kind{
	Name: "grafana", About: "dashboards and their panels, data sources and contact points in Grafana", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:  "all of them exist, and the data sources pass Grafana's own test",
		Failed:  "one of them doesn't exist, has fewer panels than configured, is of another type, or is broken",
		Errored: "Grafana can't be reached or rejects the token; the service account may not look at them; several dashboards have the same title; or a data source has no test",
	},
	Notes: `The token is that of a service account. The role Viewer is enough for dashboards, as far as it may view their folders; data sources also take
` + "`datasources:read` and `datasources:query`, and contact points `alert.provisioning:read`" + `. A dashboard in a folder that the service account may not view is
reported as missing, because Grafana leaves it out.

Panels count wherever they are, also within rows; rows themselves don't count. Titles must be equal, except for spaces around them.

The gate can't tell whether a panel shows data, or the data that its title promises, nor whether a contact point reaches anybody: Grafana can send a test message,
but that would notify people.`,
	Example: `connection: panels
dashboards: { Shop: { folder: Production, panels: [CPU, Memory, Errors], count: ">= 6" } }
data_sources: { Prometheus: { type: prometheus } }
contact_points: { on-call: { type: slack } }`,
	New: newGrafana,
}

// grafanaSettings are the settings of kind grafana.
type grafanaSettings struct {
	Connection    string                   `yaml:"connection" required:"true"` // a connection of kind grafana
	Dashboards    map[string]dashboardWant `yaml:"dashboards"`                 // dashboards that must exist, by title
	DataSources   map[string]sourceWant    `yaml:"data_sources"`               // data sources that must exist and pass their test, by name
	ContactPoints map[string]contactWant   `yaml:"contact_points"`             // contact points that must exist, by name
}

// dashboardWant is what a dashboard must have.
type dashboardWant struct {
	Folder string      `yaml:"folder"` // the title of its folder, which tells dashboards of the same title apart
	Panels []string    `yaml:"panels"` // titles of panels that it must have
	Count  limit.Count `yaml:"count"`  // how many panels it must have
}

// sourceWant is what a data source must be.
type sourceWant struct {
	Type     string `yaml:"type"`     // its type, such as prometheus
	Untested bool   `yaml:"untested"` // whether it is enough that it exists, for types without a test; default: false
}

// contactWant is what a contact point must be.
type contactWant struct {
	Type string `yaml:"type"` // the type of one of its integrations, such as slack or email
}

type grafanaGate struct {
	client   *grafana.Client
	settings grafanaSettings
}

func newGrafana(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	var s grafanaSettings
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	server, err := gates.Client[*grafana.Client](deps, s.Connection, "grafana")
	var faults gates.Faults
	if err != nil && !errors.As(err, &faults) {
		return gates.Built{}, err
	}
	if len(s.Dashboards)+len(s.DataSources)+len(s.ContactPoints) == 0 {
		faults = append(faults, gates.Fault{Field: "dashboards", Problem: "there is nothing to look for; name dashboards, data_sources or contact_points"})
	}
	if err := faults.OrNil(); err != nil {
		return gates.Built{}, err
	}
	return gates.Built{Gate: &grafanaGate{server, s}, Settings: gates.SettingsHash("grafana", s, server.URL()), Secrets: server.Secrets()}, nil
}

// Check implements [gates.Gate].
func (g *grafanaGate) Check(ctx context.Context, _ gates.Scope) answer.Evidence {
	var parts []answer.Evidence
	for _, part := range []func(context.Context) ([]answer.Evidence, error){g.dashboards, g.dataSources, g.contactPoints} {
		found, err := part(ctx)
		switch {
		case ctx.Err() != nil:
			return gates.Errored("cut off while it asked Grafana")
		case err != nil:
			found = append(found, gates.Errored("%s", err))
		}
		parts = append(parts, found...)
	}
	return gates.Joined(parts)
}

func failed(format string, args ...any) answer.Evidence {
	return answer.Evidence{Verdict: answer.Failed, Summary: fmt.Sprintf(format, args...)}
}

func (g *grafanaGate) dashboards(ctx context.Context) (parts []answer.Evidence, err error) {
	for _, title := range slices.Sorted(maps.Keys(g.settings.Dashboards)) {
		want := g.settings.Dashboards[title]
		found, err := g.client.Dashboards(ctx, title)
		if err != nil {
			return parts, err
		}
		if want.Folder != "" {
			found = slices.DeleteFunc(found, func(d grafana.Dashboard) bool { return d.Folder != want.Folder })
		}
		switch len(found) {
		case 0:
			parts = append(parts, failed("Grafana has no dashboard %q", title+within(want.Folder)))
			continue
		case 1:
		default:
			parts = append(parts, gates.Errored("Grafana has %d dashboards called %q; name the folder of the right one", len(found), title))
			continue
		}
		panels, err := g.client.Panels(ctx, found[0].UID)
		if err != nil {
			return parts, err
		}
		parts = append(parts, want.judge(title, panels))
	}
	return parts, nil
}

func within(folder string) string {
	if folder == "" {
		return ""
	}
	return " in " + folder
}

// judge tells whether a dashboard has the panels that it must have.
func (w dashboardWant) judge(title string, panels []grafana.Panel) answer.Evidence {
	var titles, missing []string
	for _, p := range panels {
		titles = append(titles, strings.TrimSpace(p.Title))
	}
	for _, panel := range w.Panels {
		if !slices.Contains(titles, strings.TrimSpace(panel)) {
			missing = append(missing, panel)
		}
	}
	ev := answer.Evidence{Verdict: answer.Passed, Summary: fmt.Sprintf("%s has %s", title, phrase.Count(len(panels), "panel"))}
	if len(w.Panels) > 0 {
		ev.Measures = append(ev.Measures, answer.Measure{Name: title + ": panels found", Value: fmt.Sprintf("%d of %d", len(w.Panels)-len(missing), len(w.Panels)), Limit: "all", OK: len(missing) == 0})
	}
	if w.Count.Set() {
		ev.Measures = append(ev.Measures, gates.CountMeasure(title+": panels", len(panels), w.Count))
	}
	switch {
	case len(missing) > 0:
		ev.Verdict, ev.Summary = answer.Failed, fmt.Sprintf("%s lacks %s: %s", title, phrase.Count(len(missing), "panel"), phrase.UpTo(5, missing))
		if near := gates.Nearest(missing[0], titles); near != "" {
			ev.Summary += fmt.Sprintf(" (it has %q)", near)
		}
	case w.Count.Set() && !w.Count.Allows(float64(len(panels))):
		ev.Verdict, ev.Summary = answer.Failed, fmt.Sprintf("%s has %s, limit %s", title, phrase.Count(len(panels), "panel"), w.Count.Text)
	}
	return ev
}

func (g *grafanaGate) dataSources(ctx context.Context) (parts []answer.Evidence, err error) {
	if len(g.settings.DataSources) == 0 {
		return nil, nil
	}
	all, err := g.client.DataSources(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(g.settings.DataSources)) {
		want := g.settings.DataSources[name]
		at := slices.IndexFunc(all, func(d grafana.DataSource) bool { return d.Name == name })
		switch {
		case at < 0:
			parts = append(parts, failed("Grafana has no data source %q", name))
			continue
		case want.Type != "" && all[at].Type != want.Type:
			parts = append(parts, failed("the data source %s is of type %s, not %s", name, phrase.ShortenAtWord(all[at].Type, 60), want.Type))
			continue
		case want.Untested:
			parts = append(parts, answer.Evidence{Verdict: answer.Passed, Summary: "the data source " + name + " exists"})
			continue
		}
		health, err := g.client.Health(ctx, all[at].UID)
		if err != nil {
			return parts, err
		}
		parts = append(parts, healthOf(name, health))
	}
	return parts, nil
}

func healthOf(name string, health grafana.Health) answer.Evidence {
	switch health {
	case grafana.Healthy:
		return answer.Evidence{Verdict: answer.Passed, Summary: "the data source " + name + " works"}
	case grafana.Broken:
		return failed("the data source %s fails its test; open it in Grafana and press Save & test to see why", name)
	}
	return gates.Errored("the data source %s has no test; write untested: true if it is enough that it exists", name)
}

func (g *grafanaGate) contactPoints(ctx context.Context) (parts []answer.Evidence, err error) {
	if len(g.settings.ContactPoints) == 0 {
		return nil, nil
	}
	all, err := g.client.ContactPoints(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(g.settings.ContactPoints)) {
		var types []string
		for _, c := range all {
			if c.Name == name {
				types = append(types, c.Type)
			}
		}
		switch want := g.settings.ContactPoints[name].Type; {
		case len(types) == 0:
			parts = append(parts, failed("Grafana has no contact point %q", name))
		case want != "" && !slices.Contains(types, want):
			parts = append(parts, failed("the contact point %s sends to %s, not to %s", name, phrase.ShortenAtWord(strings.Join(types, ", "), 60), want))
		default:
			parts = append(parts, answer.Evidence{Verdict: answer.Passed, Summary: "the contact point " + name + " exists"})
		}
	}
	return parts, nil
}
