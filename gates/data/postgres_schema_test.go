package data

import (
	"net/url"
	"strings"
	"testing"

	"gonogo/clients/connection"
	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/readiness/answer"
)

// schemaSQL makes a database for the gate: with an index whose concurrent build failed,
// logins to which policies apply and don't, and migrations of which one failed.
const schemaSQL = `
	alter database postgres set timezone = 'Pacific/Kiritimati';
	create role plain login password 'plain'; create role owning login password 'owning'; create role member login password 'member' in role owning;
	create role bypassing login bypassrls password 'bypassing';
	create schema sales; grant usage on schema sales to public; create schema closed;
	create table sales.orders (id int, company int); insert into sales.orders values (1, 1), (1, 2);
	create index orders_company on sales.orders (company); create view sales.open_orders as select * from sales.orders;
	create table sales.parts (id int) partition by range (id); create table sales.parts_1 partition of sales.parts for values from (0) to (9);
	create index parts_id on only sales.parts (id);
	create table sales."Odd.Name" (); create sequence sales.numbers; create table closed.secrets ();
	create materialized view sales.revenue as select now() - interval '3 hours' as day, (now() at time zone 'utc' - interval '3 hours')::timestamp as local;
	create materialized view sales.ahead as select now() + interval '3 hours' as day, current_date - 1 as date, 'text' as words, 'infinity'::timestamptz as endless;
	create materialized view sales.nothing as select now() as day where false;
	create materialized view sales.never as select now() as day with no data;
	create materialized view sales.hidden as select now() as day;
	grant select on sales.revenue, sales.ahead, sales.nothing, sales.never to public;
	create table public.migrations (name text, number int, success bool);
	insert into public.migrations values ('001_a', 1, true), ('002_b', 2, true), ('002_b', 2, true), ('003_c', 3, false), (null, null, true);
	grant select on public.migrations to public;
	create table public.filtered (name text); insert into public.filtered values ('001_a'); alter table public.filtered enable row level security; grant select on public.filtered to public;
	create table sales.invoices (company int); create policy own_company on sales.invoices using (company = 1); create policy support on sales.invoices using (company = 2);
	alter table sales.invoices enable row level security; alter table sales.invoices owner to owning;
	create table sales.forced (company int); create policy own_company on sales.forced using (company = 1); alter table sales.forced enable row level security, force row level security;
	alter table sales.forced owner to owning;
	create table sales.off (company int); create policy own_company on sales.off using (company = 1);`

// schemaServer is such a database, directly and through a pooler, for each login.
func schemaServer(t *testing.T) (at func(login string, pooled bool) string) {
	t.Helper()
	direct := gatestest.Postgres(t)
	gatestest.Execute(t, direct, schemaSQL)
	gatestest.ExecuteFails(t, direct, `create unique index concurrently orders_id on sales.orders (id)`)
	login := func(name string) string {
		if name == "" {
			return direct
		}
		return gatestest.Changed(t, direct, func(u *url.URL) { u.User = url.UserPassword(name, name) })
	}
	pooled := map[string]string{}
	return func(name string, pool bool) string {
		if !pool {
			return login(name)
		}
		if pooled[name] == "" {
			pooled[name] = gatestest.PgBouncer(t, login(name))
		}
		return pooled[name]
	}
}

