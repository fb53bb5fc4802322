package gates

import (
	"net/url"
	"strings"
	"testing"

	"gonogo/gates/gatestest"
	"gonogo/readiness"
)

// Functions and views of the catalogue that tell a login less than there is.
func TestPostgresBlind(t *testing.T) {
	super := gatestest.Postgres(t)
	statements(t, super, `
		create role monitor login password 'monitor'; grant pg_monitor to monitor;
		create role plain login password 'plain';
		create table orders (id serial); grant select on orders to plain;
		create table secrets (id serial); insert into secrets default values; analyze secrets;
		create function waiting() returns bigint language plpgsql as $$ begin return (select count(*) from pg_stat_activity where wait_event_type = 'Lock'); end $$;
		create function waits() returns boolean language sql as 'select waiting() > 0';
		create function built() returns bigint language plpgsql as $$ declare n bigint; begin execute 'select count(*) from pg_' || 'stat_activity where query is null' into n; return n; end $$;
		create function definer() returns bigint language plpgsql security definer as $$ begin return waiting(); end $$;
		create function twice(n int) returns int language plpgsql immutable as $$ begin return 2 * n; end $$;
		create function tables() returns bigint language plpgsql as $$ begin return (select count(*) from information_schema.tables where table_name = 'secrets'); end $$;
		create view busy as select waiting() as n;
		create function busier() returns bigint language plpgsql as $$ begin return (select n from busy); end $$;
		create function add_waits(bigint, int) returns bigint language plpgsql as $$ begin return coalesce($1, 0) + waiting(); end $$;
		create aggregate sum_waits(int) (sfunc = add_waits, stype = bigint);
		create view readable as select has_table_privilege('plain', 'secrets', 'select') as granted;
		grant select on busy, readable to public;`)
	const mayNot, unseen = "the login may not see ", "its rows about others are left out"
	const before, after = readiness.Errored, readiness.Passed
	tests := []struct {
		login, query, value string
		verdict             readiness.Verdict
		words               string
	}{
		{"plain", "select waiting()", "0", before, "function waiting reads pg_stat_activity"},
		{"plain", "select count(*) from waiting() w where w > 0", "0", before, "function waiting reads pg_stat_activity"},
		{"plain", "select waits()", "false", before, "function waiting reads pg_stat_activity"},
		{"plain", `select public."waits"()`, "false", before, "function waiting reads pg_stat_activity"},
		{"plain", "select n from busy", "0", before, "function waiting reads pg_stat_activity"},
		{"plain", "select busier()", "0", before, "function waiting reads pg_stat_activity"},
		{"plain", "select sum_waits(id) from orders", "0", before, "function waiting reads pg_stat_activity"},
		{"plain", "select built()", "0", before, "function built makes its statements as it runs"},
		{"plain", "select definer()", "0", after, ""},
		{"plain", "select twice(2)", "4", after, ""},
		{"monitor", "select waiting()", "0", after, ""},
		{"monitor", "select busier()", "0", after, ""},
		{"monitor", "select built()", "0", after, ""},
		{gatestest.User, "select waiting()", "0", after, ""},

		{"plain", "select count(*) from information_schema.tables where table_name = 'secrets'", "0", before, unseen},
		{"monitor", "select count(*) from information_schema.tables where table_name = 'secrets'", "0", before, unseen},
		{"plain", "select tables()", "0", before, "function tables reads information_schema"},
		{"monitor", "select tables()", "0", before, "function tables reads information_schema"},
		{"plain", "select count(*) from pg_stats where tablename = 'secrets'", "0", before, unseen},
		{"plain", "select coalesce(max(last_value), 0) from pg_sequences where sequencename = 'secrets_id_seq'", "0", before, unseen},
		{gatestest.User, "select count(*) from information_schema.tables where table_name = 'secrets'", "1", after, ""},
		{gatestest.User, "select max(last_value) from pg_sequences where sequencename = 'secrets_id_seq'", "1", after, ""},
		{"plain", "select has_table_privilege('secrets', 'select')", "false", after, ""},
		{"plain", "select has_table_privilege('plain', 'secrets', 'select')", "false", after, ""},
		{"plain", "select granted from readable", "false", after, ""},
		{"plain", "select count(*) from pg_class where relname = 'secrets'", "1", after, ""},

		{"plain", "select count(*) from pg_settings where name = 'data_directory'", "0", before, mayNot + "every row of pg_settings"},
		{"plain", "select count(*) from pg_settings where sourcefile is not null", "0", before, mayNot + "every row of pg_settings"},
		{"plain", "select setting from pg_settings where name = 'port'", "> 0", after, ""},
		{"plain", "select count(*) from pg_settings where name = 'port' and sourcefile is not null", "0", before, mayNot + "every row of pg_settings"},
		{"monitor", "select count(*) from pg_settings where name = 'data_directory'", "1", after, ""},
	}
	for _, test := range tests {
		t.Run(test.login+" "+test.query, func(t *testing.T) {
			address := super
			if test.login != gatestest.User {
				address = otherwise(t, super, func(u *url.URL) { u.User = url.UserPassword(test.login, test.login) })
			}
			settings := "connection: db\nquery: " + quoted(test.query) + "\nvalue: " + quoted(test.value)
			ev := measured(t, built(t, "postgres", settings, databases(address)), Scope{})
			if said := odd(ev, test.verdict, test.words); said != "" {
				t.Error(said)
			}
		})
	}
}

// The statements of others are masked, and everybody sees how often they ran.
func TestPostgresStatements(t *testing.T) {
	super := gatestest.PostgresWithStatements(t)
	statements(t, super, `create extension pg_stat_statements; create role plain login password 'plain'; create role monitor login password 'monitor'; grant pg_monitor to monitor;
		create table orders (id int); delete from orders;
		create function deletes() returns bigint language plpgsql as $$ begin return (select count(*) from pg_stat_statements where query ilike 'delete%'); end $$`)
	for _, test := range []struct {
		login, query, value string
		verdict             readiness.Verdict
		words               string
	}{
		{"plain", "select count(*) from pg_stat_statements where query ilike 'delete%'", "0", readiness.Errored, "the login may not see query of pg_stat_statements"},
		{"plain", "select deletes()", "0", readiness.Errored, "function deletes reads pg_stat_statements"},
		{"plain", "select count(*) from pg_stat_statements where calls > 1000", "0", readiness.Passed, ""},
		{"monitor", "select count(*) from pg_stat_statements where query ilike 'delete%'", "1", readiness.Passed, ""},
		{"monitor", "select deletes()", "1", readiness.Passed, ""},
	} {
		address := otherwise(t, super, func(u *url.URL) { u.User = url.UserPassword(test.login, test.login) })
		ev := measured(t, built(t, "postgres", "connection: db\nquery: "+quoted(test.query)+"\nvalue: "+quoted(test.value), databases(address)), Scope{})
		if said := odd(ev, test.verdict, test.words); said != "" {
			t.Errorf("%s %s: %s", test.login, test.query, said)
		}
	}
}

// Where every object is the login's own, nothing is left out.
func TestPostgresOwner(t *testing.T) {
	super := gatestest.Postgres(t)
	statements(t, super, `create role owner login password 'owner'; create table orders (id serial); alter table orders owner to owner`)
	address := otherwise(t, super, func(u *url.URL) { u.User = url.UserPassword("owner", "owner") })
	ev := measured(t, built(t, "postgres", `{connection: db, query: "select count(*) from information_schema.tables where table_name = 'orders'", value: "1"}`, databases(address)), Scope{})
	if said := odd(ev, readiness.Passed); said != "" {
		t.Error(said)
	}
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
