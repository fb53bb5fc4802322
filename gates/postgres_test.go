package gates

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"gonogo/clients/connection"
	"gonogo/clients/postgres"
	"gonogo/gates/gatestest"
	"gonogo/readiness"
)

// databaseAt is the connection to a database.
func databaseAt(address string) connection.Connection {
	return connection.Connection{Kind: "postgres", Client: postgres.Server{URL: address}}
}

// databases are the surroundings of a gate that is built for a test.
func databases(address string) Surroundings {
	return Surroundings{Connections: map[string]connection.Connection{"db": databaseAt(address)}}
}

// statements runs SQL on a database as its superuser.
func statements(t *testing.T, address, sql string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.PgConn().Exec(context.Background(), sql).ReadAll(); err != nil {
		t.Fatal(err)
	}
}

// otherwise is an address with another password or path.
func otherwise(t *testing.T, address string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

func TestPostgresMeasures(t *testing.T) {
	direct := gatestest.Postgres(t)
	pooled := gatestest.PgBouncer(t, direct)
	statements(t, direct, `
		create table orders (id int primary key, note text);
		insert into orders select n, 'order ' || n from generate_series(1, 42) n;
		create role outsider login password 'outsider';
		create sequence numbers;
		create function writes() returns int language sql as 'insert into orders values (99) returning id';`)
	tests := []struct {
		name, settings string
		verdict        readiness.Verdict
		words          []string
	}{
		{"a value within its limit", `{query: select count(*) from orders, value: "<= 42"}`, readiness.Passed, []string{"value 42"}},
		{"a value over its limit", `{query: select count(*) from orders, value: "< 42"}`, readiness.Failed, []string{"value is 42, limit < 42"}},
		{"a word", `{query: show transaction_read_only, value: "= on"}`, readiness.Passed, []string{"value on"}},
		{"another word", `{query: show transaction_read_only, value: "= 'off'"}`, readiness.Failed, []string{"value is on, limit = 'off'"}},
		{"a truth", `{query: select 1 < 2, value: "true"}`, readiness.Passed, []string{"value true"}},
		{"no number but NaN", `{query: "select 'NaN'::float8", value: "!= 0"}`, readiness.Errored, []string{`"NaN"`, "no number"}},
		{"no number but Infinity", `{query: "select 'Infinity'::numeric", value: ">= 80%"}`, readiness.Errored, []string{`"Infinity"`, "no number"}},
		{"a word where a number is asked", `{query: select 'many', value: "< 42"}`, readiness.Errored, []string{`"many"`, "no number"}},
		{"null", `{query: select null::int, value: "0"}`, readiness.Errored, []string{"null"}},
		{"no row", `{query: select id from orders where id < 0, value: "0"}`, readiness.Errored, []string{"gives 0 rows"}},
		{"several rows", `{query: select id from orders, value: "0"}`, readiness.Errored, []string{"gives 42 rows"}},
		{"rows", `{query: select id from orders, rows: ">= 42"}`, readiness.Passed, []string{"42 rows"}},
		{"too few rows", `{query: select id from orders where id < 3, rows: ">= 42"}`, readiness.Failed, []string{"rows is 2, limit >= 42"}},
		{"too many rows to read", `{query: "select * from generate_series(1, 200000)", rows: "> 1"}`, readiness.Errored, []string{"more than 100000 rows"}},
		{"times", `{runs: 5, time: P95 < 1h, connect: max < 1h}`, readiness.Passed, []string{"query in", "connected in"}},
		{"times over their limits", `{runs: 5, time: P95 < 1us, connect: P50 < 1us}`, readiness.Failed, []string{"query time is", "time to connect is"}},
		{"a trailing semicolon", `{query: "select 1;", value: "1"}`, readiness.Passed, nil},
		{"a comment first", `{query: "-- how many\n/* ? */ (select 1)", value: "1"}`, readiness.Passed, nil},
		{"a long statement", `{query: select pg_sleep(3600), timeout: 100ms}`, readiness.Errored, []string{"gave the statement up after 100ms"}},
		{"a hidden write", `{query: "with new as (insert into orders values (99) returning id) select id from new"}`, readiness.Errored, []string{"would write", "only looks"}},
		{"a write in a function", `{query: select writes()}`, readiness.Errored, []string{"would write"}},
		{"a sequence", `{query: "select nextval('numbers')"}`, readiness.Errored, []string{"would write"}},
		{"a write after leaving the transaction", `{query: select 1; commit; delete from orders}`, readiness.Errored, []string{"not one statement"}},
		{"no such table", `{query: select * from nowhere}`, readiness.Errored, []string{"nowhere", "42P01"}},
		{"no statement", `{query: select from from}`, readiness.Errored, []string{"not one statement"}},
	}
	for _, test := range tests {
		for name, address := range map[string]string{"": direct, " behind a pooler": pooled} {
			t.Run(test.name+name, func(t *testing.T) {
				ev := measured(t, built(t, "postgres", strings.Replace(test.settings, "{", "{connection: db, ", 1), databases(address)), Scope{})
				if said := odd(ev, test.verdict, test.words...); said != "" {
					t.Error(said)
				}
			})
		}
	}
	statements(t, direct, `do $$ begin assert (select count(*) from orders) = 42, 'a gate has written'; end $$`)
}

// What the server keeps from a login, silently, is not taken for what there is.
func TestPostgresHidden(t *testing.T) {
	super := gatestest.Postgres(t)
	statements(t, super, `
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
		login, settings string
		verdict         readiness.Verdict
		words           string
	}{
		{"plain", `{query: select count(*) from secrets, value: 0}`, readiness.Errored, hides},
		{"plain", `{query: select id from secrets, rows: 0}`, readiness.Errored, hides},
		{"plain", `{query: select count(*) from own_secrets, value: 0}`, readiness.Errored, hides},
		{"monitor", `{query: select count(*) from secrets, value: 1}`, readiness.Errored, hides},
		{"owner", `{query: select count(*) from forced, value: 0}`, readiness.Errored, hides},
		{"owner", `{query: select count(*) from secrets, value: 2}`, readiness.Passed, ""},
		{"bypass", `{query: select count(*) from secrets, value: 2}`, readiness.Passed, ""},
		{gatestest.User, `{query: select count(*) from forced, value: 1}`, readiness.Passed, ""},
		{"plain", `{query: select count(*) from all_secrets, value: 2}`, readiness.Passed, ""},
		{"plain", `{query: select counted(), value: 2}`, readiness.Passed, ""},

		{"plain", `{query: "select coalesce(max(replay_lag), '0')::text from pg_stat_replication", value: "= 00:00:00"}`, readiness.Errored, mayNot + "replay_lag of pg_stat_replication"},
		{"plain", `{query: select count(*) from lags where replay_lag > '1s', value: 0}`, readiness.Errored, mayNot + "replay_lag of pg_stat_replication"},
		{"monitor", `{query: "select coalesce(max(replay_lag), '0')::text from pg_stat_replication", value: "= 00:00:00"}`, readiness.Passed, ""},
		{gatestest.User, `{query: select count(*) from lags, value: 0}`, readiness.Passed, ""},
		{"plain", `{query: select count(*) from pg_stat_replication, value: 0}`, readiness.Passed, ""},
		{"plain", `{query: select count(*) from pg_stat_activity where datname = current_database(), value: "< 100"}`, readiness.Passed, ""},
		{"plain", `{query: select count(*) from pg_stat_activity where state = 'idle in transaction', value: 0}`, readiness.Errored, mayNot + "state of pg_stat_activity"},
		{"plain", `{query: "with busy as materialized (select * from pg_stat_activity) select count(*) from busy where wait_event = 'Lock'", value: 0}`, readiness.Errored, " of pg_stat_activity and 13 more, and reads null"},
		{"plain", `{query: "select count(*) from pg_stat_activity a where not exists (select from pg_stat_activity b where b.wait_event is null)", value: 0}`, readiness.Errored, "wait_event of pg_stat_activity"},
		{"plain", `{query: "select max(state) from (select 'idle' as state union all select state from pg_stat_activity) s", value: idle}`, readiness.Errored, "state of pg_stat_activity"},
		{"plain", `{query: select application_name from pg_stat_activity order by backend_start limit 1, value: "!= psql"}`, readiness.Errored, "backend_start of pg_stat_activity"},
		{"plain", `{query: "select count(r) from pg_stat_get_wal_senders() r", value: 0}`, readiness.Errored, "whole rows of pg_stat_replication"},
		{"plain", `{query: "select count((s).state) from (select pg_stat_get_activity(null) s) t", value: 0}`, readiness.Errored, "what pg_stat_get_activity gives"},
		{"plain", `{query: "select pg_stat_get_backend_activity(pid) from pg_stat_get_backend_idset() pid limit 1", value: "!= x"}`, readiness.Errored, "what pg_stat_get_backend_activity gives"},
		{"plain", `{query: select count(*) from pg_stat_progress_vacuum where phase = 'vacuuming heap', value: 0}`, readiness.Errored, "param1 of the progress of other sessions"},
		{"plain", `{query: "-- none\nselect coalesce(max(status), 'none') from pg_stat_wal_receiver", value: none}`, readiness.Errored, "status of pg_stat_wal_receiver"},
		{"plain", `{query: "select count(*) from pg_stat_ssl where not ssl", value: 0}`, readiness.Errored, "ssl of pg_stat_activity"},
		{"plain", `{query: select activity(), value: "!= x"}`, readiness.Errored, "function activity reads pg_stat_activity, of which " + mayNot + "everything"},
		{"plain", `{query: "select '<insufficient privilege>'", value: "!= x"}`, readiness.Errored, mayNot + "what the query gives"},
		{"plain", `{query: show server_version_num, value: "> 0"}`, readiness.Passed, ""},
		{"plain", `{query: values (1), value: 1}`, readiness.Passed, ""},
	}
	logins := map[string][]string{gatestest.User: {super, gatestest.PgBouncer(t, super)}}
	for _, login := range []string{"owner", "plain", "bypass", "monitor"} {
		direct := otherwise(t, super, func(u *url.URL) { u.User = url.UserPassword(login, login) })
		logins[login] = []string{direct, gatestest.PgBouncer(t, direct)}
	}
	for _, test := range tests {
		t.Run(test.login+" "+test.settings, func(t *testing.T) {
			for i, address := range logins[test.login] {
				ev := measured(t, built(t, "postgres", strings.Replace(test.settings, "{", "{connection: db, ", 1), databases(address)), Scope{})
				if said := odd(ev, test.verdict, test.words); said != "" {
					t.Errorf("%s (address %d of direct and pooled)", said, i)
				}
			}
		})
	}
}

func TestPostgresRefused(t *testing.T) {
	address := gatestest.Postgres(t)
	statements(t, address, `create table secrets (); create role outsider login password 'outsider'`)
	outsider := func(u *url.URL) { u.User = url.UserPassword("outsider", "outsider") }
	tests := []struct {
		name   string
		change func(*url.URL)
		words  string
	}{
		{"a wrong password", func(u *url.URL) { u.User = url.UserPassword(gatestest.User, "wr0ng-passw0rd") }, "does not let this user in"},
		{"no such database", func(u *url.URL) { u.Path = "/nowhere" }, `has no database "nowhere"`},
		{"nobody listens", func(u *url.URL) { u.Host = "127.0.0.1:1" }, "127.0.0.1:1 refuses connections"},
		{"no such host", func(u *url.URL) { u.Host = "db.invalid" }, "db.invalid is not known to the name server"},
		{"no TLS there", func(u *url.URL) { u.RawQuery = "sslmode=require" }, "TLS"},
		{"a primary where a standby is wanted", func(u *url.URL) { u.RawQuery += "&target_session_attrs=standby" }, "let gonogo in, but it takes writes (the primary?)"},
		{"a server that takes writes where none should", func(u *url.URL) { u.RawQuery += "&target_session_attrs=read-only" }, "let gonogo in, but it takes writes"},
		{"a table of someone else's", outsider, "may not read that; grant it"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			changed := otherwise(t, address, test.change)
			b := built(t, "postgres", `{connection: db, query: select * from secrets}`, databases(changed))
			ev := b.Gate.Check(t.Context(), Scope{}) // as the gate itself words it, before secrets are blanked
			if said := odd(ev, readiness.Errored, test.words); said != "" {
				t.Error(said)
			}
			for _, secret := range []string{"wr0ng", gatestest.Password, "user="} {
				if strings.Contains(ev.Summary, secret) {
					t.Errorf("%q stands in %q", secret, ev.Summary)
				}
			}
		})
	}
}

// A standby lets people in, and is not what an address may ask for.
func TestPostgresStandby(t *testing.T) {
	standby := gatestest.Standby(t)
	for attrs, want := range map[string]string{
		"read-write": "let gonogo in, but it is read-only (a standby?)",
		"primary":    "let gonogo in, but it is a standby",
	} {
		address := otherwise(t, standby, func(u *url.URL) { u.RawQuery += "&target_session_attrs=" + attrs })
		ev := measured(t, built(t, "postgres", `{connection: db}`, databases(address)), Scope{})
		if said := odd(ev, readiness.Errored, want); said != "" {
			t.Error(said)
		}
	}
	for _, attrs := range []string{"any", "standby", "prefer-standby", "read-only"} {
		address := otherwise(t, standby, func(u *url.URL) { u.RawQuery += "&target_session_attrs=" + attrs })
		ev := measured(t, built(t, "postgres", `{connection: db, query: select pg_is_in_recovery(), value: "true"}`, databases(address)), Scope{})
		if said := odd(ev, readiness.Passed); said != "" {
			t.Errorf("%s: %s", attrs, said)
		}
	}
}

func TestPostgresFaults(t *testing.T) {
	tests := []struct{ name, settings, want string }{
		{"no connection", `query: select 1`, "connection is missing; name one of kind postgres"},
		{"an unknown connection", `{connection: other, query: select 1}`, `there is no connection "other"; add it under connections, or name one of db, odd, repo`},
		{"a misspelt connection", `{connection: rpeo, query: select 1}`, `there is no connection "rpeo"; did you mean "repo"?`},
		{"one of another kind", `{connection: repo, query: select 1}`, `connection "repo" is of kind github, this gate needs postgres`},
		{"a write", `{connection: db, query: delete from orders}`, "query does not read: it begins with select, with, values, table or show"},
		{"runs and a time-out", `{connection: db, runs: 0, timeout: 0s}`, "runs is a number from 1 to 1000; timeout is a time above zero"},
		{"an address that is none", `connection: odd`, "the connection's address is not a valid PostgreSQL address; write it as in postgres://user:password@host:5432/database"},
	}
	around := Surroundings{Connections: map[string]connection.Connection{
		"db": databaseAt("postgres://localhost"), "repo": {Kind: "github"}, "odd": databaseAt("postgres://u:canary@host:port/"),
	}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := faulty(t, "postgres", test.settings, around); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
