package data

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gonogo/gates"
	"gonogo/gates/database"
	"gonogo/gates/limit"
	"gonogo/gates/schema"
	"gonogo/readiness/answer"
)

// PostgresSchema is the kind postgres_schema.
var PostgresSchema = gates.Kind{
	Name: "postgres_schema", About: "tables, views, valid indexes, fresh materialized views, migrations, row-level security and replication in PostgreSQL", Repeatable: true,
	Verdicts: gates.Verdicts{
		Passed:  "everything exists, the indexes are valid, the migrations ran, materialized views are fresh, row-level security is as configured and applies to this login, and replication is within its limits",
		Warned:  "the newest row of a materialized view is older than its warning limit, or a standby further behind",
		Failed:  "something doesn't exist or is of another kind, an index isn't valid, a migration didn't run, a newest row is too old or there is none, row-level security is off, lacks a policy, or doesn't apply to this login; or too few standbys stream, or one is too far behind",
		Errored: "the database can't be reached, doesn't respond in time, or doesn't let the login read a table, a materialized view, all of the migrations or the state of replication; a newest row is in the future; or it isn't known how far a standby is behind",
	},
	Notes: `Names are as the catalog has them, in lower case unless they were created in quotes; the first dot ends the name of a schema. PostgreSQL shows every login
which objects exist. To read the migrations and the newest rows, the login needs the privilege ` + "`select`" + `; if it may not read them, or row-level security
hides some from it, the gate is errored. A time without a time zone is taken as UTC. The gate works through PgBouncer in transaction mode; the login is then the
one that PgBouncer uses.

An index whose concurrent build failed still exists, but it isn't valid and queries don't use it (PostgreSQL 15, "Building Indexes Concurrently"). Row-level
security doesn't apply to superusers, to roles with ` + "`BYPASSRLS`" + `, or, unless it is forced, to the table's owner: let the connection use the login of the
application.

A standby is one that streams from the server and replays: a subscription of logical replication and pg_receivewal don't count. Which standbys there are
and how far each is behind is shown to members of ` + "`pg_monitor`" + ` only; to others PostgreSQL shows nulls, and the gate is errored. A standby says itself how
old the newest transaction is that it has replayed. That is the most that it can be behind, so a login without ` + "`pg_monitor`" + ` can pass there while the
primary is busy; on a quiet primary it is errored, and with ` + "`pg_monitor`" + ` a standby that is connected and has replayed everything is level. A connection
that broke silently shows only after ` + "`wal_receiver_timeout`, or `wal_sender_timeout`" + ` on the primary.

The gate can't tell what a policy lets through, whether a view reads the table with its owner's rights, which roles the login may switch to, or whether an
index has the right columns and a view the right query. Row-level security of a partitioned table doesn't protect its partitions, which have settings of their
own. PostgreSQL doesn't record when a materialized view was refreshed, so only the newest row counts; if nothing new happened, it grows old although the view
was refreshed.`,
	Example: `connection: odoo
schema: sales
tables: [orders, audit.events]
views: [open_orders]
indexes: [orders_customer]
materialized_views: { revenue: { column: day, age: "< 36h", warn: "< 30h" } }
migrations: { table: public.schema_migrations, column: name, names: [001_orders, 002_audit], others: 0 }
row_security: { orders: { policies: [own_company], others: 0, forced: true } }`,
	New: newPostgresSchema,
}

// schemaSettings are the settings of kind postgres_schema.
type schemaSettings struct {
	Connection   string                     `yaml:"connection" required:"true"`    // a connection of kind postgres
	Schema       string                     `yaml:"schema"`                        // the schema of names without one; default: public
	Tables       []string                   `yaml:"tables"`                        // tables that must exist
	Views        []string                   `yaml:"views"`                         // views that must exist
	Indexes      []string                   `yaml:"indexes"`                       // indexes that must exist and be valid
	Materialized map[string]newestWant      `yaml:"materialized_views"`            // materialized views that must exist and have been refreshed, by name
	Migrations   *migrationsWant            `yaml:"migrations"`                    // migrations that must have run
	RowSecurity  map[string]rowSecurityWant `yaml:"row_security"`                  // tables whose row-level security must be on and apply to the login, by name
	Replication  *replicationWant           `yaml:"replication" json:",omitempty"` // whether the server is a primary or a standby, and how far standbys are behind
	Timeout      limit.Duration             `yaml:"timeout"`                       // the time limit for each statement; default: 10s
}

// newestWant is how new a materialized view must be.
type newestWant struct {
	Column string      `yaml:"column"` // the column with the time of each row
	Age    limit.Times `yaml:"age"`    // how old the newest row is
	Warn   limit.Times `yaml:"warn"`   // the same as a warning only
}

// migrationsWant are the migrations that must have run.
type migrationsWant struct {
	Table  string      `yaml:"table" required:"true"`  // the table that records them
	Column string      `yaml:"column" required:"true"` // its column with their names
	Where  string      `yaml:"where"`                  // a condition in SQL for the rows that count, such as success; default: all
	Names  []string    `yaml:"names" required:"true"`  // the migrations that must be in it
	Others limit.Count `yaml:"others"`                 // how many others may be in it; default: any number
}

// rowSecurityWant is what row-level security of a table must be.
type rowSecurityWant struct {
	Policies []string    `yaml:"policies"`     // policies that it must have
	Others   limit.Count `yaml:"others"`       // how many other policies it may have; default: any number
	Forced   bool        `yaml:"forced"`       // whether it must apply to the table's owner as well; default: false
	Exempt   bool        `yaml:"exempt_login"` // whether it is fine that it doesn't apply to this connection's login; default: false
}

