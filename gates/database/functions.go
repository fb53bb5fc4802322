package database

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gonogo/phrase"

	"github.com/jackc/pgx/v5"
)

// askRoutines asks for the database's own functions and views, and how each is called.
// A function that runs as its owner hides nothing if the owner sees all statistics.
// What an operator or a cast calls isn't named in a query, so it is always examined.
const askRoutines = `select p.oid::bigint, p.proname::text, true as function, p.prosecdef and pg_catalog.pg_has_role(p.proowner, 'pg_read_all_stats', 'usage') as trusted,
		exists (select from pg_catalog.pg_operator o where o.oprcode = p.oid) or exists (select from pg_catalog.pg_cast c where c.castfunc = p.oid) as implicit
	from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace join pg_catalog.pg_language l on l.oid = p.prolang
	where n.nspname !~ '^pg_|^information_schema$' and (p.prokind = 'a' or l.lanname not in ('c', 'internal'))
	union all select c.oid::bigint, c.relname::text, false, false, false
	from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
	where c.relkind = 'v' and n.nspname !~ '^pg_|^information_schema$'`

// askFunction and askView ask for the source of one, and its language. The
// functions of an aggregate are its source.
const (
	askFunction = `select case when p.prokind = 'a' then pg_catalog.concat_ws(' ', a.aggtransfn::regproc, a.aggfinalfn::regproc, a.aggcombinefn::regproc) else pg_catalog.pg_get_functiondef(p.oid) end,
		case when p.prokind = 'a' then 'sql' else l.lanname::text end from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang left join pg_catalog.pg_aggregate a on a.aggfnoid = p.oid where p.oid = $1::bigint::oid`
	askView = `select pg_catalog.pg_get_viewdef($1::bigint::oid), 'sql'`
)

// routine is a function or a view.
type routine struct {
	oid      int64
	name     string
	function bool
	trusted  bool
	implicit bool
}

// mention is a routine that is named. The query's plan shows what its views read, but
// not what its functions read.
type mention struct {
	routine
	within bool
}

// The words in a source that read what a login may not see all of, by the right
// that takes the mask off.
var (
	statisticsWord = regexp.MustCompile(`^pg_stat_(activity|replication|wal_receiver|ssl|gssapi|statements|progress_\w+|get_(activity|wal_senders|wal_receiver|progress_info|backend_\w+))$`)
	settingsWord   = regexp.MustCompile(`^(pg_settings|pg_show_all_settings)$`)
	catalogueWord  = regexp.MustCompile(`^(information_schema|pg_stats|pg_stats_ext|pg_stats_ext_exprs|pg_sequences|pg_user_mappings)$`)
	identifier     = regexp.MustCompile(`"[^"]+"|[\pL_][\pL\pN_$]*`)
)

// inFunctions follows the query's words through the functions and views that
// they name, to what these read. Names are compared without their schemas, so it
// finds too much rather than too little.
func (v visibility) inFunctions(ctx context.Context) error {
	rows, err := v.tx.Query(ctx, askRoutines)
	if err != nil {
		return err
	}
	byName, next := map[string][]routine{}, []mention(nil)
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r routine, err error) {
		return r, row.Scan(&r.oid, &r.name, &r.function, &r.trusted, &r.implicit)
	})
	if err != nil {
		return err
	}
	for _, r := range all {
		byName[strings.ToLower(r.name)] = append(byName[strings.ToLower(r.name)], r)
		if r.implicit {
			next = append(next, mention{r, true})
		}
	}
	next = append(next, mentions(byName, wordsOf(v.query), false)...)
	for read := map[mention]bool{}; len(next) > 0; next = next[1:] {
		m := next[0]
		if read[m] || m.trusted {
			continue
		}
		read[m] = true
		found, err := v.read(ctx, byName, m)
		if err != nil {
			return err
		}
		next = append(next, found...)
	}
	return nil
}

// wordsOf are the names in a text, in lower case. A name may contain dollar signs, and
// the quotes around a function's body begin and end with one, so the parts of a word
// between them count as well.
func wordsOf(text string) map[string]bool {
	all := map[string]bool{}
	for _, w := range identifier.FindAllString(text, -1) {
		name := strings.ToLower(strings.Trim(w, `"`))
		all[name] = true
		for part := range strings.SplitSeq(name, "$") {
			all[part] = true
		}
	}
	return all
}

// mentions are the routines that words name.
func mentions(byName map[string][]routine, words map[string]bool, within bool) []mention {
	var found []mention
	for w := range words {
		for _, r := range byName[w] {
			found = append(found, mention{r, within || r.function})
		}
	}
	return found
}

// read examines the source of a routine and returns those that it names.
func (v visibility) read(ctx context.Context, byName map[string][]routine, m mention) ([]mention, error) {
	ask := askView
	if m.function {
		ask = askFunction
	}
	var source, language string
	if err := v.tx.QueryRow(ctx, ask, m.oid).Scan(&source, &language); err != nil {
		return nil, err
	}
	words := wordsOf(source)
	if m.within {
		if err := v.masked(ctx, m.routine, words, language); err != nil {
			return nil, err
		}
	}
	return mentions(byName, words, m.within), nil
}

// masked says what a source reads that the login may not see completely. What is built
// at run time, or written in another language, is unknown.
func (v visibility) masked(ctx context.Context, r routine, words map[string]bool, language string) error {
	kind := map[bool]string{true: "function ", false: "view "}[r.function]
	for _, w := range slices.Sorted(maps.Keys(words)) {
		var hidden bool
		switch {
		case statisticsWord.MatchString(w):
			hidden = v.sees&statistics == 0
		case settingsWord.MatchString(w):
			hidden = v.sees&settings == 0
		case catalogueWord.MatchString(w):
			if err := v.tx.QueryRow(ctx, askOthers).Scan(&hidden); err != nil {
				return err
			}
		}
		if hidden {
			return Hidden(fmt.Sprintf("%s%s reads %s, of which the login may not see everything; let the function run as an owner who does (security definer), or grant pg_monitor if that is enough", kind, phrase.Excerpt(r.name), phrase.Excerpt(w)))
		}
	}
	switch {
	case !r.function || v.sees&statistics != 0:
	case words["execute"]:
		return Hidden(fmt.Sprintf("function %s makes its statements as it runs, so it is not known what the login may see; let it run as an owner who sees everything (security definer), or grant pg_monitor", phrase.Excerpt(r.name)))
	case language != "sql" && language != "plpgsql":
		return Hidden(fmt.Sprintf("function %s is written in %s, so it is not known what the login may see; let it run as an owner who sees everything (security definer), or grant pg_monitor", phrase.Excerpt(r.name), phrase.Excerpt(language)))
	}
	return nil
}
