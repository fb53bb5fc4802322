package upstream

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/playground/upstream/pgwire"
)

// relation is a table, view or index of the release, as the catalog has it.
type relation struct {
	schema, name string
	kind         string // pg_class.relkind
	invalid      bool   // an index whose build failed
	policies     []string
}

// reporting is the schema that the dashboards read.
const reporting = "reporting"

// ownCompany is the policy that shows a login only its own company's rows.
const ownCompany = "own_company"

// schemaOf are the tables, indexes and views of the release. The tables that dashboards
// read have policies.
var schemaOf = []relation{
	{schema: "public", name: "ipai_approval_request", kind: "r", policies: []string{ownCompany}},
	{schema: "public", name: "ipai_approval_request_company_id_index", kind: "i"},
	{schema: "public", name: "ipai_cost_sheet", kind: "r", policies: []string{ownCompany}},
	{schema: "public", name: "ipai_cost_sheet_project_id_index", kind: "i"},
	{schema: "public", name: "ipai_document", kind: "r"},
	{schema: "public", name: "ipai_document_embedding_index", kind: "i"},
	{schema: "public", name: "ipai_expense", kind: "r", policies: []string{ownCompany}},
	{schema: "public", name: "ipai_rate_card", kind: "r"},
	{schema: "public", name: "ipai_rfq", kind: "r", policies: []string{ownCompany}},
	{schema: "public", name: "ipai_subscription", kind: "r", policies: []string{ownCompany}},
	{schema: reporting, name: "open_approvals", kind: "v"},
	{schema: reporting, name: "purchase_cycle", kind: "v"},
	{schema: reporting, name: "revenue_daily", kind: "m"},
	{schema: "supabase_migrations", name: "schema_migrations", kind: "r"},
}

// migrationScripts are the release's eight migrations.
var migrationScripts = []string{
	"0001_core_tables", "0002_approvals", "0003_cost_sheets", "0004_expenses", "0005_procurement", "0006_subscriptions", "0007_document_search", "0008_reporting",
}

// The states of the switches of a schema.
const (
	tableMissing = "table-missing"
	indexBroken  = "index-invalid"
	viewMissing  = "view-missing"
	oneNotRun    = "one-missing"
)

func (d *database) addSchemaSwitches(p Place) {
	d.schema = d.restore(p, &Switch{
		Former: "schema", Title: "Tables, indexes and views on " + d.environment,
		Help: "Those of the release, which its migration scripts create.",
		States: []State{
			{ID: "complete", Title: "All exist", Good: true},
			{ID: tableMissing, Title: "The table of documents is missing"},
			{ID: indexBroken, Title: "The build of an index failed"},
			{ID: viewMissing, Title: "A view is missing"},
			{ID: "unchecked", Title: "A constraint was never validated"},
		},
	})
	d.migrations = d.restore(p, &Switch{
		Former: "migrations", Title: "Migration scripts on " + d.environment,
		Help: "The eight scripts, as the database records them.",
		States: []State{
			{ID: "all", Title: "All 8 have run", Good: true},
			{ID: oneNotRun, Title: "The last one hasn't run"},
		},
	})
	d.policies = d.restore(p, &Switch{
		Former: "row-security", Title: "Row-level security on " + d.environment,
		Help: "Whether the dashboards' login sees only its own company's rows.",
		States: []State{
			{ID: "on", Title: "On", Good: true},
			{ID: "off", Title: "Off for expenses"},
			{ID: "open", Title: "Another policy shows all expenses"},
		},
	})
	d.addServerSwitches(p)
}

