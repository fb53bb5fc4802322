package data

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/gates/kindtest"
	"gonogo/gates/limit"
	"gonogo/gates/schema"
	"gonogo/readiness/answer"
)

// streaming waits on a primary until two others stream from it.
const streaming = `do $$ begin
	while (select count(*) from pg_stat_replication where state = 'streaming') < 2 loop
		perform pg_sleep(0.01), pg_stat_clear_snapshot();
	end loop;
end $$`

// level waits on a primary until its standby has replayed everything.
const level = `do $$ begin loop
	exit when exists (select from pg_stat_replication where application_name = 'replica_1' and state = 'streaming' and replay_lsn >= pg_current_wal_lsn());
	perform pg_sleep(0.01), pg_stat_clear_snapshot();
end loop; end $$`

// behind has a standby stop replaying, and waits until its primary knows that it is
// behind.
func behind(t *testing.T, primary, replica string) {
	t.Helper()
	gatestest.Execute(t, replica, `select pg_wal_replay_pause(); do $$ begin while pg_get_wal_replay_pause_state() <> 'paused' loop perform pg_sleep(0.01); end loop; end $$`)
	gatestest.Execute(t, primary, `create table later (); do $$ begin loop
		exit when exists (select from pg_stat_replication where application_name = 'replica_1' and replay_lag > '0' and flush_lsn > replay_lsn);
		perform pg_sleep(0.01), pg_stat_clear_snapshot();
	end loop; end $$`)
}

// Replication is judged at a real primary and at its standby, directly and through a
// pooler, for a login that may see it and one that may not.
func TestPostgresReplication(t *testing.T) {
	servers := map[string]string{"primary": gatestest.Primary(t)}
	gatestest.Execute(t, servers["primary"], `create role plain login password 'plain'; create role monitor login password 'monitor'; grant pg_monitor to monitor`)
	servers["alone"] = servers["primary"] // as it is while only others than standbys follow it
	pooled := map[string]string{}
	at := func(server, login string, pool bool) string {
		direct := gatestest.Changed(t, servers[server], func(u *url.URL) { u.User = url.UserPassword(login, login) })
		if !pool {
			return direct
		}
		if pooled[direct] == "" {
			pooled[direct] = gatestest.PgBouncer(t, direct)
		}
		return pooled[direct]
	}
	type test struct {
		server, login, settings string
		verdict                 answer.Verdict
		words                   string
	}
	check := func(tests []test) {
		for _, test := range tests {
			for _, pool := range []bool{false, true} {
				settings := "{connection: db, replication: " + test.settings + "}"
				ev := kindtest.Measured(t, kindtest.Built(t, PostgresSchema, settings, databases(at(test.server, test.login, pool))), gates.Scope{})
				if said := kindtest.Odd(ev, test.verdict, test.words); said != "" {
					t.Errorf("%s as %s, %s, pooled %t: %s", test.server, test.login, test.settings, pool, said)
				}
			}
		}
	}
	gatestest.ReceiveWAL(t, servers["primary"])
	gatestest.Execute(t, servers["primary"], `create publication everything for all tables`)
	gatestest.Execute(t, gatestest.Postgres(t), `create subscription changes connection '`+servers["primary"]+`' publication everything`)
	gatestest.Execute(t, servers["primary"], streaming)
	const unseen = "of pg_stat_replication, and reads null in its place; grant it pg_monitor"
	check([]test{
		{"alone", "monitor", `{standbys: ">= 1"}`, answer.Failed, "streaming standbys is 0, limit >= 1"},
		{"alone", "monitor", `{lag: "< 1h"}`, answer.Failed, "no standby streams from the server"},
		{"alone", "plain", `{standbys: 0}`, answer.Errored, unseen},
		{"alone", "plain", `{role: standby}`, answer.Failed, "the server is a primary, not a standby"},
	})

	servers["standby"] = gatestest.Follower(t, servers["primary"], "replica_1")
	gatestest.Execute(t, servers["primary"], `create table first (); `+level)
	check([]test{
		{"primary", "monitor", `{role: primary, standbys: 1, lag: "< 1h"}`, answer.Passed, "a primary; 1 streaming standby; the standby replica_1 "},
		{"primary", "monitor", `{standbys: ">= 2"}`, answer.Failed, "streaming standbys is 1, limit >= 2"},
		{"primary", "plain", `{standbys: ">= 0"}`, answer.Errored, unseen},
		{"primary", "plain", `{lag: "< 1h"}`, answer.Errored, unseen},
		{"primary", "plain", `{role: primary}`, answer.Passed, "a primary"},
		{"standby", "monitor", `{role: standby, lag: "< 1us"}`, answer.Passed, "a standby; the standby 0s behind"},
		{"standby", "monitor", `{standbys: 0}`, answer.Passed, "0 streaming standbys"},
		{"standby", "plain", `{role: standby, lag: "< 1h"}`, answer.Passed, "behind"},
		{"standby", "plain", `{lag: "< 1us"}`, answer.Errored, "whether there was a newer one isn't known: the login may not see status of pg_stat_wal_receiver"},
		{"standby", "plain", `{role: primary}`, answer.Failed, "the server is a standby, not a primary"},
	})

	behind(t, servers["primary"], servers["standby"])
	check([]test{
		{"primary", "monitor", `{lag: "< 1us"}`, answer.Failed, "lag of the standby replica_1 is"},
		{"primary", "monitor", `{lag: "< 1h", warn: "< 1us"}`, answer.Warned, "warning limit < 1us"},
		{"standby", "monitor", `{lag: "< 1us"}`, answer.Failed, "lag of the standby is"},
		{"standby", "monitor", `{lag: "< 1h"}`, answer.Passed, "behind"},
	})
}

// A standby that has no primary has replayed nothing, and says so.
func TestPostgresReplicationOfNothing(t *testing.T) {
	address := gatestest.Standby(t)
	ev := kindtest.Measured(t, kindtest.Built(t, PostgresSchema, `{connection: db, replication: {lag: "< 1h"}}`, databases(address)), gates.Scope{})
	if said := kindtest.Odd(ev, answer.Errored, "hasn't replayed a transaction since it started"); said != "" {
		t.Error(said)
	}
}

// A lag that a standby hasn't reported isn't none.
func TestUnreportedLag(t *testing.T) {
	var hour limit.Times
	if err := hour.UnmarshalText([]byte("< 1h")); err != nil {
		t.Fatal(err)
	}
	var lag time.Duration
	r := replication{standbys: []schema.Standby{{Name: "level", Lag: &lag}, {Name: "new"}}}
	if said := kindtest.Odd(r.judge(replicationWant{Lag: hour}), answer.Errored, "how far the standby new is behind"); said != "" {
		t.Error(said)
	}
}

func TestReplicationFaults(t *testing.T) {
	for settings, want := range map[string]string{
		`{}`:                            "this checks nothing; name a role, standbys or lag",
		`{role: replica}`:               "role is primary or standby, not replica",
		`{lag: P95 < 1s}`:               "the lag is measured once, so remove the percentile",
		`{role: primary, warn: "< 1s"}`: "lag is missing; write it like < 30s",
	} {
		got := kindtest.Faulty(t, PostgresSchema, "{connection: db, replication: "+settings+"}", databases("postgres://localhost"))
		if !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", settings, got, want)
		}
	}
}
