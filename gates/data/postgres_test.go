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

// databases are the dependencies of a gate that is built for a test.
func databases(address string) gates.Deps {
	return gates.Deps{Connections: map[string]connection.Connection{"db": gatestest.PostgresAt(address)}}
}

func TestPostgresMeasures(t *testing.T) {
	direct := gatestest.Postgres(t)
	pooled := gatestest.PgBouncer(t, direct)
	gatestest.Execute(t, direct, `
		create table orders (id int primary key, note text);
		insert into orders select n, 'order ' || n from generate_series(1, 42) n;
		create role outsider login password 'outsider';
		create sequence numbers;
		create function writes() returns int language sql as 'insert into orders values (99) returning id';`)
	tests := []struct {
		name, settings string
		verdict        answer.Verdict
		words          []string
	}{
		{"a value within its limit", `{query: select count(*) from orders, value: "<= 42"}`, answer.Passed, []string{"value 42"}},
		{"a value over its limit", `{query: select count(*) from orders, value: "< 42"}`, answer.Failed, []string{"value is 42, limit < 42"}},
		{"a word", `{query: show transaction_read_only, value: "= on"}`, answer.Passed, []string{"value on"}},
		{"another word", `{query: show transaction_read_only, value: "= 'off'"}`, answer.Failed, []string{"value is on, limit = 'off'"}},
		{"a truth", `{query: select 1 < 2, value: "true"}`, answer.Passed, []string{"value true"}},
		{"no number but NaN", `{query: "select 'NaN'::float8", value: "!= 0"}`, answer.Errored, []string{`"NaN"`, "isn't a number"}},
		{"no number but Infinity", `{query: "select 'Infinity'::numeric", value: ">= 80%"}`, answer.Errored, []string{`"Infinity"`, "isn't a number"}},
		{"a word where a number is asked", `{query: select 'many', value: "< 42"}`, answer.Errored, []string{`"many"`, "isn't a number"}},
		{"null", `{query: select null::int, value: "0"}`, answer.Errored, []string{"null"}},
		{"no row", `{query: select id from orders where id < 0, value: "0"}`, answer.Errored, []string{"returns 0 rows"}},
		{"several rows", `{query: select id from orders, value: "0"}`, answer.Errored, []string{"returns 42 rows"}},
		{"rows", `{query: select id from orders, rows: ">= 42"}`, answer.Passed, []string{"42 rows"}},
		{"too few rows", `{query: select id from orders where id < 3, rows: ">= 42"}`, answer.Failed, []string{"rows is 2, limit >= 42"}},
		{"too many rows to read", `{query: "select * from generate_series(1, 200000)", rows: "> 1"}`, answer.Errored, []string{"more than 100000 rows"}},
		{"times", `{runs: 5, time: P95 < 1h, connect: max < 1h}`, answer.Passed, []string{"query in", "connected in"}},
		{"times over their limits", `{runs: 5, time: P95 < 1us, connect: P50 < 1us}`, answer.Failed, []string{"query time is", "time to connect is"}},
		{"a trailing semicolon", `{query: "select 1;", value: "1"}`, answer.Passed, nil},
		{"a comment first", `{query: "-- how many\n/* ? */ (select 1)", value: "1"}`, answer.Passed, nil},
		{"a long statement", `{query: select pg_sleep(3600), timeout: 100ms}`, answer.Errored, []string{"gave the statement up after 100ms"}},
		{"a hidden write", `{query: "with new as (insert into orders values (99) returning id) select id from new"}`, answer.Errored, []string{"would write", "gates are read-only"}},
		{"a write in a function", `{query: select writes()}`, answer.Errored, []string{"would write"}},
		{"a sequence", `{query: "select nextval('numbers')"}`, answer.Errored, []string{"would write"}},
		{"a write after leaving the transaction", `{query: select 1; commit; delete from orders}`, answer.Errored, []string{"not one statement"}},
		{"no such table", `{query: select * from nowhere}`, answer.Errored, []string{"nowhere", "42P01"}},
		{"no statement", `{query: select from from}`, answer.Errored, []string{"not one statement"}},
	}
	for _, test := range tests {
		for name, address := range map[string]string{"": direct, " behind a pooler": pooled} {
			t.Run(test.name+name, func(t *testing.T) {
				ev := kindtest.Measured(t, kindtest.Built(t, Postgres, strings.Replace(test.settings, "{", "{connection: db, ", 1), databases(address)), gates.Scope{})
				if said := kindtest.Odd(ev, test.verdict, test.words...); said != "" {
					t.Error(said)
				}
			})
		}
	}
	gatestest.Execute(t, direct, `do $$ begin assert (select count(*) from orders) = 42, 'a gate has written'; end $$`)
}

