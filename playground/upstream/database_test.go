package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"gonogo/gates/gatestest"
)

// step is one statement of a script, with its parameters.
type step struct {
	sql  string
	args []any
}

const (
	columnsQuery   = `select column_name from information_schema.columns where table_schema = any (current_schemas(false)) and table_name = 'ir_module_module' and column_name in ('latest_version', 'db_version')`
	latestQuery    = `select name, state, coalesce(latest_version, '') from ir_module_module order by name`
	dbVersionQuery = `select name, state, coalesce(db_version, '') from ir_module_module order by name`
	unmetQuery     = `select m.name, d.name, coalesce(t.state, '')
		from ir_module_module_dependency d
		join ir_module_module m on m.id = d.module_id
		left join ir_module_module t on t.name = d.name
		where t.state is distinct from 'installed'
		order by m.name, d.name`
	transitionQuery = `select count(*) from ir_module_module where state in ('to install', 'to upgrade', 'to remove')`
	checklistQuery  = `SELECT name, state FROM ir_module_module WHERE name LIKE 'ipai_%' OR name LIKE 'superset_%' ORDER BY name;`
	activityQuery   = `select count(*) from pg_stat_activity where datname = current_database()`
	sizeQuery       = `select pg_database_size(current_database())`
	timeoutQuery    = `select set_config('statement_timeout', $1, true)`
	settingsQuery   = `select set_config('statement_timeout', $1, true), set_config('row_security', 'off', true)`
	membershipQuery = `select coalesce(sum(case rolname when 'pg_read_all_stats' then 1 when 'pg_read_all_settings' then 2 else 4 end), 0) as rights from pg_catalog.pg_roles where rolname in ('pg_read_all_stats', 'pg_read_all_settings') and pg_catalog.pg_has_role(oid, 'usage') or rolname = current_user and rolsuper`
	selfQuery       = `select rolsuper, rolbypassrls from pg_catalog.pg_roles where rolname = current_user`
	pathQuery       = `select set_config('search_path', $1, true)`
	zoneQuery       = `select set_config('TimeZone', 'UTC', true)`
	ageQuery        = `select extract(epoch from pg_catalog.clock_timestamp() - max("day"))::float8 from "reporting"."revenue_daily"`
	lockQuery       = `select set_config('lock_timeout', $1, true)`
)

// scripts are run on a connection each.
var scripts = map[string][]step{
	"reading": {
		{sql: columnsQuery}, {sql: latestQuery}, {sql: dbVersionQuery}, {sql: unmetQuery}, {sql: transitionQuery},
		{sql: checklistQuery}, {sql: activityQuery}, {sql: sizeQuery}, {sql: "select 1"}, {sql: latestQuery},
	},
	"nothing": {{sql: ";"}, {sql: ""}, {sql: "-- ping"}, {sql: " "}},
	"read only": {
		{sql: "begin read only"}, {sql: timeoutQuery, args: []any{"5s"}}, {sql: lockQuery, args: []any{"1000"}},
		{sql: latestQuery}, {sql: "commit"}, {sql: "select 1"},
	},
	"as a gate begins": {
		{sql: "begin read only"}, {sql: settingsQuery, args: []any{"5s"}}, {sql: membershipQuery}, {sql: "rollback"},
		{sql: "begin read only"}, {sql: settingsQuery, args: []any{"soon"}}, {sql: "rollback"},
	},
	"repeatable read": {
		{sql: "begin isolation level repeatable read read only"}, {sql: unmetQuery}, {sql: "rollback"},
	},
	"failed transaction": {
		{sql: "begin read only"}, {sql: dbVersionQuery}, {sql: "select 1"}, {sql: timeoutQuery, args: []any{"5s"}},
		{sql: ";"}, {sql: "begin read only"}, {sql: "commit"}, {sql: "select 1"},
	},
	"writing": {
		{sql: "begin read only"}, {sql: "update ir_module_module set state = 'installed'"}, {sql: "rollback"},
		{sql: "begin read only"}, {sql: "Delete from ir_module_module"}, {sql: "rollback"},
		{sql: "begin read only"}, {sql: "truncate ir_module_module"}, {sql: "rollback"},
		{sql: "begin read only"}, {sql: "create table mine (id integer)"}, {sql: "rollback"},
		{sql: "begin read only"}, {sql: "insert into ir_module_module (name) values ('mine')"}, {sql: "commit"},
	},
	"ends without a beginning": {
		{sql: "commit"}, {sql: "rollback"}, {sql: "begin read only"}, {sql: "begin read only"}, {sql: "rollback"},
	},
	"timeouts": timeoutSteps(),
	"the schema": {
		{sql: "begin isolation level repeatable read read only"}, {sql: zoneQuery}, {sql: selfQuery}, {sql: ageQuery}, {sql: "rollback"},
		{sql: `select count(*) from pg_constraint where not convalidated`}, {sql: `select id, name, state from reporting.open_approvals limit 50`},
		{sql: `select count(*) from ir_logging where name like 'odoo.modules.%'`},
		{sql: `select count(*) from ir_logging where name like 'odoo.modules.%' and level in ('ERROR', 'CRITICAL')`},
		{sql: `select count(*) from ir_config_parameter where key = 'ipai.salt' and length(value) >= 32`},
		{sql: (&database{}).replicationStatements()[0].Text}, {sql: (&database{}).replicationStatements()[1].Text},
		{sql: `select distinct pg_catalog.left("name"::text, 501) from "supabase_migrations"."schema_migrations" where "name" is not null order by 1 limit 10001`},
	},
}