// addServerSwitches adds what isn't about the release's own tables.
func (d *database) addServerSwitches(p Place) {
	d.log = d.restore(p, &Switch{
		Former: "installation", Title: "What the installation logged on " + d.environment,
		Help: "Odoo's own log in the database, which it writes if it is started with --log-db.",
		States: []State{
			{ID: "clean", Title: "No errors", Good: true},
			{ID: "errors", Title: "Two errors"},
			{ID: "empty", Title: "Nothing was logged"},
		},
	})
	d.route = d.restore(p, &Switch{
		Former: "pooler", Title: "Supabase's connection pooler on " + d.environment,
		Help: "The pooler in front of the database, which answers on a port of its own.",
		States: []State{
			{ID: "used", Title: "On, and Odoo connects through it", Good: true},
			{ID: "bypassed", Title: "On, but Odoo also connects directly"},
			{ID: "off", Title: "Off"},
		},
		effect: func(state string) error {
			d.pooler.Refuse(state == "off" || d.condition.is("refusing"))
			return nil
		},
	})
	d.refresh = d.restore(p, &Switch{
		Former: "reports", Title: "Reporting data on " + d.environment,
		Help: "The materialized view that the dashboards read, which is refreshed every night.",
		States: []State{
			{ID: "fresh", Title: "Refreshed last night", Good: true},
			{ID: "old", Title: "A week old"},
		},
	})
	d.salt = d.restore(p, &Switch{
		Former: "salt", Title: "The salt of " + d.environment,
		Help: "The parameter ipai.salt, which each installation generates for itself.",
		States: []State{
			{ID: "own", Title: "Generated", Good: true},
			{ID: "none", Title: "There is none"},
		},
	})
	d.replica = d.restore(p, &Switch{
		Former: "replica", Title: "Replication of " + d.environment,
		Help: "The read replica of the database.",
		States: []State{
			{ID: "streaming", Title: "Up to date", Good: true},
			{ID: "lost", Title: "The replica is gone"},
		},
	})
}

// relations are those that there are in the state of the switches.
func (d *database) relations() []relation {
	all := slices.Clone(schemaOf)
	if !d.project.is(elsewhere) {
		all = append(all, projectTables...)
	}
	without := func(name string) {
		all = slices.DeleteFunc(all, func(r relation) bool { return r.name == name })
	}
	switch d.schema.Position() {
	case tableMissing:
		without("ipai_document")
		without("ipai_document_embedding_index")
	case viewMissing:
		without("purchase_cycle")
	case indexBroken:
		at(all, "ipai_cost_sheet_project_id_index").invalid = true
	}
	switch expenses := at(all, "ipai_expense"); d.policies.Position() {
	case "off":
		expenses.policies = nil
	case "open":
		expenses.policies = []string{"anybody", ownCompany}
	}
	return all
}

func at(all []relation, name string) *relation {
	return &all[slices.IndexFunc(all, func(r relation) bool { return r.name == name })]
}

// flag is a boolean in its text form.
func flag(is bool) string {
	if is {
		return "t"
	}
	return "f"
}

// row is a relation as the gate postgres_schema asks for it. Row-level security applies
// to an ordinary login, and a superuser has every role.
func (r relation) row(ordinary bool) []string {
	secured := len(r.policies) > 0
	return []string{
		r.schema, r.name, r.kind, flag(r.kind == "i" && !r.invalid), "t",
		flag(secured), "f", flag(secured && ordinary), flag(!ordinary), "{" + strings.Join(r.policies, ",") + "}",
	}
}

// listed reads a list of names in PostgreSQL's text form.
func listed(text string) []string {
	return strings.Split(strings.NewReplacer("{", "", "}", "", `"`, "").Replace(text), ",")
}

// catalogStatements ask the catalog about relations, as an ordinary login or a superuser.
func (d *database) catalogStatements(ordinary bool) []pgwire.Statement {
	text := func(name string) pgwire.Column { return pgwire.Column{Name: name, Type: pgwire.Text} }
	is := func(name string) pgwire.Column { return pgwire.Column{Name: name, Type: pgwire.Bool} }
	return []pgwire.Statement{
		{
			Text: `select n.nspname::text, c.relname::text, c.relkind::text, coalesce(i.indisvalid and i.indisready and i.indislive, false), c.relispopulated, c.relrowsecurity, c.relforcerowsecurity, row_security_active(c.oid), pg_has_role(c.relowner, 'usage'), array(select polname::text from pg_catalog.pg_policy where polrelid = c.oid order by 1) from unnest($1::text[], $2::text[]) as wanted (schema, relation) join pg_catalog.pg_namespace n on n.nspname::text = wanted.schema join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname::text = wanted.relation left join pg_catalog.pg_index i on i.indexrelid = c.oid`,
			Columns: []pgwire.Column{
				text("nspname"), text("relname"), text("relkind"), is("coalesce"), is("relispopulated"),
				is("relrowsecurity"), is("relforcerowsecurity"), is("row_security_active"), is("pg_has_role"), {Name: "array", Type: pgwire.Texts},
			},
			Params: []pgwire.Type{pgwire.Texts, pgwire.Texts},
			RowsFor: func(args []string) (rows [][]string) {
				schemas, names := listed(args[0]), listed(args[1])
				for _, r := range d.relations() {
					for i, name := range names {
						if r.name == name && i < len(schemas) && r.schema == schemas[i] {
							rows = append(rows, r.row(ordinary))
						}
					}
				}
				return rows
			},
		},
		{
			Text:    `select c.relname::text from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname::text = $1 order by 1 limit $2`,
			Columns: []pgwire.Column{text("relname")},
			Params:  []pgwire.Type{pgwire.Text, pgwire.Int8},
			RowsFor: func(args []string) (rows [][]string) {
				for _, r := range d.relations() {
					if r.schema == args[0] {
						rows = append(rows, []string{r.name})
					}
				}
				return rows
			},
		},
	}
}

