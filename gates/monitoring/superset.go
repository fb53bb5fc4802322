package monitoring

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"gonogo/clients/superset"
	"gonogo/gates"
	"gonogo/gates/limit"
	"gonogo/readiness/answer"
)

// Superset is the kind superset.
var Superset = gates.Kind{
	Name: "superset", About: "dashboards, charts and row-level security in Apache Superset, also as a user who must not see everything", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed: "all of them exist and are as configured, the charts have their rows in time, and the other logins see nothing foreign",
		Warned: "the same, but a chart takes longer than its warning limit",
		Failed: "one of them doesn't exist or is otherwise, the query of a chart fails, has too few rows or takes too long, or another login sees what it must not see",
		Errored: "Superset can't be reached or rejects a login; the user may not look; several have the same name; a chart has no query saved, or is answered later (GLOBAL_ASYNC_QUERIES); " +
			"or another login sees no row at all, or may read the rules, so that it proves nothing",
	},
	Notes: `The user is one of Superset's own database. What the user may not see is reported as missing, because Superset leaves it out. A role with "can read" on
Dashboard, Chart and Dataset and access to the data is enough, and for ` + "`rules`" + ` also on RowLevelSecurity, which usually only Admin has.

A chart's data is asked for with ` + "`force=true`" + `, past Superset's cache, so each run is a real query. Superset runs the query that was saved with the chart; charts that were
imported or made through the API often have none, and are errored until somebody opens and saves them. The time is that of the data, not of the page.

` + "`logins`" + ` look through the eyes of somebody else: a second connection to the same Superset, with a user whose rights are those of ordinary people. Every row that this user
gets must have one of the ` + "`values`" + ` in the ` + "`column`" + `, and there must be rows, because a chart that is empty for everybody proves nothing. Put the column into the chart.
What is ` + "`hidden`" + ` must exist for the first user and not be found by the second. The values of foreign rows are never shown.

Not visible to it: what a dashboard looks like, whether filters work together, rows beyond a chart's row limit, and how fast the page is in a browser.`,
	Example: `connection: boards
dashboards: { Sales: { charts: [Revenue, Orders], count: ">= 6", filters: [Date range, Company], refresh: "<= 10m", published: true } }
charts: { Revenue: { rows: "> 0", runs: 5, time: "P95 < 2s", warn: "P95 < 1s", export: csv, export_time: "< 10s" } }
rules: { Company: { type: Regular, tables: [sales], roles: [Analyst], clause: company_id } }
logins: { analyst: { charts: { Revenue: { column: company, values: [Acme] } }, hidden: [Salaries] } }`,
	New: newSuperset,
}

// supersetSettings are the settings of kind superset.
type supersetSettings struct {
	Connection string               `yaml:"connection" required:"true"` // a connection of kind superset
	Dashboards map[string]boardWant `yaml:"dashboards"`                 // dashboards that must exist, by title
	Charts     map[string]chartWant `yaml:"charts"`                     // charts whose data is asked for, by name
	Rules      map[string]ruleWant  `yaml:"rules"`                      // rules of row-level security that must exist, by name
	Logins     map[string]loginWant `yaml:"logins"`                     // other connections to this Superset, by name, and what their users may see
}

// boardWant is what a dashboard must have.
type boardWant struct {
	Charts    []string    `yaml:"charts"`    // names of charts that it must have
	Count     limit.Count `yaml:"count"`     // how many charts it must have
	Filters   []string    `yaml:"filters"`   // names of filters that it must have
	Refresh   limit.Times `yaml:"refresh"`   // how often it refreshes by itself, as in 10m or <= 15m
	Published bool        `yaml:"published"` // whether it must be published; default: false
}

// chartWant is what a chart must show.
type chartWant struct {
	Dashboard  string      `yaml:"dashboard"`                     // the title of a dashboard that has it, which tells charts of the same name apart
	Rows       limit.Count `yaml:"rows"`                          // how many rows it must show
	Runs       int         `yaml:"runs" from:"1" to:"100"`        // how often it is asked for; default: 1
	Time       limit.Times `yaml:"time"`                          // how long that may take
	Warn       limit.Times `yaml:"warn"`                          // how long it should take; outside of it the gate warns
	Export     string      `yaml:"export" pattern:"^(csv|xlsx)$"` // the format to export its data in as well: csv or xlsx
	ExportTime limit.Times `yaml:"export_time"`                   // how long the export may take
}

// ruleWant is what a rule must be.
type ruleWant struct {
	Type   string   `yaml:"type" pattern:"^(Regular|Base)$"` // its type: Regular or Base
	Tables []string `yaml:"tables"`                          // tables that it must be for
	Roles  []string `yaml:"roles"`                           // roles that it must name
	Clause string   `yaml:"clause"`                          // text that its clause must contain
}

// loginWant is what another user may see.
type loginWant struct {
	Charts map[string]ownRows `yaml:"charts"` // charts that the user sees, by name, and whose rows
	Hidden []string           `yaml:"hidden"` // titles of dashboards and names of charts that the user must not see
}

// ownRows are those that a user may see.
type ownRows struct {
	Column string   `yaml:"column" required:"true"` // the column that tells whose a row is
	Values []string `yaml:"values" required:"true"` // what it may be
}

type supersetGate struct {
	client   *superset.Client
	logins   map[string]*superset.Client
	settings supersetSettings
}