// catalogScript asks for relations as the gate postgres_schema does, in exec mode alone.
func catalogScript(d *database) []step {
	ask := d.catalogStatements(false)
	return []step{
		{sql: pathQuery, args: []any{`"pg_catalog"`}},
		{sql: ask[0].Text + " ", args: []any{
			[]string{"public", "public", "reporting", "reporting", "reporting", "public"},
			[]string{"ipai_expense", "ipai_cost_sheet_project_id_index", "open_approvals", "revenue_daily", "ipai_expense", "nothing"},
		}},
		{sql: ask[1].Text, args: []any{"reporting", 10000}}, {sql: selfQuery},
	}
}

// TestCatalogAsPostgreSQL compares what a superuser and the dashboards' login see of the
// release's tables with a real PostgreSQL that has them.
func TestCatalogAsPostgreSQL(t *testing.T) {
	real := gatestest.Postgres(t)
	odoo := practice(t, stagingDatabase)
	fillReal(t, real, nil)
	fillRelease(t, real)
	ordinary, err := url.Parse(real)
	if err != nil {
		t.Fatal(err)
	}
	ordinary.User = url.UserPassword(dashboardsUser, dashboardsPassword)
	for practiced, actual := range map[string]string{odoo.Variables[0].Value: real, odoo.Variables[1].Value: ordinary.String()} {
		script := catalogScript(&database{})
		want, got := transcript(t, actual, pgx.QueryExecModeExec, script), transcript(t, practiced, pgx.QueryExecModeExec, script)
		slices.Sort(want) // neither orders the relations
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the practice database answers other than PostgreSQL (-real +practice):\n%s", diff)
		}
	}
}

// timeoutSteps set the statement timeout to what people write, right and wrong.
func timeoutSteps() []step {
	var steps []step
	for _, value := range []any{
		"5s", "5000", "1min", "90s", "1500", "1.5s", "0", "2d", "3h", "100us", "1us", " 7 s ", "+4s", "1.2345s",
		"abc", "-1", "10 parsecs", "", "2147483648", "5S", "s", nil,
	} {
		steps = append(steps,
			step{sql: "begin read only"}, step{sql: timeoutQuery, args: []any{value}}, step{sql: "rollback"})
	}
	return steps
}

var modes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
}

