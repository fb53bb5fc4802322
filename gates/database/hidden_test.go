package database

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"gonogo/gates/gatestest"
)

// unlike asks a query as a login and says how what is seen differs from value, "" for
// any, or from the words of what is hidden.
func unlike(t *testing.T, address, query, value, hidden string) string {
	t.Helper()
	r, err := New(address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Connect(t.Context())
	if err != nil {
		t.Fatal(r.Explain(t.Context(), err))
	}
	defer s.Close()
	var got Answer
	err = s.Read(t.Context(), func(ctx context.Context, tx Tx) error {
		if err := tx.Visible(ctx, query); err != nil {
			return err
		}
		got, err = tx.Ask(ctx, query, 100)
		return err
	})
	switch said := ""; {
	case err != nil:
		if said = r.Explain(t.Context(), err); hidden == "" || !strings.Contains(said, hidden) {
			return fmt.Sprintf("got %s, want %q %q", said, value, hidden)
		}
	case hidden != "":
		return fmt.Sprintf("got %+v, want %s", got, hidden)
	case value != "" && (got.First == nil || *got.First != value):
		return fmt.Sprintf("got %+v, want %s", got, value)
	}
	return ""
}

// What the server keeps from a login, silently, is not taken for what there is.
func TestVisible(t *testing.T) {
	super := gatestest.Postgres(t)
	gatestest.Execute(t, super, `
		create role owner login password 'owner'; create role plain login password 'plain'; create role bypass login bypassrls password 'bypass';
		create role monitor login password 'monitor'; grant pg_monitor to monitor;
		create table secrets (id int); insert into secrets values (1), (2); alter table secrets owner to owner, enable row level security;
		create policy odd on secrets for select to monitor using (id = 1);
		create table forced (id int); insert into forced values (1); alter table forced owner to owner, enable row level security, force row level security;
		create view all_secrets as select * from secrets; alter view all_secrets owner to owner;
		create view own_secrets with (security_invoker) as select * from secrets; alter view own_secrets owner to owner;
		create function counted() returns bigint language sql security definer as 'select count(*) from secrets'; alter function counted owner to owner;
		create view lags as select replay_lag from pg_stat_replication;
		create function activity() returns text language plpgsql as $$ begin return (select min(query) from pg_stat_activity where backend_type is null); end $$;
		grant select on secrets, forced, all_secrets, own_secrets, lags to public;`)
	hides, mayNot := "the login may not see every row", "the login may not see "
	tests := []struct {
		login, query, value string // value: what is seen, "" where any is or none
		hidden              string // words of what is not
	}{
		{"plain", "select count(*) from secrets", "", hides},
		{"plain", "select id from secrets", "", hides},
		{"plain", "select count(*) from own_secrets", "", hides},
		{"monitor", "select count(*) from secrets", "", hides},
		{"owner", "select count(*) from forced", "", hides},
		{"owner", "select count(*) from secrets", "2", ""},
		{"bypass", "select count(*) from secrets", "2", ""},
		{gatestest.User, "select count(*) from forced", "1", ""},
		{"plain", "select count(*) from all_secrets", "2", ""},
		{"plain", "select counted()", "2", ""},

		{"plain", "select coalesce(max(replay_lag), '0')::text from pg_stat_replication", "", mayNot + "replay_lag of pg_stat_replication"},
		{"plain", "select count(*) from lags where replay_lag > '1s'", "", mayNot + "replay_lag of pg_stat_replication"},
		{"monitor", "select coalesce(max(replay_lag), '0')::text from pg_stat_replication", "00:00:00", ""},
		{gatestest.User, "select count(*) from lags", "0", ""},
		{"plain", "select count(*) from pg_stat_replication", "0", ""},
		{"plain", "select count(*) from pg_stat_activity where datname = current_database()", "", ""},
		{"plain", "select count(*) from pg_stat_activity where state = 'idle in transaction'", "", mayNot + "state of pg_stat_activity"},
		{"plain", "with busy as materialized (select * from pg_stat_activity) select count(*) from busy where wait_event = 'Lock'", "", " of pg_stat_activity and 13 more, and reads null"},
		{"plain", "select count(*) from pg_stat_activity a where not exists (select from pg_stat_activity b where b.wait_event is null)", "", "wait_event of pg_stat_activity"},
		{"plain", "select max(state) from (select 'idle' as state union all select state from pg_stat_activity) s", "", "state of pg_stat_activity"},
		{"plain", "select application_name from pg_stat_activity order by backend_start limit 1", "", "backend_start of pg_stat_activity"},
		{"plain", "select count(r) from pg_stat_get_wal_senders() r", "", "whole rows of pg_stat_replication"},
		{"plain", "select count((s).state) from (select pg_stat_get_activity(null) s) t", "", "what pg_stat_get_activity gives"},
		{"plain", "select pg_stat_get_backend_activity(pid) from pg_stat_get_backend_idset() pid limit 1", "", "what pg_stat_get_backend_activity gives"},
		{"plain", "select count(*) from pg_stat_progress_vacuum where phase = 'vacuuming heap'", "", "param1 of the progress of other sessions"},
		{"plain", "-- none\nselect coalesce(max(status), 'none') from pg_stat_wal_receiver", "", "status of pg_stat_wal_receiver"},
		{"plain", "select count(*) from pg_stat_ssl where not ssl", "", "ssl of pg_stat_activity"},
		{"plain", "select activity()", "", "function activity reads pg_stat_activity, of which " + mayNot + "everything"},
		{"plain", "show server_version_num", "", ""},
		{"plain", "values (1)", "1", ""},
	}
	logins := map[string][]string{gatestest.User: {super, gatestest.PgBouncer(t, super)}}
	for _, login := range []string{"owner", "plain", "bypass", "monitor"} {
		direct := gatestest.Changed(t, super, func(u *url.URL) { u.User = url.UserPassword(login, login) })
		logins[login] = []string{direct, gatestest.PgBouncer(t, direct)}
	}
	for _, test := range tests {
		t.Run(test.login+" "+test.query, func(t *testing.T) {
			for i, address := range logins[test.login] {
				if said := unlike(t, address, test.query, test.value, test.hidden); said != "" {
					t.Errorf("%s (address %d of direct and pooled)", said, i)
				}
			}
		})
	}
}

// Functions and views of the catalogue that tell a login less than there is.
func TestVisibleWithin(t *testing.T) {
	super := gatestest.Postgres(t)
	gatestest.Execute(t, super, `
		create role monitor login password 'monitor'; grant pg_monitor to monitor;
		create role plain login password 'plain';
		create table orders (id serial); grant select on orders to plain;
		create table secrets (id serial); insert into secrets default values; analyze secrets;
		create function waiting() returns bigint language plpgsql as $$ begin return (select count(*) from pg_stat_activity where wait_event_type = 'Lock'); end $$;
		create function waits() returns boolean language sql as 'select waiting() > 0';
		create function sessions() returns bigint language sql as 'select count(state) from pg_stat_activity';
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
	tests := []struct {
		login, query, value string
		hidden              string
	}{
		{"plain", "select waiting()", "", "function waiting reads pg_stat_activity"},
		{"plain", "select count(*) from waiting() w where w > 0", "", "function waiting reads pg_stat_activity"},
		{"plain", "select waits()", "", "function waiting reads pg_stat_activity"},
		{"plain", "select sessions()", "", "function sessions reads pg_stat_activity"},
		{"plain", `select public."waits"()`, "false", "function waiting reads pg_stat_activity"},
		{"plain", "select n from busy", "", "function waiting reads pg_stat_activity"},
		{"plain", "select busier()", "", "function waiting reads pg_stat_activity"},
		{"plain", "select sum_waits(id) from orders", "", "function waiting reads pg_stat_activity"},
		{"plain", "select built()", "", "function built makes its statements as it runs"},
		{"plain", "select definer()", "0", ""},
		{"plain", "select twice(2)", "4", ""},
		{"monitor", "select waiting()", "0", ""},
		{"monitor", "select busier()", "0", ""},
		{"monitor", "select built()", "0", ""},
		{gatestest.User, "select waiting()", "0", ""},

		{"plain", "select count(*) from information_schema.tables where table_name = 'secrets'", "", unseen},
		{"monitor", "select count(*) from information_schema.tables where table_name = 'secrets'", "", unseen},
		{"plain", "select tables()", "", "function tables reads information_schema"},
		{"monitor", "select tables()", "", "function tables reads information_schema"},
		{"plain", "select count(*) from pg_stats where tablename = 'secrets'", "", unseen},
		{"plain", "select coalesce(max(last_value), 0) from pg_sequences where sequencename = 'secrets_id_seq'", "", unseen},
		{gatestest.User, "select count(*) from information_schema.tables where table_name = 'secrets'", "1", ""},
		{gatestest.User, "select max(last_value) from pg_sequences where sequencename = 'secrets_id_seq'", "1", ""},
		{"plain", "select has_table_privilege('secrets', 'select')", "false", ""},
		{"plain", "select has_table_privilege('plain', 'secrets', 'select')", "false", ""},
		{"plain", "select granted from readable", "false", ""},
		{"plain", "select count(*) from pg_class where relname = 'secrets'", "1", ""},

		{"plain", "select count(*) from pg_settings where name = 'data_directory'", "", mayNot + "every row of pg_settings"},
		{"plain", "select count(*) from pg_settings where sourcefile is not null", "", mayNot + "every row of pg_settings"},
		{"plain", "select setting from pg_settings where name = 'port'", "", ""},
		{"plain", "select count(*) from pg_settings where name = 'port' and sourcefile is not null", "", mayNot + "every row of pg_settings"},
		{"monitor", "select count(*) from pg_settings where name = 'data_directory'", "1", ""},
	}
	for _, test := range tests {
		t.Run(test.login+" "+test.query, func(t *testing.T) {
			address := super
			if test.login != gatestest.User {
				address = gatestest.Changed(t, super, func(u *url.URL) { u.User = url.UserPassword(test.login, test.login) })
			}
			if said := unlike(t, address, test.query, test.value, test.hidden); said != "" {
				t.Error(said)
			}
		})
	}
}

// The statements of others are masked, and everybody sees how often they ran.
func TestVisibleStatements(t *testing.T) {
	super := gatestest.PostgresWithStatements(t)
	gatestest.Execute(t, super, `create extension pg_stat_statements; create role plain login password 'plain'; create role monitor login password 'monitor'; grant pg_monitor to monitor;
		create table orders (id int); delete from orders;
		create function deletes() returns bigint language plpgsql as $$ begin return (select count(*) from pg_stat_statements where query ilike 'delete%'); end $$`)
	for _, test := range []struct {
		login, query, value string
		hidden              string
	}{
		{"plain", "select count(*) from pg_stat_statements where query ilike 'delete%'", "", "the login may not see query of pg_stat_statements"},
		{"plain", "select deletes()", "", "function deletes reads pg_stat_statements"},
		{"plain", "select count(*) from pg_stat_statements where calls > 1000", "0", ""},
		{"monitor", "select count(*) from pg_stat_statements where query ilike 'delete%'", "1", ""},
		{"monitor", "select deletes()", "1", ""},
	} {
		address := gatestest.Changed(t, super, func(u *url.URL) { u.User = url.UserPassword(test.login, test.login) })
		if said := unlike(t, address, test.query, test.value, test.hidden); said != "" {
			t.Errorf("%s %s: %s", test.login, test.query, said)
		}
	}
}

// Where every object is the login's own, nothing is left out.
func TestVisibleToTheOwner(t *testing.T) {
	super := gatestest.Postgres(t)
	gatestest.Execute(t, super, `create role owner login password 'owner'; create table orders (id serial); alter table orders owner to owner`)
	address := gatestest.Changed(t, super, func(u *url.URL) { u.User = url.UserPassword("owner", "owner") })
	if said := unlike(t, address, "select count(*) from information_schema.tables where table_name = 'orders'", "1", ""); said != "" {
		t.Error(said)
	}
}

// A schema before pg_catalog in the login's search path doesn't mislead: its relations are
// not the server's.
func TestVisibleBesideDecoys(t *testing.T) {
	super := gatestest.Postgres(t)
	gatestest.Execute(t, super, `
		create role plain login password 'plain'; create schema decoy; grant usage on schema decoy to public;
		create table decoy.pg_roles (oid oid, rolname name, rolsuper bool); insert into decoy.pg_roles values (10, 'plain', true); grant select on decoy.pg_roles to public;
		create table decoy.pg_class (oid oid, relname name, relkind "char", relowner oid, relnamespace oid); grant select on decoy.pg_class to public;
		create table decoy.pg_proc (like pg_catalog.pg_proc); grant select on decoy.pg_proc to public;
		create function decoy.pg_has_role(name, text) returns bool language sql as 'select true'; create function decoy.pg_has_role(oid, text) returns bool language sql as 'select true';
		create table secrets (id int); insert into secrets values (1), (2); alter table secrets enable row level security; grant select on secrets to public;
		create function activity() returns text language sql as 'select min(state) from pg_catalog.pg_stat_activity';
		alter role plain set search_path = decoy, pg_catalog, public`)
	address := gatestest.Changed(t, super, func(u *url.URL) { u.User = url.UserPassword("plain", "plain") })
	for query, hidden := range map[string]string{
		"select count(*) from secrets":                              "the login may not see every row",
		"select activity()":                                         "function activity reads pg_stat_activity",
		"select count(*) from information_schema.tables where true": "a view that shows a login what it has rights to",
	} {
		if said := unlike(t, address, query, "", hidden); said != "" {
			t.Errorf("%s: %s", query, said)
		}
	}
}
