package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"gonogo/storage"
)

// The version of the tables changes if an older gonogo could no longer use them.
const format = 1

// oldest is the oldest PostgreSQL that is supported, as its setting server_version_num.
const oldest = 130000

var (
	errNewer   = errors.New("its format is of a newer gonogo")
	errForeign = errors.New("its tables are not those of a ledger")
	errOld     = errors.New("the server is too old")
)

// Open opens the ledger for this process alone, and creates it if there is none. It waits
// for a while if another gonogo has it. It leaves a ledger that it can't use unchanged;
// the error is then *storage.Unusable.
func (p Place) Open(ctx context.Context) (*Log, error) {
	l, err := p.open(false)
	if err == nil {
		err = l.prepare(ctx)
	}
	if err == nil {
		err = l.await(ctx)
	}
	if err != nil {
		return nil, p.refused(ctx, l, err)
	}
	return l, nil
}

// OpenReadOnly opens the ledger for reading, also while a gonogo is using it. If there is
// none, the error is [fs.ErrNotExist].
func (p Place) OpenReadOnly(ctx context.Context) (*Log, error) {
	l, err := p.open(true)
	if err == nil {
		err = l.ask(ctx, func(ctx context.Context, conn *pgxpool.Conn) error { return l.examine(ctx, conn) })
	}
	if err != nil {
		return nil, p.refused(ctx, l, err)
	}
	return l, nil
}

func (p Place) open(readOnly bool) (*Log, error) {
	l := &Log{place: p, readOnly: readOnly, sockets: &sockets{}}
	pool, err := p.newPool(l.sockets, !readOnly)
	if err != nil {
		return nil, err
	}
	l.pool = pool
	return l, nil
}

// refused closes what was opened, and says why the ledger can't be used.
func (p Place) refused(ctx context.Context, l *Log, err error) error {
	if l != nil {
		_ = l.Close() // what is wrong with the ledger matters more
	}
	var unusable *storage.Unusable
	if errors.As(err, &unusable) || ctx.Err() != nil {
		return err
	}
	u := &storage.Unusable{Path: p.String(), Cause: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		u.Problem, u.NextStep = "does not exist", "name the ledger of a gonogo that has run"
	case errors.Is(err, errNewer):
		u.Problem, u.NextStep = "was written by a newer gonogo", "use that one"
	case errors.Is(err, errForeign):
		u.Problem, u.NextStep = "can't be made: the schema has tables of the same names that are not gonogo's", "name another schema with storage.schema"
	case errors.Is(err, errOld):
		u.Problem, u.NextStep = "needs PostgreSQL 13 or newer", "upgrade the server, or name another"
	case errors.Is(err, errAddress):
		u.Problem, u.NextStep = "can't be used: its URL isn't a valid PostgreSQL URL", "write it like postgres://user:password@host:5432/database"
	default:
		return fmt.Errorf("%s can't be used: %w", p, err)
	}
	return u
}

// examine looks whether there is a ledger that this gonogo can use. The names are looked
// up in one statement, which takes no right to the tables.
func (l *Log) examine(ctx context.Context, conn *pgxpool.Conn) error {
	var version string
	var ledger, records bool
	err := conn.QueryRow(ctx, "SELECT current_setting('server_version_num'), to_regclass($1) IS NOT NULL, to_regclass($2) IS NOT NULL",
		l.place.table("ledger"), l.place.table("records")).Scan(&version, &ledger, &records)
	switch {
	case err != nil:
		return err
	case len(version) < len(fmt.Sprint(oldest)) || version < fmt.Sprint(oldest):
		return errOld
	case !ledger && !records:
		return fs.ErrNotExist
	case !ledger || !records:
		return errForeign
	}
	var found int32
	err = conn.QueryRow(ctx, l.query("SELECT format FROM {ledger}"), binary).Scan(&found)
	var refused *pgconn.PgError
	switch {
	case errors.Is(err, pgx.ErrNoRows), errors.As(err, &refused) && refused.Code == codeNoColumn:
		return errForeign
	case err != nil:
		return err
	case found > format:
		return errNewer
	}
	return nil
}

// prepare creates the ledger if there is none, completely or not at all.
func (l *Log) prepare(ctx context.Context) error {
	err := l.ask(ctx, func(ctx context.Context, conn *pgxpool.Conn) error { return l.examine(ctx, conn) })
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return l.ask(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return l.create(ctx, tx) })
	})
}