// TestAsPostgreSQL runs every statement of the practice database against a
// real PostgreSQL that has Odoo's tables, and wants the same rows, the same
// description of columns, the same tags, warnings and errors.
func TestAsPostgreSQL(t *testing.T) {
	real := gatestest.Postgres(t)
	odoo := practice(t, stagingDatabase)
	address := odoo.Variables[0].Value
	turn(t, odoo, "staging-replica", "lost") // the real one has none
	for _, states := range [][2]string{{"not-installed", "not-installed"}, {"installed", "stuck"}, {"installed", "installed"}} {
		turn(t, odoo, "staging-oca-dependencies", states[0])
		turn(t, odoo, "staging-remaining-modules", states[1])
		byName := map[string]string{"not-installed": "uninstalled", "stuck": "to install", "installed": "installed"}
		fillReal(t, real, moduleTable(byName[states[0]], byName[states[1]]))
		fillRelease(t, real)
		for name, script := range scripts {
			for _, mode := range modes {
				t.Run(fmt.Sprintf("%s %s, %s in %s mode", states[0], states[1], name, mode), func(t *testing.T) {
					want, got := transcript(t, real, mode, script), transcript(t, address, mode, script)
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("the practice database answers other than PostgreSQL (-real +practice):\n%s", diff)
					}
				})
			}
		}
	}
}

// transcript runs a script and writes down all that a client sees of it.
func transcript(t *testing.T, address string, mode pgx.QueryExecMode, script []step) []string {
	t.Helper()
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	config.DefaultQueryExecMode = mode
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		said = append(said, fmt.Sprintf("%s %s: %s", n.Severity, n.Code, n.Message))
	}
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, s := range script {
		said = append(said, "> "+s.sql)
		rows, err := conn.Query(t.Context(), s.sql, s.args...)
		if err == nil {
			said = append(said, readAll(rows, s.sql == activityQuery || s.sql == sizeQuery || s.sql == ageQuery)...)
			err = rows.Err()
		}
		if err != nil {
			said = append(said, errorText(err))
		}
		said = append(said, "status "+string(conn.PgConn().TxStatus()))
	}
	return said
}

// readAll writes down columns, rows and tag. A measured value differs from
// server to server, so only its column is compared.
func readAll(rows pgx.Rows, measured bool) []string {
	var said []string
	described := false
	for rows.Next() {
		if !described {
			said, described = append(said, columnsText(rows.FieldDescriptions())), true
		}
		values := rows.RawValues()
		if measured {
			continue
		}
		said = append(said, fmt.Sprintf("%q", values))
	}
	return append(said, rows.CommandTag().String())
}

func columnsText(fields []pgconn.FieldDescription) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "[%s type %d size %d modifier %d format %d]", f.Name, f.DataTypeOID, f.DataTypeSize, f.TypeModifier, f.Format)
	}
	return b.String()
}

func errorText(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return strings.TrimSpace(fmt.Sprintf("%s %s: %s at %d %s", pg.Severity, pg.Code, pg.Message, pg.Position, pg.Hint))
	}
	return err.Error()
}

// TestUnknownStatement wants every statement refused that is not on the list,
// by its code, in each mode.
func TestUnknownStatement(t *testing.T) {
	address := practice(t, stagingDatabase).Variables[0].Value
	for _, mode := range modes {
		for _, sql := range []string{"select 2", "SELECT 1", "select name from ir_module_module", "begin read write", "deallocate all"} {
			got := transcript(t, address, mode, []step{{sql: sql}, {sql: "select 1"}})
			want := "ERROR 0A000: this practice database knows only a fixed list of statements at 0 " +
				"Ask for the state of ir_module_module, or start a real PostgreSQL."
			if !slices.Contains(got, want) {
				t.Errorf("%s in %s mode: got %q, want %q in it", sql, mode, got, want)
			}
			if last := got[len(got)-2]; last != "SELECT 1" {
				t.Errorf("after %s in %s mode: got %q, want the connection to go on", sql, mode, last)
			}
		}
	}
}

