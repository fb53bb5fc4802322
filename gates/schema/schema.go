// Package schema reads from PostgreSQL's catalog what is defined in a database: tables,
// views, indexes, materialized views and row-level security; from its tables which
// migrations ran and how old the newest row of a materialized view is; and from its
// statistics which standbys stream and how far they are behind.
//
// [Find] looks up relations by their [Name], [Login.Exemption] says why row-level security
// doesn't apply to the login, [Age] is that of the newest row, and [Applied] lists
// migrations. The catalog shows every object to every login. A table that the login may
// not read, or not all rows of, is an error or [database.Hidden]. The caller decides what
// is good.
//
// Source: PostgreSQL's manual, "System Catalogs" (pg_class, pg_index, pg_policy) and
// "Row Security Policies"; tested with PostgreSQL 15.
package schema

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gonogo/gates/database"
)

// Name is the name of a relation and of its schema, as the catalog has them: folded to
// lower case, unless they were created in quotes.
type Name struct{ Schema, Relation string }

// Named reads a name with or without its schema, which the first dot ends.
func Named(text, schema string) (Name, error) {
	first, rest, dotted := strings.Cut(text, ".")
	n := Name{schema, text}
	if dotted {
		n = Name{first, rest}
	}
	if n.Schema == "" || n.Relation == "" || strings.ContainsAny(text, "\x00\"") {
		return n, fmt.Errorf("%q isn't a name; write it like orders or sales.orders, without quotes", text)
	}
	return n, nil
}

// String writes a name with its schema.
func (n Name) String() string { return n.Schema + "." + n.Relation }

func (n Name) quoted() string { return database.Quoted(n.Schema, n.Relation) }

// Relation is what the catalog says of a table, view or index.
type Relation struct {
	Kind      string // table, view, materialized view, index, or another word
	Valid     bool   // an index that queries use and that is complete
	Populated bool   // a materialized view that was refreshed once
	Secured   bool   // row-level security is on
	Forced    bool   // and applies to the table's owner
	Active    bool   // and applies to the login
	Owned     bool   // the login is the owner, or a member of it
	Policies  []string
}

// kinds are words for pg_class.relkind.
var kinds = map[string]string{"r": "table", "p": "table", "f": "table", "v": "view", "m": "materialized view", "i": "index", "I": "index", "S": "sequence"}

// askRelations asks for relations by their names. Comparing as text doesn't cut long names.
const askRelations = `select n.nspname::text, c.relname::text, c.relkind::text, coalesce(i.indisvalid and i.indisready and i.indislive, false), c.relispopulated,
	c.relrowsecurity, c.relforcerowsecurity, row_security_active(c.oid), pg_has_role(c.relowner, 'usage'),
	array(select polname::text from pg_catalog.pg_policy where polrelid = c.oid order by 1)
	from unnest($1::text[], $2::text[]) as wanted (schema, relation)
	join pg_catalog.pg_namespace n on n.nspname::text = wanted.schema
	join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname::text = wanted.relation
	left join pg_catalog.pg_index i on i.indexrelid = c.oid`

// Find looks relations up. Those that don't exist are missing from the result.
func Find(ctx context.Context, tx database.Tx, names []Name) (map[Name]Relation, error) {
	if err := tx.SearchPath(ctx, "pg_catalog"); err != nil {
		return nil, err
	}
	var schemas, relations []string
	for _, n := range names {
		schemas, relations = append(schemas, n.Schema), append(relations, n.Relation)
	}
	found := map[Name]Relation{}
	var n Name
	var r Relation
	dest := []any{&n.Schema, &n.Relation, &r.Kind, &r.Valid, &r.Populated, &r.Secured, &r.Forced, &r.Active, &r.Owned, &r.Policies}
	err := tx.Each(ctx, askRelations, []any{schemas, relations}, dest, func() error {
		if r.Kind = kinds[r.Kind]; r.Kind == "" {
			r.Kind = "relation of another kind"
		}
		found[n] = r
		r.Policies = nil // the next row has a list of its own
		return nil
	})
	return found, err
}