type schemaGate struct {
	database.Reader
	settings schemaSettings
	names    map[string]schema.Name // by how the settings write them
}

var _ gates.WithGracePeriod = (*schemaGate)(nil)

func newPostgresSchema(decode func(any) error, deps gates.Deps) (gates.Built, error) {
	s := schemaSettings{Schema: "public", Timeout: limit.Duration(10 * time.Second)}
	if err := decode(&s); err != nil {
		return gates.Built{}, err
	}
	names, faults := s.names()
	if err := append(faults, s.faults()...).OrNil(); err != nil {
		return gates.Built{}, err
	}
	db, address, err := databaseOf(deps, s.Connection, s.Timeout)
	if err != nil {
		return gates.Built{}, err
	}
	return gates.Built{Gate: &schemaGate{db, s, names}, Settings: gates.SettingsHash("postgres_schema", s, address), Secrets: db.Secrets()}, nil
}

// names reads every name in the settings.
func (s *schemaSettings) names() (map[string]schema.Name, gates.Faults) {
	names, faults := map[string]schema.Name{}, gates.Faults{}
	read := func(field, text string) {
		n, err := schema.Named(text, s.Schema)
		if err != nil {
			faults = append(faults, gates.Fault{Field: field, Problem: err.Error()})
		}
		names[text] = n
	}
	for field, list := range map[string][]string{"tables": s.Tables, "views": s.Views, "indexes": s.Indexes} {
		for i, text := range list {
			read(fmt.Sprintf("%s.[%d]", field, i), text)
		}
	}
	for text := range s.Materialized {
		read("materialized_views."+text, text)
	}
	for text := range s.RowSecurity {
		read("row_security."+text, text)
	}
	if s.Migrations != nil && s.Migrations.Table != "" {
		read("migrations.table", s.Migrations.Table)
	}
	slices.SortFunc(faults, func(a, b gates.Fault) int { return strings.Compare(a.Field, b.Field) })
	return names, faults
}

func (s *schemaSettings) faults() gates.Faults {
	var faults gates.Faults
	add := func(field, problem string) { faults = append(faults, gates.Fault{Field: field, Problem: problem}) }
	if len(s.Tables)+len(s.Views)+len(s.Indexes)+len(s.Materialized)+len(s.RowSecurity) == 0 && s.Migrations == nil && s.Replication == nil {
		add("", "this checks nothing; name tables, views, indexes, materialized_views, migrations, row_security or replication")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Materialized)) {
		want := s.Materialized[name]
		field := "materialized_views." + name
		switch {
		case want.Age.Percentile != 0 || want.Warn.Percentile != 0:
			add(field, "there is only one newest row, so remove the percentile")
		case want.Column == "" && (want.Age.Set() || want.Warn.Set()):
			add(field, "column is missing; it is the one with the time of each row")
		case want.Column != "" && !want.Age.Set():
			add(field, "age is missing; write it like < 24h")
		}
		faults = append(faults, gates.AgeFaults(field+".age", want.Age.Limit, field+".warn", want.Warn.Limit)...)
	}
	if m := s.Migrations; m != nil && (m.Table == "" || m.Column == "" || len(m.Names) == 0) {
		add("migrations", "migrations needs a table, a column and names")
	}
	s.Replication.faults(add)
	if s.Timeout <= 0 {
		add("timeout", "timeout is a time above zero")
	}
	return faults
}

// Deadline implements [gates.WithDeadline]: there are three statements for the catalog,
// three for each thing that is read, and five for each look at replication.
func (g *schemaGate) Deadline() time.Duration {
	statements := 6 + 3*len(g.settings.Materialized)
	if g.settings.Replication != nil {
		statements += 5 * mostLooks
	}
	return g.Longest(statements)
}

// Check implements [gates.Gate].
func (g *schemaGate) Check(ctx context.Context, _ gates.Scope) answer.Evidence {
	s, err := g.Connect(ctx)
	if err != nil {
		return gates.Errored("%s", g.Explain(ctx, err))
	}
	defer s.Close()
	catalog, err := g.read(ctx, s)
	if err != nil {
		return gates.Errored("%s", g.Explain(ctx, err))
	}
	parts := append(g.judge(catalog), g.newestRows(ctx, s, catalog)...)
	if g.settings.Migrations != nil {
		parts = append(parts, g.migrations(ctx, s, catalog))
	}
	if g.settings.Replication != nil {
		parts = append(parts, g.replication(ctx, s))
	}
	if ctx.Err() != nil {
		return gates.Errored("%s", g.Explain(ctx, ctx.Err()))
	}
	return gates.Joined(parts)
}

// schemaCatalog is what the catalog says at one moment.
type schemaCatalog struct {
	found map[schema.Name]schema.Relation
	login schema.Login
	near  map[schema.Name]string // of one that doesn't exist, one with nearly the same name
}

func (g *schemaGate) read(ctx context.Context, s *database.Session) (c schemaCatalog, err error) {
	c.near = map[schema.Name]string{}
	err = s.Snapshot(ctx, func(ctx context.Context, tx database.Tx) error {
		if c.found, err = schema.Find(ctx, tx, slices.Collect(maps.Values(g.names))); err != nil {
			return err
		}
		if c.login, err = schema.Self(ctx, tx); err != nil {
			return err
		}
		all := map[string][]string{}
		for _, n := range g.names {
			if _, there := c.found[n]; there {
				continue
			}
			if _, asked := all[n.Schema]; !asked {
				if all[n.Schema], err = schema.Relations(ctx, tx, n.Schema); err != nil {
					return err
				}
			}
			c.near[n] = gates.Nearest(n.Relation, all[n.Schema])
		}
		return nil
	})
	return c, err
}
