package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"gonogo/storage"
)

// draftSuffix ends the schema in which a new ledger is filled. What a killed process left
// there is dropped by the next one.
const draftSuffix = "_import"

// Build makes a new ledger from what fill appends to an empty one, completely or not at
// all. The ledger is filled in another schema, and its chain is read back and compared
// with fill's report before its tables get their own. Build refuses a ledger that exists;
// with replace it replaces that one, unless a gonogo is using it.
func (p Place) Build(ctx context.Context, replace bool, fill func(storage.Log) (storage.Report, error)) (storage.Report, error) {
	if err := p.free(ctx, replace); err != nil {
		return storage.Report{}, err
	}
	draft := p
	draft.Schema += draftSuffix
	if err := draft.drop(ctx); err != nil {
		return storage.Report{}, draft.refused(ctx, nil, err)
	}
	report, err := draft.filled(ctx, fill)
	if err == nil {
		err = p.adopt(ctx, draft, replace)
	}
	if err != nil {
		_ = draft.drop(context.WithoutCancel(ctx)) // what went wrong before matters more
		return storage.Report{}, err
	}
	return report, nil
}

// free reports whether a new ledger may take the place.
func (p Place) free(ctx context.Context, replace bool) error {
	l, err := p.OpenReadOnly(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer l.Close()
	if !replace {
		return p.exists()
	}
	l.place.limits = p.bounds()
	l.place.limits.patience = 0
	return l.await(ctx)
}

func (p Place) exists() error {
	return &storage.Unusable{Path: p.String(), Problem: "exists already", NextStep: "name another schema with storage.schema", Cause: fs.ErrExist}
}

// filled fills a draft and verifies what the server has of it.
func (p Place) filled(ctx context.Context, fill func(storage.Log) (storage.Report, error)) (storage.Report, error) {
	l, err := p.Open(ctx)
	if err != nil {
		return storage.Report{}, err
	}
	defer l.Close()
	wrote, err := fill(l)
	if err != nil {
		return storage.Report{}, err
	}
	found, err := storage.Verify(ctx, l)
	if err == nil && found != wrote {
		err = fmt.Errorf("the server has not what was written to it: %d sound records of %d", found.Records, wrote.Records)
	}
	return found, err
}

// adopt moves the tables of a draft to where they belong, in one transaction.
func (p Place) adopt(ctx context.Context, draft Place, replace bool) error {
	statements := []string{
		"CREATE SCHEMA IF NOT EXISTS " + p.schema(),
		"ALTER TABLE " + draft.table("ledger") + " SET SCHEMA " + p.schema(),
		"ALTER TABLE " + draft.table("records") + " SET SCHEMA " + p.schema(),
		"ALTER TABLE " + draft.table("trial") + " SET SCHEMA " + p.schema(),
		"DROP SCHEMA " + draft.schema(),
	}
	if replace {
		drop := fmt.Sprintf("DROP TABLE IF EXISTS %s, %s, %s", p.table("ledger"), p.table("records"), p.table("trial"))
		statements = append([]string{drop}, statements...)
	}
	err := p.within(ctx, statements...)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == codeTableExists {
		return p.exists() // another process was faster
	}
	if err != nil {
		return p.refused(ctx, nil, err)
	}
	return nil
}

// drop removes a draft.
func (p Place) drop(ctx context.Context) error {
	return p.within(ctx, "DROP SCHEMA IF EXISTS "+p.schema()+" CASCADE")
}

// within executes statements in one transaction.
func (p Place) within(ctx context.Context, statements ...string) error {
	l, err := p.open(false)
	if err != nil {
		return err
	}
	defer l.Close()
	return l.askOnce(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			for _, statement := range append([]string{"SELECT " + durable}, statements...) {
				if _, err := tx.Exec(ctx, statement); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// schema is the ledger's schema within a statement.
func (p Place) schema() string { return pgx.Identifier{p.Schema}.Sanitize() }
