package pgwire

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// longest is the size of the largest message that a client may send, in bytes.
const longest = 1 << 20

// session is one connection. One goroutine owns it, all but ctx, end and
// cancelled, by which others reach in, and pid and secret, which never change
// once it is registered.
type session struct {
	ctx    context.Context // ends with the server, or by end
	end    context.CancelFunc
	server *Server
	conn   net.Conn
	wire   *pgproto3.Backend

	pid       uint32
	secret    []byte
	cancelled chan struct{} // holds a request to stop the running statement

	tx       transaction
	prepared map[string]*statement
	portals  map[string]*portal
	skipping bool // after an error in the extended protocol, until Sync
}

func newSession(ctx context.Context, end context.CancelFunc, server *Server, conn net.Conn) *session {
	wire := pgproto3.NewBackend(conn, conn)
	wire.SetMaxBodyLen(longest)
	return &session{
		ctx: ctx, end: end, server: server, conn: conn, wire: wire,
		cancelled: make(chan struct{}, 1),
		tx:        transaction{status: idle},
		prepared:  map[string]*statement{},
		portals:   map[string]*portal{},
	}
}

// live runs the session to its end. The error is nil when the client ended it.
func (s *session) live() error {
	defer s.server.leave(s)
	err := s.startup()
	for err == nil {
		err = s.step()
	}
	return s.part(err)
}

// part says the last word where one is due.
func (s *session) part(err error) error {
	if errors.Is(err, errOver) || errors.Is(err, io.EOF) {
		return nil
	}
	if s.ctx.Err() != nil {
		err = errShutdown
	}
	var f *Fault
	if errors.As(err, &f) {
		s.wire.Send(f.response())
		return errors.Join(err, s.wire.Flush())
	}
	return err
}

// step takes one message. Only an error that ends the session is returned.
func (s *session) step() error {
	// Logging in lifts the deadline that an earlier end may have set.
	if s.ctx.Err() != nil {
		return errShutdown
	}
	message, err := s.wire.Receive()
	if err != nil {
		return err
	}
	if s.ctx.Err() != nil { // it ended while the message was on its way
		return errShutdown
	}
	switch m := message.(type) {
	case *pgproto3.Terminate:
		return errOver
	case *pgproto3.Sync:
		s.skipping = false
		return s.settle()
	case *pgproto3.Flush:
		return s.wire.Flush()
	case *pgproto3.Query:
		if s.skipping {
			return nil
		}
		if err := s.simple(m.String); err != nil {
			return err
		}
		return s.settle()
	}
	if s.skipping {
		return nil
	}
	return s.fail(s.extended(message))
}

// settle ends what lasts only for one statement, and is ready for the next.
func (s *session) settle() error {
	if s.tx.status == idle {
		s.endTransaction()
	}
	s.ready()
	return s.wire.Flush()
}

func (s *session) ready() { s.wire.Send(&pgproto3.ReadyForQuery{TxStatus: s.tx.status}) }

// fail tells the client of a fault and marks the transaction. The error comes
// back when the session cannot go on.
func (s *session) fail(err error) error {
	var f *Fault
	if err == nil || !errors.As(err, &f) || f.fatal {
		return err
	}
	s.wire.Send(f.response())
	s.skipping = true
	if s.tx.status == open {
		s.tx.status = failed
	}
	return nil
}

// simple runs the statements of a Query message. The first fault ends them.
func (s *session) simple(query string) error {
	answered := false
	for _, p := range split(query) {
		st, err := s.server.catalogue.find(p.text, &s.tx)
		if err == nil && st.empty() {
			continue
		}
		answered = true
		if err == nil {
			err = s.runWhole(st)
		}
		if err != nil {
			err = s.fail(located(err, query, p.from))
			s.skipping = false // Query has its own end
			return err
		}
	}
	if !answered {
		s.wire.Send(&pgproto3.EmptyQueryResponse{})
	}
	return nil
}

// runWhole runs a statement of the simple protocol: all rows, as text. Their
// description goes ahead of the work, so it is there even where that fails.
func (s *session) runWhole(st *statement) error {
	if len(st.params) > 0 {
		return &Fault{Code: "42P02", Message: "there is no parameter $1", At: "$1"}
	}
	if len(st.columns) > 0 {
		s.wire.Send(st.describe(nil))
	}
	rows, tag, err := s.perform(st, st.literals)
	if err != nil {
		return err
	}
	for _, row := range rows {
		s.wire.Send(st.row(row, nil))
	}
	s.wire.Send(complete(tag, len(rows)))
	return nil
}

// perform runs a statement once: it waits as long as a slow database makes it
// wait, and gives all its rows and the tag of what was done.
func (s *session) perform(st *statement, args [][]byte) (rows [][]string, tag string, err error) {
	if st.slow {
		if err := s.holdUp(); err != nil {
			return nil, "", err
		}
	}
	tag = st.tag
	if s.tx.status == failed {
		tag = "ROLLBACK" // whatever was asked for: only an end gets here
	}
	rows, err = st.run(s, args)
	return rows, tag, err
}

// holdUp waits for the server's delay, for the statement timeout if that is
// shorter, and no longer than someone wants.
func (s *session) holdUp() error {
	select { // a cancel that came after the statement it was meant for
	case <-s.cancelled:
	default:
	}
	if s.server.opts.Delay == nil {
		return nil
	}
	delay := s.server.opts.Delay()
	if delay == 0 {
		return nil
	}
	var late error
	if limit := s.tx.statementTimeout; limit > 0 && limit < delay {
		delay, late = limit, errStatementTimeout
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return late
	case <-s.cancelled:
		return errUserCancel
	case <-s.ctx.Done():
		return errShutdown
	}
}
