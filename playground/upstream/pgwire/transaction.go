package pgwire

import (
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// The states of a transaction, as ReadyForQuery shows them.
const (
	idle   = 'I'
	open   = 'T'
	failed = 'E'
)

// transaction is what lasts from begin to commit or rollback. Outside of one,
// it is what lasts for a single statement.
type transaction struct {
	status           byte
	readOnly         bool
	statementTimeout time.Duration // 0: none
}

func begin(readOnly bool) func(*session, [][]byte) ([][]string, error) {
	return func(s *session, _ [][]byte) ([][]string, error) {
		if s.tx.status == open {
			s.warn("25001", "there is already a transaction in progress")
			return nil, nil
		}
		s.tx.status, s.tx.readOnly = open, readOnly
		return nil, nil
	}
}

// commit and rollback say so when there was nothing to end. A failed
// transaction can only be rolled back, and the tag tells.
func (s *session) commit(_ [][]byte) ([][]string, error) {
	if s.tx.status == idle {
		s.warn("25P01", "there is no transaction in progress")
	}
	s.endTransaction()
	return nil, nil
}

func (s *session) rollback(args [][]byte) ([][]string, error) { return s.commit(args) }

// endTransaction forgets what was set for the transaction. Portals live no
// longer than it.
func (s *session) endTransaction() {
	s.tx = transaction{status: idle}
	clear(s.portals)
}

func (s *session) warn(code, message string) {
	s.wire.Send(&pgproto3.NoticeResponse{Severity: "WARNING", SeverityUnlocalized: "WARNING", Code: code, Message: message})
}
