package upstream

import (
	"cmp"
	"context"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"gonogo/playground/upstream/pgwire"
)

// The credentials for the practice databases, which contain nothing secret.
const (
	databaseUser     = "gonogo"
	databasePassword = "practice"
)

// slowStatement is how long a statement takes in a slow database.
const slowStatement = 30 * time.Second

// oneMissing is the module that the state one-missing leaves out. No other module
// depends on it.
const oneMissing = "ipai_knowledge_ai"

// database is one environment's table of Odoo modules behind PostgreSQL's wire
// protocol. Each environment has its own server, table and switches.
type database struct {
	environment string
	community   *Switch
	remaining   *Switch
	condition   *Switch
	server      *pgwire.Server

	schema, migrations, policies, log, salt, route, refresh, replica, project, backups *Switch

	pooler         *pgwire.Server // in front of the server, for the dashboards
	poolerListener net.Listener
}

func stagingDatabase(p Place) (*Upstream, error) {
	u, err := odooDatabase(p, "staging", "Staging database", "STAGING_ODOO_URL")
	if err == nil {
		// For configurations from before production had its own database.
		u.Variables = append(u.Variables, Variable{"ODOO_DATABASE_URL", u.Variables[0].Value, "the same database, for a configuration with only one"})
	}
	return u, err
}

func productionDatabase(p Place) (*Upstream, error) {
	return odooDatabase(p, "production", "Production database", "PRODUCTION_ODOO_URL")
}

func odooDatabase(p Place, environment, title, variable string) (*Upstream, error) {
	listener, err := p.Listen(environment + "-odoo")
	if err != nil {
		return nil, err
	}
	d := &database{environment: environment}
	d.addSwitches(p)
	d.addSchemaSwitches(p)
	d.addProjectSwitches(p)
	name := "odoo_" + environment
	d.server = pgwire.New(pgwire.Options{
		Database: name, User: databaseUser, Password: databasePassword,
		Statements: slices.Concat(d.statements(), d.schemaStatements(), d.projectStatements()), Size: 187 << 20,
		Delay: d.delay,
		Log:   p.Log,
	})
	pooler, err := d.newPooler(p, name)
	if err != nil {
		return nil, err
	}
	d.server.Refuse(d.condition.is("refusing"))
	d.pooler.Refuse(d.condition.is("refusing") || d.route.is("off"))
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(databaseUser, databasePassword),
		Host: listener.Addr().String(), Path: name, RawQuery: "sslmode=disable",
	}
	return &Upstream{
		Title:    title,
		Switches: []*Switch{d.community, d.remaining, d.condition, d.schema, d.migrations, d.policies, d.log, d.salt, d.route, d.refresh, d.replica, d.project, d.backups},
		Variables: []Variable{
			{variable, address.String(), environment + "'s practice Odoo database, which accepts only a fixed list of statements"},
			pooler,
			{strings.ToUpper(environment) + "_POOLER_ADDRESS", poolerAddress, "the address from which that pooler connects to the database"},
		},
		Run: func(ctx context.Context) error {
			group, ctx := errgroup.WithContext(ctx)
			group.Go(func() error { return d.server.Serve(ctx, listener) })
			group.Go(func() error { return d.pooler.Serve(ctx, d.poolerListener) })
			return group.Wait()
		},
	}, nil
}

func (d *database) addSwitches(p Place) {
	d.community = d.restore(p, &Switch{
		Former: "oca-dependencies", Title: "OCA dependencies on " + d.environment,
		Help: "base_tier_validation and server_environment, which the remaining modules need.",
		States: []State{
			{ID: "not-installed", Title: "Not installed"},
			{ID: "installed", Title: "Installed", Good: true},
		},
	})
	d.remaining = d.restore(p, &Switch{
		Former: "remaining-modules", Title: "The four remaining modules on " + d.environment,
		Help: "ipai_expense, ipai_procure, ipai_subscriptions and ipai_knowledge_ai.",
		States: []State{
			{ID: "not-installed", Title: "Not installed"},
			{ID: "one-missing", Title: oneMissing + " is missing"},
			{ID: "stuck", Title: "Stuck in “to install”"},
			{ID: "installed", Title: "Installed", Good: true},
		},
	})
	d.condition = d.restore(p, &Switch{
		Former: "database", Title: "Database of " + d.environment,
		Help: "Slow: a statement takes 30 seconds. Refusing: it rejects every connection, as during its start.",
		States: []State{
			{ID: "answering", Title: "Answers", Good: true},
			{ID: "slow", Title: "Slow"},
			{ID: "refusing", Title: "Refuses connections"},
		},
		effect: func(state string) error {
			d.server.Refuse(state == "refusing")
			d.pooler.Refuse(state == "refusing" || d.route.is("off"))
			return nil
		},
	})
}

