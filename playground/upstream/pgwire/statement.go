package pgwire

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Type is a column's type, with what a row description says of it.
type Type struct {
	oid    uint32
	size   int16 // in bytes; -1: of varying length
	modify int32 // varchar(n) has n+4, others -1
}

// The types, by the names and numbers of PostgreSQL's catalogue pg_type.
var (
	Int8    = Type{20, 8, -1}
	Int4    = Type{23, 4, -1}
	Text    = Type{25, -1, -1}
	Name    = Type{19, 64, -1}
	Varchar = Type{1043, -1, -1}
	Bool    = Type{16, 1, -1}
	Float8  = Type{701, 8, -1}
	JSON    = Type{114, -1, -1}
	Texts   = Type{1009, -1, -1} // text[]
)

// VarcharOf is varchar(n).
func VarcharOf(n int32) Type { return Type{Varchar.oid, -1, n + 4} }

// Column is one column of a result.
type Column struct {
	Name string
	Type Type
}

// Statement is one that a server was given to answer. White space in the text
// does not matter, the case of letters does.
type Statement struct {
	Text    string
	Columns []Column
	Rows    func() [][]string // in the text form of each column's type
	Fault   *Fault            // the answer instead of rows, given when the statement is analysed

	// A statement with parameters has their types, and RowsFor instead of Rows, which
	// gets them in their text form: in another form they are refused.
	Params  []Type
	RowsFor func(args []string) [][]string
}

// statement is one of the list, ready to be run in a session.
type statement struct {
	tag      string // of CommandComplete, without a count
	columns  []Column
	params   []uint32 // the types of $1, $2, …
	literals [][]byte // the values that stood in the text in the place of parameters
	ends     bool     // ends a transaction, so it is allowed in a failed one
	slow     bool     // reads tables, so a slow database holds it up
	run      func(s *session, args [][]byte) ([][]string, error)
}

// empty reports whether there is nothing to run, as in ";" or "-- ping".
func (st *statement) empty() bool { return st.run == nil }

// complete tells the client what was done, to how many rows where it has any.
func complete(tag string, rows int) *pgproto3.CommandComplete {
	if tag == "SELECT" {
		tag += " " + strconv.Itoa(rows)
	}
	return &pgproto3.CommandComplete{CommandTag: []byte(tag)}
}

// describe is the row description, or NoData where there are no rows. One
// format counts for all columns, none means text.
func (st *statement) describe(formats []int16) pgproto3.BackendMessage {
	if len(st.columns) == 0 {
		return &pgproto3.NoData{}
	}
	fields := make([]pgproto3.FieldDescription, len(st.columns))
	for i, c := range st.columns {
		fields[i] = pgproto3.FieldDescription{
			Name: []byte(c.Name), DataTypeOID: c.Type.oid, DataTypeSize: c.Type.size,
			TypeModifier: c.Type.modify, Format: formatOf(formats, i),
		}
	}
	return &pgproto3.RowDescription{Fields: fields}
}

// Null is a value of a row that is null. No text of PostgreSQL has a zero byte.
const Null = "\x00"

func (st *statement) row(values []string, formats []int16) *pgproto3.DataRow {
	row := &pgproto3.DataRow{Values: make([][]byte, len(values))}
	for i, v := range values {
		if v == Null {
			continue
		}
		row.Values[i] = encode(v, st.columns[i].Type, formatOf(formats, i))
	}
	return row
}

func formatOf(formats []int16, column int) int16 {
	switch len(formats) {
	case 0:
		return pgproto3.TextFormat
	case 1:
		return formats[0]
	}
	return formats[column]
}

// encode writes a value in the format asked for. The binary form of the
// character types and of JSON is their text; that of lists isn't known here, and bind refuses it.
func encode(value string, t Type, format int16) []byte {
	if format == pgproto3.TextFormat {
		return []byte(value)
	}
	switch t {
	case Bool:
		return []byte{map[string]byte{"t": 1, "f": 0}[value]}
	case Float8:
		return binary.BigEndian.AppendUint64(nil, math.Float64bits(number(value, strconv.ParseFloat)))
	case Int4:
		return binary.BigEndian.AppendUint32(nil, uint32(number(value, parseInt)))
	case Int8:
		return binary.BigEndian.AppendUint64(nil, uint64(number(value, parseInt)))
	}
	return []byte(value)
}

func parseInt(text string, bits int) (int64, error) { return strconv.ParseInt(text, 10, bits) }

// number reads what a statement gave for a column of numbers.
func number[T any](text string, parse func(string, int) (T, error)) T {
	n, err := parse(text, 64)
	if err != nil {
		panic("pgwire: a statement gave " + strconv.Quote(text) + " for a column of numbers")
	}
	return n
}

// collapse makes every run of white space one space.
func collapse(text string) string { return strings.Join(strings.Fields(text), " ") }

// part is one statement of a simple query, from this byte on.
type part struct {
	from int
	text string
}

// split cuts a simple query into its statements at the semicolons that stand
// outside of quotes.
func split(query string) []part {
	var parts []part
	start, quote := 0, byte(0)
	for i := range len(query) {
		switch c := query[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote == 0 && c == ';':
			parts = append(parts, part{start, query[start:i]})
			start = i + 1
		}
	}
	return append(parts, part{start, query[start:]})
}
