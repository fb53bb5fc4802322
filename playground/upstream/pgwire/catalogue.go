package pgwire

import (
	"regexp"
	"strconv"
	"strings"
)

// catalogue is every statement that a server knows, by its collapsed text.
type catalogue struct {
	known  map[string]*statement
	faults map[string]*Fault
}

func newCatalogue(given []Statement, ordinary bool) catalogue {
	c := catalogue{known: builtin(ordinary), faults: map[string]*Fault{}}
	for _, st := range given {
		text := collapse(st.Text)
		if st.Fault != nil {
			c.faults[text] = st.Fault
			continue
		}
		c.known[text] = &statement{tag: "SELECT", columns: st.Columns, params: oidsOf(st.Params), slow: true, run: st.run}
	}
	return c
}

func oidsOf(types []Type) (oids []uint32) {
	for _, t := range types {
		oids = append(oids, t.oid)
	}
	return oids
}

// run gives the rows of a statement that a server was given.
func (st Statement) run(_ *session, args [][]byte) ([][]string, error) {
	if st.RowsFor == nil {
		return st.Rows(), nil
	}
	texts := make([]string, len(args))
	for i, arg := range args {
		texts[i] = string(arg)
	}
	return st.RowsFor(texts), nil
}

// builtin is what every server knows, whatever is in it. Its user is a superuser or an
// ordinary one.
func builtin(ordinary bool) map[string]*statement {
	rights, super := 7, "t"
	if ordinary {
		rights, super = 0, "f"
	}
	return map[string]*statement{
		"":        {},
		"-- ping": {}, // a comment only: the way clients see whether a connection lives
		"begin":   {tag: "BEGIN", run: begin(false)},
		"begin read only": {
			tag: "BEGIN", run: begin(true),
		},
		"begin isolation level repeatable read read only": {
			tag: "BEGIN", run: begin(true),
		},
		"commit":   {tag: "COMMIT", ends: true, run: (*session).commit},
		"rollback": {tag: "ROLLBACK", ends: true, run: (*session).rollback},
		"select 1": {
			tag: "SELECT", columns: []Column{{"?column?", Int4}}, slow: true,
			run: func(*session, [][]byte) ([][]string, error) { return [][]string{{"1"}}, nil },
		},
		"select coalesce(sum(case rolname when 'pg_read_all_stats' then 1 when 'pg_read_all_settings' then 2 else 4 end), 0) as rights from pg_catalog.pg_roles where rolname in ('pg_read_all_stats', 'pg_read_all_settings') and pg_catalog.pg_has_role(oid, 'usage') or rolname = current_user and rolsuper": {
			tag: "SELECT", columns: []Column{{"rights", Int8}},
			run: func(*session, [][]byte) ([][]string, error) { return count(rights), nil },
		},
		"select rolsuper, rolbypassrls from pg_catalog.pg_roles where rolname = current_user": {
			tag: "SELECT", columns: []Column{{"rolsuper", Bool}, {"rolbypassrls", Bool}}, slow: true,
			run: func(*session, [][]byte) ([][]string, error) { return [][]string{{super, super}}, nil },
		},
		"select set_config('search_path', $1, true)": {
			tag: "SELECT", columns: []Column{{"set_config", Text}}, params: []uint32{Text.oid},
			run: func(_ *session, args [][]byte) ([][]string, error) { return [][]string{{string(args[0])}}, nil },
		},
		"select set_config('TimeZone', 'UTC', true)": {
			tag: "SELECT", columns: []Column{{"set_config", Text}},
			run: func(*session, [][]byte) ([][]string, error) { return [][]string{{"UTC"}}, nil },
		},
		"select count(*) from pg_stat_activity where datname = current_database()": {
			tag: "SELECT", columns: []Column{{"count", Int8}}, slow: true,
			run: func(s *session, _ [][]byte) ([][]string, error) { return count(s.server.Sessions()), nil },
		},
		"select pg_database_size(current_database())": {
			tag: "SELECT", columns: []Column{{"pg_database_size", Int8}}, slow: true,
			run: func(s *session, _ [][]byte) ([][]string, error) { return count(s.server.opts.Size), nil },
		},
	}
}

func count(n int) [][]string { return [][]string{{strconv.Itoa(n)}} }

// find gives the statement of this text as it would be analysed now: within a
// failed transaction only its end is, and within a read-only one a write is
// told apart from what is merely unknown.
func (c catalogue) find(text string, tx *transaction) (*statement, error) {
	text = strings.TrimSuffix(collapse(text), ";")
	text = strings.TrimSpace(text)
	st, known := c.known[text]
	if !known {
		st, known = timeoutSetting(text)
	}
	switch {
	case known && (st.ends || st.empty()):
		return st, nil
	case tx.status == failed:
		return nil, errFailedTransaction
	case known:
		return st, nil
	case c.faults[text] != nil:
		return nil, c.faults[text]
	}
	if command, writes := writing(text); writes && tx.readOnly {
		return &statement{tag: command, run: refuseWrite(command)}, nil
	}
	return nil, errUnknown
}

// errUnknown is the answer to all that is not on the list.
var errUnknown = &Fault{
	Code:    "0A000",
	Message: "this practice database knows only a fixed list of statements",
	Hint:    "Ask for the state of ir_module_module, or start a real PostgreSQL.",
}

// refuseWrite fails when the write is executed, which is when PostgreSQL finds
// that the transaction is read-only.
func refuseWrite(command string) func(*session, [][]byte) ([][]string, error) {
	return func(s *session, _ [][]byte) ([][]string, error) {
		if !s.tx.readOnly {
			return nil, errUnknown
		}
		return nil, fault("25006", "cannot execute %s in a read-only transaction", command)
	}
}

var writes = regexp.MustCompile(`(?i)^(insert|update|delete|merge|truncate|(?:create|drop|alter) \w+)\b`)

// writing gives the command of a statement that changes something, as
// PostgreSQL names it.
func writing(text string) (command string, yes bool) {
	m := writes.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	if strings.EqualFold(m[1], "truncate") {
		return "TRUNCATE TABLE", true
	}
	return strings.ToUpper(m[1]), true
}
