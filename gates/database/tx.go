package database

import (
	"context"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Tx is a transaction that cannot write. It is good within the function that gets it.
type Tx struct{ tx pgx.Tx }

// Answer is the result of a query.
type Answer struct {
	Rows    int
	First   *string // first column of the first row, as the server prints it, booleans as true and false; nil: null, or no row
	Boolean bool    // whether that is one
}

// ErrTooMany says that a query gives more rows than are read.
var ErrTooMany = errors.New("the query gives more rows than are read")

// Ask runs a query to its last row. More than most rows are [ErrTooMany].
func (t Tx) Ask(ctx context.Context, query string, most int) (Answer, error) {
	rows, err := t.tx.Query(ctx, query)
	if err != nil {
		return Answer{}, err
	}
	defer rows.Close()
	var a Answer
	for rows.Next() {
		if a.Rows++; a.Rows > most {
			return a, ErrTooMany
		}
		if a.Rows == 1 {
			a.First, a.Boolean = first(rows)
		}
	}
	return a, rows.Err()
}

// first is the first column of a row, as the server prints it: exec mode asks for text.
func first(rows pgx.Rows) (text *string, boolean bool) {
	raw, fields := rows.RawValues(), rows.FieldDescriptions()
	if len(raw) == 0 || raw[0] == nil {
		return nil, false
	}
	given := string(raw[0])
	if boolean = fields[0].DataTypeOID == pgtype.BoolOID; boolean {
		given = strconv.FormatBool(given == "t")
	}
	return &given, boolean
}

// Each runs a query with arguments, and f after each of its rows was scanned into the
// values that dest points to.
func (t Tx) Each(ctx context.Context, query string, args, dest []any, f func() error) error {
	rows, err := t.tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, dest, f)
	return err
}

// SearchPath resolves names without a schema in one, for this transaction.
func (t Tx) SearchPath(ctx context.Context, schema string) error {
	_, err := t.tx.Exec(ctx, `select set_config('search_path', $1, true)`, Quoted(schema))
	return err
}

// InUTC reads times without a time zone as UTC, for this transaction.
func (t Tx) InUTC(ctx context.Context) error {
	_, err := t.tx.Exec(ctx, `select set_config('TimeZone', 'UTC', true)`)
	return err
}

// Quoted is a name within a statement, each of its parts in quotes.
func Quoted(parts ...string) string { return pgx.Identifier(parts).Sanitize() }
