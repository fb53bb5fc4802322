package pgwire

import (
	"bytes"
	"slices"

	"github.com/jackc/pgx/v5/pgproto3"
)

// portal is a statement with its parameters, ready to be executed or halfway
// through its rows.
type portal struct {
	statement *statement
	args      [][]byte
	formats   []int16
	rows      [][]string // those not sent yet
	tag       string     // of what was done; empty: not executed yet
}

// extended takes one message of the extended query protocol
// (https://www.postgresql.org/docs/15/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY).
func (s *session) extended(message pgproto3.FrontendMessage) error {
	switch m := message.(type) {
	case *pgproto3.Parse:
		return s.parse(m)
	case *pgproto3.Bind:
		return s.bind(m)
	case *pgproto3.Describe:
		return s.describe(m)
	case *pgproto3.Execute:
		return s.execute(m)
	case *pgproto3.Close:
		s.close(m)
		return nil
	case *pgproto3.CopyData, *pgproto3.CopyDone, *pgproto3.CopyFail:
		return nil // the rest of a copy that has failed; the protocol has it ignored
	}
	return fatal("08P01", "this practice database does not take %T messages", message)
}

func (s *session) parse(m *pgproto3.Parse) error {
	st, err := s.server.catalogue.find(m.Query, &s.tx)
	if err == nil {
		st, err = st.declared(m.ParameterOIDs)
	}
	if err != nil {
		return located(err, m.Query, 0)
	}
	if _, taken := s.prepared[m.Name]; taken && m.Name != "" {
		return fault("42P05", "prepared statement %q already exists", m.Name)
	}
	s.prepared[m.Name] = st
	s.wire.Send(&pgproto3.ParseComplete{})
	return nil
}

// declared is the statement with the parameter types that the client names.
// 0 leaves the type to the server; varchar and name become text by themselves.
func (st *statement) declared(types []uint32) (*statement, error) {
	params := slices.Clone(st.params)
	for i, oid := range types {
		switch {
		case i >= len(params) || oid == 0 || oid == params[i]:
		case params[i] != Text.oid:
			return nil, errUnknown
		case oid == Varchar.oid || oid == Name.oid:
			params[i] = oid
		default:
			f := fault("42883", "function set_config(unknown, %s, boolean) does not exist", typeName(oid))
			f.At = "set_config"
			return nil, f
		}
	}
	with := *st
	with.params = params
	return &with, nil
}

// typeName names the types that a client is likely to declare by mistake.
func typeName(oid uint32) string {
	switch oid {
	case Int8.oid:
		return "bigint"
	case Int4.oid:
		return "integer"
	case 16:
		return "boolean"
	}
	return "unknown type"
}

func (s *session) bind(m *pgproto3.Bind) error {
	st := s.prepared[m.PreparedStatement]
	switch {
	case st == nil && m.PreparedStatement == "":
		return fault("26000", "unnamed prepared statement does not exist")
	case st == nil:
		return fault("26000", "prepared statement %q does not exist", m.PreparedStatement)
	case len(m.Parameters) != len(st.params):
		return fault("08P01", "bind message supplies %d parameters, but prepared statement %q requires %d",
			len(m.Parameters), m.PreparedStatement, len(st.params))
	case len(m.ResultFormatCodes) > 1 && len(m.ResultFormatCodes) != len(st.columns):
		return fault("08P01", "bind message has %d result formats but query has %d columns",
			len(m.ResultFormatCodes), len(st.columns))
	case len(m.ParameterFormatCodes) > 1 && len(m.ParameterFormatCodes) != len(m.Parameters):
		return fault("08P01", "bind message has %d parameter formats but %d parameters", len(m.ParameterFormatCodes), len(m.Parameters))
	case s.tx.status == failed && !st.ends: // not even an empty one
		return errFailedTransaction
	case !st.readable(m):
		return errUnknown
	}
	if _, taken := s.portals[m.DestinationPortal]; taken && m.DestinationPortal != "" {
		return fault("42P03", "cursor %q already exists", m.DestinationPortal)
	}
	p := &portal{statement: st, args: st.literals, formats: slices.Clone(m.ResultFormatCodes)}
	for _, arg := range m.Parameters { // the message's memory is used again
		p.args = append(p.args, bytes.Clone(arg))
	}
	s.portals[m.DestinationPortal] = p
	s.wire.Send(&pgproto3.BindComplete{})
	return nil
}

// readable reports whether no parameter or column is in a form that isn't known here:
// lists and numbers that are sent, and lists that are asked for, in their binary form.
func (st *statement) readable(m *pgproto3.Bind) bool {
	for i, oid := range st.params {
		character := oid == Text.oid || oid == Varchar.oid || oid == Name.oid
		if !character && formatOf(m.ParameterFormatCodes, i) != pgproto3.TextFormat {
			return false
		}
	}
	for i, c := range st.columns {
		if c.Type == Texts && formatOf(m.ResultFormatCodes, i) != pgproto3.TextFormat {
			return false
		}
	}
	return true
}

func (s *session) describe(m *pgproto3.Describe) error {
	if m.ObjectType == 'S' {
		st := s.prepared[m.Name]
		if st == nil {
			return fault("26000", "prepared statement %q does not exist", m.Name)
		}
		s.wire.Send(&pgproto3.ParameterDescription{ParameterOIDs: st.params})
		s.wire.Send(st.describe(nil))
		return nil
	}
	p, err := s.portal(m.Name)
	if err != nil {
		return err
	}
	s.wire.Send(p.statement.describe(p.formats))
	return nil
}

func (s *session) portal(name string) (*portal, error) {
	if p := s.portals[name]; p != nil {
		return p, nil
	}
	return nil, fault("34000", "portal %q does not exist", name)
}

// execute sends the rows of a portal, or as many as the client wants at a time.
func (s *session) execute(m *pgproto3.Execute) error {
	p, err := s.portal(m.Portal)
	if err != nil {
		return err
	}
	st := p.statement
	if st.empty() {
		s.wire.Send(&pgproto3.EmptyQueryResponse{})
		return nil
	}
	if s.tx.status == failed && !st.ends {
		return errFailedTransaction
	}
	if p.tag == "" {
		if p.rows, p.tag, err = s.perform(st, p.args); err != nil {
			return err
		}
	}
	batch := p.take(int(m.MaxRows))
	for _, row := range batch {
		s.wire.Send(st.row(row, p.formats))
	}
	if m.MaxRows > 0 && len(batch) == int(m.MaxRows) {
		// There may be no more rows; PostgreSQL has not looked either.
		s.wire.Send(&pgproto3.PortalSuspended{})
		return nil
	}
	s.wire.Send(complete(p.tag, len(batch)))
	return nil
}

// take removes the next rows from the portal; 0 means all.
func (p *portal) take(most int) [][]string {
	n := len(p.rows)
	if most > 0 {
		n = min(n, most)
	}
	batch := p.rows[:n]
	p.rows = p.rows[n:]
	return batch
}

// close forgets a statement or portal. Closing what is not there is no fault.
func (s *session) close(m *pgproto3.Close) {
	if m.ObjectType == 'S' {
		delete(s.prepared, m.Name)
	} else {
		delete(s.portals, m.Name)
	}
	s.wire.Send(&pgproto3.CloseComplete{})
}
