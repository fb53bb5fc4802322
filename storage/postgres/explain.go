package postgres

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"gonogo/storage"
)

// errAddress says that a URL isn't one of PostgreSQL's.
var errAddress = errors.New("its URL isn't a valid PostgreSQL URL; write it like postgres://user:password@host:5432/database")

// errNoURL says that there is no URL.
var errNoURL = errors.New("the URL of its database isn't known here; set the variable that storage.postgres names")

// ErrInUse says that another gonogo has the ledger.
var ErrInUse = errors.New("another gonogo has the ledger")

// fault is an error of PostgreSQL in words for people: the cause and the next step.
type fault struct {
	says  string
	cause error
}

// Error implements error.
func (f *fault) Error() string { return f.says }

// Unwrap gives the cause.
func (f *fault) Unwrap() error { return f.cause }

// Codes of errors, from PostgreSQL's manual, appendix A.
const (
	codeReadOnly     = "25006"
	codeShutdown     = "57P01"
	codeCrash        = "57P02"
	codeNotNow       = "57P03"
	codeCanceled     = "57014"
	codeTooMany      = "53300"
	codeDiskFull     = "53100"
	codeNoDatabase   = "3D000"
	codeNoSchema     = "3F000"
	codeNoTable      = "42P01"
	codeNotAllowed   = "42501"
	codeNoColumn     = "42703"
	codeTableExists  = "42P07"
	classLogin       = "28"
	classConnection  = "08"
	classNoResources = "53"
)

// passing reports whether an error comes from the connection, or from a server that is
// about to stop, start or change roles, so that another connection may do better.
func passing(err error) bool {
	var refused *pgconn.PgError
	switch {
	case err == nil, errors.Is(err, pgx.ErrNoRows), errors.Is(err, context.Canceled), errors.Is(err, storage.ErrClosed), errors.Is(err, errAddress):
		return false
	case errors.As(err, &refused):
		switch refused.Code {
		case codeReadOnly, codeShutdown, codeCrash, codeNotNow, codeTooMany:
			return true
		}
		return strings.HasPrefix(refused.Code, classConnection)
	case errors.Is(err, context.DeadlineExceeded), untrusted(err) != nil:
		return false
	}
	return true
}

// untrusted is why a server's certificate was not accepted, if that is what an error says.
func untrusted(err error) error {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &authority):
		return authority
	case errors.As(err, &host):
		return host
	case errors.As(err, &invalid):
		return invalid
	}
	return nil
}

// explain says in one sentence why PostgreSQL couldn't be used. It never repeats the text
// of pgx, which names the user.
func (p Place) explain(ctx context.Context, err error) error {
	var known *fault
	var unusable *storage.Unusable
	if err == nil || errors.As(err, &known) || errors.As(err, &unusable) || errors.Is(err, storage.ErrClosed) || errors.Is(err, errAddress) {
		return err
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return &fault{p.words(err), err}
}

func (p Place) words(err error) string {
	config, fault := pgx.ParseConfig(p.URL)
	if fault != nil {
		return errAddress.Error()
	}
	at := address(config)
	var refused *pgconn.PgError
	var unknown *net.DNSError
	switch {
	case errors.As(err, &refused):
		return p.refusal(at, config.Database, refused)
	case errors.As(err, &unknown):
		return config.Host + " is not known to the name server; check the name in the URL"
	case untrusted(err) != nil:
		return at + " has a certificate that isn't trusted: " + untrusted(err).Error() + "; set sslrootcert in the URL to the authority's certificate"
	case errors.Is(err, syscall.ECONNREFUSED):
		return at + " refuses connections; start the database, or check the URL"
	case errors.Is(err, pgconn.ErrReadOnlyConnection):
		return at + " is read-only; use the primary, or let the login write"
	case errors.Is(err, context.DeadlineExceeded), timedOut(err):
		return at + " did not answer in time; check the network, and whether the database is overloaded"
	case errors.Is(err, pgx.ErrNoRows):
		return "its row in the table ledger is missing; restore a backup"
	}
	return at + " closed the connection; check that it is a PostgreSQL server and still running, and the TLS mode in the URL"
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// refusal puts the server's own errors into words.
func (p Place) refusal(at, database string, e *pgconn.PgError) string {
	switch e.Code {
	case codeNoDatabase:
		return fmt.Sprintf("%s has no database %q; create it, or check the URL", at, database)
	case codeReadOnly:
		return at + " is read-only; use the primary, or let the login write"
	case codeShutdown, codeCrash, codeNotNow:
		return at + " is starting or stopping; try again"
	case codeTooMany:
		return at + " has no connection left; raise its limit, or use a pooler"
	case codeDiskFull:
		return at + " has no room left on its disk; make room there"
	case codeCanceled:
		return at + " canceled the statement; check statement_timeout and lock_timeout of the login"
	case codeNoTable, codeNoSchema:
		return fmt.Sprintf("the schema %s of the database has no ledger; restore a backup", p.Schema)
	case codeNotAllowed:
		return "the login may not do that: " + oneLine(e.Message) + "; make it the owner of the schema " + p.Schema
	}
	if strings.HasPrefix(e.Code, classLogin) {
		return at + " rejected the login; check the user and password in the URL"
	}
	return fmt.Sprintf("%s refused: %s (%s); look it up in PostgreSQL's manual", at, oneLine(e.Message), e.Code)
}

// longestExcerpt is how much of a server's message is shown, in bytes.
const longestExcerpt = 200

// oneLine is the beginning of a server's message.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "?")), " ")
	if len(text) > longestExcerpt {
		text = strings.ToValidUTF8(text[:longestExcerpt], "") + "…"
	}
	return text
}
