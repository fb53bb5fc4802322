package data

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"gonogo/clients/postgres"
	"gonogo/gates"
	"gonogo/gates/database"
	"gonogo/gates/limit"
	"gonogo/phrase"
	"gonogo/readiness/answer"
)

// Postgres is the kind postgres.
var Postgres = gates.Kind{
	Name: "postgres", About: "the value, rows and duration of a read-only query, and the time to connect", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:  "the result and the times are within their limits",
		Failed:  "one of them is outside its limit",
		Errored: "the database can't be reached, doesn't respond in time, or rejects the query; the login may not see everything that the query reads; or value is set and the query doesn't return exactly one",
	},
	Notes: `PostgreSQL hides data from a login that lacks privileges, without an error: rows filtered by row-level security, the activity of other sessions,
settings, and objects that it has no privileges for. A query by such a login could find nothing and pass, so the gate inspects the plan first, and is
errored if the query reads

- a table whose policies hide rows from the login, unless ` + "`hidden_rows`" + ` is true; or a masked column of ` + "`pg_stat_activity`, `pg_stat_replication`, `pg_stat_statements`" + ` and the like (members of ` + "`pg_monitor`" + ` see them);
- ` + "`pg_settings`" + `, unless it selects one setting by name (members of ` + "`pg_monitor`" + ` see them all);
- ` + "`information_schema`, `pg_stats`, `pg_sequences`" + ` or another view that omits objects without privileges, if there are any;
  ` + "`pg_class`" + ` and the other tables of ` + "`pg_catalog`" + ` show everything;
- a function, directly or through other functions and views, whose source mentions one of these, builds statements at run time (` + "`execute`" + `), or is
  written in a language other than SQL and PL/pgSQL. A function that runs as its owner (` + "`security definer`" + `) is trusted if the owner sees all statistics.

The gate can't detect what another server hides behind a foreign table or dblink, what functions written in C hide, and, for members of ` + "`pg_monitor`" + `,
what ` + "`execute`" + ` reads from the catalogue. A materialized view shows the data of its last refresh. A superuser's queries are run without these checks.`,
	Example: `connection: odoo
query: select count(*) from pg_stat_activity where datname = current_database()
value: "< 100"
runs: 20
time: "P95 < 100ms"
connect: "P95 < 50ms"`,
	New: newPostgres,
}

// postgresSettings are the settings of kind postgres.
type postgresSettings struct {
	Connection string            `yaml:"connection" required:"true"`    // a connection of kind postgres
	Query      string            `yaml:"query"`                         // one read-only statement; default: select 1
	Value      limit.Expectation `yaml:"value"`                         // the first column of the only row; booleans are true and false
	Rows       limit.Count       `yaml:"rows"`                          // how many rows the query returns
	Runs       int               `yaml:"runs" from:"1" to:"1000"`       // how many times the query is run, one after another; default: 1
	Time       limit.Times       `yaml:"time"`                          // how long the query takes, until its last row has arrived
	Connect    limit.Times       `yaml:"connect"`                       // how long connecting takes, including the login; each run then opens a new connection
	HiddenRows bool              `yaml:"hidden_rows" json:",omitempty"` // whether it is fine that row-level security hides rows from the login, as from an application; default: false
	Timeout    limit.Duration    `yaml:"timeout"`                       // the time limit for one statement; default: 10s
}

const (
	maxRuns = 1000
	maxRows = 100_000
)

type postgresGate struct {
	database.Reader
	settings postgresSettings
}

func newPostgres(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	s := postgresSettings{Query: "select 1", Runs: 1, Timeout: limit.Duration(10 * time.Second)}
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	if err := s.faults().OrNil(); err != nil {
		return gates.Built{}, err
	}
	db, address, err := databaseOf(deps, s.Connection, s.Timeout)
	if err != nil {
		return gates.Built{}, err
	}
	if s.HiddenRows {
		db = db.Partial()
	}
	return gates.Built{Gate: &postgresGate{db, s}, Settings: gates.SettingsHash("postgres", s, address), Secrets: db.Secrets()}, nil
}

var _ gates.WithGracePeriod = (*postgresGate)(nil)

// databaseOf is the database of a connection, and its address without user and
// password, for a hash.
func databaseOf(deps gates.Deps, connection string, timeout limit.Duration) (db database.Reader, address string, err error) {
	server, err := gates.Client[postgres.Server](deps, connection, "postgres")
	if err != nil {
		return db, "", err
	}
	if db, err = database.New(server.URL, time.Duration(timeout)); err != nil {
		return db, "", gates.Faults{{Field: "connection", Problem: "the connection's " + err.Error()}}
	}
	return db, gates.WithoutUser(server.URL), nil
}

// reads matches the beginning of a read-only statement, after its comments. The
// transaction is read-only as well: this only reports a mistake early.
var reads = regexp.MustCompile(`(?is)^(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/|\()*(?:select|with|values|table|show)\b`)