// tables are what a ledger consists of. The row is updated with every append, so its page
// has room for that.
var tables = []string{
	`CREATE TABLE {ledger} (id int PRIMARY KEY DEFAULT 1 CHECK (id = 1), format int NOT NULL, attempt bigint NOT NULL DEFAULT 0,
		term bigint NOT NULL DEFAULT 0, writer bytea NOT NULL DEFAULT '', since bigint NOT NULL DEFAULT 0, process bytea NOT NULL DEFAULT '', seen timestamptz,
		last bigint NOT NULL DEFAULT 0, hash bytea NOT NULL DEFAULT '') WITH (fillfactor = 10)`,
	`CREATE TABLE {records} (seq bigint PRIMARY KEY, at bigint NOT NULL, kind bytea NOT NULL, key bytea, data bytea NOT NULL, prev bytea NOT NULL, hash bytea NOT NULL)`,
	`CREATE INDEX records_key ON {records} (sha256(key), seq) WHERE key IS NOT NULL`,
	`CREATE TABLE {trial} (padding bytea)`,
	fmt.Sprintf(`INSERT INTO {ledger} (format) VALUES (%d)`, format),
}

// create makes the schema, unless there is one, and the tables in it. A lock that ends
// with the transaction lets one of several processes do it.
func (l *Log) create(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext($1)), "+durable, "gonogo ledger "+l.place.Schema); err != nil {
		return err
	}
	var schema, ledger bool
	if err := tx.QueryRow(ctx, "SELECT to_regnamespace($1) IS NOT NULL, to_regclass($2) IS NOT NULL",
		l.place.schema(), l.place.table("ledger")).Scan(&schema, &ledger); err != nil || ledger {
		return err
	}
	statements := tables
	if !schema {
		statements = append([]string{"CREATE SCHEMA " + l.place.schema()}, tables...)
	}
	for _, statement := range statements {
		if _, err := tx.Exec(ctx, l.query(statement)); err != nil {
			return err
		}
	}
	return nil
}

// look again at most so often while a writer is alive.
const lookAgain = 500 * time.Millisecond

// await waits until no other gonogo has the ledger.
func (l *Log) await(ctx context.Context) error {
	limits := l.place.bounds()
	until := time.Now().Add(limits.patience)
	for {
		h, err := l.holder(ctx)
		switch {
		case err != nil:
			return err
		case !h.alive(limits):
			return nil
		case !time.Now().Before(until):
			return &storage.Unusable{Path: l.String(), Cause: ErrInUse, Problem: fmt.Sprintf("is in use by %s, which wrote to it %d s ago", h.name, int(h.idle.Seconds())),
				NextStep: fmt.Sprintf("stop that one first, or name another schema with storage.schema; if it was killed, start again in %d s", int(limits.alive.Seconds()))}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(lookAgain, limits.alive-h.idle)):
		}
	}
}

// holder is the writer that has the ledger.
type holder struct {
	name    string        // "": nobody has it
	process string        // see thisProcess
	idle    time.Duration // since it last wrote, by the server's clock
}

// alive reports whether a writer counts as alive.
func (h holder) alive(limits limits) bool {
	return h.name != "" && h.idle < limits.alive && !ended(h.process)
}

func (l *Log) holder(ctx context.Context) (h holder, err error) {
	var name, process []byte
	var idle *float64
	err = l.ask(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		return conn.QueryRow(ctx, l.query("SELECT writer, process, extract(epoch FROM clock_timestamp() - seen)::float8 FROM {ledger}"), binary).Scan(&name, &process, &idle)
	})
	if err != nil || idle == nil {
		return holder{}, err
	}
	return holder{cmp.Or(string(name), "another gonogo"), string(process), max(0, time.Duration(*idle*float64(time.Second)))}, nil
}

// leaveWithin is how long Close tries to tell that this writer leaves, and to end its
// connections in order.
const leaveWithin = 2 * time.Second

// Close implements storage.Log. It waits for the current append, and says in the ledger
// that its writer has left.
func (l *Log) Close() error {
	if l.closed.Load() {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.readOnly && l.wrote {
		l.leave()
	}
	l.closed.Store(true)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.pool.Close()
	}()
	select {
	case <-ended:
	case <-time.After(leaveWithin):
	}
	l.sockets.close()
	<-ended
	return nil
}

// leave says that nobody has the ledger, unless another gonogo has it already. If that
// can't be said, the next start waits until this writer counts as gone.
func (l *Log) leave() {
	ctx, cancel := context.WithTimeout(noContext, leaveWithin)
	defer cancel()
	_ = l.askOnce(ctx, func(ctx context.Context, conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, l.query("UPDATE {ledger} SET seen = NULL WHERE term = $1"), int64(l.term))
		return err
	})
}