// TestLogin compares who is let in, and how the others are turned away, with
// a real PostgreSQL. Start-up parameters are a pooler's to refuse.
func TestLogin(t *testing.T) {
	real := gatestest.Postgres(t)
	address := practice(t, stagingDatabase).Variables[0].Value
	for name, change := range map[string]func(u *url.URL){
		"right":          func(*url.URL) {},
		"wrong password": func(u *url.URL) { u.User = url.UserPassword(databaseUser, "wrong") },
		"unknown user":   func(u *url.URL) { u.User = url.UserPassword("stranger", databasePassword) },
		"wrong database": func(u *url.URL) { u.Path = "/elsewhere" },
		"application":    func(u *url.URL) { u.RawQuery += "&application_name=gonogo" },
		"newer protocol": func(u *url.URL) { u.RawQuery += "&max_protocol_version=3.2" },
		"encrypted":      func(u *url.URL) { u.RawQuery = "sslmode=require" },
		"prefers TLS":    func(u *url.URL) { u.RawQuery = "sslmode=prefer" },
	} {
		if diff := cmp.Diff(login(t, real, change), login(t, address, change)); diff != "" {
			t.Errorf("%s (-real +practice):\n%s", name, diff)
		}
	}
	for _, parameter := range []string{"statement_timeout=5000", "options=-c%20geqo%3Doff", "search_path=public"} {
		got := login(t, address, func(u *url.URL) { u.RawQuery += "&" + parameter })
		name, _, _ := strings.Cut(parameter, "=")
		if want := "FATAL 08P01: unsupported startup parameter: " + name + " at 0"; got != want {
			t.Errorf("%s: got %q, want %q", parameter, got, want)
		}
	}
}

// login connects and gives what came of it.
func login(t *testing.T, address string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	conn, err := pgx.Connect(t.Context(), u.String())
	if err == nil {
		defer conn.Close(context.Background())
		return fmt.Sprintf("in, with %s and %s", conn.PgConn().ParameterStatus("client_encoding"),
			conn.PgConn().ParameterStatus("standard_conforming_strings"))
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return errorText(err)
	}
	return "not in: " + lastWords(err)
}

func lastWords(err error) string {
	text := err.Error()
	return text[strings.LastIndex(text, ": ")+2:]
}

// TestSlowDatabase wants a statement that reads tables to run into the timeout
// of its transaction or a cancellation, and the others to be quick.
func TestSlowDatabase(t *testing.T) {
	odoo := practice(t, stagingDatabase)
	turn(t, odoo, "staging-database", "slow")
	address := odoo.Variables[0].Value
	for _, mode := range modes {
		got := transcript(t, address, mode, []step{
			{sql: "begin read only"}, {sql: timeoutQuery, args: []any{"20ms"}}, {sql: latestQuery}, {sql: "rollback"},
		})
		want := []string{
			"> begin read only", "BEGIN", "status T",
			"> " + timeoutQuery, "[set_config type 25 size -1 modifier -1 format 0]", `["20ms"]`, "SELECT 1", "status T",
			"> " + latestQuery, "", "ERROR 57014: canceling statement due to statement timeout at 0", "status E",
			"> rollback", "ROLLBACK", "status I",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", mode, diff)
		}
	}
}

// TestRefusingDatabase wants those who are in thrown out, and nobody let in
// until the switch is turned back.
func TestRefusingDatabase(t *testing.T) {
	odoo := practice(t, stagingDatabase)
	address := odoo.Variables[0].Value
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	turn(t, odoo, "staging-database", "refusing")
	_, err = conn.Exec(t.Context(), latestQuery)
	if got, want := errorText(err), "FATAL 57P01: terminating connection due to administrator command at 0"; got != want {
		t.Errorf("a connection that was open: got %q, want %q", got, want)
	}
	if got, want := login(t, address, func(*url.URL) {}), "FATAL 57P03: the database system is starting up at 0"; got != want {
		t.Errorf("a new connection: got %q, want %q", got, want)
	}
	turn(t, odoo, "staging-database", "answering")
	if got, want := login(t, address, func(*url.URL) {}), "in, with UTF8 and on"; got != want {
		t.Errorf("after mending: got %q, want %q", got, want)
	}
}