func (s *postgresSettings) faults() gates.Faults {
	var faults gates.Faults
	if !reads.MatchString(s.Query) {
		faults = append(faults, gates.Fault{Field: "query", Problem: "query must begin with select, with, values, table or show"})
	}
	if s.Runs < 1 || s.Runs > maxRuns {
		faults = append(faults, gates.Fault{Field: "runs", Problem: fmt.Sprintf("runs must be from 1 to %d", maxRuns)})
	}
	if s.Timeout <= 0 {
		faults = append(faults, gates.Fault{Field: "timeout", Problem: "timeout is a time above zero"})
	}
	return faults
}

// Deadline implements [gates.WithDeadline]: every run may take its whole time-out.
func (g *postgresGate) Deadline() time.Duration {
	return g.Longest(g.settings.Runs)
}

// reading is the result of the runs, and how long each took.
type reading struct {
	value          string
	rows           int
	query, connect []time.Duration
}

// Check implements [gates.Gate].
func (g *postgresGate) Check(ctx context.Context, _ gates.Scope) answer.Evidence {
	r, err := g.read(ctx)
	var odd oddAnswer
	switch {
	case errors.As(err, &odd):
		return gates.Errored("%s", string(odd))
	case database.IsPartial(err):
		return gates.Errored("%s; or set hidden_rows: true, if the rows that it may see are the ones that count", g.Explain(ctx, err))
	case err != nil:
		return gates.Errored("%s", g.Explain(ctx, err))
	}
	return g.judge(r)
}

// read runs the query several times, over one connection or, if the time to connect has
// a limit, over as many connections.
func (g *postgresGate) read(ctx context.Context) (r reading, err error) {
	connections, each := 1, g.settings.Runs
	if g.settings.Connect.Set() {
		connections, each = g.settings.Runs, 1
	}
	for range connections {
		if err := g.session(ctx, each, &r); err != nil {
			return r, err
		}
	}
	return r, nil
}

// session runs the query over a connection of its own; over the first one it also
// checks whether the login may see everything that the query reads.
func (g *postgresGate) session(ctx context.Context, times int, r *reading) error {
	start := time.Now()
	s, err := g.Connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	r.connect = append(r.connect, time.Since(start))
	if len(r.query) == 0 {
		err := s.Read(ctx, func(ctx context.Context, tx database.Tx) error { return tx.Visible(ctx, g.settings.Query) })
		if err != nil {
			return err
		}
	}
	for range times {
		err := s.Read(ctx, func(ctx context.Context, tx database.Tx) error { return g.query(ctx, tx, r) })
		if err != nil {
			return err
		}
	}
	return nil
}

// oddAnswer says how an answer doesn't have the shape that the settings require.
type oddAnswer string

// Error implements error.
func (o oddAnswer) Error() string { return string(o) }

func (g *postgresGate) query(ctx context.Context, tx database.Tx, r *reading) error {
	start := time.Now()
	answer, err := tx.Ask(ctx, g.settings.Query, maxRows)
	switch {
	case errors.Is(err, database.ErrTooMany):
		return oddAnswer(fmt.Sprintf("the query returns more than %d rows; count them in SQL instead", maxRows))
	case err != nil:
		return err
	}
	r.query, r.rows = append(r.query, time.Since(start)), answer.Rows
	if !g.settings.Value.Set() {
		return nil
	}
	if answer.Rows != 1 {
		return oddAnswer(fmt.Sprintf("the query returns %d rows, but a value needs exactly one; write a query that returns one", answer.Rows))
	}
	r.value, err = g.value(answer)
	return err
}

// value is the result of a query, if it can be compared.
func (g *postgresGate) value(answer database.Answer) (string, error) {
	if answer.First == nil {
		return "", oddAnswer("the query returns null, which can't be compared")
	}
	text := *answer.First
	if answer.Boolean {
		return text, nil
	}
	if text == database.Masked {
		return "", oddAnswer("the login may not see what the query gives; grant it pg_monitor")
	}
	if _, fits := g.settings.Value.Meets(text); !fits {
		return "", oddAnswer(fmt.Sprintf("the query returns %q, which isn't a number and can't be compared with %s", phrase.Excerpt(text), g.settings.Value.Text))
	}
	return text, nil
}

func (g *postgresGate) judge(r reading) answer.Evidence {
	var measures []answer.Measure
	var good []string
	add := func(m answer.Measure, words string) {
		measures, good = append(measures, m), append(good, fmt.Sprintf(words, m.Value))
	}
	if l := g.settings.Value; l.Set() {
		ok, _ := l.Meets(r.value)
		add(answer.Measure{Name: "value", Value: r.value, Limit: l.Text, OK: ok}, "value %s")
	}
	if l := g.settings.Rows; l.Set() {
		add(gates.CountMeasure("rows", r.rows, l), "%s rows")
	}
	if l := g.settings.Time; l.Set() {
		add(gates.TimeMeasure("query time", r.query, l), "query in %s")
	}
	if l := g.settings.Connect; l.Set() {
		add(gates.TimeMeasure("time to connect", r.connect, l), "connected in %s")
	}
	if len(good) == 0 {
		good = append(good, "answered in "+gates.Precisely(limit.Percentile(r.query, 95)))
	}
	return gates.Judged(measures, strings.Join(good, ", "))
}