func TestPostgresSchema(t *testing.T) {
	at := schemaServer(t)
	tests := []struct {
		name, login, settings string
		verdict               answer.Verdict
		words                 []string
	}{
		{"all at once", "plain", `{tables: [orders, public.migrations, parts], views: [open_orders], indexes: [orders_company], materialized_views: {revenue: {column: day, age: "< 4h"}},
			migrations: {table: public.migrations, column: name, where: success, names: [001_a, 002_b], others: 0}, row_security: {forced: {policies: [own_company], others: 0, forced: true}}}`,
			answer.Passed, []string{"3 tables; 1 view; 1 valid index; 1 materialized view; 1 table with row-level security; newest row of sales.revenue 3h", "old; 2 migrations ran"}},
		{"in a schema that is closed", "plain", `{tables: [closed.secrets]}`, answer.Passed, nil},
		{"a dot in a name", "plain", `{tables: [sales.Odd.Name]}`, answer.Passed, nil},
		{"no such table", "plain", `{tables: [orders, ordres]}`, answer.Failed, []string{"there is no table sales.ordres; did you mean orders?"}},
		{"another schema", "plain", `{tables: [public.orders, x.orders]}`, answer.Failed, []string{"there is no table public.orders; there is no table x.orders"}},
		{"capitals", "plain", `{tables: [Orders]}`, answer.Failed, []string{"there is no table sales.Orders; did you mean orders?"}},
		{"six that don't exist", "plain", `{tables: [a1, a2, a3, a4, a5, a6, a7]}`, answer.Failed, []string{"sales.a5; and 2 more"}},
		{"a view for a table", "plain", `{tables: [open_orders]}`, answer.Failed, []string{"sales.open_orders is a view, not a table"}},
		{"a table for a view", "plain", `{views: [orders, revenue]}`, answer.Failed, []string{"sales.orders is a table, not a view; sales.revenue is a materialized view, not a view"}},
		{"a sequence for an index", "plain", `{indexes: [numbers]}`, answer.Failed, []string{"sales.numbers is a sequence, not an index"}},
		{"an index that failed", "plain", `{indexes: [orders_company, orders_id]}`, answer.Failed, []string{"the index sales.orders_id isn't valid"}},
		{"an index that partitions lack", "plain", `{indexes: [parts_id]}`, answer.Failed, []string{"sales.parts_id isn't valid"}},
		{"too old", "plain", `{materialized_views: {revenue: {column: day, age: "< 2h"}}}`, answer.Failed, []string{"age of the newest row of sales.revenue is 3h", "limit < 2h"}},
		{"rather old", "plain", `{materialized_views: {revenue: {column: day, age: "< 4h", warn: "< 2h"}}}`, answer.Warned, []string{"is 3h", "warning limit < 2h"}},
		{"a time without a zone", "plain", `{materialized_views: {revenue: {column: local, age: "< 4h"}}}`, answer.Passed, []string{"3h"}},
		{"a date", "plain", `{materialized_views: {ahead: {column: date, age: "< 50h"}}}`, answer.Passed, nil},
		{"refreshed at all", "plain", `{materialized_views: {nothing: {}, hidden: {}}}`, answer.Passed, []string{"2 materialized views"}},
		{"of the future", "plain", `{materialized_views: {ahead: {column: day, age: "< 4h"}}}`, answer.Errored, []string{"ahead of the database's clock"}},
		{"never", "plain", `{materialized_views: {ahead: {column: endless, age: "< 4h"}}}`, answer.Errored, []string{"sales.ahead: "}},
		{"no time", "plain", `{materialized_views: {ahead: {column: words, age: "< 4h"}}}`, answer.Errored, []string{"sales.ahead: the database refused"}},
		{"no such column", "plain", `{materialized_views: {ahead: {column: dya, age: "< 4h"}}}`, answer.Errored, []string{"dya"}},
		{"no row", "plain", `{materialized_views: {nothing: {column: day, age: "< 4h"}}}`, answer.Failed, []string{"sales.nothing has no row with a time in day"}},
		{"never refreshed", "plain", `{materialized_views: {never: {column: day, age: "< 4h"}}}`, answer.Failed, []string{"sales.never was never refreshed"}},
		{"not readable", "plain", `{materialized_views: {hidden: {column: day, age: "< 4h"}}}`, answer.Errored, []string{"may not read that; grant it", "hidden"}},
		{"migrations", "plain", `{migrations: {table: public.migrations, column: name, names: [001_a, 003_c, 004_d], others: "<= 1"}}`, answer.Failed, []string{"1 migration didn't run: 004_d"}},
		{"a failed migration", "plain", `{migrations: {table: public.migrations, column: name, where: success -- or not, names: [003_c]}}`, answer.Failed, []string{"1 migration didn't run: 003_c"}},
		{"numbered migrations", "plain", `{migrations: {table: public.migrations, column: number, names: ["1", "2", "3"], others: 0}}`, answer.Passed, []string{"3 migrations ran"}},
		{"more migrations", "plain", `{migrations: {table: public.migrations, column: name, names: [001_a], others: 0}}`, answer.Failed, []string{"2 other migrations ran, limit 0: 002_b, 003_c"}},
		{"no table of migrations", "plain", `{migrations: {table: public.migration, column: name, names: [001_a]}}`, answer.Failed, []string{"there is no table public.migration; did you mean migrations?"}},
		{"migrations that policies hide", "plain", `{migrations: {table: public.filtered, column: name, names: [001_a], others: 0}}`, answer.Errored, []string{"may not see every row"}},
		{"migrations that aren't readable", "plain", `{migrations: {table: closed.secrets, column: name, names: [001_a]}}`, answer.Errored, []string{"may not read that"}},
		{"a condition that writes", "", `{migrations: {table: public.migrations, column: name, where: "nextval('sales.numbers') > 0", names: [001_a]}}`, answer.Errored, []string{"would write"}},
		{"a login under policies", "plain", `{row_security: {invoices: {policies: [own_company, support], others: 0}}}`, answer.Passed, nil},
		{"one policy too many", "plain", `{row_security: {invoices: {policies: [own_company], others: 0}}}`, answer.Failed, []string{"sales.invoices has 1 other policy, limit 0: support"}},
		{"no such policy", "plain", `{row_security: {invoices: {policies: [own_company, own_region]}}}`, answer.Failed, []string{"sales.invoices lacks 1 policy: own_region"}},
		{"not forced", "plain", `{row_security: {invoices: {forced: true}}}`, answer.Failed, []string{"sales.invoices isn't forced"}},
		{"off", "plain", `{row_security: {off: {policies: [own_company]}}}`, answer.Failed, []string{"row-level security of sales.off is off"}},
		{"of a view", "plain", `{row_security: {open_orders: {}}}`, answer.Failed, []string{"sales.open_orders is a view, not a table"}},
		{"the owner", "owning", `{row_security: {invoices: {}}}`, answer.Failed, []string{"doesn't apply to this login: it owns the table, and row-level security isn't forced"}},
		{"a member of the owner", "member", `{row_security: {invoices: {}}}`, answer.Failed, []string{"it owns the table"}},
		{"the owner, forced", "owning", `{row_security: {forced: {}}}`, answer.Passed, nil},
		{"one that bypasses", "bypassing", `{row_security: {forced: {}}}`, answer.Failed, []string{"it has BYPASSRLS"}},
		{"a superuser", "", `{row_security: {forced: {}}}`, answer.Failed, []string{"it is a superuser"}},
		{"a superuser is fine", "", `{row_security: {forced: {exempt_login: true}}}`, answer.Passed, nil},
		{"failed before errored", "plain", `{tables: [nowhere], materialized_views: {hidden: {column: day, age: "< 4h"}}}`, answer.Failed, []string{"there is no table sales.nowhere"}},
	}
	for _, test := range tests {
		for _, pooled := range []bool{false, true} {
			address := at(test.login, pooled)
			name := test.name
			if pooled {
				name += " behind a pooler"
			}
			t.Run(name, func(t *testing.T) {
				settings := strings.Replace(test.settings, "{", "{connection: db, schema: sales, ", 1)
				ev := kindtest.Measured(t, kindtest.Built(t, PostgresSchema, settings, databases(address)), gates.Scope{})
				if said := kindtest.Odd(ev, test.verdict, test.words...); said != "" {
					t.Error(said)
				}
			})
		}
	}
}