// restore sets a switch's ID from its environment, and its position from before a
// restart.
func (d *database) restore(p Place, s *Switch) *Switch {
	s.ID = d.environment + "-" + s.Former
	return s.restore(p)
}

func (d *database) delay() time.Duration {
	if d.condition.is("slow") {
		return slowStatement
	}
	return 0
}

// table is the content of ir_module_module in the current state of the switches.
func (d *database) table() []module {
	states := map[string]string{"not-installed": uninstalled, "stuck": toInstall, "installed": installed, "one-missing": installed}
	remaining := d.remaining.Position()
	table := moduleTable(states[d.community.Position()], states[remaining])
	if i := slices.IndexFunc(table, func(m module) bool { return m.name == oneMissing }); remaining == "one-missing" {
		table[i].state, table[i].version = uninstalled, ""
	}
	return table
}

// statements are all statements that the database accepts. The column with a module's
// version is latest_version in Odoo's releases, as here, and db_version in its newest
// sources (https://github.com/odoo/odoo/blob/master/odoo/addons/base/data/base_data.sql).
func (d *database) statements() []pgwire.Statement {
	name := pgwire.Column{Name: "name", Type: pgwire.Varchar}
	state := pgwire.Column{Name: "state", Type: pgwire.VarcharOf(16)}
	coalesced := pgwire.Column{Name: "coalesce", Type: pgwire.Varchar}
	return []pgwire.Statement{
		{
			Text:    `select column_name from information_schema.columns where table_schema = any (current_schemas(false)) and table_name = 'ir_module_module' and column_name in ('latest_version', 'db_version')`,
			Columns: []pgwire.Column{{Name: "column_name", Type: pgwire.Name}},
			Rows:    func() [][]string { return [][]string{{"latest_version"}} },
		},
		{
			Text:    `select name, state, coalesce(latest_version, '') from ir_module_module order by name`,
			Columns: []pgwire.Column{name, state, coalesced},
			Rows:    d.versions,
		},
		{
			Text:  `select name, state, coalesce(db_version, '') from ir_module_module order by name`,
			Fault: &pgwire.Fault{Code: "42703", Message: `column "db_version" does not exist`, At: "db_version"},
		},
		{
			Text:    `select m.name, d.name, coalesce(t.state, '') from ir_module_module_dependency d join ir_module_module m on m.id = d.module_id left join ir_module_module t on t.name = d.name where t.state is distinct from 'installed' order by m.name, d.name`,
			Columns: []pgwire.Column{name, name, coalesced},
			Rows:    d.unmet,
		},
		{
			Text:    `select count(*) from ir_module_module where state in ('to install', 'to upgrade', 'to remove')`,
			Columns: []pgwire.Column{{Name: "count", Type: pgwire.Int8}},
			Rows:    d.inTransition,
		},
		{
			// The statement in the release's checklist.
			Text:    `SELECT name, state FROM ir_module_module WHERE name LIKE 'ipai_%' OR name LIKE 'superset_%' ORDER BY name`,
			Columns: []pgwire.Column{name, state},
			Rows:    d.release,
		},
	}
}

func (d *database) versions() [][]string {
	var rows [][]string
	for _, m := range d.table() {
		rows = append(rows, []string{m.name, m.state, m.version})
	}
	return rows
}

func (d *database) release() [][]string {
	var rows [][]string
	for _, m := range d.table() {
		if strings.HasPrefix(m.name, "ipai_") || m.name == "superset_connector" {
			rows = append(rows, []string{m.name, m.state})
		}
	}
	return rows
}

// unmet lists each module's dependencies that aren't installed.
func (d *database) unmet() [][]string {
	table := d.table()
	states := map[string]string{}
	for _, m := range table {
		states[m.name] = m.state
	}
	var rows [][]string
	for _, m := range table {
		for _, needed := range m.needs {
			if states[needed] != installed {
				rows = append(rows, []string{m.name, needed, states[needed]})
			}
		}
	}
	slices.SortFunc(rows, func(a, b []string) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	return rows
}

func (d *database) inTransition() [][]string {
	n := 0
	for _, m := range d.table() {
		if m.state == toInstall {
			n++
		}
	}
	return [][]string{{strconv.Itoa(n)}}
}