func newSuperset(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	var s supersetSettings
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	server, err := gates.Client[*superset.Client](deps, s.Connection, "superset")
	var faults gates.Faults
	if err != nil && !errors.As(err, &faults) {
		return gates.Built{}, err
	}
	faults = append(faults, s.faults()...)
	g := &supersetGate{server, map[string]*superset.Client{}, s}
	var secrets []string
	var whom []string
	for _, name := range slices.Sorted(maps.Keys(s.Logins)) {
		other, more, err := otherLogin(deps, name, server)
		if err != nil {
			return gates.Built{}, err
		}
		if faults = append(faults, more...); len(more) == 0 {
			g.logins[name], secrets, whom = other, append(secrets, other.Secrets()...), append(whom, other.Username())
		}
	}
	if err := faults.OrNil(); err != nil {
		return gates.Built{}, err
	}
	return gates.Built{Gate: g, Settings: gates.SettingsHash("superset", s, server.URL(), server.Username(), whom), Secrets: append(secrets, server.Secrets()...)}, nil
}

// otherLogin finds a connection that looks at the same server as another user. Without the
// server, only the connection itself is looked at.
func otherLogin(deps gates.Deps, name string, server *superset.Client) (*superset.Client, gates.Faults, error) {
	other, err := gates.Client[*superset.Client](deps, name, "superset")
	var faults gates.Faults
	switch {
	case errors.As(err, &faults):
		return nil, gates.Faults{{Field: "logins." + name, Problem: faults[0].Problem}}, nil
	case err != nil, server == nil:
		return other, nil, err
	case other.URL() != server.URL():
		return nil, gates.Faults{{Field: "logins." + name, Problem: fmt.Sprintf("connection %q is to another Superset; it must have the same url", name)}}, nil
	case other.Username() == server.Username():
		return nil, gates.Faults{{Field: "logins." + name, Problem: fmt.Sprintf("connection %q has the same user; name one with another user, who sees less", name)}}, nil
	}
	return other, nil, nil
}

func (s *supersetSettings) faults() (faults gates.Faults) {
	note := func(bad bool, field, problem string) {
		if bad {
			faults = append(faults, gates.Fault{Field: field, Problem: problem})
		}
	}
	note(len(s.Dashboards)+len(s.Charts)+len(s.Rules)+len(s.Logins) == 0, "dashboards", "there is nothing to look for; name dashboards, charts, rules or logins")
	for _, title := range slices.Sorted(maps.Keys(s.Dashboards)) {
		note(s.Dashboards[title].Refresh.Percentile != 0, "dashboards."+title+".refresh", "there is only one time; remove the percentile")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Charts)) {
		c, field := s.Charts[name], "charts."+name
		note(c.Runs < 0 || c.Runs > 100, field+".runs", "runs must be from 1 to 100")
		note(c.Export != "" && c.Export != "csv" && c.Export != "xlsx", field+".export", "export is csv or xlsx")
		note(c.Export == "" && c.ExportTime.Set(), field+".export_time", "export_time is of an export; write export: csv, or remove it")
		note(c.ExportTime.Percentile != 0, field+".export_time", "there is only one time; remove the percentile")
		faults = append(faults, gates.NeverWarns(field+".warn", c.Warn.Limit, c.Time.Limit)...)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Rules)) {
		t := s.Rules[name].Type
		note(t != "" && t != "Regular" && t != "Base", "rules."+name+".type", "type is Regular or Base")
	}
	for _, login := range slices.Sorted(maps.Keys(s.Logins)) {
		want := s.Logins[login]
		note(len(want.Charts)+len(want.Hidden) == 0, "logins."+login, "there is nothing to look for; name charts or hidden")
		for _, name := range slices.Sorted(maps.Keys(want.Charts)) {
			note(want.Charts[name].Column == "" || len(want.Charts[name].Values) == 0, "logins."+login+".charts."+name, "write the column that tells whose a row is, and its values, as in { column: company, values: [Acme] }")
		}
	}
	return faults
}

// Deadline implements [gates.WithDeadline]: each run of a chart, and each export, may take
// as long as Superset lets a query run by default.
func (g *supersetGate) Deadline() time.Duration {
	queries := 0
	for _, c := range g.settings.Charts {
		queries += max(c.Runs, 1)
		if c.Export != "" {
			queries++
		}
	}
	for _, l := range g.settings.Logins {
		queries += len(l.Charts)
	}
	return gates.UsualDeadline + time.Duration(queries)*time.Minute
}

// Check implements [gates.Gate].
func (g *supersetGate) Check(ctx context.Context, _ gates.Scope) answer.Evidence {
	session, err := g.client.LogIn(ctx)
	if err != nil {
		return unlessCut(ctx, gates.Errored("%s", err))
	}
	look := supersetLook{ctx, session}
	var parts []answer.Evidence
	for _, title := range slices.Sorted(maps.Keys(g.settings.Dashboards)) {
		parts = append(parts, look.dashboard(title, g.settings.Dashboards[title]))
	}
	for _, name := range slices.Sorted(maps.Keys(g.settings.Charts)) {
		parts = append(parts, look.chart(name, g.settings.Charts[name]))
	}
	parts = append(parts, look.rules(g.settings.Rules)...)
	for _, login := range slices.Sorted(maps.Keys(g.settings.Logins)) {
		parts = append(parts, look.login(login, g.logins[login], g.settings.Logins[login])...)
	}
	return unlessCut(ctx, gates.Joined(parts))
}

// unlessCut is evidence, unless the gate was called off meanwhile.
func unlessCut(ctx context.Context, ev answer.Evidence) answer.Evidence {
	if ctx.Err() != nil {
		return gates.Errored("cut off while it asked Superset")
	}
	return ev
}

// runs is how often a chart is asked for.
func (w chartWant) runs() int { return cmp.Or(w.Runs, 1) }
