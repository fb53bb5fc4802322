package gates

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"gonogo/clients/postgres"
	"gonogo/gates/network"
	"gonogo/phrase"
	"gonogo/readiness"
)

const (
	connectTimeout = 10 * time.Second
	answerGrace    = 5 * time.Second        // for the answer to come after the server's own time-out
	tidying        = 500 * time.Millisecond // for a connection to take its leave
)

// database is a PostgreSQL that gates look into and never write to. Whatever
// it sends works behind a pooler that changes the server between transactions:
// no startup parameters but the usual ones, no prepared statements, and every
// setting within the transaction it is for.
type database struct {
	config  *pgx.ConnConfig
	address string        // host and port, for people
	name    string        // of the database
	timeout time.Duration // of each statement
}

// newDatabase reads the address of a connection. Its secrets are what must not
// stand in any evidence.
func newDatabase(server postgres.Server, timeout time.Duration) (db database, secrets []string, err error) {
	config, err := pgx.ParseConfig(server.URL)
	if err != nil { // which quotes the address, so it is not passed on
		return database{}, nil, Faults{{"connection", "the connection's address is not a valid PostgreSQL address; write it as in postgres://user:password@host:5432/database"}}
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	if config.ConnectTimeout == 0 || config.ConnectTimeout > connectTimeout {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "gonogo"
	}
	db = database{config: config, name: config.Database, timeout: timeout,
		address: net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))}
	return db, []string{server.URL, config.Password}, nil
}

// Tidying implements [Tidy], for the gates that have a database.
func (db database) Tidying() time.Duration { return 2 * tidying }

// session is one connection to a database.
type session struct {
	*pgx.Conn
	db      database
	sockets *sockets
}

// connect opens a session; close ends it.
func (db database) connect(ctx context.Context) (*session, error) {
	s := &session{db: db, sockets: &sockets{}}
	config := db.config.Copy()
	config.DialFunc = s.sockets.watch(config.DialFunc)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		s.sockets.close()
		return nil, err
	}
	s.Conn = conn
	return s, nil
}

// close ends a session. When a statement was cut off, pgx asks the server in
// the background to give it up and waits up to 15 s for a farewell; that is
// cut short here, so that nothing goes on after the gate has answered.
func (s *session) close() {
	ctx, cancel := context.WithTimeout(context.Background(), tidying)
	defer cancel()
	_ = s.Close(ctx)
	select {
	case <-s.PgConn().CleanupDone():
	case <-ctx.Done():
	}
	s.sockets.close()
	<-s.PgConn().CleanupDone()
}

// look runs f in a transaction that cannot write and always ends in a
// rollback, with the server itself giving up each statement after the
// database's timeout. A server that has fallen silent is given up soon after.
//
// With row_security off, a query that policies would keep rows from is refused
// instead of answered from the others (PostgreSQL's manual, "Row Security
// Policies"). Owners, BYPASSRLS and views of such owners see everything, and go
// on doing so.
func (s *session) look(ctx context.Context, level pgx.TxIsoLevel, f func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.db.timeout+answerGrace)
	defer cancel()
	tx, err := s.BeginTx(ctx, pgx.TxOptions{IsoLevel: level, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }() // nothing was written, and a broken session is closed anyway

	milliseconds := max(1, s.db.timeout.Milliseconds()) // 0 would be no time-out at all
	if _, err := tx.Exec(ctx, `select set_config('statement_timeout', $1, true), set_config('row_security', 'off', true)`, strconv.FormatInt(milliseconds, 10)); err != nil {
		return err
	}
	return f(ctx, tx)
}

// explain says in one sentence why a database could not be asked. It never
// repeats the text of pgx, which names the user.
func (db database) explain(ctx context.Context, err error) string {
	var refused *pgconn.PgError
	var unknown *net.DNSError
	var connecting *pgconn.ConnectError
	switch {
	case ctx.Err() != nil:
		return "cut off before " + db.address + " had answered"
	case errors.As(err, &refused):
		return db.refusal(refused)
	case errors.As(err, &unknown):
		return db.config.Host + " is not known to the name server; check the name"
	case network.IsRefused(err):
		return db.address + " refuses connections; is the database running?"
	case errors.Is(err, context.DeadlineExceeded), network.IsTimeout(err):
		return fmt.Sprintf("%s did not answer in time; is it a database, and is it overloaded?", db.address)
	case errors.Is(err, pgconn.ErrReadOnlyConnection):
		return db.address + " let gonogo in, but it is read-only (a standby?), and the connection's address asks for a server that takes writes; name the primary, or take target_session_attrs out"
	case errors.Is(err, pgconn.ErrReadWriteConnection), errors.Is(err, pgconn.ErrPrimaryConnection):
		return db.address + " let gonogo in, but it takes writes (the primary?), and the connection's address asks for a server that does not; name a standby, or take target_session_attrs out"
	case errors.Is(err, pgconn.ErrStandbyConnection):
		return db.address + " let gonogo in, but it is a standby, and the connection's address asks for the primary; name that, or take target_session_attrs out"
	case errors.As(err, &connecting):
		return db.address + " let nobody in: it does not speak as PostgreSQL does, or not with the TLS that the address asks for"
	}
	return db.address + " broke the connection off before it had answered"
}

// policyCheck is the function of PostgreSQL that refuses a query which policies
// would keep rows from. Its code is that of a missing permission, and its text is in
// the server's language.
const policyCheck = "check_enable_rls"

// refusal puts the server's errors into words. The codes are those of
// PostgreSQL's manual, appendix A; 08P01 is how PgBouncer refuses parameters.
func (db database) refusal(e *pgconn.PgError) string {
	switch e.Code {
	case "28P01", "28000":
		return db.address + " does not let this user in; check the user and the password in the connection's address"
	case "3D000":
		return fmt.Sprintf("%s has no database %q", db.address, db.name)
	case "53300":
		return db.address + " has no connection left; try again, or raise its limit"
	case "57P03":
		return db.address + " is starting or stopping; try again"
	case "57014":
		return fmt.Sprintf("the database gave the statement up after %s", readiness.Span(db.timeout))
	case "25006":
		return "the query would write, and a gate only looks; write one that reads"
	case "42501":
		if e.Routine == policyCheck {
			return "the login may not see every row: " + phrase.Excerpt(e.Message) + "; give it BYPASSRLS, or query a view that the table's owner owns"
		}
		return "this user may not read that; grant it: " + phrase.Excerpt(e.Message)
	case "42601":
		return "the query is not one statement as PostgreSQL knows them: " + phrase.Excerpt(e.Message)
	}
	return fmt.Sprintf("the database refused: %s (%s)", phrase.Excerpt(e.Message), e.Code)
}

// sockets knows the network connections that a session has opened, so that
// they can be closed whatever pgx is still doing with them.
type sockets struct {
	mu     sync.Mutex
	open   []net.Conn
	closed bool
}

// watch gives a way to dial that remembers what it opened.
func (s *sockets) watch(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed {
			conn.Close()
			return nil, net.ErrClosed
		}
		s.open = append(s.open, conn)
		return conn, nil
	}
}

func (s *sockets) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, conn := range slices.Backward(s.open) {
		conn.Close()
	}
}