// mostNear is how many names are compared with one that doesn't exist.
const mostNear = 10_000

// Relations are the names of what is in a schema.
func Relations(ctx context.Context, tx database.Tx, schema string) (names []string, err error) {
	var name string
	err = tx.Each(ctx, `select c.relname::text from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
		where n.nspname::text = $1 order by 1 limit $2`, []any{schema, mostNear}, []any{&name}, func() error {
		names = append(names, name)
		return nil
	})
	return names, err
}

// Login is what the server lets a login pass by.
type Login struct{ Superuser, Bypass bool }

// Self is the login that the server knows this session by.
func Self(ctx context.Context, tx database.Tx) (login Login, err error) {
	known := false
	err = tx.Each(ctx, `select rolsuper, rolbypassrls from pg_catalog.pg_roles where rolname = current_user`, nil, []any{&login.Superuser, &login.Bypass}, func() error {
		known = true
		return nil
	})
	if err == nil && !known {
		err = database.Hidden("the database doesn't say what the login may do; let it read pg_roles")
	}
	return login, err
}

// Exemption says why row-level security doesn't apply to the login, as it follows "it";
// "" means that it does.
func (l Login) Exemption(r Relation) string {
	switch {
	case l.Superuser:
		return "is a superuser"
	case l.Bypass:
		return "has BYPASSRLS"
	case r.Owned && !r.Forced:
		return "owns the table, and row-level security isn't forced"
	case !r.Active:
		return "isn't subject to it"
	}
	return ""
}

// ErrEmpty says that no row has a time.
var ErrEmpty = errors.New("no row has a time")

// Age is how old the newest row of a relation is by the database's clock; below zero, it
// is in the future. A time without a time zone is read as UTC.
func Age(ctx context.Context, tx database.Tx, n Name, column string) (time.Duration, error) {
	if err := tx.SearchPath(ctx, n.Schema); err != nil {
		return 0, err
	}
	if err := tx.InUTC(ctx); err != nil {
		return 0, err
	}
	query := fmt.Sprintf(`select extract(epoch from pg_catalog.clock_timestamp() - max(%s))::float8 from %s`, database.Quoted(column), n.quoted())
	if err := tx.Visible(ctx, query); err != nil {
		return 0, err
	}
	var seconds *float64
	if err := tx.Each(ctx, query, nil, []any{&seconds}, func() error { return nil }); err != nil {
		return 0, err
	}
	if seconds == nil {
		return 0, ErrEmpty
	}
	return inRange(*seconds), nil
}

// inRange is a duration, at most a hundred years long.
func inRange(seconds float64) time.Duration {
	const century = 100 * 365 * 24 * 3600
	return time.Duration(min(max(seconds, -century), century) * float64(time.Second))
}

// Migrations says where the migrations that ran are recorded.
type Migrations struct {
	Table  Name
	Column string // with their names
	Where  string // a condition for rows that count, in SQL; "" means all
}

const (
	maxMigrations = 10_000
	maxName       = 500 // characters
)

// ErrMany says that there are more migrations than are read.
var ErrMany = fmt.Errorf("there are more than %d migrations, and no more are read", maxMigrations)

// Applied lists the names of the migrations that ran.
func Applied(ctx context.Context, tx database.Tx, m Migrations) (names []string, err error) {
	if err := tx.SearchPath(ctx, m.Table.Schema); err != nil {
		return nil, err
	}
	query := m.query()
	if err := tx.Visible(ctx, query); err != nil {
		return nil, err
	}
	var name string
	err = tx.Each(ctx, query, nil, []any{&name}, func() error {
		if names = append(names, name); len(names) > maxMigrations {
			return ErrMany
		}
		return nil
	})
	return names, err
}

func (m Migrations) query() string {
	column, where := database.Quoted(m.Column), ""
	if m.Where != "" {
		where = "(" + m.Where + "\n) and " // a comment in it ends with the line
	}
	return fmt.Sprintf(`select distinct pg_catalog.left(%s::text, %d) from %s where %s%s is not null order by 1 limit %d`, column, maxName+1, m.Table.quoted(), where, column, maxMigrations+1)
}