// schemaStatements ask for what is in the release's tables, and how the server is.
func (d *database) schemaStatements() []pgwire.Statement {
	count := func(text string, n func() int) pgwire.Statement {
		return pgwire.Statement{Text: text, Columns: []pgwire.Column{{Name: "count", Type: pgwire.Int8}}, Rows: func() [][]string { return [][]string{{strconv.Itoa(n())}} }}
	}
	when := func(s *Switch, state string, then, otherwise int) func() int {
		return func() int {
			if s.is(state) {
				return then
			}
			return otherwise
		}
	}
	return append(append(d.catalogStatements(false), d.replicationStatements()...),
		count(`select count(*) from pg_constraint where not convalidated`, when(d.schema, "unchecked", 1, 0)),
		count(`select count(*) from ir_logging where name like 'odoo.modules.%'`, when(d.log, "empty", 0, 412)),
		count(`select count(*) from ir_logging where name like 'odoo.modules.%' and level in ('ERROR', 'CRITICAL')`, when(d.log, "errors", 2, 0)),
		count(`select count(*) from ir_config_parameter where key = 'ipai.salt' and length(value) >= 32`, when(d.salt, "none", 0, 1)),
		count(`select count(*) from pg_stat_activity where usename = 'odoo' and client_addr = '`+poolerAddress+`'`, when(d.route, "off", 0, 4)),
		count(`select count(*) from pg_stat_activity where usename = 'odoo' and client_addr is distinct from '`+poolerAddress+`'`, when(d.route, "used", 0, 4)),
		pgwire.Statement{
			Text:    `select distinct pg_catalog.left("name"::text, 501) from "supabase_migrations"."schema_migrations" where "name" is not null order by 1 limit 10001`,
			Columns: []pgwire.Column{{Name: "left", Type: pgwire.Text}},
			Rows:    d.applied,
		},
		pgwire.Statement{
			Text:    `select extract(epoch from pg_catalog.clock_timestamp() - max("day"))::float8 from "reporting"."revenue_daily"`,
			Columns: []pgwire.Column{{Name: "extract", Type: pgwire.Float8}},
			Rows:    d.refreshed,
		},
		pgwire.Statement{
			Text:    `select id, name, state from reporting.open_approvals limit 50`,
			Columns: []pgwire.Column{{Name: "id", Type: pgwire.Int4}, {Name: "name", Type: pgwire.Varchar}, {Name: "state", Type: pgwire.VarcharOf(16)}},
			Rows: func() [][]string {
				return [][]string{{"17", "Laptop for the new designer", "pending"}, {"21", "Trade fair in Cebu", "pending"}}
			},
		},
	)
}

