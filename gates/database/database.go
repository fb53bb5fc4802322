// Package database reads from PostgreSQL, and never writes to it.
//
// A [Reader] knows where a database is. It opens a [Session], one connection, in which
// [Session.Read] and [Session.Snapshot] run statements in a transaction ([Tx]) that
// can't write and always ends in a rollback. Everything works through a pooler that
// changes the server between transactions: no unusual startup parameters, no prepared
// statements, and every setting is made within its transaction.
//
// # What a login may not see
//
// PostgreSQL hides some things from a login without an error: rows that policies
// filter, what other sessions do, settings, and objects that the login has no rights
// to. A query by such a login finds nothing, and that looks like a good result.
// [Tx.Visible] looks at a query's plan and at the functions that it calls, and returns
// [Hidden] if anything is kept from the login (hidden.go, rights.go, functions.go).
//
// # What happens on failure
//
// The server cancels a statement after the reader's timeout, and this side gives up
// soon after that. [Reader.Explain] turns any error into one sentence, which never
// contains a user or a password; nothing is retried.
package database

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"gonogo/gates/network"
	"gonogo/phrase"
	"gonogo/readiness"
)

const (
	connectTimeout = 10 * time.Second
	answerGrace    = 5 * time.Second        // for the answer to come after the server's own time-out
	closeTimeout   = 500 * time.Millisecond // for a connection to take its leave
)

// Reader is a PostgreSQL that is read and never written to.
type Reader struct {
	config  *pgx.ConnConfig
	url     string
	address string        // host and port, for people
	name    string        // of the database
	timeout time.Duration // of each statement
	partial bool          // queries may leave out rows that policies hide
}

// ErrAddress says that an address isn't one of PostgreSQL's. pgx's own text quotes the
// address, so it isn't passed on.
var ErrAddress = errors.New("URL isn't a valid PostgreSQL URL; write it like postgres://user:password@host:5432/database")

// New reads the address of a database. timeout is how long each statement may take.
func New(url string, timeout time.Duration) (Reader, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return Reader{}, ErrAddress
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	if config.ConnectTimeout == 0 || config.ConnectTimeout > connectTimeout {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "gonogo"
	}
	return Reader{config: config, url: url, name: config.Database, timeout: timeout,
		address: net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))}, nil
}

// Partial is the same reader, whose queries give the rows that policies let the login see.
// A reader's queries are refused otherwise.
func (r Reader) Partial() Reader {
	r.partial = true
	return r
}

// Secrets are what must not be shown of the address: all of it, and its password.
func (r Reader) Secrets() []string { return []string{r.url, r.config.Password} }

// Longest is how long a session with so many statements may take, until the last of
// them is given up.
func (r Reader) Longest(statements int) time.Duration {
	return time.Duration(statements)*r.timeout + connectTimeout + answerGrace
}

// GracePeriod is how long a session may take to end.
func (r Reader) GracePeriod() time.Duration { return 2 * closeTimeout }

// Session is one connection to a database.
type Session struct {
	conn    *pgx.Conn
	reader  Reader
	sockets *sockets
}

// Connect opens a session; [Session.Close] ends it.
func (r Reader) Connect(ctx context.Context) (*Session, error) {
	s := &Session{reader: r, sockets: &sockets{}}
	config := r.config.Copy()
	config.DialFunc = s.sockets.watch(config.DialFunc)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		s.sockets.close()
		return nil, err
	}
	s.conn = conn
	return s, nil
}

// Close ends a session. After a statement was cut off, pgx cancels it in the background
// and waits up to 15 s for the server to close the connection; this ends that at once,
// so that nothing continues afterwards.
func (s *Session) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = s.conn.Close(ctx)
	select {
	case <-s.conn.PgConn().CleanupDone():
	case <-ctx.Done():
	}
	s.sockets.close()
	<-s.conn.PgConn().CleanupDone()
}

// Read runs f in a transaction that can't write and always ends in a rollback. The
// server itself cancels each statement after the reader's timeout; a server that
// doesn't respond is given up soon after.
//
// With row_security off, a query is refused if policies would filter its rows
// (PostgreSQL's manual, "Row Security Policies"). Owners, BYPASSRLS and views of such
// owners still see everything. It is on for [Reader.Partial] only.
func (s *Session) Read(ctx context.Context, f func(context.Context, Tx) error) error {
	return s.within(ctx, "", f)
}

// Snapshot runs f as [Session.Read] does, with all statements seeing the database at
// one moment.
func (s *Session) Snapshot(ctx context.Context, f func(context.Context, Tx) error) error {
	return s.within(ctx, pgx.RepeatableRead, f)
}