// A setting that another client left in a pooled session doesn't mislead the gate.
func TestPostgresSchemaStray(t *testing.T) {
	direct := gatestest.Postgres(t)
	gatestest.Execute(t, direct, `create schema decoy; create table decoy.pg_class (); create table decoy.pg_roles (); create table decoy.migrations (name text); create table migrations (name text);
		insert into migrations values ('001_a'); create function decoy.done() returns bool language sql as 'select true'; create function done() returns bool language sql as 'select false'`)
	pooled := gatestest.PgBouncer(t, direct)
	for range 2 {
		gatestest.Execute(t, pooled, `set search_path = decoy, pg_catalog; set timezone = 'Pacific/Kiritimati'`)
	}
	ev := kindtest.Measured(t, kindtest.Built(t, PostgresSchema, `{connection: db, migrations: {table: migrations, column: name, where: done(), names: [001_a]}}`, databases(pooled)), gates.Scope{})
	if said := kindtest.Odd(ev, answer.Failed, "1 migration didn't run: 001_a"); said != "" {
		t.Error(said)
	}
}

func TestPostgresSchemaFaults(t *testing.T) {
	deps := gates.Deps{Connections: map[string]connection.Connection{"db": gatestest.PostgresAt("postgres://localhost")}}
	for _, test := range []struct{ settings, want string }{
		{`{connection: db}`, "this checks nothing; name tables, views, indexes, materialized_views, migrations, row_security or replication"},
		{`{tables: [a]}`, "connection is missing; name one of kind postgres"},
		{`{connection: db, tables: [a, .b, 'c."D"']}`, `".b" isn't a name; write it like orders or sales.orders, without quotes; "c.\"D\"" isn't a name; write it like orders or sales.orders, without quotes`},
		{`{connection: db, materialized_views: {a: {age: < 1h}, b: {column: c}, c: {column: c, age: P95 < 1h}}}`,
			"column is missing; it is the one with the time of each row; age is missing; write it like < 24h; there is only one newest row, so remove the percentile"},
		{`{connection: db, migrations: {table: a}, timeout: 0s}`, "migrations needs a table, a column and names; timeout is a time above zero"},
	} {
		if got := kindtest.Faulty(t, PostgresSchema, test.settings, deps); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
