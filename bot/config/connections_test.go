package config

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gonogo/gates"
	"gonogo/gates/gatestest"
	"gonogo/readiness"
	"gonogo/readiness/answer"
	"gonogo/readiness/checklist"
	"gonogo/readiness/event"
	"gonogo/readiness/history"
)

// ownDatabases is a configuration of two environments, of which connections
// gives the shared connections, and staging and production their own.
func ownDatabases(shared, staging, production, item string) string {
	return replace(fmt.Sprintf("connections: {%s}\nenvironments: { staging: { connections: {%s} }, production: { connections: {%s} } }\nchecklist: [{ section: a, items: [{ item: rows, blocks: [], %s }] }]",
		shared, staging, production, item))
}

const (
	atShared, atStaging, atProduction = `db: { postgres: { url: "${SHARED}" } }`, `db: { postgres: { url: "${STAGING}" } }`, `db: { postgres: { url: "${PRODUCTION}" } }`
	countRows                         = `gate: { postgres: { connection: db, query: "select count(*) from orders", value: "> 1" } }`
	ofEach                            = "environments: [staging, production], " + countRows
)

// TestOwnConnections asks one item of two environments, each with a database of
// its own at a real server.
func TestOwnConnections(t *testing.T) {
	server := gatestest.Postgres(t)
	addresses := map[string]string{"SHARED": server}
	for name, rows := range map[string]int{"STAGING": 3, "PRODUCTION": 1} {
		addresses[name] = database(t, server, strings.ToLower(name), rows)
	}
	cases := map[string]struct{ shared, staging, production, item, want string }{
		"both have their own":     {atShared, atStaging, atProduction, ofEach, "rows@production failed, rows@staging passed"},
		"none is shared":          {"", atStaging, atProduction, ofEach, "rows@production failed, rows@staging passed"},
		"one has the shared one":  {strings.Replace(atShared, "SHARED", "PRODUCTION", 1), atStaging, "", ofEach, "rows@production failed, rows@staging passed"},
		"a release has none":      {strings.Replace(atShared, "SHARED", "PRODUCTION", 1), atStaging, atStaging, countRows, "rows failed"},
		"a gate within another":   {"", atStaging, atProduction, "environments: [staging, production], gate: { all_of: { gates: [{" + countRows[len("gate: {"):len(countRows)-1] + "}, { postgres: { connection: db, query: select 1, value: 1 } }] } }", "rows@production failed, rows@staging passed"},
		"the same one everywhere": {atShared, atProduction, atProduction, ofEach, "rows@production failed, rows@staging failed"},
	}
	for name, c := range cases {
		config, err := Parse("x.yml", []byte(ownDatabases(c.shared, c.staging, c.production, c.item)), environOf(addresses))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := measureAll(t, config); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func environOf(set map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, ok := set[name]; return value, ok }
}

// database makes a database with some orders in it.
func database(t *testing.T, server, name string, rows int) string {
	t.Helper()
	address := strings.Replace(server, "/postgres?", "/"+name+"?", 1)
	execute(t, server, "create database "+name)
	execute(t, address, "create table orders (n int)", fmt.Sprintf("insert into orders select generate_series(1, %d)", rows))
	return address
}

func execute(t *testing.T, address string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, statement := range statements {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// measureAll is what the gates of a configuration answer.
func measureAll(t *testing.T, c *Config) string {
	t.Helper()
	var jobs []gates.Job
	for key, built := range c.Gates {
		jobs = append(jobs, gates.Job{Name: key.String(), Gate: built.Gate, Scope: gates.Scope{Environment: key.Environment}})
	}
	answers := make(chan string, len(jobs))
	gates.Runner{}.Run(t.Context(), jobs, func(gates.Job) error { return nil },
		func(j gates.Job, ev answer.Evidence) { answers <- fmt.Sprintf("%s %s", j.Name, ev.Verdict) })
	close(answers)
	var all []string
	for answer := range answers {
		all = append(all, answer)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// TestOwnConnectionFaults refuses what an environment's connections leave in
// doubt, each with its place.
func TestOwnConnectionFaults(t *testing.T) {
	environ := environOf(map[string]string{"SHARED": "postgres://r@h/shared", "STAGING": "postgres://r@h/staging", "PRODUCTION": "postgres://r@h/production"})
	trigger := "rollback: { mode: ask, triggers: [{ trigger: slow, prometheus: { connection: metrics, query: up, limit: \"> 1\" } }] }"
	cases := map[string]struct{ text, want string }{
		"an item that is asked once": {ownDatabases("", atStaging, "", countRows),
			"the connection db exists only for environments, such as staging; add it to the top-level connections, or add environments: [staging] to this item"},
		"an environment that lacks it": {ownDatabases("", atStaging, "", ofEach),
			"production has no connection db, unlike staging; add it to the connections of production, or to the top-level connections"},
		"a slip of the keys": {ownDatabases("", strings.Replace(atStaging, "db:", "odoo:", 1), "", "environments: [staging], "+strings.Replace(countRows, "db", "odo", 1)),
			`there is no connection "odo"; did you mean "odoo"?`},
		"another kind than the shared one": {ownDatabases(atShared, `db: { prometheus: { url: "http://h" } }`, "", ofEach),
			"the connection db is of kind postgres on line"},
		"another kind than another environment's": {ownDatabases("", atStaging, `db: { prometheus: { url: "http://h" } }`, "manual: {}"),
			"the connection db is of kind postgres on line"},
		"a kind that is none":        {ownDatabases("", `db: { mysql: {} }`, "", "manual: {}"), `there is no connection of kind "mysql"`},
		"a field that nobody knows":  {ownDatabases("", `db: { postgres: { url: "${STAGING}", pool: 3 } }`, "", "manual: {}"), "pool"},
		"a secret in plain text":     {ownDatabases("", `db: { postgres: { url: "postgres://r:geheim-wort@h/x" } }`, "", "manual: {}"), "this URL contains a password"},
		"a trigger that lacks it":    {strings.Replace(ownDatabases("", `metrics: { prometheus: { url: "http://h" } }`, "", "manual: {}"), "production: {", "production: { "+trigger+", ", 1), "production has no connection metrics, unlike staging"},
		"a name that nobody can say": {ownDatabases("", `"d b": { postgres: { url: "${STAGING}" } }`, "", "manual: {}"), "d b"},
	}
	for name, c := range cases {
		_, err := Parse("x.yml", []byte(c.text), environ)
		faults, ok := err.(Faults)
		if !ok || len(faults) != 1 {
			t.Errorf("%s: got %v, want one fault", name, err)
			continue
		}
		if f := faults[0]; f.Line == 0 || f.Column == 0 || !strings.Contains(f.Problem, c.want) || strings.Contains(f.Problem, "geheim-wort") {
			t.Errorf("%s: got %s, want %s", name, f, c.want)
		}
	}
}

// TestIdleConnections warns of an environment's own connection that nothing asks
// for and that a slip of the keys keeps from taking a shared one's place.
func TestIdleConnections(t *testing.T) {
	environ := environOf(map[string]string{"SHARED": "postgres://r@h/shared", "STAGING": "postgres://r@h/staging"})
	const warning = `nothing uses the connection dbb of staging, so gates there use the shared connections; did you mean "db"?`
	for own, want := range map[string]bool{"dbb": true, "db": false, "reports": false} {
		c, err := Parse("x.yml", []byte(ownDatabases(atShared, strings.Replace(atStaging, "db", own, 1), "", ofEach)), environ)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Contains(c.Warnings, warning); got != want {
			t.Errorf("with %s of its own: warned %t, want %t: %q", own, got, want, c.Warnings)
		}
	}
}

// TestOwnConnectionSettings holds evidence to the database that it was taken
// from: another one ends it, on its environment alone; another password does not.
func TestOwnConnectionSettings(t *testing.T) {
	load := func(staging string) *checklist.Checklist {
		environ := environOf(map[string]string{"SHARED": "postgres://r@h/shared", "STAGING": staging})
		c, err := Parse("x.yml", []byte(ownDatabases(atShared, atStaging, "", ofEach)), environ)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(staging, "one-password") && !slices.Contains(c.Secrets, "one-password") {
			t.Errorf("got secrets %q, want the environment's among them", c.Secrets)
		}
		return c.Checklist
	}
	before, at := load("postgres://r:one-password@h/staging"), time.Now()
	for name, c := range map[string]struct {
		staging string
		want    []bool // whether the answers of staging and production count still
	}{
		"the same":         {"postgres://r:one-password@h/staging", []bool{true, true}},
		"another password": {"postgres://r:two-password@h/staging", []bool{true, true}},
		"another database": {"postgres://r:one-password@h/other", []bool{false, true}},
	} {
		was, _ := before.Item("rows")
		after := load(c.staging)
		var got []bool
		for _, key := range was.Keys() {
			s := history.NewState().Next()
			s.Apply(at, event.ReleaseOpened{Version: "1.0"})
			ev := answer.Evidence{Verdict: answer.Passed, Settings: was.Gate.SettingsFor(key.Environment)}
			ev = readiness.View{Checklist: before, State: s, Now: at}.Stamp(was, key, ev)
			s.Apply(at, event.EvidenceRecorded{Release: "1.0", Item: key.Item, Environment: key.Environment, Evidence: ev})
			now, _ := after.Item("rows")
			got = append(got, readiness.View{Checklist: after, State: s, Now: at}.Standing(now, key).Through)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// TestRunbookEnvironments reads for which environments a runbook is run and what
// it sees there, and refuses what says neither.
func TestRunbookEnvironments(t *testing.T) {
	text := func(book, staging string) []byte {
		return []byte(replace("checklist: [{ section: a, items: [{ item: rows, fix: seed, manual: {} }] }]\nenvironments: { staging: { " + staging + " }, production: {} }\nrunbooks: { seed: { " + book + " } }"))
	}
	const step = "steps: [{ run: [seed, '{environment}'] }]"
	environ := environOf(map[string]string{"STAGING_SEED": "s33d-of-staging", "DB": "postgres://r@h/x"})
	c, err := Parse("x.yml", text("environments: [staging, production], env: [SEED], "+step, "variables: { SEED: '${STAGING_SEED}' }"), environ)
	if err != nil {
		t.Fatal(err)
	}
	book, ok := c.Runbooks[0].For("staging")
	if !ok || !slices.Equal(book.Steps[0].Run, []string{"seed", "staging"}) {
		t.Errorf("for staging it runs %+v", book.Steps)
	}
	none := func(string) (string, bool) { return "", false }
	if value, _ := book.Steps[0].Lookup(none)("SEED"); value != "s33d-of-staging" {
		t.Errorf("for staging it sees SEED as %q", value)
	}
	if it, _ := c.Checklist.Item("rows"); !slices.Equal(it.FixFor, []string{"staging", "production"}) {
		t.Errorf("it mends the item for %v", it.FixFor)
	}
	if !slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.Contains(w, "uses SEED, which isn't set") }) {
		t.Errorf("production has no SEED, and nothing warns: %v", c.Warnings)
	}
	for name, c := range map[string]struct{ book, staging, want string }{
		"a command for no environment": {step, "", "{environment} needs environments to run for; add environments: [ … ] to the runbook"},
		"an unknown environment":       {"environments: [moon], " + step, "", `there is no environment "moon"`},
		"an empty list":                {"environments: [], steps: [{ run: [seed] }]", "", "this list is empty"},
		"no name of a variable":        {"environments: [staging], " + step, "variables: { 'A B': x }", "this must be the name of a variable, such as ODOO_URL"},
	} {
		_, err := Parse("x.yml", text(c.book, c.staging), environ)
		faults, ok := err.(Faults)
		if !ok || len(faults) != 1 || !strings.Contains(faults[0].Problem, c.want) || faults[0].Line == 0 {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}