func (s *Session) within(ctx context.Context, level pgx.TxIsoLevel, f func(context.Context, Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.reader.timeout+answerGrace)
	defer cancel()
	tx, err := s.conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: level, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }() // nothing was written, and a broken session is closed anyway

	milliseconds := max(1, s.reader.timeout.Milliseconds()) // 0 would be no time-out at all
	prepare := `select set_config('statement_timeout', $1, true), set_config('row_security', 'off', true)`
	if s.reader.partial {
		prepare = `select set_config('statement_timeout', $1, true), set_config('row_security', 'on', true)`
	}
	if _, err := tx.Exec(ctx, prepare, strconv.FormatInt(milliseconds, 10)); err != nil {
		return err
	}
	return f(ctx, Tx{tx})
}

// Explain says in one sentence why a database couldn't be asked, or that it hides
// something. It never repeats the text of pgx, which names the user. ctx is that of the
// whole work: if it has ended, that is the cause.
func (r Reader) Explain(ctx context.Context, err error) string {
	var hidden Hidden
	var refused *pgconn.PgError
	var unknown *net.DNSError
	var connecting *pgconn.ConnectError
	switch {
	case errors.As(err, &hidden):
		return hidden.Error()
	case ctx.Err() != nil:
		return "cut off before " + r.address + " had answered"
	case errors.As(err, &refused):
		return r.refusal(refused)
	case errors.As(err, &unknown):
		return r.config.Host + " is not known to the name server; check the name"
	case network.IsRefused(err):
		return r.address + " refuses connections; is the database running?"
	case errors.Is(err, context.DeadlineExceeded), network.IsTimeout(err):
		return fmt.Sprintf("%s did not answer in time; is it a database, and is it overloaded?", r.address)
	case errors.Is(err, pgconn.ErrReadOnlyConnection):
		return r.address + " is read-only (a standby?), but the connection's URL requires a writable server; use the primary, or remove target_session_attrs"
	case errors.Is(err, pgconn.ErrReadWriteConnection), errors.Is(err, pgconn.ErrPrimaryConnection):
		return r.address + " is writable (the primary?), but the connection's URL requires a read-only server; use a standby, or remove target_session_attrs"
	case errors.Is(err, pgconn.ErrStandbyConnection):
		return r.address + " is a standby, but the connection's URL requires the primary; use the primary, or remove target_session_attrs"
	case errors.As(err, &connecting):
		return r.address + " isn't a PostgreSQL server, or doesn't support the TLS mode in the connection's URL"
	}
	return r.address + " closed the connection before it responded"
}

// policyCheck is the function of PostgreSQL that refuses a query which policies
// would keep rows from. Its code is that of a missing permission, and its text is in
// the server's language.
const policyCheck = "check_enable_rls"

// IsPartial reports whether a query was refused because policies hide rows from the login.
func IsPartial(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == "42501" && refused.Routine == policyCheck
}

// outages are the classes of errors with which a server says that it can't serve now:
// connections, resources, an operator's intervention, its system, and itself. Source:
// PostgreSQL's manual, appendix A.
var outages = []string{"08", "53", "57", "58", "XX"}

// Outage reports whether an error means that the database doesn't serve, either by its
// own word or, if silent is true, because nothing answered. What it refuses to this login
// or of this query is no outage.
func Outage(err error) (outage, silent bool) {
	var refused *pgconn.PgError
	var hidden Hidden
	switch {
	case err == nil, errors.As(err, &hidden), errors.Is(err, ErrTooMany):
		return false, false
	case errors.As(err, &refused):
		return slices.ContainsFunc(outages, func(class string) bool { return strings.HasPrefix(refused.Code, class) }), false
	}
	for _, other := range []error{pgconn.ErrReadOnlyConnection, pgconn.ErrReadWriteConnection, pgconn.ErrPrimaryConnection, pgconn.ErrStandbyConnection} {
		if errors.Is(err, other) {
			return false, false
		}
	}
	return true, true
}

// refusal puts the server's errors into words. The codes are those of
// PostgreSQL's manual, appendix A; 08P01 is how PgBouncer refuses parameters.
func (r Reader) refusal(e *pgconn.PgError) string {
	switch e.Code {
	case "28P01", "28000":
		return r.address + " rejected the login; check the user and password in the connection's URL"
	case "3D000":
		return fmt.Sprintf("%s has no database %q", r.address, r.name)
	case "53300":
		return r.address + " has no connection left; try again, or raise its limit"
	case "57P03":
		return r.address + " is starting or stopping; try again"
	case "57014":
		return fmt.Sprintf("the database gave the statement up after %s", readiness.Span(r.timeout))
	case "25006":
		return "the query would write, but gates are read-only; write one that only reads"
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

// watch wraps a dial function to remember the connections that it opened.
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