// What the server keeps from a login, silently, is not taken for what there is.
func TestPostgresHidden(t *testing.T) {
	super := gatestest.Postgres(t)
	gatestest.Execute(t, super, `
		create role plain login password 'plain'; create role monitor login password 'monitor'; grant pg_monitor to monitor;
		create table secrets (id int); insert into secrets values (1); alter table secrets enable row level security; grant select on secrets to public;
		create table orders (id int); insert into orders values (1), (2), (3); alter table orders enable row level security; grant select on orders to public;
		create policy own on orders using (id < 3);`)
	mayNot, pooled := "the login may not see ", map[string]string{}
	for _, test := range []struct {
		login, settings string
		verdict         answer.Verdict
		words           string
	}{
		{"plain", `{query: select count(*) from secrets, value: 0}`, answer.Errored, mayNot + "every row"},
		{"plain", `{query: select count(*) from orders, value: 2}`, answer.Errored, "or set hidden_rows: true, if"},
		{"plain", `{query: select count(*) from orders, value: 2, hidden_rows: true}`, answer.Passed, "value 2"},
		{"plain", `{query: select count(*) from pg_stat_activity where state = 'idle in transaction', value: 0, hidden_rows: true}`, answer.Errored, mayNot + "state of pg_stat_activity"},
		{"plain", `{query: select count(*) from pg_stat_activity where state = 'idle in transaction', value: 0}`, answer.Errored, mayNot + "state of pg_stat_activity"},
		{"plain", `{query: "select '<insufficient privilege>'", value: "!= x"}`, answer.Errored, mayNot + "what the query gives"},
		{"monitor", `{query: select count(*) from pg_stat_activity where state = 'idle in transaction', value: 0}`, answer.Passed, ""},
	} {
		direct := gatestest.Changed(t, super, func(u *url.URL) { u.User = url.UserPassword(test.login, test.login) })
		if pooled[test.login] == "" {
			pooled[test.login] = gatestest.PgBouncer(t, direct)
		}
		for _, address := range []string{direct, pooled[test.login]} {
			ev := kindtest.Measured(t, kindtest.Built(t, Postgres, strings.Replace(test.settings, "{", "{connection: db, ", 1), databases(address)), gates.Scope{})
			if said := kindtest.Odd(ev, test.verdict, test.words); said != "" {
				t.Errorf("%s %s: %s", test.login, test.settings, said)
			}
		}
	}
}

func TestPostgresRefused(t *testing.T) {
	address := gatestest.Postgres(t)
	gatestest.Execute(t, address, `create table secrets (); create role outsider login password 'outsider'`)
	outsider := func(u *url.URL) { u.User = url.UserPassword("outsider", "outsider") }
	tests := []struct {
		name   string
		change func(*url.URL)
		words  string
	}{
		{"a wrong password", func(u *url.URL) { u.User = url.UserPassword(gatestest.User, "wr0ng-passw0rd") }, "rejected the login"},
		{"no such database", func(u *url.URL) { u.Path = "/nowhere" }, `has no database "nowhere"`},
		{"nobody listens", func(u *url.URL) { u.Host = "127.0.0.1:1" }, "127.0.0.1:1 refuses connections"},
		{"no such host", func(u *url.URL) { u.Host = "db.invalid" }, "db.invalid is not known to the name server"},
		{"no TLS there", func(u *url.URL) { u.RawQuery = "sslmode=require" }, "TLS"},
		{"a primary where a standby is wanted", func(u *url.URL) { u.RawQuery += "&target_session_attrs=standby" }, "is writable (the primary?)"},
		{"a server that takes writes where none should", func(u *url.URL) { u.RawQuery += "&target_session_attrs=read-only" }, "is writable"},
		{"a table of someone else's", outsider, "may not read that; grant it"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			changed := gatestest.Changed(t, address, test.change)
			b := kindtest.Built(t, Postgres, `{connection: db, query: select * from secrets}`, databases(changed))
			ev := b.Gate.Check(t.Context(), gates.Scope{}) // as the gate itself words it, before secrets are blanked
			if said := kindtest.Odd(ev, answer.Errored, test.words); said != "" {
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
		"read-write": "is read-only (a standby?)",
		"primary":    "is a standby",
	} {
		address := gatestest.Changed(t, standby, func(u *url.URL) { u.RawQuery += "&target_session_attrs=" + attrs })
		ev := kindtest.Measured(t, kindtest.Built(t, Postgres, `{connection: db}`, databases(address)), gates.Scope{})
		if said := kindtest.Odd(ev, answer.Errored, want); said != "" {
			t.Error(said)
		}
	}
	for _, attrs := range []string{"any", "standby", "prefer-standby", "read-only"} {
		address := gatestest.Changed(t, standby, func(u *url.URL) { u.RawQuery += "&target_session_attrs=" + attrs })
		ev := kindtest.Measured(t, kindtest.Built(t, Postgres, `{connection: db, query: select pg_is_in_recovery(), value: "true"}`, databases(address)), gates.Scope{})
		if said := kindtest.Odd(ev, answer.Passed); said != "" {
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
		{"a write", `{connection: db, query: delete from orders}`, "query must begin with select, with, values, table or show"},
		{"runs and a time-out", `{connection: db, runs: 0, timeout: 0s}`, "runs must be from 1 to 1000; timeout is a time above zero"},
		{"an address that is none", `connection: odd`, "the connection's URL isn't a valid PostgreSQL URL; write it like postgres://user:password@host:5432/database"},
	}
	deps := gates.Deps{Connections: map[string]connection.Connection{
		"db": gatestest.PostgresAt("postgres://localhost"), "repo": {Kind: "github"}, "odd": gatestest.PostgresAt("postgres://u:canary@host:port/"),
	}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := kindtest.Faulty(t, Postgres, test.settings, deps); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
