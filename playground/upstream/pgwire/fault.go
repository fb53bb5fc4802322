package pgwire

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Fault is an error in PostgreSQL's terms. The codes are those of
// https://www.postgresql.org/docs/15/errcodes-appendix.html.
type Fault struct {
	Code     string // SQLSTATE
	Message  string
	Hint     string
	At       string // the word of the statement that is at fault; empty: none
	position int32  // where that stands in the query, in characters from 1; 0: nowhere
	fatal    bool   // the connection ends with it
}

// Error says the fault as psql prints it.
func (f *Fault) Error() string {
	return fmt.Sprintf("%s: %s (SQLSTATE %s)", f.severity(), f.Message, f.Code)
}

func (f *Fault) severity() string {
	if f.fatal {
		return "FATAL"
	}
	return "ERROR"
}

func (f *Fault) response() *pgproto3.ErrorResponse {
	return &pgproto3.ErrorResponse{
		Severity: f.severity(), SeverityUnlocalized: f.severity(),
		Code: f.Code, Message: f.Message, Hint: f.Hint, Position: f.position,
	}
}

// located is the error with the place in the query where the word at fault
// stands; the statement begins at byte from.
func located(err error, query string, from int) error {
	var f *Fault
	if !errors.As(err, &f) || f.At == "" {
		return err
	}
	i := strings.Index(query[from:], f.At)
	if i < 0 {
		return err
	}
	at := *f
	at.position = int32(utf8.RuneCountInString(query[:from+i])) + 1
	return &at
}

func fault(code, format string, args ...any) *Fault {
	return &Fault{Code: code, Message: fmt.Sprintf(format, args...)}
}

func fatal(code, format string, args ...any) *Fault {
	f := fault(code, format, args...)
	f.fatal = true
	return f
}

// Faults that arise in more than one place.
var (
	errFailedTransaction = fault("25P02", "current transaction is aborted, commands ignored until end of transaction block")
	errUserCancel        = fault("57014", "canceling statement due to user request")
	errStatementTimeout  = fault("57014", "canceling statement due to statement timeout")
	errShutdown          = fatal("57P01", "terminating connection due to administrator command")
	errStarting          = fatal("57P03", "the database system is starting up")
)
