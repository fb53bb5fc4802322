package database

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// The plan of a query doesn't show what happens in the functions that it calls, and
// catalogue views leave out what the login has no rights to. Both would read as "there
// is none".

// rights are what a login may see, as bits.
type rights int64

const (
	statistics rights = 1 << iota // of every session: pg_read_all_stats, which pg_monitor is one of
	settings                      // every one of the server's: pg_read_all_settings, likewise
	superuser                     // everything
)

// askRights asks for the rights of the login; a superuser has all bits.
// Source: PostgreSQL's manual, "Predefined Roles".
const askRights = `select coalesce(sum(case rolname when 'pg_read_all_stats' then 1 when 'pg_read_all_settings' then 2 else 4 end), 0) as rights
	from pg_catalog.pg_roles where rolname in ('pg_read_all_stats', 'pg_read_all_settings') and pg_catalog.pg_has_role(oid, 'usage') or rolname = current_user and rolsuper`

// askOthers asks whether there is anything, but the server's own and what belongs
// to extensions, that the login does not own: information_schema leaves out
// such relations, columns and functions, or blanks their definitions.
const askOthers = `select exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
		where c.relkind in ('r', 'v', 'm', 'f', 'p', 'S') and not pg_catalog.pg_has_role(c.relowner, 'usage') and n.nspname !~ '^pg_|^information_schema$'
		and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'))
	or exists (select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
		where not pg_catalog.pg_has_role(p.proowner, 'usage') and n.nspname !~ '^pg_|^information_schema$'
		and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'))`

// askUnreadable asks whether there is a relation that the login may not read all
// of: pg_stats and pg_sequences leave it out.
const askUnreadable = `select exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
	where c.relkind in ('r', 'm', 'f', 'p', 'S') and n.nspname !~ '^pg_|^information_schema$'
	and (not pg_catalog.has_table_privilege(c.oid, 'select') or pg_catalog.row_security_active(c.oid)))`

// visibility looks for what a login can't see of a query's sources.
type visibility struct {
	tx    pgx.Tx
	query string
	plan  queryPlan
	sees  rights
}

// check gives [Hidden] for the first such source.
func (v visibility) check(ctx context.Context) error {
	for _, look := range []func(context.Context) error{v.inSettings, v.inCatalogue, v.inFunctions} {
		if err := look(ctx); err != nil {
			return err
		}
	}
	return nil
}

// oneSetting is a filter that asks for a setting by its name.
var oneSetting = regexp.MustCompile(`^\(\w+\.name = '([\w.]+)'::text\)$`)

// inSettings examines pg_settings, which leaves out settings that not everybody may
// see. A setting that is selected by name, and is there, is visible.
func (v visibility) inSettings(ctx context.Context) error {
	if v.sees&settings != 0 {
		return nil
	}
	for _, filter := range v.plan.settings {
		seen := false
		if name := oneSetting.FindStringSubmatch(filter); name != nil && !strings.Contains(strings.Join(v.plan.expressions, "\n"), ".source") {
			if err := v.tx.QueryRow(ctx, `select exists (select from pg_catalog.pg_settings where name = $1)`, name[1]).Scan(&seen); err != nil {
				return err
			}
		}
		if !seen {
			return Hidden("the login may not see every row of pg_settings, nor where each is set; grant it pg_monitor")
		}
	}
	return nil
}

// ownPrivilege is a call that asks for a privilege of somebody.
var ownPrivilege = regexp.MustCompile(`\b(has_\w+_privilege|pg_has_role|row_security_active)\(`)

// inCatalogue looks for views that only show what the login has rights to. Their plans
// check the login's privileges although the query itself doesn't.
func (v visibility) inCatalogue(ctx context.Context) error {
	filters := map[string]bool{}
	for _, expression := range v.plan.expressions {
		for _, m := range ownPrivilege.FindAllStringSubmatchIndex(expression, -1) {
			name := expression[m[2]:m[3]]
			if isOwn(name, expression[m[1]:]) && !strings.Contains(strings.ToLower(v.query), name) {
				filters[name] = true
			}
		}
	}
	if len(filters) == 0 {
		return nil
	}
	ask := askOthers
	if unreadable := map[string]bool{"has_column_privilege": true, "has_sequence_privilege": true, "row_security_active": true}; isSubset(filters, unreadable) {
		ask = askUnreadable
	}
	var leftOut bool
	if err := v.tx.QueryRow(ctx, ask).Scan(&leftOut); err != nil || !leftOut {
		return err
	}
	return Hidden("the query reads a view that shows a login what it has rights to, and its rows about others are left out; query pg_class and the like in pg_catalog instead")
}

func isSubset(some, all map[string]bool) bool {
	return !slices.ContainsFunc(slices.Collect(maps.Keys(some)), func(name string) bool { return !all[name] })
}

// isOwn reports whether a call asks about the login itself: about another role, it has
// one more argument, which comes first.
func isOwn(name, arguments string) bool {
	depth, n, quoted := 0, 1, false
	for _, r := range arguments {
		switch {
		case r == '\'':
			quoted = !quoted
		case quoted:
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			n++
		}
		if depth < 0 {
			break
		}
	}
	return name == "row_security_active" || n == 2 || n == 3 && name == "has_column_privilege"
}
