package pgwire

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// patience is how long a client may take to log in.
const patience = 10 * time.Second

// errOver ends a session in which all is said.
var errOver = errors.New("the session is over")

// startup is all that happens before the first ReadyForQuery.
func (s *session) startup() error {
	s.conn.SetDeadline(time.Now().Add(patience))
	hello, err := s.hello()
	if err != nil {
		return err
	}
	if err := s.admit(hello); err != nil {
		return err
	}
	if err := s.server.enter(s); err != nil {
		return err
	}
	s.conn.SetDeadline(time.Time{})
	s.introduce(hello)
	return s.wire.Flush()
}

// hello reads up to the client's StartupMessage. Encryption is declined; the
// client may go on without. A CancelRequest is a connection of its own.
func (s *session) hello() (*pgproto3.StartupMessage, error) {
	for {
		message, err := s.wire.ReceiveStartupMessage()
		if err != nil {
			return nil, err
		}
		switch m := message.(type) {
		case *pgproto3.SSLRequest, *pgproto3.GSSEncRequest:
			if _, err := s.conn.Write([]byte{'N'}); err != nil {
				return nil, err
			}
		case *pgproto3.CancelRequest:
			s.server.cancel(m.ProcessID, m.SecretKey)
			return nil, errOver
		case *pgproto3.StartupMessage:
			return m, nil
		}
	}
}

// allowed are the start-up parameters that PgBouncer lets through without
// being told to ignore others (https://www.pgbouncer.org/config.html,
// ignore_startup_parameters).
var allowed = []string{
	"user", "database", "application_name", "client_encoding", "DateStyle", "TimeZone", "standard_conforming_strings",
}

// admit judges the client's parameters, password and database, in the order
// in which a pooler and the server behind it do.
func (s *session) admit(hello *pgproto3.StartupMessage) error {
	for _, name := range slices.Sorted(maps.Keys(hello.Parameters)) {
		known := slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, name) })
		if !known && !strings.HasPrefix(name, "_pq_.") {
			return fatal("08P01", "unsupported startup parameter: %s", name)
		}
	}
	if err := s.server.open(); err != nil {
		return err
	}
	s.negotiate(hello)
	user := hello.Parameters["user"]
	if user == "" {
		return fatal("28000", "no PostgreSQL user name specified in startup packet")
	}
	if err := s.login(user); err != nil {
		return err
	}
	database := hello.Parameters["database"]
	if database == "" {
		database = user
	}
	if database != s.server.opts.Database {
		return fatal("3D000", "database %q does not exist", database)
	}
	return nil
}

// negotiate tells a client that wants more than protocol 3.0, or an extension
// of it, that it gets 3.0.
func (s *session) negotiate(hello *pgproto3.StartupMessage) {
	var options []string
	for name := range hello.Parameters {
		if strings.HasPrefix(name, "_pq_.") {
			options = append(options, name)
		}
	}
	if hello.ProtocolVersion > pgproto3.ProtocolVersion30 || len(options) > 0 {
		s.wire.Send(&pgproto3.NegotiateProtocolVersion{UnrecognizedOptions: options})
	}
}

// login asks for the password by SCRAM-SHA-256. An unknown user is asked too,
// so that the answer does not tell which of both was wrong.
func (s *session) login(user string) error {
	reply, err := s.ask(&pgproto3.AuthenticationSASL{AuthMechanisms: []string{"SCRAM-SHA-256"}}, pgproto3.AuthTypeSASL)
	if err != nil {
		return err
	}
	first, ok := reply.(*pgproto3.SASLInitialResponse)
	if !ok || first.AuthMechanism != "SCRAM-SHA-256" {
		return fatal("08P01", "client selected an invalid SASL authentication mechanism")
	}
	x, challenge, err := s.server.verifier.challenge(string(first.Data))
	if err != nil {
		return fatal("08P01", "malformed SCRAM message")
	}
	reply, err = s.ask(&pgproto3.AuthenticationSASLContinue{Data: []byte(challenge)}, pgproto3.AuthTypeSASLContinue)
	if err != nil {
		return err
	}
	final, ok := reply.(*pgproto3.SASLResponse)
	if !ok {
		return fatal("08P01", "expected SASL response")
	}
	proof, right, err := x.verify(string(final.Data))
	if err != nil {
		return fatal("08P01", "malformed SCRAM message")
	}
	if !right || user != s.server.opts.User {
		return fatal("28P01", "password authentication failed for user %q", user)
	}
	s.wire.Send(&pgproto3.AuthenticationSASLFinal{Data: []byte(proof)})
	return nil
}

// ask sends a request of the log-in and waits for the answer.
func (s *session) ask(request pgproto3.BackendMessage, answer uint32) (pgproto3.FrontendMessage, error) {
	s.wire.Send(request)
	if err := s.wire.Flush(); err != nil {
		return nil, err
	}
	if err := s.wire.SetAuthType(answer); err != nil {
		return nil, err
	}
	return s.wire.Receive()
}

// introduce tells the client who it is talking to.
func (s *session) introduce(hello *pgproto3.StartupMessage) {
	s.wire.Send(&pgproto3.AuthenticationOk{})
	for _, status := range [][2]string{
		{"application_name", hello.Parameters["application_name"]},
		{"client_encoding", "UTF8"},
		{"DateStyle", "ISO, MDY"},
		{"default_transaction_read_only", "off"},
		{"in_hot_standby", "off"},
		{"integer_datetimes", "on"},
		{"IntervalStyle", "postgres"},
		{"is_superuser", "off"},
		{"server_encoding", "UTF8"},
		{"server_version", "15.8"},
		{"session_authorization", s.server.opts.User},
		{"standard_conforming_strings", "on"},
		{"TimeZone", "UTC"},
	} {
		s.wire.Send(&pgproto3.ParameterStatus{Name: status[0], Value: status[1]})
	}
	s.wire.Send(&pgproto3.BackendKeyData{ProcessID: s.pid, SecretKey: s.secret})
	s.ready()
}