// replicationStatements ask a primary for its part in replication and for its standbys.
func (d *database) replicationStatements() []pgwire.Statement {
	return []pgwire.Statement{
		{
			Text:    `select pg_is_in_recovery(), coalesce(pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn(), false), extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8`,
			Columns: []pgwire.Column{{Name: "pg_is_in_recovery", Type: pgwire.Bool}, {Name: "coalesce", Type: pgwire.Bool}, {Name: "extract", Type: pgwire.Float8}},
			Rows:    func() [][]string { return [][]string{{"f", "f", pgwire.Null}} },
		},
		{
			Text:    `select r.application_name, r.state, extract(epoch from r.replay_lag)::float8, r.replay_lsn >= case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end from pg_catalog.pg_stat_replication r where not exists (select from pg_catalog.pg_replication_slots s where s.active_pid = r.pid and s.slot_type = 'logical')`,
			Columns: []pgwire.Column{{Name: "application_name", Type: pgwire.Text}, {Name: "state", Type: pgwire.Text}, {Name: "extract", Type: pgwire.Float8}, {Name: "?column?", Type: pgwire.Bool}},
			Rows: func() [][]string {
				if d.replica.is("lost") {
					return nil
				}
				return [][]string{{"replica", "streaming", pgwire.Null, "t"}}
			},
		},
	}
}

func (d *database) applied() (rows [][]string) {
	for _, name := range migrationScripts {
		rows = append(rows, []string{name})
	}
	if d.migrations.is(oneNotRun) {
		rows = rows[:len(rows)-1]
	}
	return rows
}

// refreshed is how many seconds ago the newest row of the reporting data is from.
func (d *database) refreshed() [][]string {
	age := 9 * time.Hour
	if d.refresh.is("old") {
		age = 7 * day
	}
	return [][]string{{strconv.FormatFloat(age.Seconds(), 'f', -1, 64)}}
}

// poolerAddress is the address from which the pooler connects to the database.
const poolerAddress = "10.244.0.53"

// The login of the dashboards, which sees only its own company's rows. It protects nothing.
const (
	dashboardsUser     = "superset"
	dashboardsPassword = "practice"
)

// ordinaryLogin is what PostgreSQL 15 says to a login that isn't a superuser's, and may
// thus not see all, when it asks how a constant is planned and which functions and views
// are the team's own.
var ordinaryLogin = []pgwire.Statement{
	{
		Text:    `explain (verbose, format json) select 1`,
		Columns: []pgwire.Column{{Name: "QUERY PLAN", Type: pgwire.JSON}},
		Rows: func() [][]string {
			return [][]string{{`[{"Plan": {"Node Type": "Result", "Parallel Aware": false, "Async Capable": false, ` +
				`"Startup Cost": 0.00, "Total Cost": 0.01, "Plan Rows": 1, "Plan Width": 4, "Output": ["1"]}}]`}}
		},
	},
	{
		Text: `select p.oid::bigint, p.proname::text, true as function, p.prosecdef and pg_catalog.pg_has_role(p.proowner, 'pg_read_all_stats', 'usage') as trusted, exists (select from pg_catalog.pg_operator o where o.oprcode = p.oid) or exists (select from pg_catalog.pg_cast c where c.castfunc = p.oid) as implicit from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace join pg_catalog.pg_language l on l.oid = p.prolang where n.nspname !~ '^pg_|^information_schema$' and (p.prokind = 'a' or l.lanname not in ('c', 'internal')) union all select c.oid::bigint, c.relname::text, false, false, false from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind = 'v' and n.nspname !~ '^pg_|^information_schema$'`,
		Columns: []pgwire.Column{{Name: "oid", Type: pgwire.Int8}, {Name: "proname", Type: pgwire.Text},
			{Name: "function", Type: pgwire.Bool}, {Name: "trusted", Type: pgwire.Bool}, {Name: "implicit", Type: pgwire.Bool}},
		Rows: func() [][]string { return nil },
	},
}

// newPooler makes the pooler in front of a database, where the dashboards log in. It
// listens on a port of its own.
func (d *database) newPooler(p Place, name string) (Variable, error) {
	listener, err := p.Listen(d.environment + "-pooler")
	if err != nil {
		return Variable{}, err
	}
	d.pooler, d.poolerListener = pgwire.New(pgwire.Options{
		Database: name, User: dashboardsUser, Password: dashboardsPassword, Ordinary: true,
		Statements: append(d.catalogStatements(true), ordinaryLogin...), Delay: d.delay, Log: p.Log,
	}), listener
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(dashboardsUser, dashboardsPassword),
		Host: listener.Addr().String(), Path: name, RawQuery: "sslmode=disable",
	}
	return Variable{strings.ToUpper(d.environment) + "_POOLER_URL", address.String(), "the connection pooler of " + d.environment + "'s practice database, with the login of the dashboards"}, nil
}
