package upstream

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"gonogo/gates/gatestest"
)

type messages = []pgproto3.FrontendMessage

var (
	settle  = &pgproto3.Sync{}
	execute = &pgproto3.Execute{}
)

func parse(name, sql string, types ...uint32) *pgproto3.Parse {
	return &pgproto3.Parse{Name: name, Query: sql, ParameterOIDs: types}
}

func bind(portal, statement string, formats ...int16) *pgproto3.Bind {
	return &pgproto3.Bind{DestinationPortal: portal, PreparedStatement: statement, ResultFormatCodes: formats}
}

// conversations are what clients say that pgx does not, or not on purpose.
// Each is said on a connection of its own.
var conversations = map[string]messages{
	"a portal in pieces": {
		parse("", latestQuery), bind("", ""), &pgproto3.Execute{MaxRows: 2}, &pgproto3.Execute{MaxRows: 3}, execute, settle,
	},
	"a portal in pieces that fit": {
		parse("", "select 1"), bind("", ""), &pgproto3.Execute{MaxRows: 1}, execute, execute, settle,
	},
	"a portal outlives its Sync in a transaction": {
		&pgproto3.Query{String: "begin read only"},
		parse("s", latestQuery), bind("p", "s"), &pgproto3.Execute{Portal: "p", MaxRows: 2}, settle,
		&pgproto3.Execute{Portal: "p", MaxRows: 1}, settle,
		&pgproto3.Query{String: "commit"},
		&pgproto3.Execute{Portal: "p"}, settle,
	},
	"a portal does not outlive its Sync outside of one": {
		parse("s", latestQuery), bind("p", "s"), &pgproto3.Execute{Portal: "p", MaxRows: 2}, settle,
		&pgproto3.Execute{Portal: "p"}, settle,
	},
	"binary results": {
		parse("", transitionQuery), bind("", "", 1), &pgproto3.Describe{ObjectType: 'P'}, execute, settle,
		parse("", latestQuery), bind("", "", 1, 0, 1), &pgproto3.Describe{ObjectType: 'P'}, execute, settle,
		parse("", "select 1"), bind("", "", 1), execute, settle,
	},
	"too many formats":       {parse("", latestQuery), bind("", "", 1, 0), execute, settle},
	"describe a statement":   {parse("s", timeoutQuery), &pgproto3.Describe{ObjectType: 'S', Name: "s"}, settle},
	"describe a transaction": {parse("s", "begin read only"), &pgproto3.Describe{ObjectType: 'S', Name: "s"}, settle},
	"describe nothing":       {&pgproto3.Describe{ObjectType: 'S', Name: "s"}, settle, &pgproto3.Describe{ObjectType: 'P', Name: "p"}, settle},
	"a declared varchar":     {parse("s", timeoutQuery, 1043), &pgproto3.Describe{ObjectType: 'S', Name: "s"}, settle},
	"a declared number":      {parse("s", timeoutQuery, 20), settle, &pgproto3.Query{String: "select 1"}},
	"a name twice":           {parse("s", "select 1"), parse("s", "select 1"), settle},
	"a name closed in between": {
		parse("s", "select 1"), &pgproto3.Close{ObjectType: 'S', Name: "s"}, parse("s", "select 1"), bind("", "s"), execute, settle,
	},
	"a portal twice":    {parse("s", "select 1"), bind("p", "s"), bind("p", "s"), settle},
	"close what is not": {&pgproto3.Close{ObjectType: 'S', Name: "s"}, &pgproto3.Close{ObjectType: 'P', Name: "p"}, settle},
	"an unnamed portal and statement closed": {
		parse("", "select 1"), bind("", ""), &pgproto3.Close{ObjectType: 'P'}, execute, settle,
		&pgproto3.Close{ObjectType: 'S'}, bind("", ""), settle,
	},
	"bind nothing":        {bind("", "s"), settle, bind("", ""), settle},
	"a parameter too few": {parse("", timeoutQuery), bind("", ""), execute, settle},
	"an error skips to Sync": {
		parse("", dbVersionQuery), bind("", ""), execute, parse("s", "select 1"), &pgproto3.Query{String: "select 1"}, settle,
		bind("", "s"), settle,
	},
	"a pipeline of two": {
		parse("", "select 1"), bind("", ""), execute, parse("", transitionQuery), bind("", ""), execute, settle,
	},
	"an error fails the transaction": {
		&pgproto3.Query{String: "begin read only"}, parse("s", "select 1"), parse("", dbVersionQuery), settle,
		bind("", "s"), execute, settle,
		parse("", "rollback"), bind("", ""), execute, settle,
		bind("", "s"), execute, settle,
	},
	"nothing to run":  {parse("", ";"), bind("", ""), &pgproto3.Describe{ObjectType: 'P'}, execute, settle},
	"several at once": {&pgproto3.Query{String: "begin read only; select 1; commit;"}},
	"only semicolons": {&pgproto3.Query{String: ";;"}},
	"an error among several": {
		&pgproto3.Query{String: "begin read only; " + dbVersionQuery + "; commit"}, &pgproto3.Query{String: "rollback"},
	},
	"a parameter in a simple query": {&pgproto3.Query{String: timeoutQuery}},
	"a setting does not outlive its transaction": {
		&pgproto3.Query{String: "begin read only; select set_config('statement_timeout', '1', true); commit"},
		&pgproto3.Query{String: latestQuery},
	},
}

// TestConversations says the same to the practice database and to a real
// PostgreSQL, message by message, and wants the same messages back.
func TestConversations(t *testing.T) {
	real := gatestest.Postgres(t)
	fillReal(t, real, moduleTable(uninstalled, uninstalled))
	address := practice(t, stagingDatabase).Variables[0].Value
	for name, said := range conversations {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(converse(t, real, said), converse(t, address, said)); diff != "" {
				t.Errorf("the practice database answers other than PostgreSQL (-real +practice):\n%s", diff)
			}
		})
	}
}

// converse sends all messages at once and writes down the answers.
func converse(t *testing.T, address string, said messages) []string {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := conn.Hijack()
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Conn.Close()
	for _, m := range said {
		raw.Frontend.Send(m)
	}
	raw.Frontend.Send(&pgproto3.Terminate{})
	if err := raw.Frontend.Flush(); err != nil {
		t.Fatal(err)
	}
	var heard []string
	for {
		m, err := raw.Frontend.Receive()
		if err != nil { // the server hangs up after Terminate
			return heard
		}
		heard = append(heard, messageText(m))
	}
}

// messageText is all of a message that does not differ between two databases:
// not the numbers of tables, nor where in PostgreSQL's sources an error arose.
func messageText(m pgproto3.BackendMessage) string {
	switch m := m.(type) {
	case *pgproto3.ErrorResponse:
		return fmt.Sprintf("%s %s: %s at %d", m.Severity, m.Code, m.Message, m.Position)
	case *pgproto3.RowDescription:
		text := "columns"
		for _, f := range m.Fields {
			text += fmt.Sprintf(" [%s type %d size %d modifier %d format %d]", f.Name, f.DataTypeOID, f.DataTypeSize, f.TypeModifier, f.Format)
		}
		return text
	case *pgproto3.DataRow:
		return fmt.Sprintf("row %q", m.Values)
	case *pgproto3.CommandComplete:
		return "complete " + string(m.CommandTag)
	case *pgproto3.ParameterDescription:
		return fmt.Sprint("parameters ", m.ParameterOIDs)
	case *pgproto3.ReadyForQuery:
		return "ready " + string(m.TxStatus)
	}
	return fmt.Sprintf("%T", m)
}
